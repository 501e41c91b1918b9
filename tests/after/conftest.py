"""A trader at a simulated broker whose clock runs ten times as fast, and his command line."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

from ibcli.broker import order_entry
from ibcli.broker.connect import connect
from ibcli.broker.contract_book import ContractBook
from ibcli.broker.deadline import Deadline
from ibcli.broker.decode import Asked, Placed
from ibcli.cli import run
from ibcli.config import load_settings
from ibcli.domain.contracts import Right
from ibcli.domain.months import Month
from ibcli.domain.newyork import new_york_day
from ibcli.domain.orders import Bracket, OrderType, Role, Side, Ticket, TicketLeg, Tradable
from ibcli.sim.embedded import SimServer
from tests.scenes.ended import Ended
from tests.scenes.market import desk_settings, simulated_day, sit_down

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ibcli.broker.client import BrokerClient
    from ibcli.sim.options import SimOptions

HASTE = 10
PUT_STRIKE = "643"
WORD = f"SPY 18AUG25 {PUT_STRIKE} P"


@dataclass
class Fast:
    """A clock that goes ten times as fast as the real one; OAuth allows it some minutes' lead."""

    began: float
    skipped: float = 0.0

    def __call__(self) -> float:
        return self.began + self.skipped + (time.time() - self.began) * HASTE


@dataclass
class Trader:
    """His machine: settings, a command line, and a way to order without it."""

    sim: SimServer
    clock: Fast
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *argv: str) -> Ended:
        code = run(argv)
        out, err = self.capsys.readouterr()
        return Ended(code, out, err)

    def json(self, *argv: str) -> Any:
        """The data of a command that succeeds."""
        said = self(*argv, "--json")
        assert said.code == 0, said
        return said.data

    def environment(self) -> dict[str, str]:
        limits = {"IBCLI_HASTE": "100", "IBCLI_DEADLINE": "20"}
        return desk_settings(self.sim, self.folder, **limits, COLUMNS="160")

    @contextmanager
    def client(self) -> Iterator[BrokerClient]:
        settings = load_settings(environ=self.environment(), cwd=self.folder)
        with connect(settings, Deadline.after(20)) as client:
            yield client

    @property
    def account(self) -> str:
        return self.sim.options.account

    def option(self, strike: str = PUT_STRIKE, right: Right = Right.PUT, days: int = 0) -> Tradable:
        """An option on SPY that expires on the ``days``-th day of that month's list."""
        with self.client() as client, ContractBook(client) as book:
            listing = book.search("SPY")[0]
            found = book.contracts(listing, Month.parse("AUG25"), [Decimal(strike)])
            kind = sorted((c for c in found if c.right is right), key=lambda c: c.expiry)
            today = new_york_day(client.settings.market_now())
            return Tradable.of([c for c in kind if c.expiry >= today][days])

    def post(self, *tickets: Ticket) -> list[int]:
        """Send an order with its children past the command line, all questions confirmed."""
        with self.client() as client:
            reply = order_entry.post(client, self.account, Bracket(tickets[0], tickets[1:]))
            while isinstance(reply, Asked):
                reply = order_entry.answer(client, reply.reply_id, confirmed=True)
            assert isinstance(reply, Placed), reply
            return [row.order_id or 0 for row in reply.rows]

    def pass_time(self, seconds: float = 2) -> None:
        """So much of the market's time goes by at once: orders fill, commissions come."""
        self.clock.skipped += seconds

    def raw(self, path: str, **params: str) -> Any:
        """What the broker answers when asked twice, in plain values that a fault can send."""
        with self.client() as client:
            client.read("GET", "/portfolio/accounts")
            client.read("GET", path, params=params)
            told = client.read("GET", path, params=params)
        return json.loads(simplejson.dumps(told, use_decimal=True))

    def market(self, what: str) -> tuple[Decimal, Decimal]:
        """Bid and ask."""
        (row,) = self.json("quote", what, "--require", "bid,ask")["rows"]
        return row["quote"]["bid"], row["quote"]["ask"]

    def half_filled(self) -> tuple[int, int]:
        """A purchase of more than there is, filled in part, with a stop; the ids of both."""
        put = self.option()
        _, ask = self.market(str(put.conid))
        many = int(900_000 / (ask * 100))
        entry, stop = self.post(
            ticket(put, Side.BUY, quantity=many, coid="big", limit=str(ask)),
            ticket(put, Side.SELL, OrderType.STP, quantity=many, parent="big", trigger="0.01"),
        )
        self.pass_time()
        return entry, stop

    def orders(self) -> dict[int, dict[str, Any]]:
        """All orders of today as ibcli lists them."""
        return {row["order_id"]: row for row in self.json("orders", "--all")["orders"]}

    def held(self) -> dict[str, Decimal]:
        """Quantities by contract."""
        rows = self.json("positions", "--no-greeks")["positions"]
        return {row["contract"]: row["quantity"] for row in rows}

    def writes(self) -> list[str]:
        """The requests so far that change something at the broker."""
        return [
            f"{r.method} {r.path.rsplit('/', 1)[-1] if r.method == 'POST' else r.path}"
            for r in self.sim.requests
            if r.method == "DELETE"
            or (
                r.method == "POST"
                and "/account/" in r.path
                and ("/order" in r.path and not r.path.endswith("whatif"))
            )
        ]

    def short(self, quantity: int = 1) -> tuple[int, int]:
        """As ``short_put``, past the command line and so in less time; not in the journal."""
        put, coid = self.option(), f"short{len(self.sim.requests)}"
        entry, stop = self.post(
            ticket(put, Side.SELL, OrderType.MKT, quantity=quantity, coid=coid),
            ticket(put, Side.BUY, OrderType.STP, quantity=quantity, parent=coid, trigger="9.00"),
        )
        self.pass_time()
        return entry, stop

    def short_put(self, quantity: int = 1) -> tuple[int, int]:
        """Sell the put with its stop through ``order``; the ids of both. It fills at once."""
        done = self.json(
            "order", "SPY", "--side", "put", "--strike", PUT_STRIKE, "--qty", str(quantity),
            "--type", "MKT", "--wait", "filled", "--again",
        )  # fmt: skip
        entry, stop = done["legs"][0]["orders"]
        assert entry["status"] == "Filled", done
        return entry["order_id"], stop["order_id"]


def ticket(
    tradable: Tradable,
    side: Side = Side.SELL,
    kind: OrderType = OrderType.LMT,
    *,
    quantity: int = 1,
    coid: str | None = None,
    parent: str | None = None,
    limit: str | None = None,
    trigger: str | None = None,
) -> Ticket:
    return Ticket(
        role=Role.ENTRY,
        side=side,
        quantity=quantity,
        type=kind,
        legs=(TicketLeg(tradable),),
        coid=coid,
        parent_coid=parent,
        limit=Decimal(limit) if limit else None,
        trigger=Decimal(trigger) if trigger else None,
    )


@contextmanager
def trading(
    options: SimOptions, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> Iterator[Trader]:
    """A trader at a broker of these options."""
    clock = Fast(time.time())
    with SimServer(options, real=clock) as sim:
        trader = Trader(sim, clock, folder, capsys)
        sit_down(monkeypatch, folder, trader.environment())
        yield trader


@pytest.fixture
def trader(
    tmp_path: Path,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Trader]:
    with trading(simulated_day(keys=keys), tmp_path, monkeypatch, capsys) as one:
        yield one
