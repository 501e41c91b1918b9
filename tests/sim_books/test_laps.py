"""A day played again and again: what is listed of it adds up, and names stay unique."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.sim_books.conftest import DAY, SPY, Floor, order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.sim_books.conftest import OpenFloor

LAP = 5.5 * 3600
CENT = Decimal("0.01")


def at_start(floor: Floor) -> Floor:
    """Ten minutes into a lap."""
    floor.hands.seconds = floor.hands.seconds // LAP * LAP + 600
    return floor


def added_up(floor: Floor, days: int = 7) -> Mapping[int, float]:
    """The positions that the fills amount to: an X takes away what there is."""
    held: dict[int, float] = defaultdict(float)
    for trade in reversed(floor.trades(days)):
        before = held[trade["conid"]]
        sign = {"B": 1, "S": -1, "X": -1 if before > 0 else 1}[trade["side"]]
        held[trade["conid"]] += sign * trade["size"]
    return {conid: quantity for conid, quantity in held.items() if quantity}


def positions(floor: Floor) -> Mapping[int, float]:
    rows = floor.client.get(f"/portfolio/{floor.account}/positions/0").body
    return {row["conid"]: row["position"] for row in rows}


def working(floor: Floor) -> list[int]:
    over = ("Filled", "Cancelled")
    return [row["orderId"] for row in floor.orders() if row["status"] not in over]


def test_a_short_option_of_the_day_expires_with_the_lap(open_floor: OpenFloor) -> None:
    floor = at_start(open_floor(clock=DAY))
    put = floor.doomed()
    entry = order(put, "SELL", 2, price=CENT, cOID="entry")
    stop = order(put, "BUY", 2, orderType="STP", price=50, parentId="entry")
    numbers = floor.place(entry, stop)
    floor.hands.forward(60)
    assert positions(floor) == added_up(floor) == {put: -2.0}
    assert working(floor) == [numbers[1]]
    for lap in range(9):
        floor.hands.forward(LAP)
        assert positions(floor) == added_up(floor) == {}
        assert [t["side"] for t in floor.trades()] == ["X", "S"]
        assert working(floor) == [], lap
    for number, status in zip(numbers, ("Filled", "Cancelled"), strict=True):
        body = floor.client.get(f"/iserver/account/order/status/{number}").body
        assert body["order_status"] == status


def test_an_option_in_the_money_leaves_shares(open_floor: OpenFloor) -> None:
    floor = at_start(open_floor(clock=DAY, cash=Decimal(10**9)))
    option = floor.option(float(int(floor.at_close()) - 8), "C")
    floor.place(order(option, "SELL", 1))
    floor.hands.forward(60)
    assert positions(floor) == added_up(floor) == {option: -1.0}
    for _ in range(9):
        floor.hands.forward(LAP)
        assert positions(floor) == added_up(floor) == {SPY: -100.0}


def test_no_fill_is_forgotten_while_its_position_is_held(open_floor: OpenFloor) -> None:
    """Every lap bears the same date, so all of them are among the latest seven days."""
    floor = at_start(open_floor(clock=DAY))
    call = floor.near("C", days=4)
    for lap in range(12):
        floor.place(order(call, "BUY", price=floor.ask(call) + 1, cOID=f"lap {lap}"))
        floor.hands.forward(LAP)
        assert positions(floor) == added_up(floor) == {call: lap + 1.0}
    assert len(floor.trades(1)) == 1
    assert len(floor.trades(6)) == 6
    assert {row["order_ref"] for row in floor.orders()} <= {t["order_ref"] for t in floor.trades()}


def test_orders_and_trades_of_a_day_have_the_same_fills(open_floor: OpenFloor) -> None:
    floor = at_start(open_floor(clock=DAY))
    call = floor.near("C", days=4)
    for _ in range(4):
        floor.place(order(call, "BUY", price=floor.ask(call) + 1))
        floor.hands.forward(LAP / 2)
        filled = {row["orderId"] for row in floor.orders() if row["filledQuantity"]}
        assert filled == {trade["order_id"] for trade in floor.trades(1)}


def test_a_reset_forgets_all_and_uses_no_number_again(
    open_floor: OpenFloor, tmp_path: Path
) -> None:
    floor = at_start(open_floor(clock=DAY, state=tmp_path))
    seen: set[object] = set()
    for _ in range(3):
        call = floor.near("C", days=4)
        numbers = [floor.place(order(call, "BUY", cOID=f"name {n}"))[0] for n in range(3)]
        floor.hands.forward(1)
        found = {*numbers, *(trade["execution_id"] for trade in floor.trades())}
        assert len(found) == 6
        assert not seen & found
        seen |= found
        floor.sim.session.reset()
        floor = open_floor(clock=DAY, state=tmp_path)
        assert (floor.orders(), floor.trades(), positions(floor)) == ([], [], {})
