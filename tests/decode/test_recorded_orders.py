"""Every recorded answer about orders and holdings decodes, where the recordings are at hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ibcli.broker import decode
from ibcli.domain.blotter import ExecutionSide, OrderStatus
from ibcli.domain.orders import OrderType, Side, Tif
from tests.decode.test_recorded import FOLDER, bodies

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not at hand")


def test_lists_of_orders() -> None:
    for name, body in bodies("orders-get--*.json").items():
        read = decode.decode_orders(body)
        assert len(read.orders) == len(body["orders"]), name
        assert read.odd == (), name
        for order in read.orders:
            assert order.odd == (), name
            assert order.conids, name
            assert order.type in {OrderType.LMT, OrderType.MKT}, name
            assert (order.side, order.tif) == (Side.BUY, Tif.DAY), name
            assert order.updated is not None, name
            assert order.status in {OrderStatus.FILLED, OrderStatus.SUBMITTED}, name
            assert (order.limit is None) == (order.type is OrderType.MKT), name
            assert order.filled is not None, name


def test_statuses() -> None:
    found = {
        name: decode.decode_order_status(body)
        for name, body in bodies("order-status--[ps]*.json").items()
    }
    for name, order in found.items():
        assert order.odd == (), name
        assert order.order_id > 10**9, name
        assert order.updated is not None, name
    waiting = found["order-status--presubmitted-limit-2026"]
    assert (waiting.limit, waiting.quantity) == (Decimal("1.00"), Decimal(1))
    assert waiting.remaining == 1
    filled = found["order-status--sample"]
    assert (filled.average_price, filled.remaining) == (Decimal("192.26"), Decimal(0))


def test_replies() -> None:
    kinds = {
        name: type(decode.decode_reply(body)).__name__
        for pattern in ("orders-post--*.json", "order-modify--*.json", "reply--*.json")
        for name, body in bodies(pattern).items()
    }
    for name, kind in kinds.items():
        expected = "Asked" if "question" in name else "Placed"
        if "error" in name or "not-found" in name:
            expected = "Refused"
        if "prompt" in name:
            expected = "Prompted"
        assert kind == expected, name


def test_questions_have_their_ids() -> None:
    patterns = ("orders-post--question*.json", "reply--question*.json")
    for pattern in patterns:
        for name, body in bodies(pattern).items():
            reply = decode.decode_reply(body)
            assert isinstance(reply, decode.Asked), name
            assert all(message.id and message.text for message in reply.messages), name
            assert "<" not in reply.messages[0].text, name


def test_cancellations() -> None:
    accepted = {
        name: decode.decode_cancel(body).accepted
        for name, body in bodies("order-delete--*.json").items()
    }
    assert accepted == {
        "order-delete--error": False,
        "order-delete--request-submitted": True,
    }


def test_trades() -> None:
    sides = set()
    for name, body in bodies("trades--*.json").items():
        read = decode.decode_executions(body)
        assert len(read.rows) == len(body), name
        assert read.odd == (), name
        for execution in read.rows:
            sides.add(execution.side)
            assert execution.at is not None, name
            assert execution.account == "U1234567", name
            expired = execution.side is ExecutionSide.EXPIRED
            assert (execution.commission is None) == expired, name
    assert sides == set(ExecutionSide)


def test_trade_times_agree() -> None:
    for name, body in bodies("trades--*.json").items():
        spelled = [{**row, "trade_time_r": None} for row in body]
        both = zip(
            decode.decode_executions(body).rows,
            decode.decode_executions(spelled).rows,
            strict=True,
        )
        assert all(one.at == other.at for one, other in both), name


def test_positions() -> None:
    for pattern in ("portfolio-positions--*.json", "portfolio2-positions--*.json"):
        for name, body in bodies(pattern).items():
            read = decode.decode_positions(body)
            assert len(read.rows) == len(body), name
            assert read.odd == (), name
            for row in read.rows:
                assert row.odd == (), (name, row)
                assert row.value is not None, name
                assert (row.tradable is None) == (row.sec_type not in {"OPT", "STK"}), name
    options = [
        row.tradable
        for row in decode.decode_positions(
            bodies("portfolio-positions--spy-option.json")["portfolio-positions--spy-option"]
        ).rows
        if row.sec_type == "OPT"
    ]
    assert options
    assert options[0] is not None
    assert options[0].words == "SPY 17JAN25 440 C"
    assert options[0].expiry == date(2025, 1, 17)


def test_rules_and_hours() -> None:
    for pattern in ("contract-rules--*.json", "contract-info-and-rules--*.json"):
        for name, body in bodies(pattern).items():
            assert decode.decode_rules(body).tick(Decimal(100)) == Decimal("0.01"), name
    for name, body in bodies("contract-trading-schedule--*.json").items():
        hours = decode.decode_hours(body)
        assert all(len(sessions) == 1 for sessions in hours.days.values()), name
        assert set(hours.days) == {date(2026, 4, 2), date(2026, 4, 6)}, name


def test_previews() -> None:
    for name, body in bodies("whatif--*.json").items():
        found = decode.decode_what_if(body)
        if body.get("equity"):
            assert found.equity is not None, name
            assert found.initial_change is not None, name
            assert found.maintenance_change is not None, name
        if name in {"whatif--sample", "whatif--ok-simplified"}:
            assert found.commission is not None, name
