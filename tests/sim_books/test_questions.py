"""Questions, prompts, suppression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ibcli.sim.options import Precautions
from tests.sim_books.conftest import SPY, YES, Floor, order

if TYPE_CHECKING:
    from tests.sim.client import Answer
    from tests.sim_books.conftest import OpenFloor

AAPL = 265598


def answer_to(floor: Floor, answer: Answer, *, confirmed: bool = True) -> Answer:
    return floor.client.post(f"/iserver/reply/{answer.body[0]['id']}", {"confirmed": confirmed})


def chain(floor: Floor, *orders: dict[str, Any]) -> list[str]:
    """The message ids asked until the orders are placed."""
    asked, answer = [], floor.post(*orders)
    while "id" in answer.body[0]:
        asked += answer.body[0]["messageIds"]
        answer = answer_to(floor, answer)
    assert len(answer.body) == len(orders)
    return asked


def test_the_recorded_chain(floor: Floor) -> None:
    floor.sim.session.feed("N")
    answer = floor.post(order(AAPL, "BUY", price=1))
    row = answer.body[0]
    assert row["messageIds"] == ["o163"]
    assert row["message"] == [
        (
            'The following order "BUY 1 AAPL NASDAQ.NMS @ 1.00" price exceeds \n'
            "the Percentage constraint of 3%.\nAre you sure you want to submit this order?"
        )
    ]
    assert (row["isSuppressed"], row["messageOptions"]) == (False, ["Yes", "No"])
    asked = [row["messageIds"]]
    while "id" in (row := (answer := answer_to(floor, answer)).body[0]):
        asked.append(row["messageIds"])
    assert asked == [["o163"], ["o354"], ["o10153"]]
    assert row["order_status"] == "PendingSubmit"


def test_each_kind_raises_its_own(floor: Floor) -> None:
    call = floor.near("C", days=4)
    bid, ask = floor.bid(call), floor.ask(call)
    assert chain(floor, order(call, "BUY", price=bid)) == []
    assert chain(floor, order(call, "BUY")) == ["o10151"]
    stop = order(call, "BUY", orderType="STP", price=ask * 3)
    assert chain(floor, stop) == ["o10331", "o10152"]
    near = order(call, "BUY", orderType="STP", price=bid)
    assert chain(floor, near) == ["o10331", "o10152", "o403"]
    limit = order(call, "BUY", orderType="STOP_LIMIT", price=ask, auxPrice=float(ask))
    assert chain(floor, limit) == ["o10331"]
    assert chain(floor, order(call, "BUY", price=ask * 2)) == ["o163"]
    assert chain(floor, order(AAPL, "BUY", 501, price=floor.bid(AAPL))) == ["o383", "o451"]


def test_texts_of_size_and_value(floor: Floor) -> None:
    answer = floor.post(order(AAPL, "BUY", 650, price=floor.bid(AAPL)))
    assert answer.body[0]["message"][0].startswith(
        'The following order "BUY 650 AAPL NASDAQ.NMS" size exceeds the Size Limit of 500.'
    )
    text = answer_to(floor, answer).body[0]["message"][0]
    assert f"value estimate of {floor.bid(AAPL) * 650:,.2f} USD exceeds" in text
    assert "the Total Value Limit of 100,000 USD." in text


def test_a_tick_limit_may_be_set(open_floor: OpenFloor) -> None:
    floor = open_floor(precautions=Precautions(ticks=100))
    assert chain(floor, order(SPY, "BUY", price=floor.bid(SPY) - 2)) == ["o382"]


def test_an_order_at_a_question_is_inactive(floor: Floor) -> None:
    answer = floor.post(order(SPY, "BUY", cOID="waits"))
    row = floor.orders()[0]
    assert (row["status"], row["order_ccp_status"]) == ("Inactive", "Pending Submit")
    assert row["order_ref"] == "waits"
    floor.hands.forward(60)
    assert floor.position(SPY) == 0
    assert floor.cancel(row["orderId"]).status == 400
    assert answer_to(floor, answer).status == 503  # the cancellation was another order call


def test_declining_places_nothing(floor: Floor) -> None:
    answer = floor.post(order(SPY, "BUY", cOID="no"))
    declined = answer_to(floor, answer, confirmed=False)
    assert (declined.status, declined.body) == (200, {"error": "Order not confirmed "})
    assert floor.orders() == []
    assert answer_to(floor, answer).status == 400
    assert floor.post(order(SPY, "BUY", cOID="no")).body[0]["messageIds"] == ["o10151"]


def test_unknown_replies(floor: Floor) -> None:
    name = "99097238-9824-4830-84ef-46979aa22593"
    answer = floor.client.post(f"/iserver/reply/{name}", YES)
    assert (answer.status, answer.body) == (400, {"error": f"reply id not found: '{name}'"})


@pytest.mark.parametrize("call", ["place", "cancel", "modify"])
def test_order_calls_make_questions_void(floor: Floor, call: str) -> None:
    number = floor.place(order(SPY, "BUY", price=floor.bid(SPY) - 5))[0]
    answer = floor.post(order(SPY, "BUY"))
    if call == "place":
        floor.post(order(SPY, "BUY", price=floor.bid(SPY)))
    elif call == "cancel":
        floor.cancel(number)
    else:
        path = f"/iserver/account/{floor.account}/order/{number}"
        floor.client.post(path, order(SPY, "BUY", price=floor.bid(SPY)))
    floor.orders()
    assert answer_to(floor, answer).status == 503
    floor.hands.forward(60)
    assert all(row["status"] != "Filled" or row["orderType"] != "Market" for row in floor.orders())


def test_reading_leaves_questions_alone(floor: Floor) -> None:
    answer = floor.post(order(SPY, "BUY"))
    floor.orders()
    floor.trades()
    assert "order_id" in answer_to(floor, answer).body[0]


def test_a_modification_may_raise_questions(floor: Floor) -> None:
    number = floor.place(order(SPY, "BUY", price=floor.bid(SPY) - 5))[0]
    path = f"/iserver/account/{floor.account}/order/{number}"
    answer = floor.client.post(path, order(SPY, "BUY", price=700))
    assert answer.body[0]["messageIds"] == ["o163"]
    assert floor.order(number)["price"] != "700.00"
    assert answer_to(floor, answer).body[0]["order_id"] == str(number)
    assert floor.order(number)["price"] == "700.00"


def test_suppression(floor: Floor) -> None:
    path = "/iserver/questions/suppress"
    answer = floor.client.post(path, {"messageIds": ["o10151"]})
    assert answer.body == {"status": "submitted"}
    assert "order_id" in floor.post(order(SPY, "BUY")).body[0]
    assert floor.client.post(f"{path}/reset").body == {"status": "submitted"}
    assert "id" in floor.post(order(SPY, "BUY")).body[0]
    assert floor.client.post(path, {"messageIds": ["o1"] * 52}).status == 400
    assert floor.client.post(path, {}).status == 400
    floor.client.post(path, {"messageIds": ["o10151"]})
    floor.sim.sim.sessions.end()  # suppression lasts for a session
    assert floor.client.post("/iserver/auth/ssodh/init", {"publish": True}).status == 200
    assert floor.client.get("/iserver/accounts").status == 200
    assert "id" in floor.post(order(SPY, "BUY")).body[0]


def test_an_advanced_reject_is_answered_elsewhere(floor: Floor) -> None:
    floor.sim.sim.switch(advanced_reject=True)
    prompt = floor.post(order(SPY, "BUY", price=floor.ask(SPY), cOID="p")).body
    assert (prompt["messageId"], prompt["prompt"]) == ("p12", True)
    assert floor.order(prompt["orderId"])["status"] == "Inactive"
    reply = {"orderId": prompt["orderId"], "reqId": prompt["reqId"], "text": "Perhaps"}
    assert floor.client.post("/iserver/notification", reply).status == 400
    reply["text"] = prompt["options"][2]
    answer = floor.client.post("/iserver/notification", reply)
    assert isinstance(answer.body, str)
    floor.hands.forward(1)
    assert floor.status(prompt["orderId"]) == "Filled"
    assert floor.client.post("/iserver/notification", reply).status == 400


def test_failed_rows_place_nothing(floor: Floor) -> None:
    floor.sim.sim.switch(fail_orders=True)
    answer = floor.post(order(SPY, "BUY", price=640))
    assert (answer.status, answer.body[0]["order_status"]) == (200, "Failed")
    assert floor.orders() == []
