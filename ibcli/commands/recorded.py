"""``--record FILE``: what a run asks and is answered, written down for a bug report."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ibcli.broker import recording
from ibcli.broker.recording.header import header, words_of
from ibcli.broker.recording.recorder import Recorder, open_recording
from ibcli.errors import ConfigurationError
from ibcli.render.streams import say

if TYPE_CHECKING:
    from ibcli.commands.context import Context
    from ibcli.config import Settings


def begin(app: Context, path: Path) -> None:
    """Record all exchanges from now on until the command ends.

    What is remembered of contracts is not looked at meanwhile, so that the recording holds all that
    another machine needs. Settings that cannot be read are the command's business, not ours.
    Raises UsageError and ConfigurationError when the file cannot be made.
    """
    descriptor = open_recording(path)
    settings: Settings | None = None
    try:
        with suppress(ConfigurationError):
            settings = app.settings
            app.settings = _with_empty_cache(app, settings)
        words = words_of(settings)
        recorder = Recorder(descriptor, words, lambda why: say(f"Warning: {why}"))
        app.stack.callback(recorder.close)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    recorder.begin(header(settings, app.argv, words))
    recording.install(recorder)
    app.stack.callback(recording.remove)


def _with_empty_cache(app: Context, settings: Settings) -> Settings:
    """The settings with a folder of their own for contracts; a full disk has none."""
    try:
        folder = app.stack.enter_context(
            tempfile.TemporaryDirectory(prefix="ibcli-record-", ignore_cleanup_errors=True)
        )
    except OSError:
        return settings
    return replace(settings, cache_dir=Path(folder))
