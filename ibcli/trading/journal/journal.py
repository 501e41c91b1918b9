"""The journal: each entry a transaction of its own, on the disk before the next step is taken."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from ibcli.broker.deadline import Deadline
from ibcli.broker.lock_order import Rank, ranked
from ibcli.domain.ledger import Act, Kind
from ibcli.trading.journal.coded import bracket_document, text_of
from ibcli.trading.journal.opening import (
    failure,
    identity,
    journal_path,
    makeshift,
    open_to_read,
    open_to_write,
    unwritable,
)
from ibcli.trading.journal.patience import Patience
from ibcli.trading.journal.reading import Reading
from ibcli.trading.journal.sums import EVENT, sum_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from ibcli.config import Settings
    from ibcli.domain.orders import Bracket

P = ParamSpec("P")
Outcome = TypeVar("Outcome")

_PATIENCE = 10.0  # seconds, for those who name no deadline


class JobTakenError(Exception):
    """Another process has claimed this run of the job in the meantime."""


@dataclass(frozen=True, slots=True)
class Note:
    """An entry to be written; the journal adds number and time. See ``domain.ledger.Entry``."""

    account: str = field(repr=False)
    day: date
    act: Act
    kind: Kind
    cause: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    intent: int | None = None
    order_id: int | None = None
    execution_id: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A run of a job that is to be this process's: its legs' brackets, each named."""

    account: str = field(repr=False)
    day: date
    job: str
    run: int
    command: str
    legs: Sequence[tuple[int, Bracket]]


def _patiently(
    write: Callable[Concatenate[Journal, P], Outcome],
) -> Callable[Concatenate[Journal, P], Outcome]:
    """All of a method's writing or nothing of it, when no other process is in its way."""

    def patiently(self: Journal, /, *args: P.args, **kwargs: P.kwargs) -> Outcome:
        self.see_in_place()
        try:
            with ranked(Rank.JOURNAL):
                return self._patience.attempt(lambda: write(self, *args, **kwargs))
        except sqlite3.Error as error:
            raise failure(self.path, error) from None

    patiently.__doc__ = write.__doc__
    return patiently


class Journal(Reading):
    """One process's view of the journal. A context manager; for one thread.

    Methods that write raise ConfigurationError ``journal-unwritable``, ``journal-damaged`` or
    ``journal-busy``: what was to be written is then not there, and what it announces must not be
    done.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        patience: Patience,
        now: Callable[[], datetime],
        market_now: Callable[[], datetime],
    ) -> None:
        super().__init__(connection, path, patience)
        self._now = now
        self._market_now = market_now
        self._file = identity(path)  # None: in memory

    @classmethod
    def open(
        cls,
        settings: Settings,
        now: Callable[[], datetime],
        deadline: Deadline | None = None,
        most: float | None = None,
    ) -> Self:
        """To read and to write. ``most``: seconds in all to wait for other processes, if not until
        the deadline. Raises ConfigurationError.
        """
        path = journal_path(settings)
        patience = Patience(path, deadline or Deadline.after(_PATIENCE), most)
        connection = open_to_write(path, patience)
        return cls(connection, path, patience, now, settings.market_now)

    @classmethod
    def open_to_read(
        cls, settings: Settings, now: Callable[[], datetime], deadline: Deadline | None = None
    ) -> Self | None:
        """To read only; None when nothing was ever written. Raises ConfigurationError."""
        path = journal_path(settings)
        patience = Patience(path, deadline or Deadline.after(_PATIENCE))
        connection = open_to_read(path, patience)
        if connection is None:
            return None
        return cls(connection, path, patience, now, settings.market_now)

    @classmethod
    def makeshift(cls, settings: Settings, now: Callable[[], datetime]) -> Self:
        """An empty one in memory, for those who only look or cancel while the file is unusable."""
        path = journal_path(settings)
        patience = Patience(path, Deadline.after(_PATIENCE))
        made = cls(makeshift(), path, patience, now, settings.market_now)
        made._file = None
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def see_in_place(self) -> None:
        """Raise ConfigurationError ``journal-unwritable`` when the file that is open is no longer
        the journal: what is written to a removed one is gone when the process ends.
        """
        if self._file is not None and identity(self.path) != self._file:
            raise unwritable(self.path, "it was removed or replaced while it was in use")

    def now(self) -> datetime:
        """The real present moment, aware UTC."""
        return self._now()

    # -- writing -----------------------------------------------------------------------------

    @_patiently
    def claim(self, claim: Claim) -> None:
        """Write down all legs of a run, or none. Raises JobTakenError when it is another's."""
        at, market_at = self._times()
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for leg, bracket in claim.legs:
                    self._insert_intent(claim, leg, bracket, at, market_at)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.IntegrityError:
            raise JobTakenError from None

    def _insert_intent(
        self, claim: Claim, leg: int, bracket: Bracket, at: str, market_at: str
    ) -> None:
        document = bracket_document(bracket)
        values = (  # in the order of sums.INTENT
            claim.account,
            claim.day.isoformat(),
            claim.job,
            claim.run,
            leg,
            bracket.entry.coid,
            claim.command,
            text_of(document),
        )
        cursor = self._connection.execute(
            "INSERT INTO intents (at, account, day, job, run, leg, coid, command, bracket, sum) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (at, *values, sum_of(values)),
        )
        note = Note(
            claim.account,
            claim.day,
            Act.PLACE,
            Kind.INTENT,
            claim.command,
            {"orders": document},
            intent=cursor.lastrowid,
        )
        self._insert(note, at, market_at)

    @_patiently
    def write(self, note: Note) -> None:
        """Write one entry; when this returns it is on the disk."""
        self._insert(note, *self._times())

    @_patiently
    def write_new(self, notes: Sequence[Note]) -> int:
        """Write those whose execution is not in the journal yet, together; how many were new."""
        at, market_at = self._times()
        before = self._connection.total_changes
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for note in notes:
                self._insert(note, at, market_at, verb="INSERT OR IGNORE")
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return self._connection.total_changes - before

    def _insert(self, note: Note, at: str, market_at: str, verb: str = "INSERT") -> None:
        values = (
            at,
            market_at,
            note.account,
            note.day.isoformat(),
            note.act.value,
            note.kind.value,
            note.cause,
            text_of(note.detail),
            note.intent,
            note.order_id,
            note.execution_id,
        )
        self._connection.execute(
            f"{verb} INTO events ({', '.join(EVENT)}, sum) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, sum_of(values)),
        )

    def _times(self) -> tuple[str, str]:
        return self._now().isoformat(), self._market_now().isoformat()
