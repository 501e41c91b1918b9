"""What the books look like on the wire: recorded shapes, first answers, balances that agree."""

from __future__ import annotations

import http.client
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sim.test_shapes import accounts_as, differences
from tests.sim_books.conftest import CLOSE, SPY, Floor, OpenFloor, order

PAYLOADS = Path(__file__).parents[3] / "shared" / "ibkr" / "payloads"
recordings = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the recordings are not here")


def recorded(name: str) -> Any:
    body = json.loads((PAYLOADS / f"{name}.json").read_text())["body"]
    return accounts_as("DU1234567", body)


@pytest.fixture
def traded(floor: Floor) -> Floor:
    """Ten shares and two options bought, one order working, one cancelled."""
    put = floor.near("P", days=4)
    low = floor.bid(SPY) - 5
    floor.place(order(SPY, "BUY", 10, cOID="shares"))
    floor.place(order(put, "BUY", 2, price=floor.ask(put) + 1, cOID="puts"))
    floor.place(order(SPY, "BUY", 1000, price=low, cOID="low"))
    gone = floor.place(order(SPY, "BUY", price=low))[0]
    floor.hands.forward(5)
    floor.cancel(gone)
    floor.hands.forward(5)
    return floor


def row_of(floor: Floor, name: str) -> dict[str, Any]:
    return next(row for row in floor.orders() if row.get("order_ref") == name)


@recordings
def test_order_shapes(traded: Floor) -> None:
    theirs = recorded("orders-get--working-limit-2026")["orders"][0]
    ours = row_of(traded, "low")
    assert differences(ours, theirs) == []
    same = ("sizeAndFills", "status", "order_ccp_status", "bgColor", "fgColor", "timeInForce")
    assert [ours[name] for name in same] == [theirs[name] for name in same]
    filled = recorded("orders-get--filled-market-2026")["orders"][0]
    market = row_of(traded, "shares")
    assert differences(market, filled) == []
    same = ("order_ccp_status", "origOrderType", "orderType", "bgColor", "fgColor", "price")
    assert [market[name] for name in same] == [filled[name] for name in same]
    assert market["orderDesc"] == "Bought 10 SPY Market, Day"


@recordings
def test_status_shapes(traded: Floor) -> None:
    path = "/iserver/account/order/status"
    working = traded.client.get(f"{path}/{row_of(traded, 'low')['orderId']}").body
    theirs = recorded("order-status--presubmitted-limit-2026")
    assert differences(working, theirs) == []
    assert working["order_description"].startswith("Buy 1000 Limit ")
    filled = traded.client.get(f"{path}/{row_of(traded, 'shares')['orderId']}").body
    sample = recorded("order-status--sample")
    assert differences(filled, sample) == []
    same = ("size", "order_ccp_status", "order_status_description", "tif", "editable_fields")
    assert [filled[name] for name in same] == [sample[name] for name in same]


def test_an_unknown_order_has_no_status(floor: Floor) -> None:
    answer = floor.client.get("/iserver/account/order/status/999999999999")
    text = "Order 999999999999 is not found"
    assert (answer.status, answer.body) == (503, {"error": text, "statusCode": 503})


def test_its_refusal_may_take_a_while(open_floor: OpenFloor) -> None:
    floor = open_floor(unknown_order_seconds=0.3)
    started = time.monotonic()
    assert floor.client.get("/iserver/account/order/status/1").status == 503
    assert time.monotonic() - started >= 0.3


@recordings
def test_trade_shapes(traded: Floor) -> None:
    rows = {row["sec_type"]: row for row in traded.trades()}
    stock = recorded("trades--stk-and-fx-7d")[0]
    assert differences(rows["STK"], stock) == []
    assert differences(rows["STK"], recorded("trades--sample")[0]) == []
    assert differences(rows["OPT"], recorded("trades--fop-fut-expiry-2023")[0]) == []
    assert rows["STK"]["commission"] == "1.0"
    assert rows["OPT"]["commission"] == "1.3"
    assert rows["OPT"]["order_ref"] == "puts"


@recordings
def test_expiry_shapes(floor: Floor) -> None:
    put = floor.doomed()
    floor.place(order(put, "BUY", price=floor.ask(put) + 1))
    floor.hands.to(CLOSE)
    gone = floor.trades()[0]
    assert differences(gone, recorded("trades--fop-fut-expiry-2023")[2]) == []
    assert ("commission" in gone, gone["side"], gone["price"]) == (False, "X", "0.0")


