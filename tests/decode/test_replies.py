"""What the broker answers to an order; what is none of its answers is never taken for one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ibcli.broker.decode import (
    Asked,
    Placed,
    Prompted,
    QuestionMessage,
    Refused,
    decode_cancel,
    decode_reply,
    decode_what_if,
)
from ibcli.broker.decode.values import UnreadableError
from ibcli.domain.blotter import OrderStatus
from ibcli.errors import RefusedError
from tests.decode.order_answers import PLACED, PROMPT, QUESTION, WHAT_IF


def test_placed() -> None:
    child = {"order_id": 1900000002, "order_status": "Submitted", "local_order_id": "mine"}
    reply = decode_reply([PLACED, child])
    assert isinstance(reply, Placed)
    assert [row.order_id for row in reply.rows] == [1900000001, 1900000002]
    assert [row.coid for row in reply.rows] == [None, "mine"]
    assert reply.rows[0].status is OrderStatus.PRE_SUBMITTED
    assert decode_reply(PLACED) == decode_reply([PLACED])  # as a change is answered at times


def test_every_message_of_a_question_is_there_with_or_without_its_id() -> None:
    assert decode_reply([QUESTION]) == Asked(
        QUESTION["id"],
        (
            QuestionMessage("o10151", "Confirm Are you sure & certain?"),
            QuestionMessage(None, "And of this?"),
        ),
    )
    more = decode_reply([{**QUESTION, "message": [], "messageIds": ["o1", "o2"]}])
    assert more == Asked(QUESTION["id"], (QuestionMessage("o1", ""), QuestionMessage("o2", "")))
    bare = decode_reply([{"id": "x", "message": None}])
    assert bare == Asked("x", (QuestionMessage(None, ""),))


def test_a_long_question_is_told_in_full() -> None:
    reply = decode_reply([{**QUESTION, "message": ["word " * 400]}])
    assert isinstance(reply, Asked)
    assert reply.messages[0].text.count("word") == 400


@pytest.mark.parametrize(
    ("answer", "reason", "duplicate"),
    [
        ({"error": "Order not confirmed "}, "Order not confirmed", False),
        (
            {"error": "Order couldn't be submitted: Local order ID=a is already registered."},
            "Order couldn't be submitted: Local order ID=a is already registered.",
            True,
        ),
        ({"error": '{"reason": "a reason"}'}, "a reason", False),
        ([{"error": "no"}], "no", False),
    ],
)
def test_refused(answer: object, reason: str, duplicate: bool) -> None:
    assert decode_reply(answer) == Refused(reason, duplicate)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([{"order_status": "Failed", "text": "<b>Too dear</b>"}], "Too dear"),
        ([{**PLACED, "order_status": "Failed", "text": "why"}], "why"),
    ],
)
def test_an_order_that_failed_is_no_plain_refusal(answer: object, reason: str) -> None:
    assert decode_reply(answer) == Refused(reason, is_plain=False)


def test_one_failed_beside_one_placed_is_placed() -> None:
    reply = decode_reply([PLACED, {"order_status": "Failed", "text": "why"}])
    assert isinstance(reply, Placed)
    assert [row.status for row in reply.rows] == [OrderStatus.PRE_SUBMITTED, OrderStatus.FAILED]
    beside = decode_reply([PLACED, {"error": "no"}])
    assert isinstance(beside, Placed)
    assert beside.rows[1].text == "no"


def test_a_prompt() -> None:
    reply = decode_reply(PROMPT)
    assert reply == Prompted(1900000009, "p12", "Use the algorithm?", ("Use", "Do not use"))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        "ok",
        7,
        [None],
        [[]],
        [{}],
        [PLACED, 3],
        [PLACED, {}],
        [PLACED, QUESTION],
        [QUESTION, QUESTION],
        [{**QUESTION, "id": None}],
        [{"order_id": "abc", "order_status": "Submitted"}],
        {"error": True},
        {"error": ["x"]},
        {"error": "  "},
        {"status": "ok"},
    ],
    ids=str,
)
def test_anything_else_is_no_answer(answer: object) -> None:
    with pytest.raises(UnreadableError):
        decode_reply(answer)


def test_cancellations() -> None:
    sent = {"msg": "Request was submitted", "order_id": 1, "conid": -1, "account": None}
    assert decode_cancel(sent).accepted
    refused = decode_cancel({"error": "OrderID 1 doesn't exist"})
    assert not refused.accepted
    assert refused.text == "OrderID 1 doesn't exist"
    unknown: list[object] = [[], None, {}, {"error": True}, {"conid": 3}]
    for answer in unknown:
        with pytest.raises(UnreadableError):
            decode_cancel(answer)


def test_what_an_order_would_do() -> None:
    found = decode_what_if(WHAT_IF)
    assert (found.commission, found.commission_words) == (Decimal("1.05"), "1.05 USD")
    assert (found.initial_change, found.initial_after) == (Decimal(164), Decimal(8801))
    assert (found.maintenance_change, found.maintenance_after) == (Decimal(164), Decimal(8801))
    assert (found.equity, found.equity_after) == (Decimal(1006413), Decimal(1006412))
    assert found.warning == "Careful This is a warning."


@pytest.mark.parametrize(
    ("commission", "number", "words"),
    [
        ("NA", None, None),
        (None, None, None),
        ("0.7 ... 1.05 USD", None, "0.7 ... 1.05 USD"),
        ("1 USD", 1, "1 USD"),
        ("1,234.5 EUR", Decimal("1234.5"), "1,234.5 EUR"),
        (["x"], None, None),
    ],
)
def test_commissions(commission: Any, number: Decimal | None, words: str | None) -> None:
    found = decode_what_if({"amount": {"commission": commission}, "equity": None})
    assert (found.commission, found.commission_words) == (number, words)
    assert found.equity is None


def test_a_preview_of_no_known_form() -> None:
    with pytest.raises(RefusedError):
        decode_what_if([])
