"""A gateway on loopback whose real clock stands still until a test moves it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from ibcli.sim.embedded import Pacing, SimOptions, SimServer
from tests.sim.client import Answer, Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ibcli.sim.market import OptionContract, Quote

SPY, SPX, ARM = 756733, 416904, 653400472
DAY = "2025-08-18"
START = datetime(2025, 8, 18, 14, 30, tzinfo=UTC)  # 10:30 New York
CLOSE = datetime(2025, 8, 18, 20, 0, tzinfo=UTC)
YES = {"confirmed": True}
CENT = Decimal("0.01")


class Hands:
    """A real clock that shows what it is set to, in seconds since the epoch."""

    def __init__(self, at: datetime = START) -> None:
        self.seconds = at.timestamp()

    def __call__(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.seconds += seconds

    def to(self, at: datetime) -> None:
        self.seconds = at.timestamp()


@dataclass
class Floor:
    """A server, a client of it and the clock's hands."""

    sim: SimServer
    client: Client
    hands: Hands

    @property
    def account(self) -> str:
        return self.sim.options.account

    @property
    def now(self) -> datetime:
        return self.sim.sim.now

    def option(self, strike: float, right: str = "P", conid: int = SPY, days: int = 0) -> int:
        """The contract id of an option that expires on the ``days``-th listed date."""
        market = self.sim.sim.market
        expiry = market.expiries(conid, self.now)[days][0]
        found = self._options(conid, expiry.strftime("%b%y").upper())
        return next(
            o.conid
            for o in found
            if o.expiry == expiry and o.strike == Decimal(str(strike)) and o.right == right
        )

    def near(self, right: str = "C", conid: int = SPY, days: int = 0) -> int:
        """An option near the money that somebody makes a market in."""
        market, spot = self.sim.sim.market, self.quote(conid).last
        assert spot is not None
        expiry = market.expiries(conid, self.now)[days][0]
        found = self._options(conid, expiry.strftime("%b%y").upper())
        kind = [o for o in found if o.expiry == expiry and o.right == right]
        kind.sort(key=lambda o: abs(o.strike - spot))
        return next(o.conid for o in kind if self._lively(o.conid))

    def at_close(self, conid: int = SPY) -> Decimal:
        """Where an underlying ends the day."""
        quote = self.sim.sim.market.quote(conid, CLOSE)
        assert quote is not None
        assert quote.last is not None
        return quote.last

    def doomed(self) -> int:
        """A put on SPY that somebody still pays for and that expires worthless today."""
        puts = [
            o
            for o in self._options(SPY, "AUG25")
            if o.expiry == CLOSE.date() and o.right == "P" and o.strike < self.at_close()
        ]
        puts.sort(key=lambda o: o.strike, reverse=True)
        return next(o.conid for o in puts if self.quote(o.conid).bid is not None)

    def _lively(self, conid: int) -> bool:
        quote = self.quote(conid)
        wide = quote.bid is not None and quote.ask is not None and quote.ask - quote.bid > CENT
        return wide and not quote.halted

    def _options(self, conid: int, month: str) -> list[OptionContract]:
        return self.sim.sim.market.options(conid, month, self.now)

    def quote(self, conid: int) -> Quote:
        quote = self.sim.sim.market.quote(conid, self.sim.sim.tick)
        assert quote is not None
        return quote

    def ask(self, conid: int) -> Decimal:
        ask = self.quote(conid).ask
        assert ask is not None
        return ask

    def bid(self, conid: int) -> Decimal:
        bid = self.quote(conid).bid
        assert bid is not None
        return bid

    def post(self, *orders: dict[str, Any]) -> Answer:
        return self.client.post(
            f"/iserver/account/{self.account}/orders", {"orders": [dict(o) for o in orders]}
        )

    def place(self, *orders: dict[str, Any]) -> list[int]:
        """Place orders, confirming whatever is asked; their ids."""
        answer = self.post(*orders)
        while "id" in answer.body[0]:
            answer = self.client.post(f"/iserver/reply/{answer.body[0]['id']}", YES)
        return [int(row["order_id"]) for row in answer.body]

    def cancel(self, number: int) -> Answer:
        return self.client.call("DELETE", f"/iserver/account/{self.account}/order/{number}")

    def orders(self, **query: object) -> list[dict[str, Any]]:
        answer = self.client.get("/iserver/account/orders", **query)
        assert answer.status == 200
        rows: list[dict[str, Any]] = answer.body["orders"]
        return rows

    def order(self, number: int) -> dict[str, Any]:
        return next(row for row in self.orders() if row["orderId"] == number)

    def status(self, number: int) -> str:
        return str(self.order(number)["status"])

    def trades(self, days: int = 7) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.client.get("/iserver/account/trades", days=days).body
        return rows

    def position(self, conid: int) -> float:
        rows = self.client.get(f"/portfolio/{self.account}/position/{conid}").body
        return float(rows[0]["position"]) if rows else 0.0

    def cash(self) -> Decimal:
        ledger = self.client.get(f"/portfolio/{self.account}/ledger").body
        return Decimal(str(ledger["USD"]["cashbalance"]))


def order(conid: int, side: str, quantity: float = 1, **terms: object) -> dict[str, Any]:
    """An order's JSON; a limit order when it has a price, else a market order."""
    kind = "LMT" if "price" in terms else "MKT"
    facts = {"conid": conid, "orderType": kind, "side": side, "quantity": quantity, "tif": "DAY"}
    return facts | {name: _plain(value) for name, value in terms.items()}


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


class OpenFloor(Protocol):
    """Opens a floor that closes when the test ends."""

    def __call__(self, **options: object) -> Floor: ...


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def open_floor(key_folder: Path, hands: Hands) -> Iterator[OpenFloor]:
    with ExitStack() as stack:

        def start(**options: object) -> Floor:
            facts: dict[str, object] = {
                "clock": "now",
                "keys": key_folder,
                "pacing": Pacing.RECORD,
                "gateway": True,
                "empty_first": False,
                "idle_seconds": 1e9,
            }
            chosen = SimOptions(**(facts | options))  # type: ignore[arg-type]
            sim = stack.enter_context(SimServer(chosen, real=hands))
            client = Client(sim.env())
            assert client.get("/iserver/accounts").status == 200
            assert client.get("/portfolio/accounts").status == 200
            return Floor(sim, client, hands)

        yield start


@pytest.fixture
def floor(open_floor: OpenFloor) -> Floor:
    return open_floor()


@pytest.fixture
def rich(open_floor: OpenFloor) -> Floor:
    """Margin is no object."""
    return open_floor(cash=Decimal(10**9))
