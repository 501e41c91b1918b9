"""ibind's own client, unmodified, trades against the simulator's books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sim_books.conftest import SPY, OpenFloor, order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sim_books.conftest import Floor


@pytest.fixture
def pit(open_floor: OpenFloor) -> Floor:
    return open_floor(empty_first=True)


@pytest.fixture
def ibkr(pit: Floor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv("IBIND_ENV_FILE", "/dev/null")
    monkeypatch.setenv("HOME", str(tmp_path))
    import ibind

    monkeypatch.setattr(ibind.var, "LOG_TO_FILE", False)
    client: Any = ibind.IbkrClient(
        account_id=pit.account,
        url=f"{pit.sim.env()['IB_API_URL']}/",
        cacert=False,
        auto_register_shutdown=False,
    )
    client.receive_brokerage_accounts()
    client.portfolio_accounts()
    yield client
    client.close()


def request(pit: Floor, raw: dict[str, Any]) -> Any:
    """An order as ibind's users write it."""
    from ibind import OrderRequest

    names = {"conid": "conid", "conidex": "conidex", "orderType": "order_type", "cOID": "coid"}
    names |= {"parentId": "parent_id", "isSingleGroup": "is_single_group"}
    facts = {names.get(name, name): value for name, value in raw.items()}
    return OrderRequest(**({"conid": None, "acct_id": pit.account} | facts))


def answers() -> Any:
    """Yes to all; ibind knows neither an option's percentage nor our words about stops."""
    from ibind import QuestionType

    own = ("Percentage constraint of 20%", "Stop Order Confirmation")
    return dict.fromkeys((*QuestionType, *own), True)


def placed(pit: Floor, ibkr: Any, *raws: dict[str, Any]) -> list[int]:
    requests = [request(pit, raw) for raw in raws]
    data = ibkr.place_order(requests, answers()).data
    return [int(row["order_id"]) for row in (data if isinstance(data, list) else [data])]


def statuses(ibkr: Any, numbers: list[int]) -> list[str]:
    found = {row["orderId"]: row["status"] for row in ibkr.live_orders().data["orders"]}
    return [found[number] for number in numbers]


def test_a_limit_order_is_placed_once_modified_and_cancelled(pit: Floor, ibkr: Any) -> None:
    from ibind.support.errors import ExternalBrokerError

    low = pit.bid(SPY) - 5
    ticket = order(SPY, "BUY", 10, price=low, cOID="mine")
    preview = ibkr.whatif_order(request(pit, ticket)).data
    assert preview["amount"]["commission"] == "1 USD"
    numbers = placed(pit, ibkr, ticket)
    with pytest.raises(ExternalBrokerError, match="already registered"):
        placed(pit, ibkr, ticket)
    assert ibkr.live_orders().data == {"orders": [], "snapshot": False}
    pit.hands.forward(1)
    assert statuses(ibkr, numbers) == ["Submitted"]

    higher = request(pit, ticket | {"price": float(low + 1), "quantity": 12})
    assert ibkr.modify_order(str(numbers[0]), higher, answers()).data["order_status"]
    row = ibkr.live_orders().data["orders"][0]
    assert (row["price"], row["totalSize"], row["order_ref"]) == (f"{low + 1:.2f}", 12.0, "mine")
    assert row["timeInForce"] == "CLOSE"
    assert ibkr.order_status(numbers[0]).data["order_status"] == "Submitted"

    assert ibkr.cancel_order(numbers[0]).data["msg"] == "Request was submitted"
    pit.hands.forward(1)
    assert statuses(ibkr, numbers) == ["Cancelled"]
    assert ibkr.live_orders(filters="submitted").data["orders"] == []


