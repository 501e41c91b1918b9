"""Orders changed, cancelled, named and answered too late, twice, or by many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sim_books.conftest import SPY, YES, Floor, order
from tests.sim_books.test_brackets import bracket, confirmed, rows, statuses

if TYPE_CHECKING:
    from tests.sim.client import Answer

FAR = Decimal("99.00")
TAKEN = "Order couldn't be submitted: Local order ID={} is already registered."


def change(floor: Floor, number: int, terms: dict[str, Any]) -> Any:
    path = f"/iserver/account/{floor.account}/order/{number}"
    return confirmed(floor, floor.client.post(path, terms)).body


def quiet(floor: Floor) -> None:
    body = {"messageIds": ["o163", "o403", "o10331", "o10152"]}
    assert floor.client.post("/iserver/questions/suppress", body).status == 200


def working(floor: Floor) -> list[int]:
    over = ("Filled", "Cancelled", "Inactive")
    return [row["orderId"] for row in floor.orders() if row["status"] not in over]


def test_what_is_over_can_be_neither_changed_nor_cancelled(floor: Floor) -> None:
    quiet(floor)
    low = order(SPY, "BUY", price=floor.bid(SPY) - 5)
    filled, gone = floor.place(order(SPY, "BUY", price=floor.ask(SPY) + 1), low)
    floor.hands.forward(1)
    floor.cancel(gone)
    floor.hands.forward(1)
    assert statuses(floor, [filled, gone]) == ["Filled", "Cancelled"]
    for number in (filled, gone, 99):
        error = {"error": f"OrderID {number} doesn't exist"}
        answer = floor.cancel(number)
        assert (answer.status, answer.body) == (200, error)
        assert change(floor, number, low) == error
    assert statuses(floor, [filled, gone]) == ["Filled", "Cancelled"]


def test_a_cancellation_may_be_asked_for_twice(floor: Floor) -> None:
    number = floor.place(order(SPY, "BUY", price=floor.bid(SPY) - 5))[0]
    floor.hands.forward(1)
    first, again = floor.cancel(number).body, floor.cancel(number).body
    assert first == again
    assert first["msg"] == "Request was submitted"
    body = floor.client.get(f"/iserver/account/order/status/{number}").body
    assert body["order_status"] == "PendingCancel"
    floor.hands.forward(1)
    assert floor.status(number) == "Cancelled"


def test_a_child_is_cancelled_alone(floor: Floor) -> None:
    quiet(floor)
    entry, stop, target = floor.place(*bracket(floor, floor.near("C", days=4), price=FAR))
    floor.hands.forward(1)
    floor.cancel(target)
    floor.hands.forward(1)
    assert statuses(floor, [entry, stop, target]) == ["Submitted", "PreSubmitted", "Cancelled"]
    floor.cancel(entry)
    floor.hands.forward(1)
    assert statuses(floor, [entry, stop, target]) == ["Cancelled"] * 3


def test_the_trigger_of_a_child_is_moved(floor: Floor) -> None:
    quiet(floor)
    call = floor.near("C", days=4)
    entry, stop, target = floor.place(*bracket(floor, call))
    floor.hands.forward(2)
    far = floor.ask(call) * 10
    terms = order(call, "BUY", orderType="STP", price=far, parentId="entry")
    assert change(floor, stop, terms)[0]["order_id"] == str(stop)
    floor.hands.forward(10)
    body = floor.client.get(f"/iserver/account/order/status/{stop}").body
    assert Decimal(body["stop_price"]) == Decimal(floor.order(stop)["price"]) == far
    assert (body["order_status"], body["child_order_type"]) == ("PreSubmitted", "3")
    change(floor, stop, terms | {"price": float(floor.bid(call))})
    floor.hands.forward(5)
    assert statuses(floor, [entry, stop, target]) == ["Filled", "Filled", "Cancelled"]
    assert floor.position(call) == 0


def test_all_orders_are_cancelled_but_not_what_is_over(floor: Floor) -> None:
    quiet(floor)
    call = floor.near("C", days=4)
    entry, stop, target = floor.place(*bracket(floor, call))
    floor.hands.forward(2)
    waiting = floor.place(*[t | {"cOID": "b"} for t in bracket(floor, call, price=FAR)[:1]])
    floor.hands.forward(2)
    assert floor.cancel(-1).body["order_id"] == -1
    floor.hands.forward(1)
    assert working(floor) == []
    assert statuses(floor, [entry, stop, target]) == ["Filled", "Cancelled", "Cancelled"]
    assert floor.status(waiting[0]) == "Cancelled"
    assert floor.position(call) == -1
    assert floor.cancel(-1).body["msg"] == "Request was submitted"


@pytest.mark.parametrize("fate", ["works", "is filled", "is cancelled"])
def test_a_name_stays_taken_whatever_became_of_it(floor: Floor, fate: str) -> None:
    quiet(floor)
    price = floor.ask(SPY) + 1 if fate == "is filled" else floor.bid(SPY) - 5
    number = floor.place(order(SPY, "BUY", price=price, cOID="mine"))[0]
    floor.hands.forward(1)
    if fate == "is cancelled":
        floor.cancel(number)
    floor.hands.forward(20 * 3600)
    again = order(SPY, "BUY", price=600, cOID="mine")
    for tickets in ([again], [order(SPY, "BUY", price=600, cOID="other"), again]):
        answer = floor.post(*tickets)
        assert (answer.status, answer.body) == (200, {"error": TAKEN.format("mine")})
    assert working(floor) == []


def at_once(floor: Floor, ask: Any, times: int = 20) -> list[Answer]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(lambda _: ask(), range(times)))


def test_of_many_who_ask_and_confirm_one_is_booked(floor: Floor) -> None:
    tickets = bracket(floor, floor.near("C", days=4), price=FAR)
    answers = at_once(floor, lambda: patient(floor, floor.post(*tickets)))
    booked = [answer.body for answer in answers if isinstance(answer.body, list)]
    assert len(booked) == 1
    others = [answer for answer in answers if not isinstance(answer.body, list)]
    assert {answer.status for answer in others} <= {200, 503}
    floor.hands.forward(1)
    assert sorted(working(floor)) == [int(row["order_id"]) for row in booked[0]]


def patient(floor: Floor, answer: Answer) -> Answer:
    """The last answer of a chain of questions, whatever it is."""
    while isinstance(answer.body, list) and "id" in answer.body[0]:
        answer = floor.client.post(f"/iserver/reply/{answer.body[0]['id']}", YES)
    return answer


def test_a_question_is_answered_once(floor: Floor) -> None:
    name = floor.post(order(SPY, "BUY", price=600)).body[0]["id"]
    answers = at_once(floor, lambda: floor.client.post(f"/iserver/reply/{name}", YES))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 19
    assert {str(a.body) for a in answers if a.status == 400} == {
        str({"error": f"reply id not found: '{name}'"})
    }
    assert len(working(floor)) == 1


def test_a_child_may_have_a_name_of_its_own(floor: Floor) -> None:
    quiet(floor)
    call = floor.near("C", days=4)
    entry, stop, target = bracket(floor, call)
    numbers = floor.place(entry, stop | {"cOID": "entry-stop"}, target)
    floor.hands.forward(2)
    assert [row.get("order_ref") for row in rows(floor, numbers)] == ["entry", "entry-stop", None]
    change(floor, numbers[1], stop | {"price": float(floor.bid(call))})
    floor.hands.forward(5)
    assert [trade["order_ref"] for trade in floor.trades()] == ["entry-stop", "entry"]
    late = floor.post(order(SPY, "BUY", price=600, cOID="entry-stop")).body
    assert late == {"error": TAKEN.format("entry-stop")}
