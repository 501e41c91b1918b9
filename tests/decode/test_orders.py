"""Orders, executions and positions: every spelling, and nothing made up for what is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ibcli.broker import decode
from ibcli.domain.blotter import ExecutionSide, LiveOrder, OrderStatus
from ibcli.domain.contracts import Right
from ibcli.domain.orders import OrderType, Side, Tif
from ibcli.errors import RefusedError
from tests.decode.order_answers import (
    OPTION_POSITION,
    ORDER_ROW,
    STATUS,
    STOCK_POSITION,
    TRADE,
)

AT = datetime(2025, 9, 2, 14, 30, tzinfo=UTC)


def _numbers(*values: int) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, values))


def listed(**changes: Any) -> LiveOrder:
    (order,) = decode.decode_orders({"orders": [{**ORDER_ROW, **changes}]}).orders
    return order


def test_a_row_of_the_list() -> None:
    order = listed()
    assert (order.order_id, order.coid, order.account) == (1900000001, "my-job-1", "DU7654321")
    assert (order.side, order.type, order.tif) == (Side.SELL, OrderType.LMT, Tif.DAY)
    assert (order.quantity, order.filled, order.remaining) == _numbers(1200, 0, 1200)
    assert (order.limit, order.trigger, order.average_price) == (Decimal("7.05"), None, None)
    assert order.words == "XYZ SEP 19 '25 40 Put"
    assert (order.status, order.updated, order.odd) == (OrderStatus.SUBMITTED, AT, ())
    assert (order.conids, order.outside_rth) == ((111222333,), False)


def test_a_status() -> None:
    order = decode.decode_order_status(STATUS)
    assert (order.order_id, order.coid, order.side) == (1900000002, "my-job-2", Side.BUY)
    assert (order.type, order.tif, order.outside_rth) == (OrderType.STOP_LIMIT, Tif.GTC, True)
    assert (order.limit, order.trigger) == (Decimal("3.10"), Decimal("3.00"))
    assert (order.quantity, order.filled, order.remaining) == _numbers(1005, 1003, 2)
    assert (order.average_price, order.updated) == (Decimal("3.05"), AT)
    assert (order.reason, order.odd) == (None, ())


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("LMT", OrderType.LMT),
        ("LIMIT", OrderType.LMT),
        ("MKT", OrderType.MKT),
        ("Market", OrderType.MKT),
        ("STP", OrderType.STP),
        ("Stop", OrderType.STP),
        ("STOP_LIMIT", OrderType.STOP_LIMIT),
        ("Stop Limit", OrderType.STOP_LIMIT),
        ("STP LMT", OrderType.STOP_LIMIT),
        ("MIDPRICE", OrderType.MIDPRICE),
        ("MidPrice", OrderType.MIDPRICE),
        ("TRAIL", OrderType.TRAIL),
        ("Trailing Stop", OrderType.TRAIL),
        ("TRAILLMT", OrderType.TRAILLMT),
        ("Trailing Stop Limit", OrderType.TRAILLMT),
    ],
)
def test_types_in_all_spellings(spelled: str, meant: OrderType) -> None:
    assert listed(orderType=spelled, origOrderType="?").type is meant
    assert decode.decode_order_status({**STATUS, "order_type": spelled}).type is meant


def test_a_type_that_is_not_known_is_told_by_the_other_name_or_named_odd() -> None:
    assert listed(orderType="Wondrous").type is OrderType.LMT
    order = listed(orderType="Wondrous", origOrderType=None)
    assert order.type is None
    assert order.limit == Decimal("7.05")
    assert any("Wondrous" in odd for odd in order.odd)


@pytest.mark.parametrize(
    ("spelled", "price", "aux", "limit", "trigger"),
    [
        ("Stop", "2.50", "", None, "2.50"),
        ("Stop", "", "2.50", None, "2.50"),
        ("Stop Limit", "2.40", "2.50", "2.40", "2.50"),
        ("Trailing Stop", "2.50", None, None, "2.50"),
        ("Trailing Stop Limit", "2.40", 2.5, "2.40", "2.5"),
        ("Limit", 2.4, "", "2.4", None),
        ("Market", "", "", None, None),
    ],
)
def test_which_price_is_the_trigger(
    spelled: str, price: object, aux: object, limit: str | None, trigger: str | None
) -> None:
    order = listed(orderType=spelled, price=price, auxPrice=aux)
    assert order.limit == (None if limit is None else Decimal(limit))
    assert order.trigger == (None if trigger is None else Decimal(trigger))
    assert order.odd == ()


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PendingSubmit", OrderStatus.PENDING_SUBMIT),
        ("Pending Submit", OrderStatus.PENDING_SUBMIT),
        ("PreSubmitted", OrderStatus.PRE_SUBMITTED),
        ("Filled", OrderStatus.FILLED),
        ("Cancelled", OrderStatus.CANCELLED),
        ("PreCancelled", OrderStatus.PRE_CANCELLED),
        ("WarnState", OrderStatus.WARN_STATE),
        ("Inactive", OrderStatus.INACTIVE),
        ("Bewildered", OrderStatus.UNKNOWN),
        (None, OrderStatus.UNKNOWN),
    ],
)
def test_statuses(word: str | None, status: OrderStatus) -> None:
    order = listed(status=word)
    assert order.status is status
    assert ("Bewildered" in str(order.odd)) == (word == "Bewildered")


def test_a_combination_is_all_of_its_legs() -> None:
    order = listed(conidex="28812380;;;111/1,222/-2", conid=28812380, secType="BAG")
    assert order.conids == (111, 222)
    assert order.conidex == "28812380;;;111/1,222/-2"
    assert listed(conidex="15016138@IDEALPRO", conid=None).conids == (15016138,)


def test_what_is_missing_stays_missing() -> None:
    (order,) = decode.decode_orders({"orders": [{"orderId": "17"}]}).orders
    assert order.order_id == 17
    values = [getattr(order, name) for name in ("coid", "side", "type", "quantity", "filled")]
    values += [order.limit, order.trigger, order.average_price, order.tif, order.outside_rth]
    assert values == [None] * 10
    assert (order.conids, order.status, order.odd) == ((), OrderStatus.UNKNOWN, ())


def test_a_row_that_names_no_order_makes_the_list_odd() -> None:
    rows = [ORDER_ROW, {**ORDER_ROW, "orderId": None}, "what", {**ORDER_ROW, "orderId": 1.5}]
    read = decode.decode_orders({"orders": rows, "snapshot": True})
    assert len(read.orders) == 1
    assert len(read.odd) == 3


@pytest.mark.parametrize("answer", [None, [], {}, {"orders": None}, {"orders": {}}, "x", 3])
def test_an_answer_without_a_list_is_not_an_empty_list(answer: object) -> None:
    with pytest.raises(RefusedError):
        decode.decode_orders(answer)


def test_whether_the_list_is_whole_is_the_brokers_word() -> None:
    assert decode.decode_orders({"orders": [], "snapshot": False}).gathered is False
    assert decode.decode_orders({"orders": [], "snapshot": True}).gathered is True
    assert decode.decode_orders({"orders": []}).gathered is None


def test_an_execution() -> None:
    ((execution,), odd) = (lambda read: (read.rows, read.odd))(decode.decode_executions([TRADE]))
    assert odd == ()
    assert (execution.side, execution.size) == (ExecutionSide.SOLD, Decimal(2))
    assert (execution.price, execution.commission) == (Decimal("1007.05"), Decimal("1.31"))
    assert (execution.account, execution.order_id) == ("DU7654321", 1900000001)
    assert (execution.coid, execution.at) == ("my-job-1", AT)
    assert execution.signed_size == -2


def test_a_commission_that_has_not_come_is_not_zero() -> None:
    late = {key: value for key, value in TRADE.items() if key != "commission"}
    for row in (late, {**TRADE, "commission": ""}, {**TRADE, "commission": None}):
        assert decode.decode_executions([row]).rows[0].commission is None
    (once,) = decode.decode_executions([late, TRADE]).rows
    assert once.commission == Decimal("1.31")
    (once,) = decode.decode_executions([TRADE, late]).rows
    assert once.commission == Decimal("1.31")


def test_an_expiry_does_not_say_which_way() -> None:
    expired = {"side": "X", "price": "0.0", "order_ref": None, "trade_time_r": None}
    (execution,) = decode.decode_executions([{**TRADE, **expired}]).rows
    assert execution.side is ExecutionSide.EXPIRED
    assert execution.signed_size is None
    assert execution.at == AT


def test_an_execution_without_its_size_is_named() -> None:
    read = decode.decode_executions([{**TRADE, "size": "many"}, {**TRADE, "price": "dear"}])
    assert len(read.rows) == 1
    assert read.rows[0].price is None
    assert "size" in read.odd[0]
    assert "dear" in read.odd[1]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"multiplier": None},
        {"multiplier": 0.0},
        {"multiplier": "100", "strike": 40.0},
        {"expiry": None, "lastTradingDay": None, "strike": "0", "putOrCall": None},
        {"contractDesc": "XYZ    SEP2025 40 P [XYZ   250919P00040000 100]", "undSym": None},
    ],
)
def test_an_options_position(changes: dict[str, Any]) -> None:
    (position,) = decode.decode_positions([{**OPTION_POSITION, **changes}]).rows
    assert position.tradable is not None
    assert position.tradable.words == position.words == "XYZ 19SEP25 40 P"
    assert position.tradable.expiry == date(2025, 9, 19)
    assert (position.tradable.strike, position.tradable.right) == (Decimal(40), Right.PUT)
    assert position.tradable.multiplier == 100
    assert (position.tradable.underlying_conid, position.tradable.trading_class) == (444555, "XYZ")
    assert (position.quantity, position.average_price) == (Decimal(-2), Decimal("7.0435"))
    assert (position.average_cost, position.value) == (Decimal("704.35"), Decimal(-1300))
    assert position.odd == ()


def test_an_option_whose_multiplier_nobody_tells_is_not_tradable() -> None:
    row = {**OPTION_POSITION, "contractDesc": "XYZ SEP2025 40 P", "multiplier": None}
    (position,) = decode.decode_positions([row]).rows
    assert position.tradable is None
    assert position.words == "XYZ SEP2025 40 P"


def test_a_morning_settled_index_option_keeps_its_class_and_last_day() -> None:
    row = {
        **OPTION_POSITION,
        "contractDesc": "SPX    SEP2025 6500 C [SPX   250919C06500000 100]",
        "expiry": None,
        "lastTradingDay": None,
        "undSym": "SPX",
    }
    (position,) = decode.decode_positions([row]).rows
    assert position.tradable is not None
    assert position.tradable.expiry == date(2025, 9, 18)
    row["contractDesc"] = "SPX    SEP2025 6500 C [SPXW  250918C06500000 100]"
    (position,) = decode.decode_positions([row]).rows
    assert position.tradable is not None
    assert (position.tradable.trading_class, position.tradable.symbol) == ("SPXW", "SPX")


def test_a_stocks_position() -> None:
    (position,) = decode.decode_positions([STOCK_POSITION]).rows
    assert position.tradable is not None
    assert (position.tradable.sec_type, position.tradable.multiplier) == ("STK", Decimal(1))
    assert (position.quantity, position.words) == (Decimal("150.5"), "XYZ")
    assert (position.underlying_conid, position.odd) == (None, ())


def test_entities_and_commas_in_positions() -> None:
    row = {**STOCK_POSITION, "ticker": None, "contractDesc": "AT&amp;T", "position": "1,500"}
    (position,) = decode.decode_positions([row]).rows
    assert (position.words, position.quantity) == ("AT&T", Decimal(1500))


def test_a_position_without_its_quantity_is_named() -> None:
    read = decode.decode_positions([{**STOCK_POSITION, "position": None}, OPTION_POSITION])
    assert len(read.rows) == 1
    assert "position" in read.odd[0]