def test_a_market_order_is_asked_about_and_filled(pit: Floor, ibkr: Any) -> None:
    numbers = placed(pit, ibkr, order(SPY, "BUY", 10, cOID="market"))
    assert [r.path for r in pit.sim.requests if "/reply/" in r.path]
    pit.hands.forward(2)
    assert ibkr.live_orders().data["orders"] == []
    assert statuses(ibkr, numbers) == ["Filled"]
    assert ibkr.trades(days="1").data == []
    trade = ibkr.trades(days="1").data[0]
    assert (trade["order_ref"], trade["size"], trade["commission"]) == ("market", 10.0, "1.0")
    row = ibkr.positions(page=0).data[0]
    assert (row["conid"], row["position"]) == (SPY, 10.0)
    assert ibkr.positions(page=1).data == []
    assert ibkr.positions2().data[0]["position"] == 10.0

    asked = len(pit.sim.requests)
    assert ibkr.suppress_messages(["o10151"]).data == {"status": "submitted"}
    placed(pit, ibkr, order(SPY, "SELL", 10, cOID="back"))
    assert not [r for r in pit.sim.requests[asked:] if "/reply/" in r.path]
    assert ibkr.reset_suppressed_messages().data == {"status": "submitted"}
    pit.hands.forward(2)
    assert ibkr.positions().data == []


def test_a_bracket_lives_and_dies_with_its_entry(pit: Floor, ibkr: Any) -> None:
    put = pit.near("P", days=4)
    child = {"parentId": "entry", "side": "BUY"}
    entry = order(put, "SELL", price=pit.ask(put) + 1, cOID="entry")
    numbers = placed(
        pit,
        ibkr,
        entry,
        order(put, "BUY", orderType="STP", price=pit.bid(put) * 4) | child,
        order(put, "BUY", price=0.05) | child,
    )
    ibkr.live_orders()
    pit.hands.forward(1)
    assert statuses(ibkr, numbers) == ["Submitted", "PreSubmitted", "PreSubmitted"]
    lower = request(pit, entry | {"price": float(pit.bid(put))})
    ibkr.modify_order(str(numbers[0]), lower, answers())
    pit.hands.forward(2)
    assert statuses(ibkr, numbers) == ["Filled", "PreSubmitted", "Submitted"]
    ibkr.cancel_order("-1")
    pit.hands.forward(1)
    assert statuses(ibkr, numbers) == ["Filled", "Cancelled", "Cancelled"]


def test_a_combination_and_a_group(pit: Floor, ibkr: Any) -> None:
    put, call = pit.near("P", days=4), pit.near("C", days=4)
    price = pit.ask(put) + pit.ask(call)
    raw = order(0, "BUY", price=price, cOID="straddle")
    del raw["conid"]
    numbers = placed(pit, ibkr, raw | {"conidex": f"28812380;;;{put}/1,{call}/1"})
    group = [
        order(SPY, "BUY", price=pit.bid(SPY) - 5, cOID="low", isSingleGroup=True),
        order(SPY, "BUY", price=pit.ask(SPY), cOID="high", isSingleGroup=True),
    ]
    numbers += placed(pit, ibkr, *group)
    ibkr.live_orders()
    pit.hands.forward(2)
    assert statuses(ibkr, numbers) == ["Filled", "Cancelled", "Filled"]
    held = {row["conid"]: row["position"] for row in ibkr.positions().data}
    assert held == {put: 1.0, call: 1.0, SPY: 1.0}


def test_a_combination_has_children(pit: Floor, ibkr: Any) -> None:
    put, wing = pit.near("P", days=4), pit.option(float(int(pit.at_close()) - 20), "P", days=4)
    credit = pit.ask(wing) - pit.bid(put)
    assert credit < 0
    raw = order(0, "BUY", price=credit, cOID="spread") | {"conidex": combination(put, wing)}
    child = raw | {"side": "SELL", "parentId": "spread"}
    del raw["conid"], child["conid"], child["cOID"]
    stop = child | {"orderType": "STP", "price": float(credit * 4)}
    numbers = placed(pit, ibkr, raw, stop, child | {"price": -0.01})
    assert ibkr.whatif_order(request(pit, raw | {"cOID": "next"})).data["error"] is None
    ibkr.live_orders()
    pit.hands.forward(10)
    assert statuses(ibkr, numbers) == ["Filled", "PreSubmitted", "Submitted"]
    row = next(r for r in ibkr.live_orders().data["orders"] if r["orderId"] == numbers[1])
    assert (row["secType"], row["price"]) == ("BAG", f"{credit * 4:.2f}")
    ibkr.cancel_order(numbers[2])
    pit.hands.forward(1)
    assert statuses(ibkr, numbers) == ["Filled", "PreSubmitted", "Cancelled"]


def combination(short: int, long: int) -> str:
    return f"28812380;;;{short}/-1,{long}/1"
