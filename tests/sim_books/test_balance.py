"""The books balance: cash, positions, costs and profit follow from the executions alone."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.sim.books.ledger import moved
from ibcli.sim.books.records import Position
from tests.sim_books.conftest import ARM, CLOSE, SPX, SPY, START, Floor, OpenFloor, order

if TYPE_CHECKING:
    from pathlib import Path

    from ibcli.sim.books.books import Present

CASH = Decimal(10**8)
NOUGHT = Decimal(0)


def check(now: Present, cash: Decimal = CASH) -> None:
    """Recompute the books from the executions and compare."""
    records, contracts = now.records, now.contracts
    held: dict[int, Decimal] = defaultdict(Decimal)
    filled: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    charged: dict[int, Decimal] = defaultdict(Decimal)
    executions = records.executions()
    assert len({execution.id for execution in executions}) == len(executions)
    for fill in executions:
        multiplier = contracts.get(fill.conid).multiplier
        before = held[fill.conid]
        sign = {"B": 1, "S": -1, "X": -1 if before > 0 else 1}[fill.side]
        assert fill.amount == -sign * fill.quantity * fill.price * multiplier
        cash += fill.amount - (fill.commission or NOUGHT)
        held[fill.conid] += sign * fill.quantity
        assert held[fill.conid] == fill.position
        if fill.order_id is not None:
            filled[fill.order_id][fill.conid] += sign * fill.quantity
            charged[fill.order_id] += fill.commission or NOUGHT
    assert records.amount("cash") == cash
    positions = {p.conid: p for p in records.positions(closed=True)}
    assert {c: p.quantity for c, p in positions.items()} == dict(held)
    cost = sum((p.cost for p in positions.values()), NOUGHT)
    realized = sum((p.realized for p in positions.values()), NOUGHT)
    assert realized == records.amount("realized") == sum((e.realized for e in executions), NOUGHT)
    opened = sum((e.amount - (e.commission or NOUGHT) for e in executions), NOUGHT)
    assert opened == realized - cost  # money went into positions or came out as profit
    check_orders(now, filled, charged)


def check_orders(
    now: Present, filled: dict[int, dict[int, Decimal]], charged: dict[int, Decimal]
) -> None:
    for known in now.records.orders():
        assert NOUGHT <= known.filled <= known.total
        for leg in known.legs:
            wanted = known.filled * leg.ratio * known.sign
            assert filled.get(known.id, {}).get(leg.conid, NOUGHT) == wanted
        assert charged.get(known.id, NOUGHT) == known.charged
        parent = None if known.parent is None else now.records.order(known.parent)
        if parent is not None:
            assert known.filled <= parent.filled


def books_of(floor: Floor) -> dict[str, Any]:
    """Everything in the books."""
    with floor.sim.sim.books.present(floor.account) as now:
        check(now, floor.sim.options.cash)
        return {
            "orders": [o.dumped() for o in now.records.orders()],
            "executions": [repr(e) for e in now.records.executions()],
            "positions": [repr(p) for p in now.records.positions(closed=True)],
            "cash": now.records.amount("cash"),
        }


def random_order(floor: Floor, dice: random.Random, number: int) -> list[dict[str, Any]]:
    """An order or bracket that a careless trader might place."""
    conid = dice.choice([SPY, *(dice.choice(_pool(floor)) for _ in range(4))])
    side, other = dice.choice([("BUY", "SELL"), ("SELL", "BUY")])
    quote = floor.quote(conid)
    price = quote.ask or quote.last or Decimal(1)
    if quote.bid is not None:
        price = dice.choice([price, quote.bid, ((price + quote.bid) / 2)])
    step = floor.sim.sim.books.contracts.step(conid, price)
    price = max(step, price // step * step)
    quantity = dice.choice([1, 2, 7, 40, 400])
    tif = dice.choice(["DAY", "DAY", "GTC", "IOC"])
    terms: dict[str, Any] = {"cOID": f"r{number}", "tif": tif}
    kinds: list[dict[str, Any]] = [
        {"price": price},
        {"price": price},
        {},
        {"orderType": "STP", "price": price},
        {"orderType": "TRAIL", "trailingAmt": 0.25},
        {"orderType": "STOP_LIMIT", "price": price, "auxPrice": float(price)},
    ]
    entry = order(conid, side, quantity, **(dice.choice(kinds) | terms))
    if dice.random() < 0.6:
        return [entry]
    stop = order(conid, other, quantity, parentId=f"r{number}", orderType="STP", price=price)
    goal = order(conid, other, quantity, parentId=f"r{number}", price=price)
    return [entry, stop, goal]


def _pool(floor: Floor) -> list[int]:
    market = floor.sim.sim.market
    found = []
    for conid in (SPY, ARM, SPX):
        expiry = market.expiries(conid, floor.now)[0]
        spot = floor.quote(conid).last or Decimal(1)
        kind = [
            o
            for o in market.options(conid, expiry[0].strftime("%b%y").upper(), floor.now)
            if o.expiry == expiry[0] and abs(o.strike - spot) < spot / 50
        ]
        found += [o.conid for o in kind]
    return found


def trade_at_random(floor: Floor, seed: int, orders: int) -> None:
    """A long day of orders, changes of mind and looking away."""
    dice = random.Random(seed)
    for number in range(orders):
        answer = floor.post(*random_order(floor, dice, number))
        while isinstance(answer.body, list) and "id" in answer.body[0]:
            name = answer.body[0]["id"]
            answer = floor.client.post(
                f"/iserver/reply/{name}", {"confirmed": dice.random() < 0.95}
            )
        assert answer.status == 200
        floor.hands.forward(dice.choice([0, 0.5, 2, 30, 240]))
        working = [r["orderId"] for r in floor.orders() if r["status"] != "Filled"]
        if working and dice.random() < 0.2:
            floor.cancel(dice.choice(working))
    floor.hands.to(CLOSE + timedelta(minutes=1))


@pytest.mark.proof
def test_a_long_day_of_random_trades(open_floor: OpenFloor) -> None:
    floor = open_floor(cash=CASH)
    floor.hands.to(datetime(2025, 8, 18, 13, 31, tzinfo=UTC))
    trade_at_random(floor, 7, 80)
    books = books_of(floor)
    assert len(books["executions"]) > 80
    with floor.sim.sim.books.present(floor.account) as now:
        left = [now.contracts.get(p.conid).option for p in now.records.positions()]
        assert not [o for o in left if o is not None and o.expiry <= floor.now.date()]
        assert [o for o in now.records.orders() if o.parent is not None]
        assert [e for e in now.records.executions() if e.side == "X"]


def test_replays_give_the_same_books(open_floor: OpenFloor) -> None:
    found = []
    for _ in range(2):
        floor = open_floor(cash=CASH)
        floor.hands.to(START)
        trade_at_random(floor, 11, 15)
        found.append(books_of(floor))
    assert found[0] == found[1]
    assert len(found[0]["executions"]) > 10


def test_another_seed_is_another_market(open_floor: OpenFloor) -> None:
    cash = []
    for seed in (1, 2):
        floor = open_floor(seed=seed)
        floor.hands.to(START)
        floor.place(order(SPY, "BUY", 10))
        floor.hands.forward(1)
        cash.append(floor.cash())
    assert cash[0] != cash[1]


def test_servers_on_one_folder_book_every_fill_once(open_floor: OpenFloor, tmp_path: Path) -> None:
    floors = [open_floor(cash=CASH, state=tmp_path) for _ in range(3)]
    first = floors[0]
    call, put = first.near("C", days=4), first.near("P", days=4)
    first.place(order(call, "BUY", 1200, price=first.ask(call) + 3, cOID="one"))
    first.place(order(put, "SELL", 700, price="0.01", cOID="two"))
    for _ in range(12):
        first.hands.forward(7.5)
        threads = [threading.Thread(target=floor.orders) for floor in floors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    first.hands.forward(120)
    books = [books_of(floor) for floor in floors]
    assert books[0] == books[1] == books[2]
    assert first.position(call) == 1200
    assert first.position(put) == -700


def test_books_outlive_a_server(open_floor: OpenFloor, tmp_path: Path) -> None:
    floor = open_floor(state=tmp_path)
    put = floor.near("P", days=4)
    number = floor.place(order(put, "BUY", 3, cOID="kept"))[0]
    with floor.sim.sim.books.present(floor.account) as now:
        assert now.records.order(number) is not None
    floor.hands.forward(3600)
    later = open_floor(state=tmp_path)
    assert later.position(put) == 3
    assert "already registered" in later.post(order(put, "BUY", cOID="kept")).body["error"]


def test_accounts_have_books_of_their_own(open_floor: OpenFloor, tmp_path: Path) -> None:
    paper = open_floor(state=tmp_path)
    paper.place(order(SPY, "BUY", 10))
    paper.hands.forward(1)
    assert paper.position(SPY) == 10
    live = open_floor(state=tmp_path, account="U7654321")
    assert live.position(SPY) == 0
    assert live.client.get("/iserver/accounts").body["isPaper"] is False


def test_reset_forgets_the_books(floor: Floor) -> None:
    floor.place(order(SPY, "BUY", 10))
    floor.hands.forward(1)
    floor.sim.session.reset()
    with floor.sim.sim.books.present(floor.account) as now:
        assert now.records.positions() == []
        assert now.records.amount("cash") == Decimal(1_000_000)


def test_the_real_clock_may_be_set_back(floor: Floor) -> None:
    number = floor.place(order(SPY, "BUY", 10))[0]
    floor.hands.forward(60)
    before = floor.order(number)
    floor.hands.forward(-50)
    assert floor.order(number) == before
    floor.place(order(SPY, "SELL", 10))
    floor.hands.forward(120)
    assert floor.position(SPY) == 0


AMOUNTS = st.decimals(min_value=-50, max_value=50, places=0).filter(bool)
PRICES = st.decimals(min_value="0.01", max_value=100, places=2)


@given(st.lists(st.tuples(AMOUNTS, PRICES, st.decimals(0, 3, places=2)), max_size=12))
def test_cost_and_profit_add_up(trades: list[tuple[Decimal, Decimal, Decimal]]) -> None:
    position, spent, profit = Position(1, NOUGHT, NOUGHT, NOUGHT), NOUGHT, NOUGHT
    for quantity, price, charge in trades:
        position, realized = moved(position, quantity, quantity * price * 100, charge)
        spent += quantity * price * 100 + charge
        profit += realized
        assert (position.cost > 0) == (position.quantity > 0) or charge or not position.quantity
    assert position.quantity == sum((t[0] for t in trades), NOUGHT)
    assert spent == position.cost - profit
    assert position.realized == profit
    if not position.quantity:
        assert position.cost == 0
