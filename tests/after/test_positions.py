"""``ibcli positions``: everything held, on all pages, with its delta or without."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.domain.contracts import Right
from ibcli.domain.orders import OrderType, Side, Tradable
from tests.after.conftest import WORD, ticket

if TYPE_CHECKING:
    from tests.after.conftest import Trader

SHARES = Tradable(756733, "STK", "SPY", "SPY", Decimal(1))
POSITIONS = "/portfolio/*/positions/*"


def buy_shares(trader: Trader, quantity: int = 10) -> None:
    trader.post(ticket(SHARES, Side.BUY, OrderType.MKT, quantity=quantity, coid="shares"))
    trader.pass_time()


def raw(trader: Trader) -> list[dict[str, Any]]:
    """The first page as the broker sends it."""
    rows: list[dict[str, Any]] = trader.raw(f"/portfolio/{trader.account}/positions/0")
    return rows


def test_nothing(trader: Trader) -> None:
    assert trader.json("positions")["positions"] == []
    assert "No positions." in trader("positions").out


def test_shorts_and_shares_with_their_deltas(trader: Trader) -> None:
    buy_shares(trader)
    trader.short(2)
    told = trader.json("positions")
    shares, put = told["positions"]
    assert (shares["contract"], shares["quantity"], shares["delta"]) == ("SPY", 10, 10)
    assert (put["contract"], put["quantity"]) == (WORD, -2)
    assert put["terms"]["strike"] == 643
    assert 0 < put["delta"] < 200  # short puts gain when the underlying rises
    assert told["deltas"] == {"SPY": shares["delta"] + put["delta"]}
    assert put["value"] == put["quantity"] * 100 * put["mark"]
    (total,) = told["totals"]
    assert total["currency"] == "USD"
    assert total["value"] == shares["value"] + put["value"]


def test_without_greeks_no_market_data_is_asked_for(trader: Trader) -> None:
    trader.short()
    before = len(trader.sim.requests)
    told = trader.json("positions", "--no-greeks")
    assert not any("snapshot" in r.path for r in trader.sim.requests[before:])
    assert told["positions"][0]["delta"] is None
    assert told["deltas"] == {}
    assert "Delta" not in trader("positions", "--no-greeks").out


def test_a_delta_that_does_not_come_is_missing(trader: Trader) -> None:
    trader.short()
    buy_shares(trader)
    trader.sim.faults.add(
        "/iserver/marketdata/snapshot", count=None, status=503, body={"error": "down"}
    )
    said = trader("positions", "--json", "--deadline", "4")
    assert said.code == 0, said
    shares, put = said.data["positions"]
    assert (shares["delta"], put["delta"]) == (10, None)
    assert said.data["deltas"] == {"SPY": None}
    assert any("Delta" in warning for warning in said.document["warnings"])


def test_of_one_underlying(trader: Trader) -> None:
    trader.short()
    assert len(trader.json("positions", "--symbol", "SPY", "--no-greeks")["positions"]) == 1
    assert trader.json("positions", "--symbol", "ARM")["positions"] == []


def test_all_pages(trader: Trader) -> None:
    buy_shares(trader)
    trader.short()
    first = raw(trader)
    (share,) = (row for row in first if row["conid"] == SHARES.conid)
    page = [{**share, "conid": 1000 + n, "contractDesc": f"X{n}", "ticker": f"X{n}"}
            for n in range(100)]  # fmt: skip
    trader.sim.faults.add("/portfolio/*/positions/0", count=None, status=200, body=page)
    trader.sim.faults.add("/portfolio/*/positions/1", count=None, status=200, body=first)
    assert len(trader.held()) == 100 + len(first)


def test_currencies_do_not_add_up(trader: Trader) -> None:
    buy_shares(trader)
    (row,) = raw(trader)
    euro = {**row, "conid": 12, "ticker": "SAP", "contractDesc": "SAP", "currency": "EUR"}
    trader.sim.faults.add(POSITIONS, count=None, status=200, body=[row, euro])
    told = trader.json("positions", "--no-greeks")
    assert {total["currency"] for total in told["totals"]} == {"USD", "EUR"}
    assert trader("positions", "--no-greeks").out.count("Total:") == 2


def test_a_row_that_cannot_be_read_is_not_swallowed(trader: Trader) -> None:
    buy_shares(trader)
    trader.sim.faults.add(POSITIONS, count=None, status=200, body=[*raw(trader), {"position": 5.0}])
    said = trader("positions", "--json")
    assert (said.code, said.error) == (7, "positions-incomplete")
    assert len(said.data["positions"]) == 1


def test_calls_have_deltas_of_their_own(trader: Trader) -> None:
    call = trader.option("645", Right.CALL, days=4)
    trader.post(ticket(call, Side.BUY, OrderType.MKT, quantity=3, coid="long"))
    trader.pass_time()
    (row,) = trader.json("positions")["positions"]
    assert (row["contract"], row["quantity"]) == (call.words, 3)
    assert 0 < row["delta"] < 300


def test_csv(trader: Trader) -> None:
    trader.short()
    (row,) = csv.DictReader(io.StringIO(trader("positions", "--csv").out))
    assert (row["contract"], Decimal(row["quantity"])) == (WORD, Decimal(-1))
