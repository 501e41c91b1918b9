"""The command line in processes of its own before a simulated broker, and what both know after.

What happened is read from the simulator's own books, never from what the command line says.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.sim.books.order import Order, Status
from tests.scenes.ended import EndedOrder
from tests.scenes.market import desk_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ibcli.sim.embedded import SimServer
    from ibcli.sim.faults import Fault
    from tests.proof.ready import Parent, Running

PATIENCE = 30.0  # seconds, for what takes one
POSTS = "/iserver/account/*/orders"
REPLIES = "/iserver/reply/*"
ORDERS = "/iserver/account/orders"
TRADES = "/iserver/account/trades"
BOTH = shlex.split("order SPY --side both --expiry 2025-08-22 --strike 635,650 --json")
CALL = shlex.split("order SPY --side call --expiry 2025-08-22 --strike 650 --json")


def some(kept: Iterable[object], rest: Iterable[object]) -> list[Any]:
    """Values for every run of the tests, and those for ``make proof`` alone."""
    return [*kept, *(pytest.param(value, marks=pytest.mark.proof) for value in rest)]


@dataclass
class Scene:
    """A simulator, and folders for the processes that trade there."""

    sim: SimServer
    parent: Parent
    folder: Path
    changes: dict[str, str] = field(default_factory=dict)
    patience: float = PATIENCE
    sends: Path | None = None  # to be told when a request leaves

    # -- processes -------------------------------------------------------------------------------

    def environment(self, **changes: str) -> dict[str, str]:
        """All that a process is told; nothing of this one's own settings."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("IB_", "IBCLI_"))
        }
        return {
            **kept,
            **desk_settings(self.sim, self.folder),
            "IBCLI_HASTE": "200",
            "IBCLI_ORDER_WAIT": "1",
            **self.changes,
            **changes,
        }

    @property
    def state(self) -> Path:
        """The folder of login and journal."""
        return self.folder / "state"

    def start(self, argv: Sequence[str] = BOTH, **changes: str) -> Running:
        """Begin a command."""
        burdens = {"sends": str(self.sends)} if self.sends else {}
        return self.parent.begin(argv, self.environment(**changes), self.folder, None, **burdens)

    def end(self, process: Running) -> EndedOrder:
        """Wait for its end."""
        code = process.wait(self.patience)
        out, err = process.said
        if code is None:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
            raise AssertionError(f"it did not end: {out} {err}")
        return EndedOrder(code, out, err)

    def run(self, argv: Sequence[str] = BOTH, **changes: str) -> EndedOrder:
        """A command from its beginning to its end."""
        return self.end(self.start(argv, **changes))

    def run_to(
        self, step: int, deed: str = "kill", argv: Sequence[str] = BOTH, **changes: str
    ) -> EndedOrder:
        """The same, but something happens to it at a step."""
        environment = self.environment(**changes)
        return self.end(self.parent.begin(argv, environment, self.folder, (step, deed)))

    def held(self, argv: Sequence[str], fault: Fault, **changes: str) -> Running:
        """A command that has come as far as the request that the fault holds."""
        process = self.start(argv, **changes)
        if not fault.reached.wait(PATIENCE):
            process.send_signal(signal.SIGKILL)
            raise AssertionError(f"it never came there: {self.end(process)}")
        return process

    def drop(self, process: Running, number: int) -> EndedOrder:
        """End it by a signal."""
        process.send_signal(number)
        return self.end(process)

    def run_alone(self, *argv: str) -> EndedOrder:
        """As a user does: an interpreter of its own, words of a command line."""
        ended = subprocess.run(
            [sys.executable, "-m", "ibcli", *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env=self.environment(),
            cwd=self.folder,
        )
        return EndedOrder(ended.returncode, ended.stdout, ended.stderr)

    # -- what the simulator has booked -----------------------------------------------------------

    @property
    def account(self) -> str:
        """The account's id."""
        return self.sim.options.account

    def orders(self) -> list[Order]:
        """Every order in the books, except those that wait at a question."""
        with self.sim.sim.books.present(self.account) as now:
            found = now.records.orders()
        return [order for order in found if order.status is not Status.INACTIVE]

    def entries(self) -> list[Order]:
        """Those that are nobody's child."""
        return [order for order in self.orders() if order.parent is None]

    def fill_first(self) -> None:
        """See the first entry filled: if the market has gone away, it is sold for less."""
        for number in range(200_000):
            entry = self.entries()[0]
            if entry.status is Status.FILLED:
                return
            if number == 2_000:
                with self.sim.sim.books.present(self.account) as now:
                    entry.price = Decimal("0.05")
                    now.records.save(entry)
        raise AssertionError(f"not filled: {entry}")

    def sent(self, path: str = POSTS) -> int:
        """How many requests of that path have come in so far."""
        start, _, end = path.partition("*")
        paths = [r.path.partition("/v1/api")[2] for r in self.sim.requests if r.method == "POST"]
        return sum(p.startswith(start) and p.endswith(end) for p in paths)

    # -- what the journal holds ------------------------------------------------------------------

    def journal(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the journal, read past ibcli."""
        (path,) = self.state.glob("journal-*[0-9a-f].sqlite3")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return connection.execute(query).fetchall()

    @property
    def has_journal(self) -> bool:
        """Whether there is one."""
        return bool(list(self.state.glob("journal-*[0-9a-f].sqlite3")))

    def kinds(self) -> list[str]:
        """The kinds of its entries, oldest first."""
        return [kind for (kind,) in self.journal("SELECT kind FROM events ORDER BY id")]

    # -- what must be true whatever happened -----------------------------------------------------

    def assert_never_twice(self, legs: int = 2) -> None:
        """No leg was booked twice, none without its stop, and the journal claims each once."""
        orders = self.orders()
        entries = [order for order in orders if order.parent is None]
        names = [order.coid for order in entries]
        assert len(set(names)) == len(names), names
        assert len(entries) <= legs, entries
        assert len({order.legs for order in entries}) == len(entries)
        for entry in entries:
            stops = [order for order in orders if order.parent == entry.id]
            assert [str(stop.type) for stop in stops] == ["STP"], (entry, stops)
            assert stops[0].buy is not entry.buy
            assert stops[0].total == entry.total
            assert (
                stops[0].working
                or entry.status is Status.CANCELLED
                or not entry.filled
                or (stops[0].status is Status.FILLED)
            )
        if self.has_journal:
            intents = self.journal("SELECT leg FROM intents")
            assert len(set(intents)) == len(intents) <= legs

    def assert_told_true(self, ended: EndedOrder) -> None:
        """What a command printed is what the books say; 0 only when all of it was placed."""
        document = ended.document
        assert document["ok"] is (ended.code == 0), ended
        booked = {entry.coid for entry in self.entries()}
        for leg in (document.get("data") or {}).get("legs", ()):
            if "state" not in leg:  # a preview's
                assert ended.code != 0
                continue
            placed = leg["state"] in {"working", "filled", "cancelled"}
            assert placed or ended.code != 0, ended
            if leg["state"] != "unknown":
                assert (leg["coid"] in booked) is placed, (leg, booked)

    def assert_written_first(self) -> None:
        """Whatever the broker has, the journal has announced."""
        announced = "SELECT coid FROM intents JOIN events ON intents.id = events.intent"
        names = {name for (name,) in self.journal(f"{announced} WHERE kind = 'sending'")}
        assert {entry.coid for entry in self.entries()} <= names

    def assert_once(self, legs: int = 2) -> None:
        """Each leg was booked, once, with its stop, and the journal knows the numbers."""
        self.assert_never_twice(legs)
        entries = self.entries()
        assert len(entries) == legs
        told = self.journal("SELECT detail FROM events WHERE kind = 'acknowledged' ORDER BY id")
        known = {row["order_id"] for (text,) in told for row in json.loads(text)["orders"]}
        assert {order.id for order in self.orders()} <= known

    def assert_settled(self, argv: Sequence[str] = BOTH, legs: int = 2) -> EndedOrder:
        """A repeat says that it stands, sends nothing, and journal and broker agree."""
        before = self.sent(), self.sent(REPLIES)
        ended = self.run(argv)
        assert (ended.code, ended.already) == (0, True), ended
        assert (self.sent(), self.sent(REPLIES)) == before
        self.assert_once(legs)
        self.assert_reconciled()
        return ended

    def assert_reconciled(self) -> None:
        """``reconcile`` finds no difference, after what the broker knows was written down."""
        for _ in range(4):  # an order may go on its way between the two
            self.run(["reconcile", "--fix", "--json"])
            ended = self.run(["reconcile", "--json"])
            if ended.code == 0:
                break
        assert ended.code == 0, ended

    def repeated(
        self, argv: Sequence[str] = BOTH, times: int = 3, legs: int = 2, **changes: str
    ) -> EndedOrder:
        """Run it until it is done, as cron would; the last run. Never is anything placed twice."""
        for _ in range(times):
            ended = self.run(argv, **changes)
            assert ended.code in {0, 8}, ended
            self.assert_never_twice(legs)
            if ended.code == 0:
                break
        return ended
