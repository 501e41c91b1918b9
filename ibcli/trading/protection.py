"""What protects a position: found, taken away before it is closed, put back if that fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.blotter import OrderStatus
from ibcli.domain.orders import Bracket, Role, Side, Ticket
from ibcli.errors import IbcliError, OutcomeUnknownError
from ibcli.trading.amending import ticket_of
from ibcli.trading.cancelling import followed
from ibcli.trading.placing.desk import LegState, Plan, PlannedLeg, Until, Wait

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.holdings import Holding
    from ibcli.domain.order_list import OrderRow
    from ibcli.trading.placing.desk import Ask, Desk

_WATCH = 5.0  # seconds


def in_the_way(rows: Sequence[OrderRow], holding: Holding) -> tuple[OrderRow, ...]:
    """The open orders that would trade against the position once it is closed, entries first.

    These are the orders of its contract alone that go the way of the close, and the entries that
    they belong to: one that is still filled would be without its stop.
    """
    conid = holding.position.conid
    side = Side.BUY if holding.position.quantity < 0 else Side.SELL
    closing = [
        row
        for row in rows
        if _may_fill(row) and row.order.conids == (conid,) and row.order.side is side
    ]
    entries = {row.parent_id for row in closing}
    above = [row for row in rows if row.order.order_id in entries and _may_fill(row)]
    return (*above, *closing)


def _may_fill(row: OrderRow) -> bool:
    """Whether it works; one left at a question does not, nor can it be cancelled."""
    return row.is_open and row.order.status is not OrderStatus.INACTIVE


def is_stop(row: OrderRow, holding: Holding) -> bool:
    """Whether an order limits the loss of the position."""
    side = Side.BUY if holding.position.quantity < 0 else Side.SELL
    kind = row.order.type
    return row.order.side is side and kind is not None and kind.has_trigger


def own_close(rows: Sequence[OrderRow], holding: Holding) -> OrderRow | None:
    """An earlier close of the position that still works."""
    return next(
        (row for row in in_the_way(rows, holding) if row.role is Role.CLOSE),
        None,
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """The orders that were cancelled, and how many contracts they traded before they ended.

    ``error``: one of them has not ended for certain, and nothing may be closed.
    """

    rows: tuple[OrderRow, ...] = ()
    traded: Decimal = Decimal(0)  # signed as the position
    error: IbcliError | None = None


def take_away(client: BrokerClient, desk: Desk, rows: Sequence[OrderRow]) -> Taken:
    """Cancel each and wait until it has ended; stops at the first that does not."""
    taken: list[OrderRow] = []
    traded = Decimal(0)
    for row in rows:
        order_id = row.order.order_id
        try:
            outcome = desk.cancel(order_id)
        except IbcliError as exc:
            return Taken(tuple(taken), traded, exc)
        ended = followed(client, row, seconds=client.deadline.remaining / 2)  # the close needs some
        traded += _traded(row, ended)
        if ended.is_open:
            return Taken((*taken, row), traded, outcome.error or _not_ended(order_id))
        taken.append(ended)
    return Taken(tuple(taken), traded)


def _traded(before: OrderRow, after: OrderRow) -> Decimal:
    """What an order has traded since it was listed, with its side's sign."""
    if after.order.side is None:
        return Decimal(0)
    more = (after.order.filled or Decimal(0)) - (before.order.filled or Decimal(0))
    return more * after.order.side.sign


def _not_ended(order_id: int) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"Order {order_id} is being cancelled and has not ended: it may still be filled.",
        hint="Look again: ibcli orders",
        code="stop-pending",
        retryable=True,
    )


@dataclass(frozen=True, slots=True)
class Restored:
    """The stops that were put back; ``error`` when one was not."""

    order_ids: tuple[int, ...] = ()
    error: IbcliError | None = None


def put_back(
    desk: Desk,
    day: date,
    holding: Holding,
    taken: Sequence[OrderRow],
    remaining: Decimal,
    ask: Ask | None,
) -> Restored:
    """Place the position's stops anew, for what remains of it: a journalled job of its own.

    A take-profit is not put back: without it nothing is at risk.
    """
    stops = [row for row in taken if row.order.status is OrderStatus.CANCELLED]
    tickets = []
    left = abs(remaining)
    for row in stops:
        if not is_stop(row, holding) or not left:
            continue
        ticket = ticket_of(row)
        quantity = min(Decimal(ticket.quantity), left)
        left -= quantity
        tickets.append(_alone(ticket, int(quantity)))
    if not tickets:
        return Restored()
    job = f"protect {holding.words}"
    standing = desk.standing(job, day)
    run = 1 if standing is None else standing.run + 1
    legs = tuple(
        PlannedLeg(number, Bracket(ticket)) for number, ticket in enumerate(tickets, start=1)
    )
    placed = desk.place(Plan(job, day, run, f"put back the stop of {holding.words}", legs, ask=ask))
    placed = desk.watch(placed, Wait(Until.WORKING, _WATCH))
    ids = tuple(
        leg.entry.order_id
        for leg in placed.legs
        if leg.state in {LegState.WORKING, LegState.FILLED} and leg.entry.order_id is not None
    )
    return Restored(ids, placed.error)


def _alone(ticket: Ticket, quantity: int) -> Ticket:
    """A stop as an order of its own."""
    return replace(ticket, role=Role.STOP, quantity=quantity, coid=None, parent_coid=None)
