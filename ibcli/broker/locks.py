"""Locks between processes, and files that only their owner may read.

``flock`` locks belong to an open file, so they hold between threads as well, and the system lets
them go when a process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ibcli.errors import ConfigurationError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ibcli.broker.deadline import Deadline

_POLL = 0.02  # seconds


def private_folder(folder: Path) -> Path:
    """Make the folder, for its owner alone, and return it. Raises ConfigurationError.

    A folder that is a link or somebody else's is refused: who owns it could plant a login of his
    own or read ours.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
            raise _insecure(folder)
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(
            f"The state folder {folder} cannot be used: {error.strerror}.",
            hint="Make it writable, or set IBCLI_STATE_DIR to a folder of your own.",
            code="state-unwritable",
        ) from None
    return folder


def open_private(path: Path, flags: int) -> int:
    """A file descriptor of our own regular file, mode 0600; made when missing and so asked."""
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        if path.is_symlink():
            raise _insecure(path) from None
        raise ConfigurationError(
            f"The state file {path} cannot be opened: {error.strerror}.",
            hint=f"Remove it, or set IBCLI_STATE_DIR to another folder: rm -r {path}",
            code="state-unwritable",
        ) from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        os.close(descriptor)
        raise _insecure(path)
    if stat.S_IMODE(found.st_mode) & 0o077:
        os.fchmod(descriptor, 0o600)
    return descriptor


def _insecure(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is a link or belongs to somebody else, so the login kept there cannot be trusted.",
        hint=f"Remove it if you do not know it (rm {path}), or set IBCLI_STATE_DIR.",
        code="state-insecure",
    )


@contextmanager
def locked(path: Path, deadline: Deadline | None = None) -> Iterator[int]:
    """Hold an exclusive lock on the file; the descriptor is open for reading and writing.

    Without a deadline it waits in the kernel: for locks that are held for microseconds. With one it
    raises UnreachableError ``busy`` when the lock is still held by another process then.
    """
    descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        if deadline is None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        else:
            _wait(descriptor, deadline)
        yield descriptor
    finally:
        os.close(descriptor)  # lets the lock go


def _wait(descriptor: int, deadline: Deadline) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.passed:
                raise UnreachableError(
                    "Another ibcli process was still logging in at the deadline.",
                    hint="Try again; give it longer with --deadline SECONDS.",
                    code="login-busy",
                ) from None
            deadline.sleep(_POLL)
        else:
            return


def replace_file(path: Path, content: bytes) -> None:
    """Write a 0600 file so that a reader finds the old content or the new, never a part."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
