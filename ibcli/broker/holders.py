"""Who holds a lock: what the system tells, and what the holder wrote into the lock's file.

The lock itself is the system's and ends with the process. The note beside it only explains: it is
believed as far as the system bears it out, so that what a dead process left there misleads nobody.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from ibcli.broker.scrub import scrub

if TYPE_CHECKING:
    from ibcli.broker.deadline import Deadline

_MOST = 4096  # bytes of a note
_WAL_WRITE = (
    "120"  # the byte of a -shm file that is locked to write (https://sqlite.org/walformat.html)
)


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock, as far as is known at this moment.

    ``process`` is None when the system does not tell. ``elsewhere``: it runs in another container
    or on another machine, where ``process`` is its number. ``left`` are seconds until its deadline,
    below 0 when that has passed. Instants are aware UTC.
    """

    process: int | None = None
    command: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    left: float | None = None
    is_stopped: bool = False
    elsewhere: bool = False

    @property
    def is_overdue(self) -> bool:
        """Whether it has outlived its own deadline."""
        return self.left is not None and self.left < 0

    @property
    def is_stuck(self) -> bool:
        """Whether it will not let go of itself, or should have by now."""
        return self.is_stopped or self.is_overdue

    @property
    def words(self) -> str:
        """All that is known, for a sentence; empty when nothing is."""
        parts = []
        if self.process is not None:
            command = f": {self.command}" if self.command else ""
            parts.append(f"process {self.process}{command}")
        if self.elsewhere:
            parts.append("in another container or on another machine")
        if self.since is not None:
            parts.append(f"since {self.since:%Y-%m-%d %H:%M:%S} UTC")
        if self.is_stopped:
            parts.append("which is stopped")
        if self.left is not None and self.left < 0:
            parts.append(f"{-self.left:.0f} s past its own deadline")
        return ", ".join(parts)

    @property
    def advice(self) -> str:
        """What to do about it."""
        if self.elsewhere and self.is_overdue:
            return f"End it there: kill -KILL {self.process}"
        if self.process is not None and self.is_stopped:
            return (
                f"Let it go on, or end it: kill -CONT {self.process}, or kill -KILL {self.process}"
            )
        if self.process is not None and self.is_overdue:
            return (
                f"If it does not end soon, end it: kill -KILL {self.process} "
                "(what it has sent is looked up before anything else is sent)"
            )
        return "Try again; give it longer with --deadline SECONDS."


def leave_note(descriptor: int, deadline: Deadline) -> None:
    """Write into a lock's file, while holding it, who holds it until when."""
    now = monotonic()
    note = {
        "process": os.getpid(),
        "started": _started(os.getpid()),
        "system": _system(),
        "since": now,
        "until": now + deadline.remaining,
        "command": _command(),
    }
    with suppress(OSError):  # a full disk: then it holds the lock unexplained
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(note).encode(), 0)


