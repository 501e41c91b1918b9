"""Cancels: harmless to repeat, so what is in doubt is looked at and, if need be, sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker import order_entry
from ibcli.broker.doubt import DoubtError
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.ledger import Act, Kind
from ibcli.errors import IbcliError, NotFoundError, RefusedError
from ibcli.trading.placing.changes import Change
from ibcli.trading.placing.plan import ChangeOutcome

if TYPE_CHECKING:
    from ibcli.domain.blotter import LiveOrder
    from ibcli.trading.placing.workplace import Workplace

_SENDS = 3
_LOOKS = 9  # at what became of it
_REFUSED = "cancel-refused"  # by the broker; a garbled answer is a doubt
_FIRST_PAUSE = 0.2  # seconds between two looks: most cancels are done within fractions of one
_PAUSE = 0.5
_GROWTH = 1.5
OVER = frozenset({OrderStatus.CANCELLED, OrderStatus.FAILED})
_GOING = frozenset({OrderStatus.PENDING_CANCEL, OrderStatus.PRE_CANCELLED})


def cancel_order(work: Workplace, order_id: int) -> ChangeOutcome:
    """Cancel an order, ours or not, and follow it to its end; inside the account's lock.

    Raises NotFoundError ``unknown-order``, and what reads raise; what goes wrong later stands in
    the outcome. A journal that takes no entry is a warning.
    """
    change = Change(work, Act.CANCEL, order_id, work.own(order_id))
    order = change.look()
    if order is None:
        raise NotFoundError(
            f"The broker shows no order {order_id}.",
            hint="ibcli orders lists those there are.",
            code="unknown-order",
        )
    if order.status.is_final:
        return _ended(order, already=True)
    for _ in range(_SENDS):
        error = _send(change)
        if error is None:
            return _followed(change)
        order = _looked(change)
        if order is None:
            return ChangeOutcome(order_id, done=False, error=change.unknown(error.message))
        if order.status.is_final or order.status in _GOING:
            change.note(Kind.ACKNOWLEDGED, f"looked at: {order.status.value}")
            return _followed(change)
        if isinstance(error, RefusedError) and error.code == _REFUSED:
            break
        change.note(Kind.ABSENT, f"still {order.status.value}: it did not get through")
    return ChangeOutcome(order_id, done=False, status=order.status, error=error)


def _send(change: Change) -> IbcliError | None:
    """One request to cancel; None when the broker took it, else why it may not have."""
    change.note(Kind.SENDING)
    try:
        reply = order_entry.cancel(change.work.client, change.work.account, change.order_id)
    except DoubtError as doubt:
        change.note(Kind.DOUBT, doubt.cause.message, code=doubt.cause.code)
        return doubt.cause
    except IbcliError as error:
        change.note(Kind.ABSENT, f"nothing was sent: {error.message}")
        raise
    if reply.accepted:
        change.note(Kind.ACKNOWLEDGED, reply.text)
        return None
    change.note(Kind.REFUSED, reply.text)
    return RefusedError(
        f"The broker does not cancel order {change.order_id}: {reply.text.rstrip('.')}.",
        hint=f"Look at it: ibcli orders {change.order_id}",
        code=_REFUSED,
    )


def _looked(change: Change) -> LiveOrder | None:
    try:
        return change.look()
    except IbcliError:
        return None


def _followed(change: Change) -> ChangeOutcome:
    """Look until it is over; a cancel that has been taken is done as far as we can do it."""
    order: LiveOrder | None = None
    pause = _FIRST_PAUSE
    for _ in range(_LOOKS):
        change.work.pause(pause)
        pause = min(pause * _GROWTH, _PAUSE)
        order = _looked(change) or order
        if order is not None and order.status.is_final:
            return _ended(order)
        if change.work.client.deadline.passed:
            break
    status = order.status if order is not None else None
    return ChangeOutcome(change.order_id, done=True, status=status, text="being cancelled")


def _ended(order: LiveOrder, *, already: bool = False) -> ChangeOutcome:
    if order.status in OVER:
        return ChangeOutcome(order.order_id, True, already, order.status, order.reason or "")
    return ChangeOutcome(
        order.order_id,
        done=False,
        already=already,
        status=order.status,
        text=order.reason or "",
        error=RefusedError(
            f"Order {order.order_id} was filled before it could be cancelled.",
            hint="ibcli trades shows its fills; ibcli close closes what was opened.",
            code="already-filled",
        ),
    )


def settle_cancel(change: Change) -> str:
    """What became of a cancel in doubt, in words; raises OutcomeUnknownError."""
    try:
        order = change.look()
    except IbcliError as error:
        raise change.unknown(error.message.rstrip(".")) from None
    if order is None or order.status.is_final or order.status in _GOING:
        status = order.status.value if order is not None else "not listed any more"
        change.note(Kind.ACKNOWLEDGED, f"looked at: {status}")
        return f"cancel of order {change.order_id}: {status}"
    change.note(Kind.ABSENT, f"looked at: still {order.status.value}")
    return f"cancel of order {change.order_id}: did not get through, {order.status.value}"
