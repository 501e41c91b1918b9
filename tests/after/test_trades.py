"""``ibcli trades``: each execution once, and sums that say what they lack."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.domain.orders import OrderType, Side, Tradable
from tests.after.conftest import WORD, ticket

if TYPE_CHECKING:
    from tests.after.conftest import Trader

TRADES = "/iserver/account/trades"


def raw(trader: Trader) -> list[dict[str, Any]]:
    """The executions as the broker sends them."""
    rows: list[dict[str, Any]] = trader.raw(TRADES, days="7")
    return rows


def answer(trader: Trader, rows: list[dict[str, Any]]) -> None:
    """From now on the broker sends these."""
    trader.sim.faults.add(TRADES, count=None, status=200, body=rows)


def test_a_fill_with_its_money(trader: Trader) -> None:
    entry, _ = trader.short_put(2)
    told = trader.json("trades")
    (row,) = told["trades"]
    assert (row["side"], row["size"], row["contract"]) == ("SELL", 2, WORD)
    assert row["order_id"] == entry
    assert row["job"]
    assert row["cash"] == 2 * 100 * row["price"]
    assert row["realized"] is None
    assert row["realized_unknown"] is False
    assert told["totals"]["net_cash"] == row["cash"] - row["commission"]
    assert told["totals"]["commissions_missing"] == 0


def test_a_commission_that_has_not_come_is_named(trader: Trader) -> None:
    trader.short()
    rows = raw(trader)
    for row in rows:
        row.pop("commission", None)
    answer(trader, rows)
    told = trader.json("trades")
    assert told["trades"][0]["commission"] is None
    assert (told["totals"]["commissions"], told["totals"]["commissions_missing"]) == (0, 1)
    assert "without" in trader("trades").out


def test_an_execution_seen_twice_counts_once(trader: Trader) -> None:
    trader.short()
    once = trader.json("trades")
    rows = raw(trader)
    early = [{k: v for k, v in row.items() if k != "commission"} for row in rows]
    answer(trader, [*early, *rows, *early])
    assert trader.json("trades")["trades"] == once["trades"]


def test_what_was_realised_agrees_with_the_money(trader: Trader) -> None:
    trader.short(2)
    trader.json("close", "--all", "--market")
    trader.pass_time()
    told = trader.json("trades")
    assert trader.held() == {}
    assert told["totals"]["realized_missing"] == 0
    assert told["totals"]["realized"] == told["totals"]["net_cash"]


def test_what_was_opened_before_is_missing_not_guessed(trader: Trader) -> None:
    trader.short()
    trader.json("close", "--all", "--market")
    answer(trader, [row for row in raw(trader) if row["side"] == "B"])
    told = trader.json("trades")
    (row,) = told["trades"]
    assert (row["realized"], row["realized_unknown"]) == (None, True)
    assert told["totals"]["realized_missing"] == 1
    assert "?" in trader("trades").out


def test_without_positions_nothing_realised_is_claimed(trader: Trader) -> None:
    trader.short()
    trader.json("close", "--all", "--market")
    trader.sim.faults.add(
        "/portfolio/*/positions/*", count=None, status=400, body={"error": "no positions"}
    )
    said = trader("trades", "--json")
    assert said.code == 0
    assert said.data["totals"]["realized_missing"] == 2
    assert any("realised" in warning for warning in said.document["warnings"])


def test_an_expiry_is_marked_and_costs_nothing(trader: Trader) -> None:
    trader.short()
    rows = raw(trader)
    expired = {
        **rows[0],
        "execution_id": "0000e0d5.ffffffff.01.01",
        "side": "X",
        "price": "0.00",
        "trade_time_r": rows[0]["trade_time_r"] + 18_000_000,
        "trade_time": "20250818-20:00:00",
    }
    del expired["commission"]
    answer(trader, [*rows, expired])
    trader.sim.faults.add("/portfolio/*/positions/*", count=None, status=200, body=[])
    told = trader.json("trades")
    sold, gone = told["trades"]
    assert (gone["side"], gone["expired"], gone["cash"]) == ("EXPIRED", True, 0)
    assert gone["realized"] == sold["cash"] - sold["commission"]
    assert told["totals"]["commissions_missing"] == 0
    assert "EXPIRED" in trader("trades").out


def test_of_one_underlying(trader: Trader) -> None:
    trader.short()
    assert len(trader.json("trades", "--symbol", "spy")["trades"]) == 1
    assert trader.json("trades", "--symbol", "ARM")["trades"] == []
    assert "No trades of ARM" in trader("trades", "--symbol", "ARM").out


def test_stocks(trader: Trader) -> None:
    shares = Tradable(756733, "STK", "SPY", "SPY", Decimal(1))
    trader.post(ticket(shares, Side.BUY, OrderType.MKT, quantity=10, coid="shares"))
    trader.pass_time()
    rows = trader.json("trades")["trades"]
    assert {(row["side"], row["contract"], row["job"]) for row in rows} == {("BUY", "SPY", None)}
    assert all(row["cash"] == -row["size"] * row["price"] for row in rows)


@pytest.mark.parametrize("days", ["0", "8", "-1", "x"])
def test_days_are_one_to_seven(trader: Trader, days: str) -> None:
    assert trader("trades", "--days", days).code == 2


def test_a_row_that_cannot_be_read_is_not_swallowed(trader: Trader) -> None:
    trader.short()
    answer(trader, [*raw(trader), {"symbol": "SPY", "side": "?"}])
    said = trader("trades", "--json")
    assert (said.code, said.error) == (7, "trades-incomplete")
    assert len(said.data["trades"]) == 1


def test_csv(trader: Trader) -> None:
    trader.short()
    (row,) = csv.DictReader(io.StringIO(trader("trades", "--csv", "--days", "7").out))
    assert (row["side"], row["contract"], Decimal(row["size"])) == ("SELL", WORD, Decimal(1))
    assert row["at"].endswith("Z")
