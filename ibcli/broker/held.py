"""Which locks other processes hold at the moment, for those who look without waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.broker.holders import Holder, holder_of_lock, writer_of

if TYPE_CHECKING:
    from pathlib import Path

    from ibcli.config import Settings


@dataclass(frozen=True, slots=True)
class HeldLock:
    """``name`` is one of: orders, login, kept login, pacing, journal."""

    name: str
    path: Path
    holder: Holder

    @property
    def warning(self) -> str:
        """For the user, when its holder is stuck."""
        advice = self.holder.advice
        return f"The lock on {self.name} ({self.path}) is held by {self.holder.words}. {advice}"


def held_locks(settings: Settings, state: Path) -> tuple[HeldLock, ...]:
    """The locks that are held for longer than an instant; ``state`` is the kept login's file.

    Those of a file that is just being changed count only when the process is stopped.
    """
    folder = settings.base_state_dir
    long = [("orders", path) for path in sorted(folder.glob("orders-*.lock"))]
    long.append(("login", state.with_suffix(".login.lock")))
    short = [
        ("kept login", state.with_suffix(".lock")),
        ("pacing", folder / f"pace-{settings.pace_key}"),
    ]
    found = [(name, path, holder_of_lock(path)) for name, path in (*long, *short)]
    journal = folder / f"journal-{settings.pace_key}.sqlite3"
    found.append(("journal", journal, writer_of(journal)))
    lasting = {name for name, _ in long}
    return tuple(
        HeldLock(name, path, holder)
        for name, path, holder in found
        if holder is not None and (name in lasting or holder.is_stopped)
    )
