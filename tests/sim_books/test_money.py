"""Margin, commissions and matching, as pure functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ibcli.sim.books import commissions, margin, matching
from ibcli.sim.books.contracts import Contract, Contracts, legs_of
from ibcli.sim.books.margin import Holding
from ibcli.sim.books.order import Leg, Order, OrderType, Status, Tif
from ibcli.sim.market import Market, OptionContract, Quote, Right
from tests.sim_books.conftest import SPX, SPY

AT = datetime(2025, 8, 18, 15, tzinfo=UTC)
CONTRACTS = Contracts(Market())
D = Decimal


def option(
    strike: int, right: str, *, conid: int = SPY, expiry: date = date(2025, 8, 22)
) -> Contract:
    underlying = CONTRACTS.get(conid).underlying
    terms = OptionContract(
        conid=strike * 10 + (right == "P") + expiry.day * 100_000,
        underlying_conid=conid,
        symbol=underlying.symbol,
        trading_class=underlying.symbol,
        expiry=expiry,
        strike=D(strike),
        right=Right(right),
        multiplier=100,
        currency="USD",
        exchanges=("SMART",),
        weekly=True,
    )
    return Contract(terms.conid, underlying, terms)


def held(contract: Contract, quantity: int, mark: str, spot: int = 600) -> Holding:
    return Holding(contract, D(quantity), D(mark), D(spot))


def maintenance(*holdings: Holding) -> Decimal:
    return margin.requirement(holdings)[1]


SHARES = Contract(SPY, CONTRACTS.get(SPY).underlying)


def test_naked_options() -> None:
    put = held(option(590, "P"), -1, "2.00")
    assert maintenance(put) == (D("2.00") + D(120) - D(10)) * 100
    far = held(option(400, "P"), -1, "0.05")
    assert maintenance(far) == (D("0.05") + D(40)) * 100  # a tenth of the strike
    call = held(option(800, "C"), -2, "0.05")
    assert maintenance(call) == (D("0.05") + D(60)) * 200  # a tenth of the underlying
    index = held(option(6000, "C", conid=SPX), -1, "50", 6000)
    assert maintenance(index) == (D(50) + D(900)) * 100


def test_long_options_ask_for_nothing() -> None:
    assert margin.requirement([held(option(590, "P"), 5, "2.00")]) == (D(0), D(0))


def test_spreads_ask_for_what_they_can_lose() -> None:
    short, wing = held(option(590, "P"), -2, "2.00"), held(option(585, "P"), 2, "1.00")
    assert maintenance(short, wing) == 1000
    debit = held(option(595, "P"), 2, "3.00")
    assert maintenance(short, debit) == 0
    one = held(option(585, "P"), 1, "1.00")
    naked = (D("2.00") + D(110)) * 100
    assert maintenance(short, one) == 500 + naked


def test_a_wing_that_expires_sooner_does_not_help() -> None:
    short = held(option(590, "P"), -1, "2.00")
    sooner = held(option(585, "P", expiry=date(2025, 8, 20)), 1, "1.00")
    later = held(option(585, "P", expiry=date(2025, 8, 29)), 1, "1.00")
    assert maintenance(short, sooner) == maintenance(short)
    assert maintenance(short, later) == 500


def test_condors_and_strangles_lose_on_one_side() -> None:
    puts = [held(option(590, "P"), -1, "2.00"), held(option(585, "P"), 1, "1.00")]
    calls = [held(option(610, "C"), -1, "2.00"), held(option(620, "C"), 1, "1.00")]
    assert maintenance(*puts, *calls) == 1000
    put, call = puts[0], calls[0]
    more = max(maintenance(put), maintenance(call))
    assert maintenance(put, call) == more + 200
    other = held(option(610, "C", expiry=date(2025, 8, 29)), -1, "2.00")
    assert maintenance(put, other) == maintenance(put) + maintenance(other)


def test_shares_cover_calls() -> None:
    call = held(option(610, "C"), -2, "2.00")
    shares = held(SHARES, 100, "600")
    assert maintenance(shares) == 15000
    assert margin.requirement([shares])[0] == 30000
    assert maintenance(shares, call) == 15000 + maintenance(replace(call, quantity=D(-1)))
    assert maintenance(held(SHARES, -100, "600")) == 18000
    put = held(option(590, "P"), -1, "2.00")
    assert maintenance(held(SHARES, -100, "600"), put) == 18000


def test_holdings_of_a_contract_are_one() -> None:
    put = held(option(590, "P"), -1, "2.00")
    assert margin.merged([put, replace(put, quantity=D(1))]) == []
    assert margin.merged([put, put])[0].quantity == -2


@pytest.mark.parametrize(
    ("kind", "quantity", "price", "whole"),
    [
        ("OPT", 1, "1.50", "1.00"),  # the minimum
        ("OPT", 2, "1.50", "1.30"),
        ("OPT", 10, "0.10", "6.50"),
        ("OPT", 10, "0.09", "5.00"),
        ("OPT", 10, "0.04", "2.50"),
        ("STK", 10, "640", "1.00"),
        ("STK", 1000, "640", "5.00"),
        ("STK", 1, "1.00", "0.01"),  # recorded of a preview: at most one percent
    ],
)
def test_commissions(kind: str, quantity: int, price: str, whole: str) -> None:
    due = commissions.of_fill(kind, D(quantity), D(price))
    value = D(quantity) * D(price) if kind == "STK" else None
    assert commissions.of_order(due, value) == D(whole)


def test_a_charge_is_shared_to_the_cent() -> None:
    assert commissions.shared(D("1.00"), [D("0.65"), D("0.25"), D("0.25")]) == [
        D("0.57"),
        D("0.22"),
        D("0.21"),
    ]


# Matching.


def quote(bid: str | None, ask: str | None, size: int = 10, **facts: Any) -> Quote:
    return Quote(
        1,
        AT,
        facts.pop("feed", None),
        bid=None if bid is None else D(bid),
        bid_size=size,
        ask=None if ask is None else D(ask),
        ask_size=size,
        **facts,
    )


def ticket(buy: bool, kind: OrderType = OrderType.LMT, **facts: Any) -> Order:
    legs = facts.pop("legs", (Leg(1, 1),))
    return Order(
        id=1,
        account="DU1",
        username="u",
        coid=None,
        conidex="1",
        legs=legs,
        buy=buy,
        type=kind,
        total=D(5),
        tif=Tif.DAY,
        placed=0,
        changed=0,
        status=Status.SUBMITTED,
        **facts,
    )


def dealt(order: Order, *quotes: Quote, luck: float = 0.99) -> matching.Deal | None:
    face = matching.face_of(order.legs, quotes)
    return None if face is None else matching.deal(order, face, order.total, luck)


def test_a_limit_gets_the_quote_if_that_is_better() -> None:
    book = quote("1.00", "1.10", 3)
    deal = dealt(ticket(True, price=D("1.20")), book)
    assert deal == matching.Deal(D(3), D("1.10"), (D("1.10"),))
    assert dealt(ticket(False, price=D("1.00")), book) == matching.Deal(D(3), D(1), (D(1),))
    assert dealt(ticket(True, price=D("1.00")), book, luck=0.0) is None
    assert dealt(ticket(False, price=D("1.10")), book, luck=0.0) is None


def test_within_the_spread_luck_decides() -> None:
    book = quote("1.00", "1.10")
    assert dealt(ticket(True, price=D("1.05")), book, luck=0.07) is None
    met = dealt(ticket(True, price=D("1.05")), book, luck=0.06)
    assert met is not None
    assert met.price == D("1.05")
    assert dealt(ticket(False, price=D("1.09")), book, luck=0.06) is None
    assert dealt(ticket(False, price=D("1.01")), book, luck=0.2) is not None


def test_nobody_buys_what_has_no_bid() -> None:
    assert dealt(ticket(False, OrderType.MKT), quote(None, "0.05", 0)) is None
    assert dealt(ticket(True, OrderType.MKT), quote(None, "0.05")) is not None
    assert dealt(ticket(True, OrderType.MKT), quote("1", "2", halted=True)) is None


def test_combinations_are_priced_by_their_legs() -> None:
    legs = (Leg(1, 1), Leg(2, -2))
    quotes = (quote("1.00", "1.10", 9), quote("2.00", "2.20", 7))
    face = matching.face_of(legs, quotes)
    assert face is not None
    assert (face.ask, face.ask_size) == (D("1.10") - D("4.00"), 3)
    assert (face.bid, face.bid_size) == (D("1.00") - D("4.40"), 3)
    sold = dealt(ticket(False, legs=legs, price=D("-3.40")), *quotes)
    assert sold == matching.Deal(D(3), D("-3.40"), (D("1.00"), D("2.20")))
    met = dealt(ticket(True, legs=legs, price=D("-3.10")), *quotes, luck=0.0)
    assert met is not None
    assert met.leg_prices[0] - 2 * met.leg_prices[1] == D("-3.10")


def test_stops() -> None:
    stop = ticket(True, OrderType.STP, stop=D("2.00"))
    assert not matching.is_triggered(stop, D("1.99"))
    assert matching.is_triggered(stop, D("2.00"))
    sell = ticket(False, OrderType.STP, stop=D("2.00"))
    assert matching.is_triggered(sell, D("2.00"))
    assert not matching.is_triggered(sell, D("2.01"))


def test_trailing() -> None:
    sell = ticket(False, OrderType.TRAIL, trail=D(10), trail_percent=True)
    assert matching.follow(sell, D("5.00"))
    assert sell.stop == D("4.50")
    assert not matching.follow(sell, D("4.80"))
    assert matching.follow(sell, D("6.00"))
    assert sell.stop == D("5.40")
    buy = ticket(True, OrderType.TRAILLMT, trail=D(1), stop=D(7), price=D("7.20"))
    assert matching.follow(buy, D("5.50"))
    assert (buy.stop, buy.price) == (D("6.50"), D("6.70"))


def test_midprice_stays_on_its_side() -> None:
    face = matching.face_of((Leg(1, 1),), (quote("1.00", "1.05"),))
    assert face is not None
    assert matching.limit_of(ticket(True, OrderType.MIDPRICE), face) == D("1.02")
    assert matching.limit_of(ticket(False, OrderType.MIDPRICE), face) == D("1.03")
    assert matching.limit_of(ticket(True, OrderType.MIDPRICE, price=D(1)), face) == D(1)


def test_orders_survive_the_store() -> None:
    order = ticket(True, OrderType.TRAIL, trail=D("0.5"), price=None, parent=7)
    assert Order.loaded(order.dumped()) == order


def test_legs() -> None:
    assert legs_of("28812380;;;1/1,2/-3") == (Leg(1, 1), Leg(2, -3))
