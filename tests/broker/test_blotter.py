"""Orders, executions and positions as they come over the wire, from placing to closing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker import blotter, order_entry, portfolio
from ibcli.broker.contract_book import ContractBook
from ibcli.broker.decode import Asked, Placed, Refused, Reply
from ibcli.broker.doubt import DoubtError
from ibcli.domain.blotter import LiveOrder, OrderStatus
from ibcli.domain.orders import OrderType, Side, TicketLeg, Tif
from ibcli.errors import RefusedError, UnreachableError
from tests.broker.orders import (
    ACCOUNT,
    CALL_143,
    CALL_145,
    ORDERS,
    SPY,
    alone,
    entry,
    posts,
    with_stop,
)
from tests.decode.order_answers import ORDER_ROW, STOCK_POSITION, TRADE

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.domain.orders import Bracket
    from tests.broker.conftest import Bench

LIST = "/iserver/account/orders"
TRADES = "/iserver/account/trades"


def trader(bench: Bench) -> BrokerClient:
    """A client that has opened ARM's options in this session."""
    client = bench.client(bench.hurry.deadline(600))
    client.read("GET", "/iserver/secdef/search", params={"symbol": "ARM"})
    return client


def agreed(client: BrokerClient, reply: Reply) -> Reply:
    """The reply after all its questions were answered with yes."""
    while isinstance(reply, Asked):
        reply = order_entry.answer(client, reply.reply_id, confirmed=True)
    return reply


def placed(client: BrokerClient, bracket: Bracket) -> list[int]:
    """The orders' numbers."""
    reply = agreed(client, order_entry.post(client, ACCOUNT, bracket))
    assert isinstance(reply, Placed), reply
    return [row.order_id or 0 for row in reply.rows]


def by_id(client: BrokerClient) -> dict[int, LiveOrder]:
    found = blotter.live_orders(client, ACCOUNT)
    assert found.complete
    assert found.odd == ()
    assert all(order.odd == () for order in found.orders)
    return {order.order_id: order for order in found.orders}