@recordings
def test_portfolio_shapes(traded: Floor) -> None:
    account, client = traded.account, traded.client
    rows = {r["assetClass"]: r for r in client.get(f"/portfolio/{account}/positions/0").body}
    theirs = recorded("portfolio-positions--spy-option")
    assert differences(rows["OPT"], theirs[1]) == []
    assert differences(rows["STK"], theirs[2]) == []
    mine = client.get(f"/portfolio/{account}/position/{SPY}").body
    assert differences(mine, recorded("position-by-conid--aapl-2023")) == []
    new = client.get(f"/portfolio2/{account}/positions").body
    assert differences(new, recorded("portfolio2-positions--two-stocks")) == []
    summary = client.get(f"/portfolio/{account}/summary").body
    assert differences(summary, recorded("portfolio-summary--cash-account")) == []
    ledger = client.get(f"/portfolio/{account}/ledger").body
    assert differences(ledger, recorded("portfolio-ledger--usd")) == []
    short = client.get(f"/iserver/account/{account}/summary").body
    assert differences(short, recorded("iserver-account-summary--usd")) == []
    pnl = client.get("/iserver/account/pnl/partitioned").body
    assert differences(pnl, recorded("pnl-partitioned--sample")) == []


@recordings
def test_analyst_shapes(traded: Floor) -> None:
    account, client = traded.account, traded.client
    body = {"acctIds": [account], "period": "1M"}
    assert (
        differences(client.post("/pa/performance", body).body, recorded("pa-performance--1m")) == []
    )
    asked = {"acctIds": [account], "conids": [SPY], "currency": "USD"}
    ours = client.post("/pa/transactions", asked).body
    assert differences(ours, recorded("pa-transactions--spy")) == []
    assert [(t["qty"], t["type"]) for t in ours["transactions"]] == [(10.0, "Buy")]


@recordings
def test_preview_shapes(floor: Floor) -> None:
    path = f"/iserver/account/{floor.account}/orders/whatif"
    ours = floor.client.post(path, {"orders": [order(SPY, "BUY", 1, price=1)]}).body
    assert differences(ours, recorded("whatif--sample")) == []
    assert differences(ours, recorded("whatif--ok-simplified")) == []
    assert ours["amount"] == recorded("whatif--ok-simplified")["amount"]


@recordings
def test_answers_of_orders(floor: Floor) -> None:
    question = floor.post(order(SPY, "BUY", price=1)).body
    assert differences(question, recorded("orders-post--question-o163-price-cap")) == []
    floor.sim.session.feed("N")
    answer = floor.post(order(SPY, "BUY", price=600))
    for number in ("o354-no-market-data", "o10153-mandatory-cap-price"):
        answer = floor.client.post(f"/iserver/reply/{answer.body[0]['id']}", {"confirmed": True})
        theirs = recorded(f"reply--question-{number}")
        assert answer.body[0] | {"id": ""} == theirs[0] | {"id": ""}
    answer = floor.client.post(f"/iserver/reply/{answer.body[0]['id']}", {"confirmed": True})
    assert differences(answer.body, recorded("reply--placed-pendingsubmit")) == []
    gone = floor.cancel(int(answer.body[0]["order_id"])).body
    assert differences(gone, recorded("order-delete--request-submitted")) == []
    floor.sim.session.feed(None)
    floor.sim.sim.switch(advanced_reject=True)
    prompt = floor.post(order(SPY, "BUY", price=floor.bid(SPY))).body
    assert differences(prompt, recorded("orders-post--advanced-reject-prompt")) == []


# First answers.


def test_first_answers_are_empty(open_floor: OpenFloor) -> None:
    floor = open_floor(empty_first=True)
    floor.place(order(SPY, "BUY"))
    floor.hands.forward(5)
    path = "/iserver/account/orders"
    assert floor.client.get(path).body == {"orders": [], "snapshot": False}
    again = floor.client.get(path).body
    assert (len(again["orders"]), again["snapshot"]) == (1, True)
    assert floor.client.get(path, force="true").body == {"orders": [], "snapshot": False}
    assert len(floor.client.get(path).body["orders"]) == 1
    assert (floor.trades(), len(floor.trades())) == ([], 1)
    pnl = "/iserver/account/pnl/partitioned"
    assert floor.client.get(pnl).body == {"upnl": {}}
    assert floor.client.get(pnl).body["upnl"]
    floor.sim.session.end()
    floor.client.post("/iserver/auth/ssodh/init", {"publish": True})
    assert floor.client.get(path).body["orders"] == []


def test_filters(traded: Floor) -> None:
    def found(**query: str) -> set[str]:
        return {row["status"] for row in traded.orders(**query)}

    assert found() == {"Filled", "Submitted", "Cancelled"}
    assert found(filters="filled") == {"Filled"}
    assert found(Filters="inactive,cancelled,filled") == {"Filled", "Cancelled"}
    assert found(filters="pre_submitted,submitted") == {"Submitted"}
    assert found(filters="sort_by_time") == {"Filled", "Submitted", "Cancelled"}
    assert found(accountId=traded.account) == {"Filled", "Submitted", "Cancelled"}


def test_commissions_come_late(floor: Floor) -> None:
    floor.place(order(SPY, "BUY"))
    floor.hands.forward(0.5)
    assert "commission" not in floor.trades()[0]
    floor.hands.forward(1)
    assert floor.trades()[0]["commission"] == "1.0"


