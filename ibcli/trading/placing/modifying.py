"""Changes of working orders: all fields repeated, sent once, looked at when in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker import order_entry
from ibcli.broker.blotter import live_orders
from ibcli.broker.decode import Asked, Placed, Prompted, Refused
from ibcli.broker.doubt import DoubtError
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.ledger import Act, Kind
from ibcli.domain.orders import Bracket, OrderType
from ibcli.errors import IbcliError, RefusedError
from ibcli.trading.halt import check_halt, halted
from ibcli.trading.journal.coded import ticket_document, ticket_from
from ibcli.trading.placing.changes import Change
from ibcli.trading.placing.consent import judge, words_of
from ibcli.trading.placing.plan import ChangeOutcome

if TYPE_CHECKING:
    from ibcli.broker.decode import Reply
    from ibcli.domain.blotter import LiveOrder
    from ibcli.domain.orders import Ticket
    from ibcli.trading.placing.plan import Ask
    from ibcli.trading.placing.workplace import Workplace

_QUESTIONS = 12


def modify_order(
    work: Workplace, order: LiveOrder, ticket: Ticket, ask: Ask | None, *, within_band: bool
) -> ChangeOutcome:
    """Make a working order be as the ticket says; inside the account's lock.

    The same wish twice changes it once: ``already``. Raises RefusedError ``order-refused``,
    ``question-declined`` or ``order-over``, GuardError ``guard-halt``, OutcomeUnknownError, and
    other errors of ibcli.errors when nothing was sent.
    """
    change = Change(work, Act.MODIFY, order.order_id, work.own(order.order_id))
    if not order.status.is_working:
        raise RefusedError(
            f"Order {order.order_id} is {order.status.value}: it cannot be changed.",
            hint="ibcli orders --open lists those that can.",
            code="order-over",
        )
    # How far a trailing order trails is not told: whether it is as wished cannot be seen.
    if agrees(order, ticket, untold=False) and not ticket.type.is_trailing:
        return ChangeOutcome(order.order_id, done=True, already=True, status=order.status)
    document = ticket_document(ticket)
    change.note(Kind.SENDING, ticket.words, order=document)
    try:
        check_halt(work.settings)
        reply = order_entry.modify(work.client, work.account, order.order_id, ticket)
        reply, declined = _answered(change, ticket, reply, ask, within_band=within_band)
    except DoubtError as doubt:
        change.note(Kind.DOUBT, doubt.cause.message, code=doubt.cause.code, order=document)
        return _settled(change, ticket)
    except (IbcliError, ValueError) as error:
        change.note(Kind.ABSENT, f"nothing was changed: {error}")
        raise
    if declined:
        change.note(Kind.DECLINED, declined)
        raise RefusedError(
            f"The broker's question about the change was declined: {declined}.",
            hint="Run it on a terminal to be asked, or list the id in IBCLI_CONFIRM.",
            code="question-declined",
        )
    return _concluded(change, ticket, reply)


def _answered(
    change: Change, ticket: Ticket, reply: Reply, ask: Ask | None, *, within_band: bool
) -> tuple[Reply, str]:
    """Answer the broker's questions: what it says in the end, and what was declined and why."""
    work, bracket = change.work, Bracket(ticket)
    for _ in range(_QUESTIONS):
        if not isinstance(reply, Asked):
            break
        change.note(Kind.QUESTION, words_of(reply), reply_id=reply.reply_id)
        verdict = judge(reply, bracket, within_band=within_band, confirm=work.settings.confirm)
        yes = verdict.accepted or (verdict.may_be_asked and ask is not None and ask(reply, bracket))
        halt = halted(work.settings)
        if halt is not None:  # thrown since the change was sent
            yes = False
        why = "accepted" if yes else "; ".join(verdict.objections) or "trading is halted"
        change.note(
            Kind.ANSWERING, why, confirmed=yes, order=ticket_document(ticket) if yes else None
        )
        asked = words_of(reply)
        reply = order_entry.answer(work.client, reply.reply_id, confirmed=yes)
        if not yes:
            return reply, f"{asked} ({why})"
    return reply, ""


def _concluded(change: Change, ticket: Ticket, reply: Reply) -> ChangeOutcome:
    if isinstance(reply, Placed):
        row = reply.rows[0]
        if row.status is not OrderStatus.FAILED:
            change.note(Kind.ACKNOWLEDGED, row.text or "", order=ticket_document(ticket))
            return ChangeOutcome(change.order_id, True, status=row.status, text=row.text or "")
        reason = row.text or "it does not say why"
    else:
        reason = _reason(reply)
    change.note(Kind.REFUSED, reason)
    raise RefusedError(
        f"The broker refuses to change order {change.order_id}: {reason.rstrip('.')}.",
        hint=f"It is as it was: ibcli orders {change.order_id}",
        code="order-refused",
    )


def _reason(reply: Reply) -> str:
    if isinstance(reply, Refused):
        return reply.reason
    return reply.text if isinstance(reply, Prompted) else "it asks and asks"


def _settled(change: Change, ticket: Ticket) -> ChangeOutcome:
    """What became of a change in doubt; raises OutcomeUnknownError, RefusedError."""
    words, order = settle_modify(change, ticket)
    if order is not None and agrees(order, ticket):
        return ChangeOutcome(change.order_id, True, status=order.status, text=words)
    raise RefusedError(
        f"The change of order {change.order_id} did not get through: it is as it was.",
        hint="Run the same command again.",
        code="change-lost",
    )


def settle_modify(change: Change, ticket: Ticket) -> tuple[str, LiveOrder | None]:
    """Look twice whether the order is as wished; raises OutcomeUnknownError."""
    order: LiveOrder | None = None
    for number in range(2):
        if number:
            change.work.client.deadline.sleep(change.work.handled_by)
        try:
            blotter = live_orders(change.work.client, change.work.account)
        except IbcliError as error:
            raise change.unknown(error.message.rstrip(".")) from None
        order = next((o for o in blotter.orders if o.order_id == change.order_id), None)
        if order is not None:
            change.see(order)
            if agrees(order, ticket):
                change.note(Kind.ACKNOWLEDGED, "found as wished", order=ticket_document(ticket))
                return f"change of order {change.order_id}: made", order
            if order.status.is_final:
                break
        elif not blotter.complete or blotter.odd:
            raise change.unknown("the broker's list of orders cannot be read in full")
    change.note(Kind.ABSENT, "twice looked at: it is as it was")
    return f"change of order {change.order_id}: not made", order


def settle_modify_entry(change: Change, document: dict[str, object] | None) -> str:
    """As ``settle_modify``, from what the journal kept of the wish."""
    if document is None:
        change.note(Kind.ABSENT, "the journal does not say what was wished")
        return f"change of order {change.order_id}: not known"
    return settle_modify(change, ticket_from(document))[0]


def agrees(order: LiveOrder, ticket: Ticket, *, untold: bool = True) -> bool:
    """Whether all that is told of an order is as the ticket says; ``untold`` goes for the rest."""
    pairs: list[tuple[object, object]] = [
        (order.quantity, ticket.quantity),
        (order.tif, ticket.tif),
        (order.outside_rth in {None, ticket.outside_rth}, True),  # told of few orders
    ]
    if ticket.type.has_limit or ticket.limit is not None:
        pairs.append((order.limit, ticket.limit))
    if ticket.type in {OrderType.STP, OrderType.STOP_LIMIT}:
        pairs.append((order.trigger, ticket.trigger))
    return all(is_ == wished or (untold and is_ is None) for is_, wished in pairs)
