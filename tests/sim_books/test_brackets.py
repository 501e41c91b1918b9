"""Children of an order, one-cancels-all groups, combinations."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sim_books.conftest import ARM, CLOSE, SPY, YES, Floor, order

if TYPE_CHECKING:
    from tests.sim.client import Answer
    from tests.sim_books.conftest import OpenFloor


def bracket(floor: Floor, conid: int, quantity: int = 1, **entry: Any) -> list[dict[str, Any]]:
    """A sold option with a stop well above and a target well below."""
    bid = floor.bid(conid)
    child: dict[str, Any] = {"parentId": "entry"}
    return [
        order(conid, "SELL", quantity, **({"price": bid, "cOID": "entry"} | entry)),
        order(conid, "BUY", quantity, orderType="STP", price=bid * 20, **child),
        order(conid, "BUY", quantity, price=Decimal("0.01"), **child),
    ]


def confirmed(floor: Floor, answer: Answer) -> Answer:
    """The answer after the last question."""
    while "error" not in answer.body and "id" in answer.body[0]:
        answer = floor.client.post(f"/iserver/reply/{answer.body[0]['id']}", YES)
    return answer


def rows(floor: Floor, numbers: list[int]) -> list[dict[str, Any]]:
    found = {row["orderId"]: row for row in floor.orders()}
    return [found[number] for number in numbers]


def statuses(floor: Floor, numbers: list[int]) -> list[str]:
    return [row["status"] for row in rows(floor, numbers)]


def test_children_wait_for_their_parent(floor: Floor) -> None:
    call = floor.near("C", days=4)
    numbers = floor.place(*bracket(floor, call, price=Decimal("99.00")))
    floor.hands.forward(60)
    assert statuses(floor, numbers) == ["Submitted", "PreSubmitted", "PreSubmitted"]
    path = f"/iserver/account/{floor.account}/order/{numbers[0]}"
    floor.client.post(path, order(call, "SELL", price=floor.bid(call)))
    floor.hands.forward(10)
    assert statuses(floor, numbers) == ["Filled", "PreSubmitted", "Submitted"]
    assert floor.order(numbers[0])["order_ref"] == "entry"
    assert "order_ref" not in floor.order(numbers[1])


def test_children_are_cancelled_with_their_parent(floor: Floor) -> None:
    numbers = floor.place(*bracket(floor, floor.near("C", days=4), price=Decimal("99.00")))
    floor.hands.forward(1)
    floor.cancel(numbers[0])
    floor.hands.forward(1)
    assert statuses(floor, numbers) == ["Cancelled"] * 3


def test_one_child_cancels_the_other(floor: Floor) -> None:
    call = floor.near("C", days=4)
    numbers = floor.place(*bracket(floor, call))
    floor.hands.forward(10)
    assert floor.position(call) == -1
    path = f"/iserver/account/{floor.account}/order/{numbers[2]}"
    floor.client.post(path, order(call, "BUY", price=floor.ask(call)))
    floor.hands.forward(1)
    assert statuses(floor, numbers) == ["Filled", "Cancelled", "Filled"]
    assert floor.position(call) == 0
    assert floor.order(numbers[1])["order_cancellation_by_system_reason"]
    assert floor.order(numbers[1])["totalSize"] == 1.0


def test_a_child_never_trades_more_than_its_parent(rich: Floor) -> None:
    call = rich.near("C", days=4)
    entry, stop, target = bracket(rich, call, 1200)
    target["price"] = 90.0  # would be filled at once
    numbers = rich.place(entry, stop, target)
    for _ in range(30):
        rich.hands.forward(2.5)
        assert rich.position(call) <= 0
        parent, _, child = rows(rich, numbers)
        assert child["filledQuantity"] <= parent["filledQuantity"]


def test_a_parent_cancelled_half_filled_leaves_children_of_its_size(rich: Floor) -> None:
    call = rich.near("C", days=4)
    numbers = rich.place(*bracket(rich, call, 1200))
    rich.hands.forward(0.5)
    done = rich.order(numbers[0])["filledQuantity"]
    assert 0 < done < 1200
    rich.cancel(numbers[0])
    rich.hands.forward(0.5)
    parent, stop, target = rows(rich, numbers)
    assert parent["status"] == "Cancelled"
    assert stop["totalSize"] == target["totalSize"] == parent["filledQuantity"] == done
    assert stop["status"] == "PreSubmitted"


def test_siblings_together_never_trade_more_than_their_parent(rich: Floor) -> None:
    """What one of them has closed counts for the other, also when the parent is cut short."""
    call = rich.near("C", days=4)
    entry, stop, target = bracket(rich, call, 1200)
    target["price"] = 90.0  # trades along with the parent
    numbers = rich.place(entry, stop, target)
    rich.hands.forward(5.5)
    closed = rich.order(numbers[2])["filledQuantity"]
    done = rich.order(numbers[0])["filledQuantity"]
    assert 0 < closed <= done < 1200
    trigger = stop | {"price": float(rich.bid(call)) / 2}
    path = f"/iserver/account/{rich.account}/order/{numbers[1]}"
    confirmed(rich, rich.client.post(path, trigger | {"quantity": 1200}))
    rich.cancel(numbers[0])
    for _ in range(30):
        rich.hands.forward(2.5)
        assert rich.position(call) <= 0
    parent, *children = rows(rich, numbers)
    assert parent["filledQuantity"] == sum(child["filledQuantity"] for child in children)
    assert rich.position(call) == 0


def test_children_shrink_to_a_parent_that_was_made_smaller(floor: Floor) -> None:
    """Nothing is left working once the entry is closed."""
    call = floor.near("C", days=4)
    floor.client.post("/iserver/questions/suppress", {"messageIds": ["o163"]})
    entry, stop, target = bracket(floor, call, 5, price=Decimal("99.00"))
    numbers = floor.place(entry, stop, target)
    floor.hands.forward(1)
    path = f"/iserver/account/{floor.account}/order"
    floor.client.post(f"{path}/{numbers[0]}", order(call, "SELL", 2, price=floor.bid(call)))
    floor.hands.forward(3)
    assert [row["totalSize"] for row in rows(floor, numbers)] == [2.0, 2.0, 2.0]
    floor.client.post(f"{path}/{numbers[2]}", order(call, "BUY", 5, price=floor.ask(call)))
    floor.hands.forward(3)
    assert statuses(floor, numbers) == ["Filled", "Cancelled", "Filled"]
    assert floor.position(call) == 0


@pytest.mark.parametrize("names", [("a", "a"), ("a", "b")])
def test_nobody_is_his_own_parent(floor: Floor, names: tuple[str, str]) -> None:
    """A circle would be two orders that never meet their entry, or that need none."""
    low = order(SPY, "BUY", price=floor.bid(SPY) - 5)
    first, second = names
    circle = [low | {"cOID": first, "parentId": second}]
    if first != second:
        circle.append(low | {"cOID": second, "parentId": first})
    assert floor.post(*circle).body == {"error": f"Parent order {second} is not found"}
    assert floor.orders() == []


def test_children_may_have_children(floor: Floor) -> None:
    low = order(SPY, "BUY", price=floor.bid(SPY) - 5)
    numbers = floor.place(
        order(SPY, "SELL", price=floor.bid(SPY), parentId="middle"),
        low | {"cOID": "middle", "parentId": "first"},
        low | {"cOID": "first"},
    )
    floor.hands.forward(5)
    assert statuses(floor, numbers) == ["PreSubmitted", "PreSubmitted", "Submitted"]
    floor.cancel(numbers[2])
    floor.hands.forward(1)
    assert statuses(floor, numbers) == ["Cancelled"] * 3


def test_a_child_whose_parent_goes_while_it_is_asked_about_is_refused(floor: Floor) -> None:
    """No stop is left without its entry."""
    call = floor.near("C", days=4)
    entry, stop, _ = bracket(floor, call, price=Decimal("99.00"))
    floor.client.post("/iserver/questions/suppress", {"messageIds": ["o163"]})
    number = floor.place(entry)[0]
    floor.hands.forward(1)
    floor.cancel(number)
    question = floor.post(stop).body[0]["id"]
    floor.hands.forward(1)
    assert floor.status(number) == "Cancelled"
    answer = confirmed(floor, floor.client.post(f"/iserver/reply/{question}", YES))
    assert answer.body == {"error": f"Parent order {number} is not found"}
    assert [row["orderId"] for row in floor.orders()] == [number]


def test_a_child_may_come_later(floor: Floor) -> None:
    call = floor.near("C", days=4)
    entry, stop, _ = bracket(floor, call)
    assert floor.post(stop).body == {"error": "Parent order entry is not found"}
    floor.place(entry)
    floor.hands.forward(1)
    number = floor.place(stop)[0]
    floor.hands.forward(1)
    assert floor.status(number) == "PreSubmitted"


def test_a_fill_cancels_the_rest_of_a_group(floor: Floor) -> None:
    call, put = floor.near("C", days=4), floor.near("P", days=4)
    numbers = floor.place(
        order(call, "BUY", price=floor.ask(call) + 1, isSingleGroup=True),
        order(put, "BUY", price=Decimal("0.01"), isSingleGroup=True),
        order(put, "SELL", price=Decimal("99.00"), isSingleGroup=True),
    )
    floor.hands.forward(1)
    assert statuses(floor, numbers) == ["Filled", "Cancelled", "Cancelled"]


def condor(floor: Floor, ratio: int = 1) -> tuple[str, list[int]]:
    """An iron condor on SPY, five dollars wide, sold when it is bought."""
    spot = floor.quote(SPY).last
    assert spot is not None
    middle = int(spot)
    legs = [
        (floor.option(middle - 10, "P", days=4), 1),
        (floor.option(middle - 5, "P", days=4), -1),
        (floor.option(middle + 5, "C", days=4), -1),
        (floor.option(middle + 10, "C", days=4), 1),
    ]
    text = ",".join(f"{conid}/{sign * ratio}" for conid, sign in legs)
    return f"28812380;;;{text}", [conid for conid, _ in legs]


def combo(conidex: str, side: str, quantity: int = 1, **terms: object) -> dict[str, Any]:
    facts = order(0, side, quantity, **terms)
    del facts["conid"]
    return facts | {"conidex": conidex}


def test_a_combination_fills_all_its_legs_together(floor: Floor) -> None:
    conidex, legs = condor(floor)
    natural = floor.ask(legs[0]) - floor.bid(legs[1]) - floor.bid(legs[2]) + floor.ask(legs[3])
    assert natural < 0
    number = floor.place(combo(conidex, "BUY", 3, price=natural, cOID="condor"))[0]
    floor.hands.forward(30)
    shown = floor.order(number)
    assert (shown["status"], shown["secType"], shown["conid"]) == ("Filled", "BAG", 28812380)
    assert shown["conidex"] == conidex
    assert Decimal(shown["avgPrice"]) <= natural
    assert [floor.position(leg) for leg in legs] == [3, -3, -3, 3]
    fills = [t for t in floor.trades() if t["order_id"] == number]
    assert {t["sec_type"] for t in fills} == {"OPT"}
    net = sum(Decimal(str(t["net_amount"])) * (1 if t["side"] == "B" else -1) for t in fills)
    assert net == Decimal(shown["avgPrice"]) * 300
    assert sum(Decimal(t["commission"]) for t in fills) == Decimal("0.65") * 12


def test_a_credit_within_the_spread_is_met_exactly(floor: Floor) -> None:
    conidex, legs = condor(floor)
    best = floor.bid(legs[0]) - floor.ask(legs[1]) - floor.ask(legs[2]) + floor.bid(legs[3])
    natural = floor.ask(legs[0]) - floor.bid(legs[1]) - floor.bid(legs[2]) + floor.ask(legs[3])
    price = ((best + natural) / 2).quantize(Decimal("0.01"))
    number = floor.place(combo(conidex, "BUY", price=price))[0]
    floor.hands.to(CLOSE)
    shown = floor.order(number)
    assert shown["status"] == "Filled"
    fills = [t for t in floor.trades() if t["order_id"] == number]
    net = sum(Decimal(t["price"]) * (1 if t["side"] == "B" else -1) for t in fills)
    assert net == Decimal(shown["avgPrice"]) <= price


def test_selling_a_combination_closes_it(floor: Floor) -> None:
    conidex, legs = condor(floor)
    floor.place(combo(conidex, "BUY", 2, orderType="MKT"))
    floor.hands.forward(10)
    floor.place(combo(conidex, "SELL", 2, orderType="MKT"))
    floor.hands.forward(10)
    assert [floor.position(leg) for leg in legs] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "conidex",
    [
        "28812380;;;1/1",
        "28812380;;;756733/1,756733/-1",
        "28812380;;;756733/0,265598/1",
        "12345;;;756733/1,265598/-1",
        "28812380;;;x",
    ],
)
def test_malformed_combinations(floor: Floor, conidex: str) -> None:
    assert floor.post(combo(conidex, "BUY", price=1)).status == 400


def test_legs_are_of_one_underlying(floor: Floor) -> None:
    conidex = f"28812380;;;{floor.near('C')}/1,{floor.near('C', ARM)}/-1"
    assert "underlyings" in floor.post(combo(conidex, "BUY", price=1)).body["error"]


def test_legs_are_options(floor: Floor) -> None:
    conidex = f"28812380;;;{floor.near('C')}/-1,{SPY}/100"
    assert "options" in floor.post(combo(conidex, "BUY", price=1)).body["error"]


def test_a_bracket_is_the_same_however_often_one_looks(open_floor: OpenFloor) -> None:
    floor = open_floor(cash=Decimal(10**9))
    call = floor.near("C", days=4)
    floor.place(*bracket(floor, call, 700))
    for _ in range(720):
        floor.hands.forward(5)
        floor.orders()
    seldom = open_floor(cash=Decimal(10**9))
    seldom.hands.seconds -= 3600
    seldom.place(*bracket(seldom, call, 700))
    seldom.hands.forward(3600)
    assert seldom.orders() == floor.orders()
    assert seldom.trades() == floor.trades()
