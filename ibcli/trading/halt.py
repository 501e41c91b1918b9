"""The kill switch: a file that is looked at last, just before anything is ordered.

It is a file so that it can be thrown without ibcli (``touch``), and so that what cannot be read
counts as thrown.
"""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ibcli.broker.private import private_folder, replace_file, written
from ibcli.domain.halting import Halt, Switched
from ibcli.domain.ledger import Act, Kind
from ibcli.domain.newyork import new_york_day
from ibcli.errors import GuardError, IbcliError
from ibcli.trading.journal.journal import Journal, Note

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings

LONGEST = 500  # characters of a reason
_BIGGEST = 1 << 16  # bytes that are read of the file
_NO_REASON = "no reason given"


def halt_path(settings: Settings) -> Path:
    """One switch for all accounts and profiles; the demo has its own."""
    return settings.base_state_dir / ("halt-demo" if settings.simulated else "halt")


def halted(settings: Settings) -> Halt | None:
    """Why nothing may be ordered; None: it may. Never fails: what cannot be read is a halt."""
    path = halt_path(settings)
    try:
        lines = _content(path).splitlines()
    except FileNotFoundError:
        # A link that leads nowhere is still something that somebody put there.
        return Halt(f"{path} is a link that leads nowhere") if path.is_symlink() else None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return Halt(f"{path} cannot be read: {why}")
    reason = " ".join(line.strip() for line in lines[1:]).strip()
    try:
        since = datetime.fromisoformat(lines[0].strip()).astimezone(UTC)
    except (ValueError, IndexError, OverflowError):
        return Halt(" ".join(lines).strip()[:LONGEST] or _NO_REASON)
    return Halt(reason or _NO_REASON, since)


def _content(path: Path) -> str:
    """What the file says; for a pipe's end or a device's we might wait for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file")
        return stream.read(_BIGGEST).decode()


def check_halt(settings: Settings) -> None:
    """Raise GuardError ``guard-halt`` when the switch is thrown."""
    halt = halted(settings)
    if halt is None:
        return
    since = f" since {halt.since:%Y-%m-%dT%H:%M:%SZ}" if halt.since else ""
    raise GuardError(
        f"Trading is halted{since}: {halt.reason}. Nothing was sent.",
        hint="ibcli resume lets orders through again; cancels are always possible.",
        code="guard-halt",
    )


def halt(
    settings: Settings,
    reason: str,
    now: Callable[[], datetime],
    deadline: Deadline | None = None,
) -> tuple[Switched, list[str]]:
    """Throw the switch, and warnings. A later reason replaces the one before.

    Raises ConfigurationError ``state-unwritable``: then it is not thrown.
    """
    before = halted(settings)
    path = halt_path(settings)
    words = " ".join(reason.split())[:LONGEST] or _NO_REASON
    private_folder(path.parent)
    moment = now()
    replace_file(path, f"{moment.isoformat(timespec='seconds')}\n{words}\n".encode())
    in_force = halted(settings)
    warnings = _noted(settings, Kind.HALTED, words, now, deadline)
    return Switched(path, in_force, before is None, before), warnings


def resume(
    settings: Settings, now: Callable[[], datetime], deadline: Deadline | None = None
) -> tuple[Switched, list[str]]:
    """Let orders through again, and warnings. Raises ConfigurationError ``state-unwritable``."""
    before = halted(settings)
    path = halt_path(settings)
    if before is None:
        return Switched(path, None, changed=False), []
    with written(path):
        path.unlink(missing_ok=True)
    return Switched(path, halted(settings), True, before), _noted(
        settings, Kind.RESUMED, f"was halted: {before.reason}", now, deadline
    )


def _noted(
    settings: Settings,
    kind: Kind,
    cause: str,
    now: Callable[[], datetime],
    deadline: Deadline | None,
) -> list[str]:
    """Write it into the journal as well; the switch holds whether that is possible or not."""
    try:
        with Journal.open(settings, now, deadline) as journal:
            day = new_york_day(settings.market_now())
            detail = {"process": os.getpid()}
            journal.write(Note("", day, Act.KEEP, kind, cause, detail))
    except IbcliError as error:
        return [f"It could not be written into the journal: {error.message}"]
    return []
