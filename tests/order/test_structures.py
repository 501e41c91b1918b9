"""What an order comes to: its contracts, strikes, prices and children."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.domain.contracts import OptionContract, Right
from ibcli.errors import IncompleteError, UsageError
from ibcli.trading.orders.finding import tradable

if TYPE_CHECKING:
    from tests.order.conftest import Trader
    from tests.scenes.ended import EndedOrder

LEG = "sell 1 SPY 18AUG25 641 P"
NEAR = "sell 1 SPY 18AUG25 643 P"


def contracts(ended: EndedOrder) -> list[tuple[int, str]]:
    assert ended.code == 0, ended.err
    return [(leg["contracts"], leg["contract"]) for leg in ended.data["legs"]]


def test_both_sides_are_two_brackets_at_the_nearest_deltas(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "both")
    put, call = ended.data["legs"]
    assert ended.code == 0, ended.err
    assert (put["right"], call["right"]) == ("P", "C")
    assert put["strike"] < ended.data["underlying"]["price"] < call["strike"]
    for leg in (put, call):
        assert abs(abs(leg["delta"]) - Decimal("0.10")) < Decimal("0.06")
        assert leg["contracts"] == -1
    assert [len(tickets) for tickets in ended.tickets] == [2, 2]
    assert ended.data["max_loss_unlimited"] is True


def test_a_stop_stands_at_a_multiple_of_the_premium_rounded_up(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "put", "--stop-multiple", "2.5")
    ((entry, stop),) = ended.tickets
    assert (entry["side"], stop["side"], stop["type"]) == ("SELL", "BUY", "STP")
    exact = entry["limit"] * Decimal("2.5")
    assert exact <= stop["trigger"] < exact + Decimal("0.01")
    assert stop["tif"] == entry["tif"] == "DAY"


def test_no_stop_must_be_said(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "call", "--no-stop")
    ((entry,),) = ended.tickets
    assert entry["role"] == "entry"
    assert any("--no-stop" in note for note in ended.data["notes"])


@pytest.mark.parametrize(("tif", "child"), [("GTC", "GTC"), ("IOC", "DAY")])
def test_a_stop_lives_as_long_as_its_entry(trader: Trader, tif: str, child: str) -> None:
    ((_, stop),) = trader.preview("SPY", "--side", "put", "--tif", tif).tickets
    assert stop["tif"] == child


def test_take_profit_and_stop_cancel_each_other(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "put", "--strike", "642", "--take-profit", "50%")
    ((entry, profit, stop),) = ended.tickets
    assert (profit["role"], profit["side"], profit["type"]) == ("take profit", "BUY", "LMT")
    assert profit["limit"] <= entry["limit"] / 2 < profit["limit"] + Decimal("0.01")
    assert stop["trigger"] > entry["limit"]


def test_a_take_profit_that_is_no_profit_is_refused(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "put", "--strike", "642", "--take-profit", "3")
    assert (ended.code, ended.failure["code"]) == (2, "usage")


def test_what_is_bought_has_no_stop_and_its_profit_lies_above(trader: Trader) -> None:
    ended = trader.preview(
        *("SPY", "--side", "call", "--action", "buy", "--strike", "646", "--take-profit", "50%")
    )
    ((entry, profit),) = ended.tickets
    assert (entry["side"], profit["side"]) == ("BUY", "SELL")
    assert profit["limit"] >= entry["limit"] * Decimal("1.5")
    assert ended.data["credit"] == -entry["limit"] * 100
    assert ended.data["max_loss"] == entry["limit"] * 100


def test_strikes_by_name_place_and_offset(trader: Trader) -> None:
    named = trader.preview("SPY", "--side", "both", "--strike", "641,646")
    assert contracts(named) == [(-1, "SPY 18AUG25 641 P"), (-1, "SPY 18AUG25 646 C")]
    price = named.data["underlying"]["price"]
    (placed,) = trader.preview("SPY", "--side", "put", "--otm", "3").data["legs"]
    assert placed["strike"] == int(price) - 2
    (offset,) = trader.preview("SPY", "--side", "put", "--offset", "2").data["legs"]
    assert abs(offset["strike"] - (price - 2)) <= Decimal("0.6")


def test_a_strike_that_is_not_listed(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "put", "--strike", "641.37")
    assert (ended.code, ended.failure["code"]) == (5, "unknown-strike")
    assert "641" in ended.failure["hint"]


def test_put_and_call_in_each_others_place(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "both", "--strike", "646,641")
    assert (ended.code, ended.failure["code"]) == (2, "usage")


def test_a_vertical_is_one_combination_for_a_credit(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "put", "--strike", "642", "--width", "2")
    assert contracts(ended) == [(1, "SPY 18AUG25 640 P"), (-1, "SPY 18AUG25 642 P")]
    ((entry, stop),) = ended.tickets
    assert entry["side"] == "BUY"
    assert [leg["ratio"] for leg in entry["legs"]] == [1, -1]
    assert entry["limit"] < 0 < ended.data["credit"]
    assert stop["side"] == "SELL"
    assert Decimal(-2) < stop["trigger"] < entry["limit"]
    assert ended.data["max_loss"] == 200 - ended.data["credit"]


def test_where_the_wing_limits_the_loss_to_less_there_is_no_stop(trader: Trader) -> None:
    ended = trader.preview(
        *("SPY", "--side", "put", "--strike", "643", "--width", "1", "--stop-multiple", "9")
    )
    ((entry,),) = ended.tickets
    assert "wing" in ended.data["orders"][0]["protection"]
    assert -entry["limit"] * 9 >= 1


def test_an_iron_condor(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "both", "--strike", "642,646", "--width", "2")
    assert sorted(contracts(ended)) == [
        (-1, "SPY 18AUG25 642 P"),
        (-1, "SPY 18AUG25 646 C"),
        (1, "SPY 18AUG25 640 P"),
        (1, "SPY 18AUG25 648 C"),
    ]
    low, high = ended.data["break_evens"]
    assert low == 642 - ended.data["credit"] / 100
    assert high == 646 + ended.data["credit"] / 100
    assert len(ended.data["orders"]) == 1


def test_separate_legs_buy_the_wing_first_and_keep_a_stop(trader: Trader) -> None:
    ended = trader.preview(
        *("SPY", "--side", "put", "--strike", "643", "--width", "2", "--legs"),
        *("--if-leg-fails", "unwind"),
    )
    assert contracts(ended) == [(1, "SPY 18AUG25 641 P"), (-1, "SPY 18AUG25 643 P")]
    assert [[t["role"] for t in tickets] for tickets in ended.tickets] == [
        ["entry"],
        ["entry", "stop"],
    ]
    assert any("unwind" in note for note in ended.data["notes"])


def test_a_wing_never_lies_further_than_its_width(trader: Trader) -> None:
    ended = trader.preview("SPY", "--side", "put", "--strike", "643", "--width", "2.5")
    assert contracts(ended)[0] == (1, "SPY 18AUG25 641 P")
    assert any("No strike 640.5" in warning for warning in ended.document["warnings"])


def test_legs_of_any_kind(trader: Trader) -> None:
    trader.limited(IBCLI_MAX_SPREAD="none")  # bought and sold come to nearly nothing
    ended = trader.preview("SPY", "--leg", NEAR, "--leg", "buy 2 SPY 18AUG25 641 P")
    assert contracts(ended) == [(2, "SPY 18AUG25 641 P"), (-1, "SPY 18AUG25 643 P")]
    single = trader.preview("--leg", "sell 3 SPY   250818P00641000")
    assert contracts(single) == [(-3, "SPY 18AUG25 641 P")]


def test_ratios_of_a_combination_have_no_common_divisor(trader: Trader) -> None:
    ended = trader.preview(
        "SPY", "--leg", "sell 2 SPY 18AUG25 642 P", "--leg", "buy 2 SPY 18AUG25 641 P"
    )
    ((entry, *_),) = ended.tickets
    assert entry["quantity"] == 2
    assert [leg["ratio"] for leg in entry["legs"]] == [1, -1]


def test_legs_that_expire_on_different_days_have_no_known_bounds(trader: Trader) -> None:
    ended = trader.preview(
        "SPY", "--leg", "sell 1 SPY 18AUG25 642 P", "--leg", "buy 1 SPY 19AUG25 642 P"
    )
    assert ended.data["max_loss"] is None
    assert ended.data["max_loss_unlimited"] is False
    assert ended.data["payoff"] is None


def test_words_that_would_be_taken_for_another_class_are_refused(trader: Trader) -> None:
    ended = trader.preview("--leg", "sell 1 SPX 22AUG25 6400 P")
    assert (ended.code, ended.failure["code"]) == (2, "usage")
    assert "SPXW 22AUG25 6400 P" in ended.failure["hint"]


@pytest.mark.parametrize("named", [(), ("SPX",), ("SPXW",)])
def test_a_weekly_class_is_its_indexs(trader: Trader, named: tuple[str, ...]) -> None:
    ended = trader.preview(*named, "--leg", "sell 1 SPXW 22AUG25 6300 P")
    assert contracts(ended) == [(-1, "SPXW 22AUG25 6300 P")]
    assert ended.data["underlying"]["symbol"] == "SPX"
    assert ended.tickets[0][0]["limit"] % Decimal("0.05") == 0


def test_legs_of_two_underlyings_are_refused(trader: Trader) -> None:
    ended = trader.preview("SPY", "--leg", LEG, "--leg", "buy 1 ARM 22AUG25 143 C")
    assert (ended.code, ended.failure["code"]) == (2, "usage")


def test_expiries(trader: Trader) -> None:
    following = trader.preview("SPY", "--side", "put", "--expiry", "next")
    assert following.data["expiry"] == "2025-08-19"
    named = trader.preview("SPY", "--side", "put", "--expiry", "2025-08-20")
    assert named.data["expiry"] == "2025-08-20"
    past = trader.preview("SPY", "--side", "put", "--expiry", "2025-08-15")
    assert (past.code, past.failure["code"]) == (5, "expired")


def test_0dte_is_the_nearest_expiry_where_there_is_none_today(trader: Trader) -> None:
    ended = trader.preview("ARM", "--side", "put", "--delta", "0.25")
    assert ended.data["expiry"] == "2025-08-22"


def test_a_contract_whose_multiplier_is_not_told_cannot_be_traded() -> None:
    contract = OptionContract(
        conid=5,
        underlying_conid=1,
        symbol="SPY",
        trading_class="SPY",
        expiry=date(2025, 8, 18),
        strike=Decimal(641),
        right=Right.PUT,
        multiplier=None,
    )
    with pytest.raises(IncompleteError, match="multiplier"):
        tradable(contract)
    with pytest.raises(UsageError, match="EUR"):
        tradable(replace(contract, multiplier=Decimal(100), currency="EUR"))
