"""An order's life: acknowledged, filled, in pieces, cancelled, dying with the day."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.sim_books.conftest import CLOSE, SPY, Floor, OpenFloor, order

if TYPE_CHECKING:
    from collections.abc import Iterable


def statuses(floor: Floor, numbers: Iterable[int]) -> list[str]:
    rows = {row["orderId"]: row["status"] for row in floor.orders()}
    return [rows[number] for number in numbers]


def test_a_market_order_is_acknowledged_then_filled(floor: Floor) -> None:
    put = floor.option(640)
    answer = floor.post(order(put, "BUY", 2))
    assert answer.body[0]["messageIds"] == ["o10151"]
    answer = floor.client.post(f"/iserver/reply/{answer.body[0]['id']}", {"confirmed": True})
    row = answer.body[0]
    assert (row["order_status"], row["encrypt_message"]) == ("PendingSubmit", "1")
    assert isinstance(row["order_id"], str)
    number = int(row["order_id"])
    assert floor.status(number) == "PendingSubmit"
    ask = floor.ask(put)
    floor.hands.forward(0.5)
    shown = floor.order(number)
    assert (shown["status"], shown["filledQuantity"], shown["remainingQuantity"]) == (
        "Filled",
        2.0,
        0.0,
    )
    assert Decimal(shown["avgPrice"]) == floor.ask(put) or Decimal(shown["avgPrice"]) == ask
    assert floor.position(put) == 2


def test_a_limit_order_rests_until_the_market_comes(floor: Floor) -> None:
    put = floor.option(640)
    number = floor.place(order(put, "BUY", price="0.02"))[0]
    floor.hands.forward(0.5)
    assert floor.status(number) == "Submitted"
    assert floor.position(put) == 0
    floor.hands.to(CLOSE)
    shown = floor.order(number)
    if shown["status"] == "Filled":
        assert Decimal(shown["avgPrice"]) <= Decimal("0.02")
    else:
        assert shown["status"] == "Cancelled"


def test_big_orders_fill_in_pieces_of_what_is_quoted(floor: Floor) -> None:
    put = floor.option(640)
    size = floor.quote(put).ask_size
    assert size is not None
    number = floor.place(order(put, "BUY", 1200, price="5.00"))[0]
    floor.hands.forward(0.5)
    first = floor.order(number)
    assert 0 < first["filledQuantity"] < 1200
    assert first["status"] == "Submitted"
    assert first["sizeAndFills"] == f"{int(first['filledQuantity']):,}/1,200"
    floor.hands.forward(120)
    assert floor.status(number) == "Filled"
    fills = [t for t in floor.trades() if t["order_id"] == number]
    assert len(fills) > 1
    assert sum(t["size"] for t in fills) == 1200
    assert len({t["execution_id"] for t in fills}) == len(fills)


def test_a_limit_within_the_spread_is_met_in_time(floor: Floor) -> None:
    call = floor.near("C")
    mid = (floor.bid(call) + floor.ask(call)) / 2
    price = mid.quantize(Decimal("0.01"))
    assert floor.bid(call) < price < floor.ask(call)
    number = floor.place(order(call, "BUY", price=price))[0]
    floor.hands.forward(3600)
    assert floor.order(number)["avgPrice"] == f"{price:.2f}"


def test_cancelling(floor: Floor) -> None:
    put = floor.option(640)
    number = floor.place(order(put, "BUY", price="0.01", cOID="a"))[0]
    floor.hands.forward(1)
    answer = floor.cancel(number)
    assert answer.body == {
        "msg": "Request was submitted",
        "order_id": number,
        "conid": -1,
        "account": None,
    }
    assert floor.status(number) == "PendingCancel"
    floor.hands.forward(0.5)
    assert floor.status(number) == "Cancelled"
    assert floor.cancel(number).body == {"error": f"OrderID {number} doesn't exist"}
    assert floor.cancel(123456).body == {"error": "OrderID 123456 doesn't exist"}


def test_an_order_may_fill_while_it_is_being_cancelled(open_floor: OpenFloor) -> None:
    floor = open_floor(cancel_ms=60_000)
    put = floor.option(640)
    number = floor.place(order(put, "BUY", 1200, price="5.00"))[0]
    floor.hands.forward(0.5)
    floor.cancel(number)
    floor.hands.forward(30)
    assert floor.order(number)["status"] in ("PendingCancel", "Filled")
    floor.hands.forward(60)
    shown = floor.order(number)
    assert shown["filledQuantity"] > 100
    assert shown["status"] in ("Cancelled", "Filled")


def test_cancel_all(floor: Floor) -> None:
    put = floor.option(640)
    numbers = floor.place(order(put, "BUY", price="0.01"), order(SPY, "BUY", price=600))
    floor.hands.forward(1)
    assert floor.cancel(-1).status == 200
    floor.hands.forward(1)
    assert statuses(floor, numbers) == ["Cancelled", "Cancelled"]


def test_modifying_repeats_the_order_with_changes(floor: Floor) -> None:
    put = floor.option(640)
    number = floor.place(order(put, "BUY", 3, price="0.01"))[0]
    floor.hands.forward(1)
    path = f"/iserver/account/{floor.account}/order/{number}"
    answer = floor.client.post(path, order(put, "BUY", 2, price=floor.ask(put)))
    assert answer.body == [
        {"order_id": str(number), "order_status": "Submitted", "encrypt_message": "1"}
    ]
    floor.hands.forward(0.5)
    assert floor.order(number)["status"] == "Filled"
    assert floor.position(put) == 2
    again = floor.client.post(path, order(put, "BUY", 2, price=floor.ask(put)))
    assert again.body == {"error": f"OrderID {number} doesn't exist"}


def test_contract_and_side_stay(floor: Floor) -> None:
    put = floor.option(640)
    number = floor.place(order(put, "BUY", 3, price="0.01"))[0]
    path = f"/iserver/account/{floor.account}/order/{number}"
    assert (
        "cannot be modified" in floor.client.post(path, order(put, "SELL", price=1)).body["error"]
    )
    other = floor.client.post(path, order(SPY, "BUY", price=640))
    assert "cannot be modified" in other.body["error"]


def test_a_stop_waits_for_the_options_price(floor: Floor) -> None:
    call = floor.near("C")
    low = floor.bid(call)
    near = low + Decimal("0.03")
    far = low * 50
    stops = [order(call, "BUY", orderType="STP", price=round(float(p), 2)) for p in (near, far)]
    first, second = floor.place(*stops)
    floor.hands.forward(1)
    assert statuses(floor, (first, second)) == ["PreSubmitted", "PreSubmitted"]
    floor.hands.to(CLOSE)
    assert statuses(floor, (first, second)) == ["Filled", "Cancelled"]
    assert Decimal(floor.order(first)["avgPrice"]) >= near


def test_a_stop_limit_needs_trigger_and_limit(floor: Floor) -> None:
    call = floor.near("C", days=4)
    trigger = floor.bid(call) + Decimal("0.03")
    terms = {"orderType": "STOP_LIMIT", "auxPrice": float(trigger)}
    never = order(call, "BUY", price=0.01) | terms
    soon = order(call, "BUY", price=float(trigger + 1)) | terms
    first, second = floor.place(never, soon)
    floor.hands.to(CLOSE)
    assert statuses(floor, (first, second)) == ["Cancelled", "Filled"]
    filled = Decimal(floor.order(second)["avgPrice"])
    assert trigger <= filled <= trigger + 1


def test_a_trailing_stop_follows_and_fires(floor: Floor) -> None:
    share = order(SPY, "BUY", 10, price=700)
    trailing = order(SPY, "SELL", 10, orderType="TRAIL", trailingAmt=0.4, trailingType="amt")
    floor.place(share)
    floor.hands.forward(1)
    number = floor.place(trailing)[0]
    start = floor.quote(SPY).last
    assert start is not None
    floor.hands.forward(1)
    first = floor.client.get(f"/iserver/account/order/status/{number}").body
    stop = Decimal(first["stop_price"])
    assert abs(stop - (start - Decimal("0.4"))) < Decimal("0.2")
    floor.hands.to(CLOSE)
    last = floor.client.get(f"/iserver/account/order/status/{number}").body
    assert Decimal(last["stop_price"]) >= stop
    assert last["order_status"] == "Filled"
    assert Decimal(last["average_price"]) <= Decimal(last["stop_price"]) + Decimal("0.05")


def test_a_trailing_limit_keeps_its_distance(floor: Floor) -> None:
    terms = {"orderType": "TRAILLMT", "auxPrice": 643.0, "trailingAmt": 1.0}
    floor.place(order(SPY, "BUY", 10, price=700))
    number = floor.place(order(SPY, "SELL", 10, price=642.5) | terms)[0]
    floor.hands.forward(1800)
    body = floor.client.get(f"/iserver/account/order/status/{number}").body
    assert Decimal(body["stop_price"]) - Decimal(body["limit_price"]) == Decimal("0.5")
    assert Decimal(body["stop_price"]) > Decimal("643.0")


def test_midprice_is_for_stocks(floor: Floor) -> None:
    number = floor.place(order(SPY, "BUY", 100, orderType="MIDPRICE"))[0]
    floor.hands.forward(1800)
    assert floor.status(number) == "Filled"
    refused = floor.post(order(floor.option(640), "BUY", orderType="MIDPRICE"))
    assert "MIDPRICE" in refused.body["error"]


def test_immediate_or_cancel(floor: Floor) -> None:
    put = floor.option(640)
    first, second = floor.place(
        order(put, "BUY", 1200, price="5.00", tif="IOC"), order(put, "BUY", price="0.01", tif="IOC")
    )
    floor.hands.forward(0.5)
    rows = {row["orderId"]: row for row in floor.orders()}
    assert rows[first]["status"] == rows[second]["status"] == "Cancelled"
    assert 0 < rows[first]["filledQuantity"] < 1200
    assert rows[second]["filledQuantity"] == 0


def test_day_orders_die_at_the_close_and_others_live_on(floor: Floor) -> None:
    put = floor.near("P", days=4)
    day, good = floor.place(
        order(put, "BUY", price="0.01"), order(put, "BUY", price="0.01", tif="GTC")
    )
    floor.hands.to(CLOSE.replace(minute=1))
    assert floor.order(day)["timeInForce"] == "CLOSE"
    assert statuses(floor, (day, good)) == ["Cancelled", "PreSubmitted"]
    floor.hands.to(datetime(2025, 8, 19, 14, tzinfo=UTC))
    assert floor.status(good) == "Submitted"
    assert day not in {row["orderId"] for row in floor.orders()}
    status = floor.client.get(f"/iserver/account/order/status/{day}").body
    assert status["order_status"] == "Cancelled"


def test_orders_wait_for_the_open(floor: Floor) -> None:
    floor.hands.to(datetime(2025, 8, 18, 22, tzinfo=UTC))
    put = floor.near("P", days=2)
    kinds = [order(put, "BUY", price=50), order(put, "BUY", price=50, tif="OPG")]
    kinds.append(order(put, "BUY", price="0.01", tif="OPG"))
    answer = floor.post(*kinds)
    assert answer.body[0].get("messageIds") == ["o163"]  # far above the market
    numbers = floor.place(*kinds)
    floor.hands.forward(60)
    assert statuses(floor, numbers) == ["PreSubmitted"] * 3
    floor.hands.to(datetime(2025, 8, 19, 13, 31, tzinfo=UTC))
    assert statuses(floor, numbers) == ["Filled", "Filled", "Cancelled"]


def test_outside_the_session_only_stocks_trade_and_only_if_told(floor: Floor) -> None:
    floor.hands.to(datetime(2025, 8, 18, 21, tzinfo=UTC))
    put = floor.option(640, days=0)
    numbers = floor.place(
        order(SPY, "BUY", price=700, outsideRTH=True),
        order(SPY, "BUY", price=700),
        order(put, "BUY", price=5, outsideRTH=True),
    )
    floor.hands.forward(10)
    assert statuses(floor, numbers) == ["Filled", "PreSubmitted", "PreSubmitted"]


def test_halted_contracts_do_not_trade(floor: Floor) -> None:
    market, now = floor.sim.sim.market, floor.now
    halted = next(
        o.conid
        for o in market.options(SPY, "AUG25", now)
        if (q := market.quote(o.conid, now)) is not None and q.halted
    )
    number = floor.place(order(halted, "BUY"))[0]
    floor.hands.forward(600)
    assert floor.order(number)["status"] == "Submitted"
    assert floor.position(halted) == 0


@pytest.mark.parametrize("days", [0, 8, "x"])
def test_days_of_trades(floor: Floor, days: object) -> None:
    assert floor.client.get("/iserver/account/trades", days=days).status == 400