def test_trades_of_days(floor: Floor) -> None:
    floor.place(order(SPY, "BUY"))
    floor.hands.forward(86_400)
    assert floor.trades(1) == []
    assert len(floor.trades(2)) == 1
    assert floor.client.get("/iserver/account/trades").body == []
    floor.hands.forward(6 * 86_400)
    assert floor.trades(7) == []


def test_pages_of_positions(rich: Floor) -> None:
    market, now = rich.sim.sim.market, rich.now
    found = market.options(SPY, "SEP25", now)
    quoted = [o.conid for o in found if (q := market.quote(o.conid, now)) and q.ask is not None]
    rich.client.post("/iserver/questions/suppress", {"messageIds": ["o10151"]})
    for start in range(0, 120, 30):
        rich.place(*(order(conid, "BUY") for conid in quoted[start : start + 30]))
    rich.hands.forward(30)
    account = rich.account
    pages = [rich.client.get(f"/portfolio/{account}/positions/{n}").body for n in range(3)]
    assert [len(page) for page in pages] == [100, 20, 0]
    assert len({row["conid"] for page in pages for row in page}) == 120
    path = f"/portfolio/{account}/positions/invalidate"
    assert rich.client.post(path).body == {"message": "success"}


def test_short_positions_and_values(floor: Floor) -> None:
    put = floor.near("P", days=4)
    bid = floor.bid(put)
    floor.place(order(put, "SELL", 2, price=bid))
    floor.hands.forward(0.5)
    row = floor.client.get(f"/portfolio/{floor.account}/position/{put}").body[0]
    price = Decimal(floor.trades()[0]["price"])
    assert row["position"] == -2.0
    assert Decimal(str(row["avgCost"])) == price * 100 - Decimal("0.65")
    assert Decimal(str(row["avgPrice"])) == (price * 100 - Decimal("0.65")) / 100
    mark = floor.quote(put).mark
    assert mark is not None
    assert Decimal(str(row["mktValue"])) == -200 * mark
    assert Decimal(str(row["unrealizedPnl"])) == 200 * (price - mark) - Decimal("1.30")
    everywhere = floor.client.get(f"/portfolio/positions/{put}").body
    assert everywhere == {floor.account: [row]}
    assert floor.client.get("/portfolio/positions/265598").body == {}


def test_balances_agree(traded: Floor) -> None:
    account, client = traded.account, traded.client
    summary = client.get(f"/portfolio/{account}/summary").body
    ledger = client.get(f"/portfolio/{account}/ledger").body["BASE"]
    short = client.get(f"/iserver/account/{account}/summary").body
    pnl = client.get("/iserver/account/pnl/partitioned").body["upnl"][f"{account}.Core"]
    rows = client.get(f"/portfolio/{account}/positions/0").body
    net = summary["netliquidation"]["amount"]
    assert net == ledger["netliquidationvalue"] == pnl["nl"]
    assert net == pytest.approx(ledger["cashbalance"] + sum(row["mktValue"] for row in rows))
    assert short["netLiquidationValue"] == round(net)
    assert pnl["dpl"] == pytest.approx(net - 1_000_000)
    assert pnl["upl"] == pytest.approx(sum(row["unrealizedPnl"] for row in rows), abs=0.02)
    body = {"acctIds": [account], "period": "1D"}
    nav = client.post("/pa/performance", body).body["nav"]["data"][0]
    assert (nav["startNAV"]["val"], nav["navs"][-1]) == (1_000_000.0, net)


def test_what_pa_refuses(floor: Floor) -> None:
    assert floor.client.post("/pa/performance", {"acctIds": ["DU9"]}).status == 400
    mine = {"acctIds": [floor.account]}
    assert floor.client.post("/pa/transactions", mine).status == 400
    assert floor.client.post("/pa/transactions", mine | {"conids": [5]}).status == 400


# Faults.


def test_a_cut_before_leaves_nothing_and_one_after_leaves_the_order(floor: Floor) -> None:
    path = f"/iserver/account/{floor.account}/orders"
    ticket = order(SPY, "BUY", price=floor.bid(SPY) - 5, cOID="cut")
    floor.sim.faults.add(path, method="POST", cut="before")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        floor.post(ticket)
    assert floor.orders() == []
    floor.sim.faults.add(path, method="POST", cut="after")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        floor.post(ticket)
    assert [row["order_ref"] for row in floor.orders()] == ["cut"]
    assert "already registered" in floor.post(ticket).body["error"]


def test_cuts_in_a_chain_of_replies(floor: Floor) -> None:
    for cut, placed in (("before", 0), ("after", 1)):
        answer = floor.post(order(SPY, "BUY", cOID=cut))
        path = f"/iserver/reply/{answer.body[0]['id']}"
        floor.sim.faults.add("/iserver/reply/*", cut=cut)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            floor.client.post(path, {"confirmed": True})
        floor.hands.forward(1)
        assert floor.position(SPY) == placed
