"""What the broker answers to orders, changes, cancellations and the answers to its questions.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#place-order and #order-reply;
order ids come as strings here and as numbers elsewhere (recorded). An answer that is none of the
known ones raises UnreadableError: what became of the order is then not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ibcli.broker.decode.statuses import status
from ibcli.broker.decode.values import UnreadableError, prose, text, whole
from ibcli.broker.wording import words_of
from ibcli.domain.blotter import OrderStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = Mapping[str, Any]
_NUMBERS = ("order_id", "orderId")
_TAKEN = "already registered"  # "Local order ID=... is already registered." (reported)


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """An order that the broker has taken. ``coid`` is what it says is the order's name, if that."""

    order_id: int | None
    coid: str | None
    status: OrderStatus
    text: str | None = None  # the broker's own words, if it has any


@dataclass(frozen=True, slots=True)
class Placed:
    """The orders of a request in the broker's order; some of them may have the status FAILED."""

    rows: tuple[PlacedRow, ...]


@dataclass(frozen=True, slots=True)
class QuestionMessage:
    """One thing that the broker wants confirmed. ``id`` is None when it has none."""

    id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; the order waits for its answer. All messages are confirmed together."""

    reply_id: str
    messages: tuple[QuestionMessage, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Not taken. ``duplicate``: because an order of this name is there already.

    ``is_plain``: the broker says so in words, and names no order; else there may be one.
    """

    reason: str
    duplicate: bool = False
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class Prompted:
    """A refusal with a way out, to be answered at another address; the order is not working."""

    order_id: int | None
    message_id: str | None
    text: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelReply:
    """Whether the broker has taken the wish to cancel; the order may still be filled."""

    accepted: bool
    text: str


Reply = Placed | Asked | Refused | Prompted


def decode_reply(answer: object) -> Reply:
    """The answer to an order, a change or a reply. Raises UnreadableError."""
    if isinstance(answer, Mapping):
        if answer.get("error"):
            return _refused(answer)
        if answer.get("prompt") is True or ("options" in answer and "messageId" in answer):
            return _prompted(answer)
        answer = [answer]
    if not isinstance(answer, list) or not answer:
        raise UnreadableError("neither an order nor a question")
    if not all(isinstance(row, Mapping) for row in answer):
        raise UnreadableError("a row that is no object")
    if any("message" in row or "messageIds" in row for row in answer):
        return _asked(answer)
    return _placed(answer)


def decode_cancel(answer: object) -> CancelReply:
    """The answer to a cancellation. Raises UnreadableError."""
    if not isinstance(answer, Mapping):
        raise UnreadableError("no object")
    if answer.get("error"):
        return CancelReply(accepted=False, text=_refused(answer).reason)
    said = prose(answer.get("msg"))
    if said is None and _number(answer, "order_id") is None:
        raise UnreadableError("neither a message nor an order")
    return CancelReply(accepted=True, text=said or "")


def _refused(row: Row) -> Refused:
    """In words; plainly so, unless it names an order."""
    error = row["error"]
    reason = prose(words_of(error)) if isinstance(error, str | dict) else None
    if reason is None:
        raise UnreadableError("an error without words")
    is_plain = not any(row.get(key) for key in _NUMBERS)
    return Refused(reason, duplicate=_TAKEN in reason.lower(), is_plain=is_plain)


def _prompted(row: Row) -> Prompted:
    options = row.get("options")
    listed = options if isinstance(options, list) else []
    return Prompted(
        order_id=_number(row, "orderId"),
        message_id=text(row.get("messageId")),
        text=prose(row.get("text")) or "",
        options=tuple(word for word in map(text, listed) if word),
    )


def _asked(rows: Sequence[Row]) -> Asked:
    """One question: two at once, or one beside an order, nobody has seen."""
    if len(rows) != 1:
        raise UnreadableError("a question beside something else")
    row = rows[0]
    reply_id = text(row.get("id"))
    if reply_id is None:
        raise UnreadableError("a question that cannot be answered")
    texts = [prose(each) or "" for each in _listed(row.get("message"))]
    ids = [text(each) for each in _listed(row.get("messageIds"))]
    count = max(len(texts), len(ids), 1)
    texts += [""] * (count - len(texts))
    ids += [None] * (count - len(ids))
    return Asked(reply_id, tuple(map(QuestionMessage, ids, texts)))


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _placed(rows: Sequence[Row]) -> Placed | Refused:
    if all(row.get("error") for row in rows):
        refusals = [_refused(row) for row in rows]
        return Refused(
            refusals[0].reason,
            duplicate=any(each.duplicate for each in refusals),
            is_plain=all(each.is_plain for each in refusals),
        )
    found = tuple(map(_placed_row, rows))
    if all(row.status is OrderStatus.FAILED for row in found):
        reasons = [row.text for row in found if row.text]
        reason = reasons[0] if reasons else "the order failed, the broker does not say why"
        return Refused(reason, duplicate=_TAKEN in reason.lower(), is_plain=False)
    return Placed(found)


def _placed_row(row: Row) -> PlacedRow:
    order_id = next(filter(None, (_number(row, key) for key in _NUMBERS)), None)
    said = text(row.get("order_status"))
    if row.get("error"):
        return PlacedRow(order_id, _name(row), OrderStatus.FAILED, _refused(row).reason)
    if order_id is None and said is None:
        raise UnreadableError("a row that is neither an order nor a question")
    words = (prose(row.get(key)) for key in ("text", "warning_message"))
    return PlacedRow(order_id, _name(row), status(said), next((w for w in words if w), None))


def _name(row: Row) -> str | None:
    return text(row.get("local_order_id")) or text(row.get("cOID"))


def _number(row: Row, key: str) -> int | None:
    """The number, by which the order is asked for later. Raises UnreadableError when garbled."""
    return whole(row.get(key)) or None
