"""Waiting for a journal that another process is writing: until the deadline, and then by name.

SQLite's own waiting knows no deadline, hears no signal while it lasts, and ends with "database is
locked".
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ibcli.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ibcli.broker.deadline import Deadline

Outcome = TypeVar("Outcome")

AT_ONCE = 0.1  # seconds that SQLite waits by itself, looking every few milliseconds
_PAUSE = 0.01  # seconds between two such waits
# What has happened is to be written down, the deadline or not.
_LEAST = 1.0
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")


class JournalBusyError(ConfigurationError):
    """Another process writes to the journal and does not come to an end: nothing was written."""

    exit_code = ExitCode.UNREACHABLE
    default_code = "journal-busy"


class Patience:
    """How long one process waits for the journal: until its deadline, or for ``most`` seconds in
    all, for those to whom the journal is not all that matters.
    """

    def __init__(self, path: Path, deadline: Deadline, most: float | None = None) -> None:
        self._path = path
        self._deadline = deadline
        self._most = most

    def attempt(self, step: Callable[[], Outcome]) -> Outcome:
        """What the step returns, tried until nobody else is in its way. It has done nothing when it
        raises an error of SQLite's. Raises JournalBusyError, and what else the step raises.
        """
        until = self._until()
        began = until.clock()
        try:
            while True:
                try:
                    return step()
                except sqlite3.OperationalError as error:
                    if not is_busy(error):
                        raise
                    if until.passed:
                        raise self._busy() from None
                    until.sleep(_PAUSE)
        finally:
            if self._most is not None:
                self._most = max(0.0, self._most - (until.clock() - began))

    def _until(self) -> Deadline:
        until = self._deadline.at_least(_LEAST)
        if self._most is None:
            return until
        return replace(until, at=min(until.at, until.clock() + self._most))

    def _busy(self) -> JournalBusyError:
        from ibcli.broker.holders import Holder, writer_of

        holder = writer_of(self._path) or Holder()
        named = f" ({holder.words})" if holder.words else ""
        return JournalBusyError(
            f"Another ibcli process{named} still held the journal of orders at the deadline.",
            hint=f"{holder.advice} Nothing is sent without the journal.",
            retryable=True,
        )


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process is in the way, and may be out of it in a moment."""
    return getattr(error, "sqlite_errorname", "").startswith(_BUSY)
