"""A file replaced in one step, so that a reader sees the old or the new one and never a half."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
from pathlib import Path

from ibcli.errors import ConfigurationError

_FOR_A_READER = 2.0  # seconds: in which somebody must read a pipe
_PAUSE = 0.02
_BEGINNING = 40  # characters of a name that the one beside it begins with
_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def write_file(path: Path, text: str) -> None:
    """Replace the file, keeping its mode; a pipe or device is written to as it is.

    A new one is its owner's alone, whatever the umask: what is printed names accounts and holdings.
    Raises ConfigurationError ``output-unwritable``; the old file is then as it was.
    """
    try:
        target = _meant(path.expanduser())
        if target.exists() and not target.is_file():
            with os.fdopen(_opened(target), "w", encoding="utf-8", errors="replace") as stream:
                stream.write(text)
        else:
            _replace(target, text)
    except OSError as exc:
        raise ConfigurationError(
            f"{path} could not be written: {exc.strerror or type(exc).__name__}.",
            code="output-unwritable",
            hint="Name a file in a folder that you may write to, on a disk with space.",
        ) from exc


def _meant(path: Path) -> Path:
    """The file that a path leads to: a link stays a link, unless somebody else may have put it
    there, in a folder such as /tmp, to have another file of ours replaced.
    """
    if path.is_symlink():
        folder, owner = path.parent.stat(), path.lstat().st_uid
        if folder.st_mode & _BY_OTHERS and owner not in (os.geteuid(), folder.st_uid):
            raise OSError(errno.EACCES, "it is somebody else's link")
    target = Path(os.path.realpath(path))
    if path.exists() and not path.is_file() and not target.exists():
        return path  # /dev/stdout leads to a pipe, which has no name
    return target


def _opened(target: Path) -> int:
    """A descriptor of a pipe or device; a pipe that nobody reads would hold us up for ever."""
    until = time.monotonic() + _FOR_A_READER
    while True:
        try:
            number = os.open(target, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > until:
                raise OSError(errno.ENXIO, "nobody reads this pipe") from None
            time.sleep(_PAUSE)
        else:
            os.set_blocking(number, True)
            return number


def _replace(target: Path, text: str) -> None:
    """Write beside the target, flush to disk, then rename over it."""
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:_BEGINNING]}.")
    beside = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8", errors="replace", newline="") as stream:
            os.fchmod(number, mode)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
