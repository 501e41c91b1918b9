"""What is known of a day when it is over: the broker's books, the journal, what was said."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaos.plan import Day, Leg, Start
    from ibcli.sim.books.order import Order as Booked
    from ibcli.sim.books.records import Execution, Position
    from ibcli.sim.embedded import SimServer


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that is over. ``code`` is negative for a signal that was not heeded."""

    start: Start
    argv: tuple[str, ...]
    code: int | None  # None: it did not end, and was killed
    out: str
    err: str
    seconds: float
    signalled: str = ""  # "SIGKILL" or "SIGTERM" when it was sent one before its end
    is_evening: bool = False
    disk_trouble: bool = False  # its disk was full, or its state read-only

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on stdout; empty when there is none."""
        try:
            found = json.loads(self.out)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def said(self) -> str:
        """The error's message; empty when there is none."""
        error = self.document.get("error")
        return str(error.get("message", "")) if isinstance(error, dict) else ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A row of the journal, with what happened to it: kinds, oldest first, and order numbers.

    ``tickets``: what was to be sent at last.
    """

    coid: str
    job: str
    day: str
    run: int
    leg: int
    tickets: list[dict[str, Any]]
    kinds: tuple[str, ...]
    orders: frozenset[int]  # numbers that it has been told, the children's too

    @property
    def turns(self) -> tuple[str, ...]:
        """Those of its kinds by which what is known of it became another."""
        return tuple(kind for kind in self.kinds if kind in _DOUBTS | _SETTLED)

    @property
    def in_doubt(self) -> bool:
        """Whether the last thing known is that nothing is."""
        return self.turns[-1:] != () and self.turns[-1] in _DOUBTS

    @property
    def was_in_doubt(self) -> bool:
        """Whether an answer was ever missing."""
        return "doubt" in self.kinds or "looked" in self.kinds

    @property
    def stands(self) -> bool:
        """Whether the journal says that the broker has it, or had it."""
        return self.turns[-1:] == ("acknowledged",)


_DOUBTS = frozenset({"sending", "answering", "doubt"})
_SETTLED = frozenset({"question", "declined", "acknowledged", "refused", "absent"})


@dataclass(frozen=True, slots=True)
class Books:
    """The broker's, read past his interface. ``orders`` without those that wait at a question."""

    orders: tuple[Booked, ...]
    executions: tuple[Execution, ...]
    positions: tuple[Position, ...]
    began_with: Decimal
    cash: Decimal
    multipliers: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it; ``audit.audit`` judges it."""

    day: Day
    conids: Mapping[Leg, int]
    books: Books
    intents: tuple[Intent, ...]
    executions: frozenset[str]  # ids of the fills in the journal
    ended: tuple[Ended, ...]
    secrets: tuple[str, ...] = field(repr=False)
    account: str
    files: Mapping[str, str] = field(default_factory=dict)  # of state and cache, by relative name
    modes: Mapping[str, int] = field(default_factory=dict)
    patience: float = 1.0  # so many times longer may things take, as the machine is that busy
    reconciled: int | None = 0  # the last reconcile's exit code
    witnessed: tuple[str, ...] = ()  # what was amiss when the broker heard of an order
    faults: Mapping[str, int] = field(default_factory=dict)
    kills: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    cpu: float = 0.0


def books_of(sim: SimServer) -> Books:
    """As they are now."""
    with sim.sim.books.present(sim.options.account) as now:
        records = now.records
        executions = tuple(records.executions())
        return Books(
            orders=tuple(o for o in records.orders() if str(o.status) != "Inactive"),
            executions=executions,
            positions=tuple(records.positions(closed=True)),
            began_with=sim.options.cash,
            cash=records.amount("cash"),
            multipliers={
                e.conid: Decimal(now.contracts.get(e.conid).multiplier) for e in executions
            },
        )


def intents_in(state: Path) -> tuple[tuple[Intent, ...], frozenset[str]]:
    """Intents and the ids of fills, read past ibcli; nothing when there is no journal."""
    paths = sorted(state.glob("journal-*[0-9a-f].sqlite3"))
    if not paths:
        return (), frozenset()
    with contextlib.closing(sqlite3.connect(f"file:{paths[0]}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT id, coid, job, day, run, leg, bracket FROM intents ORDER BY id"
        ).fetchall()
        events = connection.execute(
            "SELECT intent, act, kind, order_id, execution_id, detail FROM events ORDER BY id"
        ).fetchall()
    intents = []
    for number, coid, job, day, run, leg, bracket in rows:
        own = [event for event in events if event[0] == number and event[1] == "place"]
        told = [json.loads(event[5]) for event in own if event[2] == "acknowledged"]
        numbers = {row.get("order_id") for detail in told for row in detail.get("orders", ())}
        kinds = tuple(event[2] for event in own)
        # what was priced anew may need another stop than before, or none: its wing goes off first
        anew = [json.loads(event[5])["orders"] for event in own if event[2] == "repriced"]
        tickets = anew[-1] if anew else json.loads(bracket)
        intents.append(
            Intent(coid, job, day, run, leg, tickets, kinds, frozenset(n for n in numbers if n))
        )
    return tuple(intents), frozenset(
        event[4] for event in events if event[4] and event[2] == "fill"
    )
