"""``ibcli sim --replay FILE``: a bug report's recording, answered from."""

from __future__ import annotations

import shlex
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ibcli.broker.signs import shown_signs
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.sim.core import Simulator
    from ibcli.sim.options import SimOptions
    from ibcli.sim.replay import Replay


def serve_replay(
    options: SimOptions,
    *,
    own_state: bool,
    serve: Callable[[SimOptions, Callable[[Simulator], None]], None],
) -> None:
    """Serve until a signal comes, then say what was asked for and what was not.

    Keys, tokens, and the state and cache of whoever is to be set by ``ibcli sim env``, lie in a
    folder that goes at the end, unless one was named: each replay begins with nothing remembered.
    Raises ConfigurationError for files that are no recordings.
    """
    _check(options)
    usual = options.state
    with ExitStack() as stack:
        if not own_state:
            made = stack.enter_context(tempfile.TemporaryDirectory(prefix="ibcli-replay-"))
            options = replace(options, state=Path(made) / "client" / "sim")
        replayed: list[Replay] = []

        def ready(simulator: Simulator) -> None:
            if simulator.replay is not None:
                replayed.append(simulator.replay)
            if not own_state and usual is not None and simulator.port is not None:
                stack.callback(_point, usual, simulator.port, None)
                _point(usual, simulator.port, options.state)
            _say_ready(simulator, options, own_state=own_state)

        try:
            serve(options, ready)
        finally:
            for line in (line for one in replayed for line in one.report()):
                say(line)


def _check(options: SimOptions) -> None:
    from ibcli.sim.replay import RecordingError, Replay

    try:
        Replay.read(options.replay)
    except RecordingError as error:
        raise ConfigurationError(
            str(error),
            hint="A recording is what --record FILE has written: ibcli quote SPY --record FILE",
            code="recording-unreadable",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The recording {error.filename} cannot be read: {error.strerror}.",
            hint="Example: ibcli sim --replay report.jsonl",
            code="recording-unreadable",
        ) from None


def _point(folder: Path, port: int, elsewhere: Path | None) -> None:
    from ibcli.sim.state import point

    with suppress(OSError):
        point(folder, port, elsewhere)


def _say_ready(simulator: Simulator, options: SimOptions, *, own_state: bool) -> None:
    assert simulator.replay is not None  # noqa: S101 - it was read a moment ago
    say(f"Recorded broker at {simulator.public_url}. Ready.")
    for one in simulator.replay.recordings:
        words = shlex.join(one.command)
        say(f"{one.name}: ibcli {words} ({len(one.exchanges)} requests)")
    state = f" --state {shlex.quote(str(options.state))}" if own_state else ""
    command = f"ibcli sim env --port {simulator.port}{state}"
    say(f"Settings for a client: set -a; . <({command})")


def say(line: str) -> None:
    """A line on stderr; a recording is somebody else's, and drives no terminal."""
    click.echo(shown_signs(line), err=True)
