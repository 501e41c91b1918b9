"""The kept login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import RenderableType

    from ibcli.broker.held import HeldLock
    from ibcli.broker.kept import AuthStatus


def document(status: AuthStatus) -> dict[str, Any]:
    """What is kept, until when, and what the broker says of it."""
    return {
        "api_url": status.api_url,
        "profile": status.profile,
        "state_file": str(status.state_file),
        "logged_in": status.logged_in,
        "obtained": status.obtained,
        "expires": status.expires,
        "session": status.session,
        "session_since": status.session_since,
        "accounts": list(status.accounts),
        "searched": status.searched,
        "locks": [_lock(lock) for lock in status.locks],
    }


def draw(status: AuthStatus, width: int) -> Iterator[RenderableType]:
    """A line a fact."""
    from ibcli.render.lines import Sheet

    del width
    login = f"kept, until {_at(status.expires)}" if status.logged_in else "none"
    if status.expires is not None and not status.logged_in:
        login = f"ended {_at(status.expires)}; the next command logs in anew"
    facts = [
        ("Server", status.api_url),
        ("Profile", status.profile or "none"),
        ("Login", login),
        ("Session", status.session),
    ]
    if status.session_since is not None:
        facts.append(("Since", _at(status.session_since)))
    if status.accounts:
        facts.append(("Accounts", ", ".join(status.accounts)))
    facts.append(("State file", str(status.state_file)))
    facts += [("Locked", f"{lock.name}: {lock.holder.words or 'held'}") for lock in status.locks]
    table = Sheet()
    table.add_column(style="bold")
    table.add_column(folds=True)
    for name, value in facts:
        table.add_row(name, value)
    yield table


def _lock(lock: HeldLock) -> dict[str, Any]:
    holder = lock.holder
    return {
        "name": lock.name,
        "file": str(lock.path),
        "process": holder.process,
        "command": holder.command,
        "since": holder.since,
        "deadline": holder.until,
        "overdue": holder.is_overdue,
        "stopped": holder.is_stopped,
        "elsewhere": holder.elsewhere,
        "advice": holder.advice,
    }


def _at(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC" if instant else "unknown"
