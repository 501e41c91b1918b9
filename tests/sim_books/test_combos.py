"""Combinations with children: credits are negative prices when bought, stops and targets too."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sim_books.conftest import CENT, SPX, SPY, Floor, order
from tests.sim_books.test_brackets import combo, condor, confirmed, rows, statuses

if TYPE_CHECKING:
    from collections.abc import Sequence


def faces(floor: Floor, legs: Sequence[int]) -> tuple[Decimal, Decimal]:
    """Bid and ask of a condor: what selling one brings, and what buying one costs."""
    low, put, call, high = legs
    bid = floor.bid(low) - floor.ask(put) - floor.ask(call) + floor.bid(high)
    ask = floor.ask(low) - floor.bid(put) - floor.bid(call) + floor.ask(high)
    return bid, ask


def bracket(conidex: str, credit: Decimal, quantity: int = 1) -> list[dict[str, Any]]:
    """A condor sold by buying it, a stop at five times its credit, a target at a cent."""
    child: dict[str, Any] = {"parentId": "condor"}
    return [
        combo(conidex, "BUY", quantity, price=credit, cOID="condor"),
        combo(conidex, "SELL", quantity, orderType="STP", price=credit * 5, **child),
        combo(conidex, "SELL", quantity, price=-CENT, **child),
    ]


def modify(floor: Floor, number: int, terms: dict[str, Any]) -> Any:
    path = f"/iserver/account/{floor.account}/order/{number}"
    return confirmed(floor, floor.client.post(path, terms)).body


def test_a_bracket_of_combinations_works(floor: Floor) -> None:
    conidex, legs = condor(floor)
    numbers = floor.place(*bracket(conidex, faces(floor, legs)[1]))
    floor.hands.forward(10)
    assert statuses(floor, numbers) == ["Filled", "PreSubmitted", "Submitted"]
    assert [floor.position(leg) for leg in legs] == [1, -1, -1, 1]
    entry, stop, target = rows(floor, numbers)
    assert Decimal(stop["price"]) == 5 * Decimal(entry["price"]) < 0
    assert (target["price"], target["side"], target["secType"]) == ("-0.01", "SELL", "BAG")
    body = floor.client.get(f"/iserver/account/order/status/{numbers[1]}").body
    assert Decimal(body["stop_price"]) == Decimal(stop["price"])
    assert (body["sec_type"], body["conidex"], body["conid"]) == ("BAG", conidex, 28812380)


def test_a_target_closes_and_cancels_the_stop(floor: Floor) -> None:
    conidex, legs = condor(floor)
    numbers = floor.place(*bracket(conidex, faces(floor, legs)[1]))
    floor.hands.forward(10)
    price = faces(floor, legs)[0]  # what closing costs now
    modify(floor, numbers[2], combo(conidex, "SELL", 1, price=price, parentId="condor"))
    floor.hands.forward(5)
    assert statuses(floor, numbers) == ["Filled", "Cancelled", "Filled"]
    assert [floor.position(leg) for leg in legs] == [0] * 4
    assert Decimal(floor.order(numbers[2])["avgPrice"]) >= price


def test_a_stop_goes_off_as_the_combination_gets_dear(floor: Floor) -> None:
    conidex, legs = condor(floor)
    numbers = floor.place(*bracket(conidex, faces(floor, legs)[1]))
    floor.hands.forward(10)
    near = faces(floor, legs)[1]
    terms = {"orderType": "STP", "parentId": "condor"}
    away = combo(conidex, "SELL", 1, price=near - 1, **terms)
    modify(floor, numbers[1], away)
    floor.hands.forward(5)
    assert floor.status(numbers[1]) == "PreSubmitted"
    modify(floor, numbers[1], combo(conidex, "SELL", 1, price=near + 1, **terms))
    floor.hands.forward(5)
    assert statuses(floor, numbers) == ["Filled", "Filled", "Cancelled"]
    assert [floor.position(leg) for leg in legs] == [0] * 4
    fills = [t for t in floor.trades() if t["order_id"] == numbers[1]]
    net = sum(Decimal(t["price"]) * (1 if t["side"] == "S" else -1) for t in fills)
    assert net == Decimal(floor.order(numbers[1])["avgPrice"]) < 0


def test_children_shrink_with_what_the_entry_traded(rich: Floor) -> None:
    conidex, legs = condor(rich)
    orders = bracket(conidex, faces(rich, legs)[1], 5000)
    numbers = rich.place(*orders)
    rich.hands.forward(5.5)
    rich.cancel(numbers[0])
    rich.hands.forward(1)
    entry, stop, target = rows(rich, numbers)
    done = entry["filledQuantity"]
    assert 0 < done < 5000
    assert entry["status"] == "Cancelled"
    assert stop["totalSize"] == target["totalSize"] == done
    price = faces(rich, legs)[0] - 1
    modify(rich, numbers[2], combo(conidex, "SELL", int(done), price=price, parentId="condor"))
    rich.hands.forward(1)
    entry, stop, target = rows(rich, numbers)
    left = done - target["filledQuantity"]
    assert 0 <= left < done
    assert stop["status"] == ("PreSubmitted" if left else "Cancelled")
    assert stop["totalSize"] == (left or done)
    assert abs(rich.position(legs[0])) == left


def test_executions_are_those_of_the_legs(floor: Floor) -> None:
    conidex, legs = condor(floor)
    number = floor.place(bracket(conidex, faces(floor, legs)[1])[0])[0]
    floor.hands.forward(10)
    fills = [t for t in floor.trades() if t["order_id"] == number]
    assert {t["conid"]: t["side"] for t in fills} == dict(zip(legs, "BSSB", strict=True))
    assert {t["order_ref"] for t in fills} == {"condor"}
    assert len({t["execution_id"] for t in fills}) == 4


def rules(floor: Floor, conid: int) -> Any:
    body = {"conid": conid, "isBuy": True}
    return floor.client.post("/iserver/contract/rules", body).body


@pytest.mark.parametrize(("conid", "step"), [(SPY, "0.01"), (SPX, "0.05")])
def test_combinations_move_in_their_legs_least_steps(floor: Floor, conid: int, step: str) -> None:
    legs = [floor.near("C", conid, days=4), floor.near("P", conid, days=4)]
    least = {min(r["increment"] for r in rules(floor, leg)["incrementRules"]) for leg in legs}
    assert least == {float(step)}
    conidex = "28812380;;;" + ",".join(f"{leg}/1" for leg in legs)
    mid = -Decimal("7.00")
    good, bad = mid - Decimal(step), mid - Decimal(step) / 2
    assert "minimum price" in floor.post(combo(conidex, "BUY", price=bad)).body["error"]
    assert isinstance(floor.post(combo(conidex, "BUY", price=good)).body, list)


def what_if(floor: Floor, *orders: dict[str, Any]) -> dict[str, Any]:
    path = f"/iserver/account/{floor.account}/orders/whatif"
    answer = floor.client.post(path, {"orders": [dict(o) for o in orders]})
    assert answer.status == 200
    body: dict[str, Any] = answer.body
    return body


def dollars(text: str) -> Decimal:
    return Decimal(text.split()[0].replace(",", ""))


def test_what_if_of_a_credit(floor: Floor) -> None:
    conidex, legs = condor(floor)
    credit = faces(floor, legs)[1]
    found = what_if(floor, *bracket(conidex, credit, 2))
    assert found["error"] is None
    assert dollars(found["amount"]["amount"]) == credit * 200
    assert dollars(found["amount"]["commission"]) == Decimal("5.20")
    assert dollars(found["amount"]["total"]) == credit * 200 + Decimal("5.20")
    assert dollars(found["initial"]["change"]) == 1000  # one side's width
    assert floor.orders() == []


def test_what_if_is_of_the_first_order(floor: Floor) -> None:
    low = order(SPY, "BUY", price=floor.bid(SPY), cOID="entry")
    stop = order(SPY, "SELL", orderType="STP", price=500, parentId="entry")
    other = order(SPY, "BUY", 100, price=floor.bid(SPY))
    alone = what_if(floor, low)
    assert what_if(floor, low, stop) == alone
    assert what_if(floor, low, other) == alone


def worthless_wings(floor: Floor) -> tuple[str, list[int]]:
    """A vertical spread of the day whose wing nobody bids for, sold when it is bought."""
    spot = floor.quote(SPY).last
    assert spot is not None
    short = floor.option(int(spot) - 1, "P")
    strikes = range(int(spot) - 2, int(spot) - 20, -1)
    puts = [floor.option(strike, "P") for strike in strikes]
    wing = next(put for put in puts if floor.quote(put).bid is None and floor.quote(put).ask)
    return f"28812380;;;{short}/-1,{wing}/1", [short, wing]


def test_a_leg_that_nobody_bids_for_is_given_away(floor: Floor) -> None:
    """Else a spread could not be closed, whatever it costs, once its wing is worthless."""
    conidex, (short, wing) = worthless_wings(floor)
    credit = floor.ask(wing) - floor.bid(short)
    child: dict[str, Any] = {"parentId": "spread"}
    numbers = floor.place(
        combo(conidex, "BUY", 2, price=credit, cOID="spread"),
        combo(conidex, "SELL", 2, orderType="STP", price=credit * 50, **child),
    )
    floor.hands.forward(10)
    assert statuses(floor, numbers) == ["Filled", "PreSubmitted"]
    assert floor.quote(wing).bid is None
    modify(floor, numbers[1], combo(conidex, "SELL", 2, orderType="STP", price=-0.01, **child))
    floor.hands.forward(10)
    assert statuses(floor, numbers) == ["Filled", "Filled"]
    sold = next(t for t in floor.trades() if (t["conid"], t["side"]) == (wing, "S"))
    assert Decimal(sold["price"]) == sold["net_amount"] == 0
    assert [floor.position(leg) for leg in (short, wing)] == [0, 0]


def test_alone_it_is_not(floor: Floor) -> None:
    _, (_, wing) = worthless_wings(floor)
    floor.place(order(wing, "BUY", price=floor.ask(wing)))
    number = floor.place(order(wing, "SELL"))[0]
    floor.hands.forward(10)
    assert floor.status(number) == "Submitted"


def test_a_trailing_share_is_of_what_a_credit_is_worth(floor: Floor) -> None:
    conidex, legs = condor(floor)
    child: dict[str, Any] = {"orderType": "TRAIL", "trailingAmt": 50, "trailingType": "%"}
    numbers = floor.place(
        bracket(conidex, faces(floor, legs)[1])[0],
        combo(conidex, "SELL", parentId="condor", **child),
    )
    floor.hands.forward(10)
    assert statuses(floor, numbers) == ["Filled", "PreSubmitted"]
    body = floor.client.get(f"/iserver/account/order/status/{numbers[1]}").body
    assert Decimal(body["stop_price"]) < faces(floor, legs)[1]
