"""A desk at a simulated broker, on a clock that runs ahead instead of waiting."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.client import BrokerClient
from ibcli.broker.contract_book import ContractBook
from ibcli.config import load_settings
from ibcli.config.market_clock import market_clock
from ibcli.domain.contracts import Right
from ibcli.domain.months import Month
from ibcli.domain.orders import Tradable
from ibcli.sim.embedded import SimServer
from ibcli.trading.placing.desk import Desk, Plan, PlannedLeg
from tests.once.values import short
from tests.scenes.contracts import DAY
from tests.scenes.hurry import Hurry
from tests.scenes.market import desk_settings, simulated_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ibcli.config import Settings

ORDERS = "/iserver/account/*/orders"
REPLY = "/iserver/reply/*"


@dataclass
class Office:
    """A simulator, and a trader's machine with its state folder."""

    sim: SimServer
    hurry: Hurry
    folder: Path

    def environment(self, **changes: str) -> dict[str, str]:
        return desk_settings(self.sim, self.folder, **changes)

    def settings(self, **changes: str) -> Settings:
        environ = self.environment(**changes)
        settings = load_settings(environ=environ, cwd=self.folder)
        clock = market_clock(environ["IBCLI_MARKET_CLOCK"], now=self.moment)
        return replace(settings, market_now=clock)

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.hurry.now(), UTC)

    @contextmanager
    def client(self, seconds: float = 120, **changes: str) -> Iterator[BrokerClient]:
        deadline = self.hurry.deadline(seconds)
        settings = self.settings(**changes)
        with BrokerClient(settings, deadline, clock=self.hurry.now) as client:
            yield client

    @contextmanager
    def desk(self, seconds: float = 120, **changes: str) -> Iterator[Desk]:
        with self.client(seconds, **changes) as client, Desk.open(client, writing=True) as desk:
            yield desk

    def next_id(self) -> int:
        """The number that the broker gives to the next order."""
        with self.sim.sim.books.present(self.sim.options.account) as now:
            return int(now.records.value("next_id"))

    def option(self, strike: str, right: Right = Right.PUT) -> Tradable:
        with self.client() as client, ContractBook(client) as book:
            listing = book.search("SPY")[0]
            found = book.contracts(listing, Month.of(DAY), [Decimal(strike)])
            return next(
                Tradable.of(one) for one in found if one.expiry == DAY and one.right is right
            )

    def booked(self) -> list[dict[str, object]]:
        """What the broker holds, asked for by one who has never met ibcli's order code."""
        with self.client() as client:
            client.ensure_accounts()
            for _ in range(3):
                answer = client.read("GET", "/iserver/account/orders")
                if answer.get("snapshot") is not False:
                    break
            rows: list[dict[str, object]] = answer["orders"]
            return [row for row in rows if row["status"] != "Inactive"]

    def posts(self) -> int:
        return sum(r.method == "POST" and r.path.endswith("/orders") for r in self.sim.requests)


@pytest.fixture(autouse=True)
def alone(nobodys_settings: None) -> None:
    """All of these tests read settings."""


@pytest.fixture
def office(tmp_path: Path, keys: Path) -> Iterator[Office]:
    hurry = Hurry()
    with SimServer(simulated_day(keys=keys), real=hurry.now) as sim:
        yield Office(sim, hurry, tmp_path)


@pytest.fixture
def put(office: Office) -> Tradable:
    return office.option("640")


def plan_of(*tradables: Tradable, job: str = "spy", run: int = 1, **more: object) -> Plan:
    """A sale of each, with its stop, at a limit that is far from the market."""
    limit = str(more.pop("limit", "9.00"))
    legs = tuple(
        PlannedLeg(number, short(one, limit=limit, stop="12.00"), within_band=True)
        for number, one in enumerate(tradables, 1)
    )
    return Plan(job, DAY, run, "order SPY", legs, **more)  # type: ignore[arg-type]
