"""Refusals, malformed orders, previews."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sim_books.conftest import ARM, SPX, SPY, Floor, order
from tests.sim_books.test_questions import answer_to

if TYPE_CHECKING:
    from tests.sim_books.conftest import OpenFloor


REFUSED = [
    (order(SPX, "BUY"), "index"),
    (order(SPY, "BUY", price=Decimal("640.005")), "minimum price variation"),
    (order(SPY, "BUY", price=-1), "not valid"),
    (order(SPY, "BUY", 1.5, price=640), "not valid"),
    (order(SPY, "BUY", 100_000, price=640), "Cash needed for this order"),
    (order(SPY, "SELL", 1, price=640, parentId="nobody"), "nobody"),
]


@pytest.mark.parametrize(("ticket", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_refusals(floor: Floor, ticket: dict[str, Any], words: str) -> None:
    answer = floor.post(ticket)
    assert answer.status == 200
    assert words in answer.body["error"]
    assert floor.orders() == []


MALFORMED: list[dict[str, Any]] = [
    order(5, "BUY"),
    order(SPY, "HOLD"),
    order(SPY, "BUY", orderType="LMT"),
    order(SPY, "BUY", orderType="STP"),
    order(SPY, "BUY", orderType="STOP_LIMIT", price=1),
    order(SPY, "BUY", orderType="TRAIL"),
    order(SPY, "BUY", orderType="ICEBERG"),
    order(SPY, "BUY", tif="OND"),
    order(SPY, "BUY", price="cheap"),
    order(SPY, "BUY", cOID="x" * 65),
    order(SPY, "BUY", acctId="DU999"),
    order(SPY, "BUY", price="1e30"),
    order(SPY, "BUY", price="1e999999999"),
    order(SPY, "BUY", price="1e-99999999999"),
    order(SPY, "BUY", price=640) | {"quantity": "1e-999999999"},
    order(SPY, "BUY", price=float("nan")),
    order(SPY, "BUY", price=640, cOID="\ud800"),
    order(SPY, "BUY", price=640, parentId="\ud800"),
    {"conidex": f"28812380;;;{SPY}/{10**30},{ARM}/-1"} | order(0, "BUY", price=1),
    order(SPY, "BUY", price=True),
    order(SPY, "BUY", price=[1]),
    order(SPY, "BUY", 1e300),
    order(10**30, "BUY"),
    {"conid": SPY, "orderType": "MKT", "side": "BUY", "tif": "DAY"},
    {"orderType": "MKT", "side": "BUY", "tif": "DAY", "quantity": 1},
]


@pytest.mark.parametrize("ticket", MALFORMED, ids=str)
def test_what_is_no_order(floor: Floor, ticket: dict[str, Any]) -> None:
    answer = floor.post(ticket)
    assert (answer.status, answer.body["statusCode"]) == (400, 400)


@pytest.mark.parametrize("number", [10**30, -(10**30), "x", "1.5"])
def test_numbers_that_are_no_orders(floor: Floor, number: object) -> None:
    path = f"/iserver/account/{floor.account}/order/{number}"
    assert floor.client.call("DELETE", path).status in (200, 400)
    assert floor.client.post(path, order(SPY, "BUY", price=640)).status in (200, 400)
    status = floor.client.get(f"/iserver/account/order/status/{number}")
    assert (status.status, status.body["statusCode"]) == (503, 503)
    position = floor.client.get(f"/portfolio/{floor.account}/position/{number}")
    assert position.status in (200, 400)
    body = {"acctIds": [floor.account], "conids": [SPY], "days": str(number)}
    assert floor.client.post("/pa/transactions", body).status == 400


def test_endless_numbers(floor: Floor) -> None:
    """More digits than Python turns into a number."""
    digits = "1" * 5000
    assert floor.client.get(f"/iserver/account/order/status/{digits}").status == 503
    assert floor.client.get("/iserver/account/trades", days=digits).status == 400
    assert floor.client.get(f"/portfolio/{floor.account}/positions/{digits}").status == 400
    body = {"acctIds": [floor.account], "conids": [SPY], "days": float("inf")}
    assert floor.client.post("/pa/transactions", body).status == 400


def test_halves_of_characters(floor: Floor) -> None:
    prompt = {"orderId": "\udc00", "reqId": "1", "text": "Do not use"}
    assert floor.client.post("/iserver/notification", prompt).status == 400
    for text, status in (("\ud800", 400), ("\U0001f600", 200)):
        body = {"messageIds": [text]}
        assert floor.client.post("/iserver/questions/suppress", body).status == status


def test_bodies_that_are_no_orders(floor: Floor) -> None:
    path = f"/iserver/account/{floor.account}/orders"
    bodies: list[Any] = [{}, {"orders": []}, {"orders": {}}, {"orders": ["BUY"]}, [1]]
    for body in bodies:
        assert floor.client.post(path, body).status == 400


def test_flags_may_be_text(floor: Floor) -> None:
    low = floor.bid(SPY) - 5
    number = floor.place(order(SPY, "BUY", price=low, outsideRTH="false", acctId=None))[0]
    assert floor.order(number)["outsideRTH"] is False


def test_a_size_of_nothing_is_an_error(floor: Floor) -> None:
    text = {"error": "Order size 0 is not valid. Please enter size greater than 0."}
    for path in ("orders", "orders/whatif"):
        body = {"orders": [order(SPY, "BUY", 0)]}
        answer = floor.client.post(f"/iserver/account/{floor.account}/{path}", body)
        assert (answer.status, answer.body) == (500, text)


def test_option_ticks(floor: Floor) -> None:
    call = floor.near("C", SPX, days=4)
    assert "variation" in floor.post(order(call, "BUY", price=Decimal("1.02"))).body["error"]
    assert "variation" in floor.post(order(call, "BUY", price=Decimal("9.05"))).body["error"]
    put = floor.near("P", ARM)
    assert "variation" in floor.post(order(put, "BUY", price=Decimal("3.01"))).body["error"]
    stop = order(put, "BUY", orderType="STP", price=Decimal("3.01"))
    assert "variation" in floor.post(stop).body["error"]


def test_expired_contracts_are_refused(floor: Floor) -> None:
    put = floor.near("P")
    floor.hands.forward(86_400)
    assert "expired" in floor.post(order(put, "BUY", price=1)).body["error"]


def test_a_list_is_refused_as_a_whole(floor: Floor) -> None:
    good, bad = order(SPY, "BUY", price=640), order(SPX, "BUY")
    assert "error" in floor.post(good, bad).body
    assert floor.orders() == []


def test_a_name_is_used_once_in_24_hours(floor: Floor) -> None:
    ticket = order(SPY, "BUY", price=floor.bid(SPY) - 5, cOID="mine")
    number = floor.place(ticket)[0]
    text = "Order couldn't be submitted: Local order ID=mine is already registered."
    assert floor.post(ticket).body == {"error": text}
    assert floor.post(ticket | {"cOID": "new"}, ticket | {"cOID": "new"}).body["error"]
    floor.hands.forward(1)
    floor.cancel(number)
    floor.hands.forward(86_398)
    assert floor.post(ticket).body == {"error": text}
    floor.hands.forward(2)
    assert "order_id" in floor.post(ticket).body[0]


def test_a_name_is_taken_when_it_is_submitted(floor: Floor) -> None:
    """Two chains with one name: the second confirmation finds it registered."""
    ticket = order(SPY, "BUY", cOID="twin")
    first = floor.post(ticket)
    assert "order_id" in answer_to(floor, first).body[0]
    assert "already registered" in floor.post(ticket).body["error"]
    assert len(floor.orders()) == 1


def test_fifteen_orders_on_a_side(floor: Floor) -> None:
    low = order(SPY, "BUY", price=floor.bid(SPY) - 5)
    for _ in range(15):
        floor.place(low)
    assert floor.post(low).body["error"].startswith("Your account has a minimum of 15 orders")
    assert "order_id" in floor.post(order(SPY, "SELL", price=floor.ask(SPY) + 5)).body[0]


def test_who_may_not_trade(floor: Floor) -> None:
    floor.sim.sim.switch(may_trade=False)
    assert "permissions" in floor.post(order(SPY, "BUY", price=640)).body["error"]
    floor.sim.session.read_only()
    assert floor.post(order(SPY, "BUY", price=640)).status == 400  # no bridge


def test_other_accounts(floor: Floor) -> None:
    body = {"orders": [order(SPY, "BUY", price=640)]}
    assert floor.client.post("/iserver/account/DU999/orders", body).status == 400
    assert floor.client.get("/iserver/account/orders", accountId="DU999").status == 400
    assert floor.client.get("/portfolio/DU999/summary").status == 400


def test_accounts_come_first(open_floor: OpenFloor) -> None:
    floor = open_floor()
    floor.sim.sim.sessions.end()
    floor.client.post("/iserver/auth/ssodh/init", {"publish": True})
    refused = floor.post(order(SPY, "BUY", price=640))
    assert (refused.status, refused.body) == (500, {"error": "Please query /accounts first"})
    assert floor.cancel(5).status == 500
    assert floor.client.get(f"/portfolio/{floor.account}/summary").status == 500


def what_if(floor: Floor, *orders: dict[str, Any]) -> Any:
    path = f"/iserver/account/{floor.account}/orders/whatif"
    return floor.client.post(path, {"orders": list(orders)}).body


def test_a_preview_of_stock(floor: Floor) -> None:
    price = floor.bid(SPY)
    body = what_if(floor, order(SPY, "BUY", 10, price=price))
    assert body["amount"]["amount"] == f"{price * 10:,.2f} USD (10 Shares)".replace(".00 ", " ")
    assert body["amount"]["commission"] == "1 USD"
    assert body["equity"]["current"] == "1,000,000"
    mark = floor.quote(SPY).mark
    assert mark is not None
    assert abs(int(body["initial"]["change"].replace(",", "")) - mark * 5) < 2
    assert body["position"] == {"current": "0", "change": "10", "after": "10"}
    assert (body["error"], floor.orders()) == (None, [])


def test_previews_of_options(floor: Floor) -> None:
    put = floor.near("P", days=4)
    short = what_if(floor, order(put, "SELL", 1, price=floor.bid(put)))
    assert short["amount"]["commission"] == "1 USD"
    spot = floor.quote(SPY).mark
    assert spot is not None
    asked = int(short["initial"]["change"].replace(",", ""))
    assert spot * 15 < asked < spot * 22
    long = what_if(floor, order(put, "BUY", 1, price=floor.ask(put)))
    assert long["initial"]["change"] == "0"
    assert int(long["equity"]["change"]) == -round(floor.ask(put) * 100 + 1)


def test_a_preview_tells_why_not(floor: Floor) -> None:
    body = what_if(floor, order(SPY, "BUY", 100_000, price=floor.bid(SPY)))
    assert "Cash needed" in body["error"]
    assert body["amount"]["commission"] == body["amount"]["total"] == "NA"
    assert body["warn"].startswith("The following order")
    assert body["errors"] == [body["error"]]
