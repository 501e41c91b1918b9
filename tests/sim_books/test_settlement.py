"""Expiry, exercise, assignment; laps of a day that is played for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ibcli.sim.books.timeline import Edge, Timeline
from ibcli.sim.market import MarketClock
from tests.sim_books.conftest import CLOSE, DAY, SPX, SPY, Floor, OpenFloor, order

LAP = 5.5 * 3600


def strike(floor: Floor, above: int) -> float:
    return float(int(floor.at_close()) + above)


@pytest.mark.parametrize(
    ("right", "above", "side", "shares"),
    [
        ("C", -8, "BUY", 200),
        ("C", -8, "SELL", -200),
        ("P", 8, "BUY", -200),
        ("P", 8, "SELL", 200),
    ],
)
def test_stock_options_in_the_money_become_shares(
    rich: Floor, right: str, above: int, side: str, shares: int
) -> None:
    floor = rich
    option = floor.option(strike(floor, above), right)
    floor.place(order(option, side, 2))
    floor.hands.forward(5)
    assert abs(floor.position(option)) == 2
    cash = floor.cash()
    floor.hands.to(CLOSE)
    assert floor.position(option) == 0
    assert floor.position(SPY) == shares
    assert floor.cash() == cash - shares * Decimal(str(strike(floor, above)))
    gone, stock = sorted(
        (t for t in floor.trades() if t["trade_time"] == "20250818-20:00:00"),
        key=lambda t: t["sec_type"],
    )
    assert (gone["side"], gone["price"], gone["net_amount"]) == ("X", "0.0", 0.0)
    assert gone["order_description"].startswith("EXERCISED" if side == "BUY" else "ASSIGNED")
    assert "commission" not in gone
    assert stock["side"] == ("B" if shares > 0 else "S")


def test_out_of_the_money_expires(floor: Floor) -> None:
    option = floor.doomed()
    floor.place(order(option, "SELL", 2, price=Decimal("0.01")))
    floor.hands.forward(60)
    assert floor.position(option) == -2
    floor.hands.to(CLOSE)
    trade = floor.trades()[0]
    assert (trade["side"], trade["size"]) == ("X", 2.0)
    assert trade["order_description"] == "EXPIRED 2 on CBOE"
    assert "order_id" not in trade
    assert floor.client.get(f"/portfolio/{floor.account}/positions/0").body == []


@pytest.mark.parametrize(("side", "change"), [("SELL", 2.0), ("BUY", -2.0)])
def test_an_expiry_takes_the_position_away(floor: Floor, side: str, change: float) -> None:
    """A worthless expiry moves no money, but it has a sign."""
    option = floor.doomed()
    price = floor.bid(option) if side == "SELL" else floor.ask(option)
    floor.place(order(option, side, 2, price=price))
    floor.hands.to(CLOSE)
    body = {"acctIds": [floor.account], "conids": [option]}
    rows = floor.client.post("/pa/transactions", body).body["transactions"]
    assert [(row["type"], row["qty"]) for row in rows] == [
        (side.title(), -change),
        ("Expiration", change),
    ]


def test_index_options_pay_cash(rich: Floor) -> None:
    floor = rich
    spot = floor.at_close(SPX)
    level = float(int(spot) // 25 * 25 - 50)
    option = floor.option(level, "C", SPX)
    floor.place(order(option, "SELL", 1))
    floor.hands.forward(5)
    cash = floor.cash()
    floor.hands.to(CLOSE)
    assert floor.cash() == cash - (spot - Decimal(str(level))) * 100
    trade = floor.trades()[0]
    assert (trade["side"], Decimal(trade["price"])) == ("X", spot - Decimal(str(level)))


def test_am_settled_options_settle_at_the_next_open(rich: Floor) -> None:
    floor = rich
    market = floor.sim.sim.market
    expiry, _, _ = next(e for e in market.expiries(SPX, floor.now) if e[1] == "SPX")
    found = market.options(SPX, expiry.strftime("%b%y").upper(), floor.now)
    spot = floor.quote(SPX).last
    assert spot is not None
    option = min(
        (o for o in found if o.trading_class == "SPX" and o.expiry == expiry and o.right == "C"),
        key=lambda o: abs(o.strike - spot + 300),
    )
    assert option.am_settled
    floor.place(order(option.conid, "BUY", 1))
    floor.hands.forward(5)
    evening = datetime(expiry.year, expiry.month, expiry.day, 21, tzinfo=UTC)
    floor.hands.to(evening)
    assert floor.position(option.conid) == 1
    floor.hands.to(evening + timedelta(hours=18))
    assert floor.position(option.conid) == 0
    opened = market.quote(SPX, evening + timedelta(hours=18))
    assert opened is not None
    assert opened.open is not None
    worth = max(opened.open - option.strike, Decimal(0))
    assert Decimal(floor.trades()[0]["price"]) == worth


def test_positions_are_carried_overnight(floor: Floor) -> None:
    option = floor.near("C", days=4)
    floor.place(order(option, "BUY", 1))
    floor.hands.forward(1)
    floor.hands.to(CLOSE + timedelta(days=1))
    assert floor.position(option) == 1
    summary = floor.client.get(f"/portfolio/{floor.account}/summary").body
    before = floor.sim.sim.market.quote(option, CLOSE)
    assert before is not None
    pnl = floor.client.get("/iserver/account/pnl/partitioned").body["upnl"]
    net = summary["netliquidation"]["amount"]
    assert pnl[f"{floor.account}.Core"]["nl"] == net


# Laps.


def test_laps_are_days(open_floor: OpenFloor) -> None:
    floor = open_floor(clock=DAY)
    start = floor.hands.seconds // LAP * LAP + 600
    floor.hands.seconds = start
    put = floor.doomed()
    later = floor.near("C", days=4)
    sold = floor.place(order(put, "SELL", 1, price=Decimal("0.01")))[0]
    day = floor.place(order(later, "BUY", price=Decimal("0.01")))[0]
    good = floor.place(order(later, "BUY", price=Decimal("0.01"), tif="GTC"))[0]
    floor.hands.forward(60)
    assert floor.position(put) == -1
    floor.hands.forward(LAP)
    assert floor.now.astimezone(UTC).time() < datetime(2025, 8, 18, 14, 30, tzinfo=UTC).time()
    assert floor.position(put) == 0
    rows = {row["orderId"]: row["status"] for row in floor.orders()}
    assert rows == {sold: "Filled", day: "Cancelled", good: "Submitted"}
    assert [t["side"] for t in floor.trades(1)] == ["X", "S"]  # still of this date
    floor.hands.forward(LAP)
    assert [row["orderId"] for row in floor.orders()] == [good]
    assert floor.trades(1) == []
    assert len(floor.trades(2)) == 2
    again = floor.place(order(put, "SELL", 1, price=Decimal("0.01")))
    floor.hands.forward(60)
    assert floor.status(again[0]) == "Filled"


def test_laps_in_which_nothing_happens_pass_quickly(open_floor: OpenFloor) -> None:
    floor = open_floor(clock=DAY)
    number = floor.place(order(floor.near("C", days=4), "BUY", price="0.01", tif="GTC"))[0]
    floor.hands.forward(LAP * 400)
    assert floor.status(number) == "Submitted"
    with floor.sim.sim.books.present(floor.account) as now:
        assert len(now.records.values()) == 400


def test_boundaries_of_days_and_laps() -> None:
    days = Timeline(MarketClock.parse("now"))
    friday = days.beat(datetime(2025, 8, 15, 12, tzinfo=UTC).timestamp())
    monday = days.beat(datetime(2025, 8, 18, 21, tzinfo=UTC).timestamp())
    found = days.boundaries(friday, monday)
    assert [(b.edge, b.day.day) for b in found] == [
        (Edge.OPEN, 15),
        (Edge.CLOSE, 15),
        (Edge.OPEN, 18),
        (Edge.CLOSE, 18),
    ]
    assert all(days.at(b.beat) == b.at for b in found)
    laps = Timeline(MarketClock.parse(DAY))
    first = laps.beat(0.0)
    turns = laps.boundaries(first, laps.beat(2.5 * LAP))
    assert [b.edge for b in turns] == [Edge.CLOSE, Edge.OPEN] * 2
    assert turns[0].beat + 1 == turns[1].beat
    assert laps.at(turns[1].beat) == laps.at(first)
    assert laps.boundaries(turns[0].beat, turns[0].beat + 1) == turns[1:2]
    assert turns[0].at == CLOSE
    halves = Timeline(MarketClock.parse("2025-11-28"))  # closes at 13:00
    assert len(halves.boundaries(0, halves.beat(2.5 * 3600))) == 2
