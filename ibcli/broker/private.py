"""Files and folders that are their owner's alone, whatever the umask, and refused if they are not.

What is checked here may be used by its path afterwards: once a folder is ours, mode 0700, and
nobody else may change the way to it, nobody else can put another thing in its place.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ibcli.errors import ConfigurationError
from ibcli.stopping import Uninterrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LINKS = 40  # on the way to a folder, as for the system
_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def private_folder(folder: Path) -> Path:
    """Make the folder, for its owner alone, and return it.

    Raises ConfigurationError: ``state-unwritable``; ``state-insecure`` when it is a link or
    somebody else's, or others may change the way to it: they could plant a login of their own or
    read ours. One that is merely open to others is closed, unless they may have put something in.
    """
    try:
        _check_way(folder.absolute().parent)
        missing = [each for each in folder.parents if not each.exists()]
        for each in (*reversed(missing), folder):  # parents=True would heed the umask alone
            with suppress(FileExistsError):
                each.mkdir(mode=0o700)
                each.chmod(0o700)  # the umask may have left less
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) and not stat.S_ISLNK(found.st_mode):
            raise NotADirectoryError(20, "Not a directory")
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise insecure(folder)
        if stat.S_IMODE(found.st_mode) & 0o077:
            _close(folder, stat.S_IMODE(found.st_mode))
    except OSError as error:
        raise unwritable(f"The state folder {folder} cannot be used", error) from None
    return folder


def _close(folder: Path, mode: int) -> None:
    folder.chmod(0o700)
    if not mode & _BY_OTHERS:
        return
    for path in folder.iterdir():
        if not _is_own(path):
            folder.chmod(mode)  # so that the next command says the same
            raise insecure(path)


def _is_own(path: Path) -> bool:
    """Whether it is our own file or folder, and under no other name elsewhere."""
    try:
        found = path.lstat()
    except FileNotFoundError:  # another process has just taken it away
        return True
    is_plain = stat.S_ISREG(found.st_mode) and found.st_nlink <= 1
    return found.st_uid == os.geteuid() and (is_plain or stat.S_ISDIR(found.st_mode))


def _check_way(folder: Path) -> None:
    """Raise ConfigurationError if others may put another folder in the place of one on the way.

    Whoever owns a folder or may write to it can rename what is in it; in a sticky one (/tmp) only
    what is his own.
    """
    for step, found in _way(folder):
        if found.st_uid not in (0, os.geteuid()) and not _is_unknown(found.st_uid):
            raise _open_way(step, found.st_uid)
        if stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX:
            continue
        if found.st_mode & stat.S_IWOTH:
            raise _open_way(step)
        if found.st_mode & stat.S_IWGRP and not _is_own_group(found.st_gid):
            raise _open_way(step)


def _way(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """All folders and links by which the system gets there, as far as they exist."""
    left = list(reversed(folder.parts[1:]))
    here, links = Path("/"), 0
    while left:
        part = left.pop()
        if part == "..":
            here = here.parent
            continue
        step = here / part
        try:
            found = step.lstat()
        except FileNotFoundError:
            return
        yield step, found
        if not stat.S_ISLNK(found.st_mode):
            here = step
            continue
        target = step.readlink()
        links += 1
        if links > _MOST_LINKS:
            return  # the system will say so
        if target.is_absolute():
            here = Path("/")
        left.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))


def _is_own_group(group: int) -> bool:
    """Whether nobody but this user and root is in it: many systems give each user such a group."""
    if group == 0:
        return True
    import grp
    import pwd

    try:
        name, found = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(group)
    except KeyError:
        return False
    return found.gr_name == name and set(found.gr_mem) <= {name}


def _is_unknown(owner: int) -> bool:
    """Whether it stands for users of the machine that this container or sandbox cannot name."""
    try:
        unknown = int(Path("/proc/sys/kernel/overflowuid").read_text(encoding="ascii"))
        names = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return False
    return owner == unknown and names != ["0", "0", "4294967295"]


def _open_way(step: Path, owner: int | None = None) -> ConfigurationError:
    """``owner``: it is his, and so he may change it whatever its mode."""
    if owner is None:
        said, way_out = "", f"chmod go-w {step} if it is yours; else "
    else:
        said = f", which {_whose(owner)}"
        way_out = "Run ibcli as that user (with sudo: sudo -H, for a HOME of root's own), or "
    return ConfigurationError(
        f"Others may change {step}, on the way to the state folder{said}: what lies there cannot "
        "be trusted.",
        hint=f"{way_out}set IBCLI_STATE_DIR to a folder of your own.",
        code="state-insecure",
    )


def unwritable(what: str, error: OSError) -> ConfigurationError:
    """What is said of a state file or folder that cannot be used."""
    from ibcli.broker.exhausted import exhausted

    return exhausted(error) or ConfigurationError(
        f"{what}: {error.strerror or type(error).__name__}.",
        hint="Make it writable, or set IBCLI_STATE_DIR to a folder of your own.",
        code="state-unwritable",
    )


def insecure(path: Path) -> ConfigurationError:
    """What is said of a file or folder that somebody else may have put there.

    Nobody is told to remove it: it may be the journal, after one ``sudo ibcli``.
    """
    from shlex import quote

    named, elsewhere = quote(str(path)), "set IBCLI_STATE_DIR to a folder of your own"
    what = "is no plain file or has a second name"
    hint = (
        f"See what it is (ls -ld {named}), and move it away if you do not know it; or {elsewhere}."
    )
    with suppress(OSError):
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            what = "is a link"
            if path.is_dir():
                hint = f"If it is yours, set IBCLI_STATE_DIR to where it leads: {path.resolve()}"
        elif found.st_uid != os.geteuid():
            what = _whose(found.st_uid)
            hint = (
                f"If you know why (sudo, a container): sudo chown {os.geteuid()} {named}; "
                f"else {elsewhere}."
            )
    return ConfigurationError(
        f"{path} {what}: what it holds cannot be trusted.", hint=hint, code="state-insecure"
    )


def _whose(owner: int) -> str:
    import pwd

    name = str(owner)
    with suppress(KeyError):
        name = pwd.getpwuid(owner).pw_name
    return f"belongs to another user ({name})"


@contextmanager
def written(path: Path) -> Iterator[None]:
    """A full disk, a read-only one, one without locks: ConfigurationError state-unwritable."""
    try:
        yield
    except OSError as error:
        raise unwritable(f"The state file {path} cannot be written", error) from None


def open_private(path: Path, flags: int) -> int:
    """A file descriptor of our own regular file, mode 0600; made when missing and so asked."""
    try:
        # O_NONBLOCK: a FIFO in its place would hold us up for ever
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        if path.is_symlink():
            raise insecure(path) from None
        raise unwritable(f"The state file {path} cannot be opened", error) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise insecure(path)
        mode = stat.S_IMODE(found.st_mode)
        if mode & 0o077 or (flags & os.O_CREAT and mode != 0o600):  # the umask may leave less
            with written(path):
                os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_private(path: Path) -> bool:
    """Whether there is a file, our own, mode 0600 now. Not by a descriptor: to close one would let
    go of the locks that SQLite holds on the file.

    Raises OSError, and ConfigurationError ``state-insecure``.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise insecure(path)
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o600)
    return True


def replace_file(path: Path, content: bytes) -> None:
    """Write a 0600 file so that a reader finds the old content or the new, never a part."""
    import tempfile  # takes 4 ms, and most commands replace nothing

    with written(path), Uninterrupted():  # no signal leaves the temporary file behind
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                os.fchmod(descriptor, 0o600)  # the umask may have left less
                stream.write(content)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
