"""What the journal says, read as frozen values."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ibcli.domain.ledger import IN_DOUBT, SETTLED, Act, Entry, Kind
from ibcli.trading.journal.coded import bracket_from
from ibcli.trading.journal.opening import damaged, failure
from ibcli.trading.journal.sums import EVENT, is_right, unreadable, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ibcli.domain.orders import Bracket
    from ibcli.trading.journal.patience import Patience

_ENTRY = (
    "events.id, events.at, events.market_at, events.account, events.day, events.act, events.kind, "
    "events.cause, events.detail, events.intent, events.order_id, events.execution_id, "
    "intents.job, intents.run, intents.leg, intents.coid, "
)
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)
_FROM = "FROM events LEFT JOIN intents ON intents.id = events.intent"


@dataclass(frozen=True, slots=True)
class Intent:
    """A leg as it was claimed."""

    id: int
    account: str = field(repr=False)
    day: date
    job: str
    run: int
    leg: int
    coid: str
    command: str
    bracket: Bracket


class Reading:
    """The reading half of the journal. Raises ConfigurationError when the file fails.

    What is written there never changes, so each row is decoded once; which rows there are is asked
    of the file every time.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, patience: Patience) -> None:
        self.path = path
        self._patience = patience
        self._connection = connection
        self._intents: dict[int, Intent] = {}
        self._entries: dict[int, Entry] = {}
        self._has_sums: bool | None = None

    def latest_run(self, account: str, day: date, job: str) -> int | None:
        """The number of a job's latest run on a trading day; None: it has not run."""
        query = "SELECT max(run) FROM intents WHERE account = ? AND day = ? AND job = ?"
        ((run,),) = self._rows(query, (account, day.isoformat(), job))
        return run  # type: ignore[no-any-return]

    def intents(
        self,
        account: str,
        *,
        day: date | None = None,
        job: str | None = None,
        run: int | None = None,
        since: date | None = None,
        numbers: Iterable[int] | None = None,
    ) -> tuple[Intent, ...]:
        """What was claimed, oldest first."""
        wanted = {"day": day.isoformat() if day else None, "job": job, "run": run}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = "".join(f" AND {name} = ?" for name in given)
        values: tuple[object, ...] = (account, *given.values())
        if since is not None:
            where += " AND day >= ?"
            values += (since.isoformat(),)
        if numbers is not None:
            chosen = tuple(numbers)
            where += f" AND id IN ({', '.join('?' * len(chosen))})"
            values += chosen
        rows = self._rows(
            "SELECT id, account, day, job, run, leg, coid, command, bracket, "  # noqa: S608 -- own names
            f"{self._sum('intents')} FROM intents WHERE account = ?{where} ORDER BY id",
            values,
        )
        return tuple(self._intent(row) for row in rows)

    def naming(self, account: str, order_ids: Iterable[int]) -> tuple[int, ...]:
        """The numbers of the intents that became orders of these ids, and maybe of a few others."""
        named = [f'"order_id":{number}' for number in order_ids]
        if not named:
            return ()
        telling = " OR ".join("instr(detail, ?)" for _ in named)
        rows = self._rows(
            "SELECT DISTINCT intent FROM events WHERE account = ? AND kind = ? "  # noqa: S608 -- own names
            f"AND intent IS NOT NULL AND ({telling}) ORDER BY intent",
            (account, Kind.ACKNOWLEDGED.value, *named),
        )
        return tuple(intent for (intent,) in rows)

    def entries(
        self,
        *,
        account: str | None = None,
        day: date | None = None,
        job: str | None = None,
        intents: Iterable[int] | None = None,
        kinds: Iterable[Kind] | None = None,
    ) -> tuple[Entry, ...]:
        """What happened, oldest first."""
        where, values = ["1"], list[object]()
        for column, value in (
            ("events.account", account),
            ("events.day", day.isoformat() if day else None),
            ("intents.job", job),
        ):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        for column, several in (
            ("events.intent", intents),
            ("events.kind", None if kinds is None else [kind.value for kind in kinds]),
        ):
            if several is not None:
                chosen = tuple(several)
                where.append(f"{column} IN ({', '.join('?' * len(chosen))})")
                values += chosen
        told = f"{_ENTRY}{self._sum('events')} {_FROM}"
        query = f"SELECT {told} WHERE {' AND '.join(where)} ORDER BY events.id"
        return tuple(map(self._entry, self._rows(query, tuple(values))))

    def in_doubt(self, account: str) -> tuple[Entry, ...]:
        """The last entry of each act whose outcome is not known: one an order and act."""
        doubts = ", ".join(f"'{kind.value}'" for kind in sorted(IN_DOUBT))
        settled = ", ".join(f"'{kind.value}'" for kind in sorted(SETTLED))
        later = (
            "later.act = events.act AND later.id > events.id "
            f"AND later.kind IN ({doubts}, {settled})"
        )
        query = (
            f"SELECT {_ENTRY}{self._sum('events')} {_FROM} "  # noqa: S608 -- own names
            f"WHERE events.account = ? AND events.kind IN ({doubts}) "
            "AND CASE events.act WHEN 'place' THEN NOT EXISTS ("
            f"SELECT 1 FROM events later WHERE later.intent = events.intent AND {later}) "
            "ELSE NOT EXISTS (SELECT 1 FROM events later WHERE later.account = events.account "
            f"AND later.order_id = events.order_id AND {later}) END ORDER BY events.id"
        )
        return tuple(map(self._entry, self._rows(query, (account,))))

    def execution_ids(self, account: str) -> dict[str, str | None]:
        """Every execution in the journal, with its commission where that is known."""
        rows = self._rows(
            "SELECT execution_id, detail FROM events "
            "WHERE account = ? AND execution_id IS NOT NULL ORDER BY id",
            (account,),
        )
        known: dict[str, str | None] = {}
        for execution_id, detail in rows:
            commission = json.loads(detail).get("commission")
            known[execution_id] = commission if commission is not None else known.get(execution_id)
        return known

    def latest_day(self) -> date | None:
        """The last trading day of which anything is written; None: nothing is."""
        ((day,),) = self._rows("SELECT max(day) FROM events", ())
        return None if day is None else date.fromisoformat(day)

    def count(self) -> int:
        """How many entries there are."""
        ((number,),) = self._rows("SELECT count(*) FROM events", ())
        return int(number)

    def _intent(self, row: tuple[Any, ...]) -> Intent:
        number = row[0]
        if number not in self._intents:
            *values, expected = row
            if not is_right(expected, values[1:]):
                raise damaged(self.path, words_of("intents", number))
            try:
                self._intents[number] = _intent(values)
            except _UNREADABLE as error:
                raise damaged(self.path, unreadable("intents", row, error)) from None
        return self._intents[number]

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        number = row[0]
        if number not in self._entries:
            *values, expected = row
            if not is_right(expected, values[1 : len(EVENT) + 1]):
                raise damaged(self.path, words_of("events", number))
            try:
                self._entries[number] = _entry(values)
            except _UNREADABLE as error:
                raise damaged(self.path, unreadable("events", row, error)) from None
        return self._entries[number]

    def _sum(self, table: str) -> str:
        """The column of sums, as far as there is one."""
        if self._has_sums is None:
            query = "SELECT count(*) FROM pragma_table_info('events') WHERE name = 'sum'"
            self._has_sums = self._rows(query, ()) == [(1,)]
        return f"{table}.sum" if self._has_sums else "NULL"

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        def read() -> list[tuple[Any, ...]]:
            return self._connection.execute(query, tuple(values)).fetchall()

        try:
            return self._patience.attempt(read)
        except sqlite3.Error as error:
            raise failure(self.path, error) from None


def _intent(row: Sequence[Any]) -> Intent:
    number, account, day, job, run, leg, coid, command, bracket = row
    return Intent(
        id=number,
        account=account,
        day=date.fromisoformat(day),
        job=job,
        run=run,
        leg=leg,
        coid=coid,
        command=command,
        bracket=bracket_from(json.loads(bracket)),
    )


def _entry(row: Sequence[Any]) -> Entry:
    (number, at, market_at, account, day, act, kind, cause, detail, *rest) = row
    intent, order_id, execution_id, job, run, leg, coid = rest
    return Entry(
        number=number,
        at=datetime.fromisoformat(at),
        market_at=datetime.fromisoformat(market_at),
        account=account,
        day=date.fromisoformat(day),
        act=Act(act),
        kind=Kind(kind),
        cause=cause,
        detail=json.loads(detail),
        intent=intent,
        order_id=order_id,
        execution_id=execution_id,
        job=job,
        run=run,
        leg=leg,
        coid=coid,
    )