def test_a_bracket_is_listed_as_it_was_sent(bench: Bench) -> None:
    client = trader(bench)
    parent, child = placed(client, with_stop(entry("job", limit="1.50", quantity=2), "0.70"))
    orders = by_id(client)
    first, second = orders[parent], orders[child]
    assert (first.coid, second.coid) == ("job", None)
    assert (first.type, first.side, first.limit) == (OrderType.LMT, Side.BUY, Decimal("1.50"))
    assert (second.type, second.side) == (OrderType.STP, Side.SELL)
    assert (second.trigger, second.limit) == (Decimal("0.70"), None)
    assert (first.quantity, second.quantity) == (Decimal(2), Decimal(2))
    assert (first.tif, first.account) == (Tif.DAY, ACCOUNT)
    for order_id, listed in orders.items():
        asked = blotter.order_status(client, order_id)
        assert asked is not None
        assert asked.odd == ()
        for name in ("coid", "type", "side", "limit", "trigger", "quantity", "conids", "tif"):
            assert getattr(asked, name) == getattr(listed, name), name


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"type": OrderType.STOP_LIMIT, "limit": "0.60", "trigger": "0.70"},
            {"type": OrderType.STOP_LIMIT, "limit": "0.60", "trigger": "0.70"},
        ),
        (
            {"type": OrderType.TRAIL, "limit": None, "trail": "0.50", "trigger": "0.70"},
            {"type": OrderType.TRAIL, "limit": None, "trigger": "0.70"},
        ),
        (
            {"type": OrderType.LMT, "limit": "3.00", "tif": Tif.GTC},
            {"type": OrderType.LMT, "limit": "3.00", "tif": Tif.GTC, "trigger": None},
        ),
    ],
    ids=["stop-limit", "trail", "gtc"],
)
def test_other_children_are_listed_as_they_were_sent(
    bench: Bench, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    client = trader(bench)
    prices = {"limit", "trigger", "trail"}
    given: dict[str, Any] = {
        name: Decimal(value) if name in prices and value else value
        for name, value in changes.items()
    }
    bracket = with_stop(entry("job", limit="1.50"))
    child = replace(bracket.children[0], **{"trigger": None, **given})
    (_, number) = placed(client, replace(bracket, children=(child,)))
    listed = by_id(client)[number]
    for name, value in expected.items():
        wanted = Decimal(value) if name in prices and value else value
        assert getattr(listed, name) == wanted, name


def test_a_combination_is_listed_by_its_legs(bench: Bench) -> None:
    client = trader(bench)
    legs = (TicketLeg(CALL_143), TicketLeg(CALL_145, -1))
    (number,) = placed(client, alone(entry("combo", legs=legs, limit="0.45")))
    listed = by_id(client)[number]
    assert listed.conids == (CALL_143.conid, CALL_145.conid)
    assert listed.coid == "combo"


def test_from_an_order_to_a_position_and_its_trade(bench: Bench) -> None:
    client = trader(bench)
    (number,) = placed(client, alone(entry("buy", limit="1.70")))
    bench.hurry.skipped += 5
    status = blotter.order_status(client, number)
    assert status is not None
    assert (status.status, status.filled) == (OrderStatus.FILLED, Decimal(1))
    read = blotter.executions(client, ACCOUNT)
    (trade,) = read.rows
    assert (trade.coid, trade.order_id, trade.conid) == ("buy", number, CALL_143.conid)
    assert trade.signed_size == 1
    assert trade.commission is not None
    held = portfolio.positions(client, ACCOUNT, fresh=True)
    (position,) = held.rows
    assert (position.conid, position.quantity) == (CALL_143.conid, Decimal(1))
    assert position.tradable is not None
    assert position.tradable.multiplier == 100
    assert (read.odd, held.odd, position.odd) == ((), (), ())


def test_modify_and_cancel(bench: Bench) -> None:
    client = trader(bench)
    ticket = entry("job", limit="1.45")
    (number,) = placed(client, alone(ticket))
    changed = replace(ticket, limit=Decimal("1.50"), quantity=3)
    reply = agreed(client, order_entry.modify(client, ACCOUNT, number, changed))
    assert isinstance(reply, Placed)
    assert [row.order_id for row in reply.rows] == [number]
    listed = by_id(client)[number]
    assert (listed.limit, listed.quantity) == (Decimal("1.50"), Decimal(3))
    assert listed.coid == "job"
    assert order_entry.cancel(client, ACCOUNT, number).accepted
    bench.hurry.skipped += 2
    after = blotter.order_status(client, number)
    assert after is not None
    assert after.status is OrderStatus.CANCELLED
    assert posts(bench) == 1


def test_what_does_not_exist_is_not_cancelled_and_not_known(bench: Bench) -> None:
    client = trader(bench)
    refused = order_entry.cancel(client, ACCOUNT, 999)
    assert not refused.accepted
    assert refused.text
    assert blotter.order_status(client, 999) is None
    asked = [r for r in bench.sim.requests if r.path.endswith("/status/999")]
    assert len(asked) == 1  # the broker has looked for five seconds: no use in asking again
    for number in (-1, 0):
        with pytest.raises(ValueError, match="one order"):
            order_entry.cancel(client, ACCOUNT, number)


def test_a_failing_server_does_not_mean_that_an_order_is_unknown(bench: Bench) -> None:
    client = trader(bench)
    bench.sim.faults.add("/iserver/account/order/status/*", status=503, body="{}", count=None)
    with pytest.raises(UnreachableError):
        blotter.order_status(client, 999)


def test_a_cancellation_whose_answer_is_lost_is_a_doubt(bench: Bench) -> None:
    client = trader(bench)
    (number,) = placed(client, alone(entry("job", limit="1.45")))
    hit = bench.sim.faults.add(f"/iserver/account/{ACCOUNT}/order/*", cut="after", count=None)
    with pytest.raises(DoubtError):
        order_entry.cancel(client, ACCOUNT, number)
    with pytest.raises(DoubtError):
        order_entry.modify(client, ACCOUNT, number, entry("job", limit="1.50"))
    assert hit.hits == 2


def test_a_declined_question_is_a_refusal(bench: Bench) -> None:
    client = trader(bench)
    asked = order_entry.post(client, ACCOUNT, alone(entry("job", limit="0.50")))
    assert isinstance(asked, Asked)
    assert [message.id for message in asked.messages] == ["o163"]
    declined = order_entry.answer(client, asked.reply_id, confirmed=False)
    assert isinstance(declined, Refused)
    assert not declined.duplicate


@pytest.mark.parametrize("fault", [{"cut": "after"}, {"status": 200, "body": [{}]}], ids=str)
def test_a_reply_whose_answer_is_lost_is_a_doubt(bench: Bench, fault: dict[str, Any]) -> None:
    client = trader(bench)
    asked = order_entry.post(client, ACCOUNT, alone(entry("job", limit="0.50")))
    assert isinstance(asked, Asked)
    hit = bench.sim.faults.add("/iserver/reply/*", count=None, **fault)
    with pytest.raises(DoubtError):
        order_entry.answer(client, asked.reply_id, confirmed=True)
    assert hit.hits == 1


def test_an_answer_of_no_known_form_is_a_doubt(bench: Bench) -> None:
    client = trader(bench)
    bench.sim.faults.add(ORDERS, status=200, body={"result": "fine"}, handled=True)
    with pytest.raises(DoubtError) as caught:
        order_entry.post(client, ACCOUNT, alone(entry("job", limit="1.50")))
    assert caught.value.cause.code == "unexpected-answer"
    assert posts(bench) == 1


def test_what_an_order_would_do(bench: Bench) -> None:
    client = trader(bench)
    short = entry("job", side=Side.SELL, limit="1.60")
    found = order_entry.what_if(client, ACCOUNT, alone(short))
    assert found.commission is not None
    assert found.equity == 1_000_000
    assert found.initial_change is not None
    assert found.initial_change > 0
    with pytest.raises(RefusedError) as caught:
        order_entry.what_if(client, ACCOUNT, alone(replace(short, quantity=100_000)))
    assert "Cash needed" in caught.value.message
    assert ACCOUNT not in caught.value.message
    assert by_id(client) == {}


def test_the_first_list_of_a_session_is_empty_and_proves_nothing(bench: Bench) -> None:
    client = trader(bench)
    (number,) = placed(client, alone(entry("job", limit="1.50")))
    assert bench.count(LIST) == 0
    assert list(by_id(client)) == [number]
    assert bench.count(LIST) == 2


@pytest.mark.parametrize(
    ("answers", "complete", "orders"),
    [
        ([{"orders": [], "snapshot": True}], True, 0),
        ([{"orders": [ORDER_ROW]}], True, 1),
        ([{"orders": []}, {"orders": []}], True, 0),
        ([{"orders": [ORDER_ROW], "snapshot": False}] * 2, True, 1),
        ([{"orders": [], "snapshot": False}] * 3 + [{"orders": [], "snapshot": True}], True, 0),
        (
            [
                {"orders": [], "snapshot": False},
                {"orders": [ORDER_ROW], "snapshot": False},
                {"orders": [ORDER_ROW], "snapshot": True},
            ],
            True,
            1,
        ),
        ([{"orders": [ORDER_ROW, {"orderId": "?"}], "snapshot": True}], False, 1),
    ],
)
def test_when_a_list_is_whole(
    bench: Bench, answers: list[dict[str, Any]], complete: bool, orders: int
) -> None:
    client = trader(bench)
    for answer in answers:
        bench.sim.faults.add(LIST, status=200, body=answer)
    found = blotter.live_orders(client, ACCOUNT)
    assert (found.complete, len(found.orders)) == (complete, orders)
    assert bench.count(LIST) == len(answers)


def test_a_list_that_stays_empty_is_not_whole_at_the_deadline(bench: Bench) -> None:
    trader(bench)
    client = bench.client(bench.hurry.deadline(21))
    bench.sim.faults.add(LIST, count=None, status=200, body={"orders": [], "snapshot": False})
    found = blotter.live_orders(client, ACCOUNT)
    assert (found.complete, found.orders) == (False, ())
    assert bench.count(LIST) in {4, 5}  # every five seconds


def test_orders_of_the_login_s_other_accounts_are_left_out(bench: Bench) -> None:
    client = bench.client()
    accounts = {"accounts": [ACCOUNT, "DU7654321"], "selectedAccount": ACCOUNT}
    bench.sim.faults.add("/iserver/accounts", status=200, body=accounts)
    client.ask_accounts()
    rows = [ORDER_ROW, {**ORDER_ROW, "account": "MyAlias"}, {**ORDER_ROW, "account": ACCOUNT}]
    bench.sim.faults.add(LIST, status=200, body={"orders": rows, "snapshot": True})
    found = blotter.live_orders(client, ACCOUNT)
    assert [order.account for order in found.orders] == ["MyAlias", ACCOUNT]
    trades = [{**TRADE, "execution_id": str(n), "accountCode": row["account"]}
              for n, row in enumerate(rows)]  # fmt: skip
    bench.sim.faults.add(TRADES, status=200, body=trades)
    assert [row.account for row in blotter.executions(client, ACCOUNT).rows] == [
        "MyAlias",
        ACCOUNT,
    ]


def test_the_first_trades_of_a_session_are_asked_for_again_once(bench: Bench) -> None:
    client = trader(bench)
    assert blotter.executions(client, ACCOUNT, days=7).rows == ()
    assert bench.count(TRADES) == 2
    assert blotter.executions(bench.client(), ACCOUNT).rows == ()
    assert bench.count(TRADES) == 3
    bench.sim.session.end()
    assert blotter.executions(bench.client(bench.hurry.deadline(600)), ACCOUNT).rows == ()
    assert bench.count(TRADES) >= 5
    for days in (0, 8):
        with pytest.raises(ValueError, match="7 days"):
            blotter.executions(client, ACCOUNT, days=days)


def test_all_pages_of_positions(bench: Bench) -> None:
    client = trader(bench)
    rows = [{**STOCK_POSITION, "acctId": ACCOUNT, "conid": 1000 + n} for n in range(250)]
    for number in range(3):
        page = rows[number * 100 : (number + 1) * 100]
        bench.sim.faults.add(f"/portfolio/{ACCOUNT}/positions/{number}", status=200, body=page)
    found = portfolio.positions(client, ACCOUNT)
    assert [row.conid for row in found.rows] == [1000 + n for n in range(250)]
    assert bench.count("/portfolio/accounts") == 1
    bench.sim.faults.add(
        f"/portfolio/{ACCOUNT}/positions/*", status=200, body=rows[:100], count=None
    )
    assert len(portfolio.positions(bench.client(), ACCOUNT).rows) == 100  # one page for any number
    assert bench.count("/portfolio/accounts") == 1


def test_a_call_that_the_broker_has_forgotten_is_made_again(bench: Bench) -> None:
    client = bench.client(bench.hurry.deadline(600))
    portfolio.positions(client, ACCOUNT)
    bench.sim.faults.add(
        "/portfolio/*/positions/0", status=400, body={"error": "Bad Request: accounts first"}
    )
    assert portfolio.positions(client, ACCOUNT).rows == ()
    assert bench.count("/portfolio/accounts") == 2


def test_steps_and_hours_are_remembered_for_the_day(bench: Bench) -> None:
    for _ in range(2):
        with ContractBook(trader(bench)) as book:
            assert book.rules(CALL_143.conid, Side.BUY).tick(Decimal("3.20")) == Decimal("0.05")
            hours = book.hours(CALL_143.underlying_conid or 0)
            assert any(hours.days.values())
    assert bench.count("/iserver/contract/rules") == 1
    assert bench.count("/contract/trading-schedule") == 1


def test_where_there_is_no_schedule_the_venues_counts(bench: Bench) -> None:
    with ContractBook(trader(bench)) as book:
        told = book.hours(SPY.conid)
    bench.sim.faults.add("/contract/trading-schedule", status=404, body="<html>", count=None)
    with ContractBook(bench.client(None, IBCLI_CACHE_DIR=str(bench.folder / "other"))) as book:
        other = book.hours(SPY.conid)
    assert {day: other.days[day] for day, sessions in told.days.items() if sessions} == {
        day: sessions for day, sessions in told.days.items() if sessions
    }