def clear_note(descriptor: int) -> None:
    """Take the note away, before the lock is let go of."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)


def holder_of(descriptor: int) -> Holder:
    """Who holds the lock (``flock``) on this open file, which somebody does."""
    return _holder(_told_by_system(os.fstat(descriptor), "FLOCK"), _note(descriptor))


def holder_of_lock(path: Path) -> Holder | None:
    """Who holds the lock on this file at the moment; None: nobody, or there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # for an instant, and let go of
    except BlockingIOError:
        return holder_of(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def writer_of(database: Path) -> Holder | None:
    """Who is writing to an SQLite file in WAL mode, where the system tells; None: not known.

    The file is not opened for that: to close it again would let go of this process's own locks.
    """
    # To write; to bring the -wal file into order; to close it, as the last of all.
    for suffix, first_byte in (("-shm", _WAL_WRITE), ("-shm", ""), ("", "")):
        with suppress(OSError):
            found = database.with_name(f"{database.name}{suffix}").stat()
            process = _told_by_system(found, "POSIX", first_byte)
            if process not in {None, os.getpid()}:
                return _holder(process, None)
    return None


def _holder(process: int | None, note: dict[str, Any] | None) -> Holder:
    if note is None:
        return Holder(process, _command_of(process), is_stopped=_is_stopped(process))
    if process is None and note["system"] != _system():
        return _explained(int(note["process"]), note, elsewhere=True)
    if process is None:
        process = int(note["process"])
        if _started(process) != note["started"]:  # dead, and its number perhaps another's
            return Holder()
    elif process != note["process"] and note["process"] not in _inner_numbers(process):
        return Holder(process, _command_of(process), is_stopped=_is_stopped(process))
    return _explained(process, note, elsewhere=False)


def _explained(process: int, note: dict[str, Any], *, elsewhere: bool) -> Holder:
    """Its instants are of the clock that all processes of a machine share, whatever the date."""
    since, left = monotonic() - note["since"], note["until"] - monotonic()
    now = datetime.fromtimestamp(time(), UTC)
    if elsewhere and note["system"].partition(" ")[0] != _system().partition(" ")[0]:
        return Holder(process, note["command"], elsewhere=True)  # another machine's clock
    return Holder(
        process,
        note["command"],
        now - timedelta(seconds=since),
        now + timedelta(seconds=left),
        left,
        not elsewhere and _is_stopped(process),
        elsewhere,
    )


def _note(descriptor: int) -> dict[str, Any] | None:
    """What the file says, if it is of the known form."""
    try:
        note = json.loads(os.pread(descriptor, _MOST, 0))
        return {
            "process": int(note["process"]),
            "started": str(note["started"]),
            "system": str(note["system"]),
            "since": float(note["since"]),
            "until": float(note["until"]),
            "command": scrub(str(note["command"])),
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _told_by_system(found: os.stat_result, kind: str, first_byte: str = "") -> int | None:
    """The process that holds the lock on a file, where the system tells (Linux).

    A process that this one may not see (another container's) has no line, or the number 0.
    """
    try:
        lines = Path("/proc/locks").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    alike: list[int] = []
    same: list[int] = []
    for line in lines:  # 1: FLOCK  ADVISORY  WRITE 4711 08:01:131073 0 EOF; a waiting one has ->
        words = line.split()
        if len(words) < 8 or words[1] != kind or words[3] != "WRITE":
            continue
        if not words[5].endswith(f":{found.st_ino}") or not words[4].isdigit():
            continue
        if first_byte in {"", words[6]}:
            (same if words[5] == device else alike).append(int(words[4]))
    # Some file systems show another device there than stat does; then the number has to do.
    process = same[0] if same else alike[0] if len(alike) == 1 else 0
    return process or None


def _system() -> str:
    """Names the machine since its start, and the container: there process numbers mean the same."""
    boot, namespace = "", ""
    with suppress(OSError, ValueError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    with suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 -- no path
    return f"{boot} {namespace}"


def _stat(process: int | None) -> list[str]:
    """What /proc says of a process after its name: its state first."""
    try:
        said = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return said.rpartition(")")[2].split()


def _started(process: int) -> str:
    """When it was started, in the system's ticks; empty: there is none, or that is not told."""
    return "".join(_stat(process)[19:20])


def _is_stopped(process: int | None) -> bool:
    return process is not None and _stat(process)[:1] in (["T"], ["t"])


def _inner_numbers(process: int) -> list[int]:
    """Its numbers in the containers that it runs in."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [int(n) for x in lines.splitlines() if x.startswith("NSpid:") for n in x.split()[1:]]


def _command() -> str:
    """This process's command line, account numbers and long words masked."""
    program = Path(sys.argv[0]).name if sys.argv else ""
    return scrub(" ".join(["ibcli" if program == "__main__.py" else program, *sys.argv[1:]]))


def _command_of(process: int | None) -> str | None:
    """Another's, without its interpreter."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None
    started = next((n for n, word in enumerate(words) if Path(word).name == "ibcli"), None)
    return None if started is None else scrub(" ".join(["ibcli", *words[started + 1 :]])) or None
