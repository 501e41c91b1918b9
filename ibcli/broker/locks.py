"""Locks between processes, and files that only their owner may read.

``flock`` locks belong to an open file, so they hold between threads as well, and the system lets
them go when a process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ibcli.errors import ConfigurationError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ibcli.broker.deadline import Deadline

_FIRST_LOOK = 0.0005  # seconds between looks at a lock that is held; doubled for each
_LAST_LOOK = 0.02


def private_folder(folder: Path) -> Path:
    """Make the folder, for its owner alone, and return it. Raises ConfigurationError.

    A folder that is a link or somebody else's is refused: who owns it could plant a login of his
    own or read ours.
    """
    try:
        for missing in (*reversed([each for each in folder.parents if not each.exists()]), folder):
            missing.mkdir(mode=0o700, exist_ok=True)  # parents=True would heed the umask alone
        found = folder.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
            raise _insecure(folder)
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise _unwritable(f"The state folder {folder} cannot be used", error) from None
    return folder


def _unwritable(what: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{what}: {error.strerror or type(error).__name__}.",
        hint="Make it writable, or set IBCLI_STATE_DIR to a folder of your own.",
        code="state-unwritable",
    )


@contextmanager
def written(path: Path) -> Iterator[None]:
    """A full disk, a read-only one, one without locks: ConfigurationError state-unwritable."""
    try:
        yield
    except OSError as error:
        raise _unwritable(f"The state file {path} cannot be written", error) from None


def open_private(path: Path, flags: int) -> int:
    """A file descriptor of our own regular file, mode 0600; made when missing and so asked."""
    try:
        # O_NONBLOCK: a FIFO in its place would hold us up for ever
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        if path.is_symlink():
            raise _insecure(path) from None
        raise _unwritable(f"The state file {path} cannot be opened", error) from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        os.close(descriptor)
        raise _insecure(path)
    if stat.S_IMODE(found.st_mode) & 0o077:
        os.fchmod(descriptor, 0o600)
    return descriptor


def _insecure(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is a link, not a plain file or somebody else's: what it holds cannot be trusted.",
        hint=f"Remove it if you do not know it (rm {path}), or set IBCLI_STATE_DIR.",
        code="state-insecure",
    )


@contextmanager
def locked(
    path: Path, deadline: Deadline, *, busy: str = "the state folder", code: str = "state-busy"
) -> Iterator[int]:
    """Hold an exclusive lock on the file; the descriptor is open for reading and writing.

    Raises UnreachableError when another process still holds the lock at the deadline; ``busy``
    says what it is doing, and the message names it.
    """
    try:
        descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
    except FileNotFoundError:  # somebody has cleared the folder away
        descriptor = open_private(private_folder(path.parent) / path.name, os.O_RDWR | os.O_CREAT)
    try:
        with written(path):
            is_ours = _taken(descriptor, deadline)
        if not is_ours:
            raise _held(descriptor, busy, code)
        yield descriptor
    finally:
        os.close(descriptor)  # lets the lock go


def _taken(descriptor: int, deadline: Deadline) -> bool:
    """Look again and again: a wait in the kernel would not end at the deadline."""
    pause = _FIRST_LOOK
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.passed:
                return False
            deadline.sleep(pause)
            pause = min(pause * 2, _LAST_LOOK)
        else:
            return True


def _held(descriptor: int, busy: str, code: str) -> UnreachableError:
    holder = _holder(descriptor)
    process, hint = "Another ibcli process", "Try again; give it longer with --deadline SECONDS."
    if holder is not None:
        process += f" (process {holder}"
        if _is_stopped(holder):
            process += ", which is stopped"
            hint = f"Let it go on, or end it: kill -CONT {holder}, or kill -KILL {holder}"
        process += ")"
    return UnreachableError(f"{process} still held {busy} at the deadline.", hint=hint, code=code)


def _holder(descriptor: int) -> int | None:
    """The process that holds the lock, where the system tells (Linux)."""
    inode = os.fstat(descriptor).st_ino
    try:
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    for line in lines:  # 1: FLOCK  ADVISORY  WRITE 4711 08:01:131073 0 EOF; a waiting one has ->
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
            return int(words[4]) if words[4].isdigit() else None
    return None


def _is_stopped(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[:1] == ["T"]


def replace_file(path: Path, content: bytes) -> None:
    """Write a 0600 file so that a reader finds the old content or the new, never a part."""
    import tempfile  # takes 4 ms, and most commands replace nothing

    with written(path):
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
