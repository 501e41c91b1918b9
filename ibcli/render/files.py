"""A file replaced in one step, so that a reader sees the old or the new one and never a half."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from ibcli.errors import ConfigurationError


def write_file(path: Path, text: str) -> None:
    """Replace the file, keeping its mode; a pipe or device is written to as it is.

    Raises ConfigurationError ``output-unwritable``; the old file is then as it was.
    """
    target = Path(os.path.realpath(path.expanduser()))  # a link stays a link
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
        else:
            _replace(target, text)
    except OSError as exc:
        raise ConfigurationError(
            f"{path} could not be written: {exc.strerror or type(exc).__name__}.",
            code="output-unwritable",
            hint="Name a file in a folder that you may write to, on a disk with space.",
        ) from exc


def _replace(target: Path, text: str) -> None:
    """Write beside the target, flush to disk, then rename over it."""
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    beside = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(mode)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
