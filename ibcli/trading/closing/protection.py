"""What protects a position: found, taken away before it is closed, put back if that fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.blotter import OrderStatus
from ibcli.domain.orders import Bracket, Role, Ticket
from ibcli.errors import IbcliError, OutcomeUnknownError
from ibcli.trading.amending import ticket_of
from ibcli.trading.cancelling.following import followed
from ibcli.trading.placing.desk import LegState, Plan, PlannedLeg, Until, Wait
from ibcli.trading.tradables import ratios

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.holdings import Holding
    from ibcli.domain.order_list import OrderRow
    from ibcli.trading.placing.desk import Ask, Desk

_WATCH = 5.0  # seconds


def in_the_way(rows: Sequence[OrderRow], holding: Holding) -> tuple[OrderRow, ...]:
    """The open orders that would trade against the position once it is closed, entries first.

    These are the orders that go the way of the close, of its contract alone or of a combination
    that it is a leg of, and the entries that they belong to: one that is still filled would be
    without its stop. Entries of other jobs are left alone, as are combinations of unknown purpose.
    """
    closing = [
        row
        for row in against(rows, holding)
        if row.role is not Role.ENTRY and (row.role is not None or len(row.order.conids) == 1)
    ]
    entries = {row.parent_id for row in closing}
    above = [row for row in rows if row.order.order_id in entries and _may_fill(row)]
    return (*above, *closing)


def against(rows: Sequence[OrderRow], holding: Holding) -> list[OrderRow]:
    """All orders that would lessen the position if they were filled."""
    return [row for row in rows if _may_fill(row) and _lessens(row, holding)]


def _lessens(row: OrderRow, holding: Holding) -> bool:
    ratio = ratios(row.order).get(holding.position.conid, 0)
    sign = row.order.side.sign if row.order.side is not None else 0
    return ratio * sign * holding.position.quantity < 0


def _may_fill(row: OrderRow) -> bool:
    """Whether it works; one left at a question does not, nor can it be cancelled."""
    return row.is_open and row.order.status is not OrderStatus.INACTIVE


def is_stop(row: OrderRow, holding: Holding) -> bool:
    """Whether an order limits the loss of the position."""
    kind = row.order.type
    return kind is not None and kind.has_trigger and _lessens(row, holding)


def own_close(rows: Sequence[OrderRow], holding: Holding) -> OrderRow | None:
    """An earlier close of the position that still works."""
    works = (row for row in in_the_way(rows, holding) if row.role is Role.CLOSE)
    return next((row for row in works if len(row.order.conids) == 1), None)


@dataclass(frozen=True, slots=True)
class Taken:
    """The orders that were cancelled, and how much of the contract they traded before.

    ``error``: one of them has not ended for certain, and nothing may be closed.
    """

    rows: tuple[OrderRow, ...] = ()
    traded: Decimal = Decimal(0)  # signed as the position
    error: IbcliError | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """Those that have ended."""
        return tuple(row.order.order_id for row in self.rows if not row.is_open)


def take_away(client: BrokerClient, desk: Desk, rows: Sequence[OrderRow], conid: int) -> Taken:
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
        traded += _traded(row, ended, conid)
        if ended.is_open:
            return Taken((*taken, ended), traded, outcome.error or _not_ended(order_id))
        taken.append(ended)
    return Taken(tuple(taken), traded)


def _traded(before: OrderRow, after: OrderRow, conid: int) -> Decimal:
    """What an order has traded of a contract since it was listed, with its sign."""
    if after.order.side is None:
        return Decimal(0)
    more = (after.order.filled or Decimal(0)) - (before.order.filled or Decimal(0))
    return more * after.order.side.sign * ratios(after.order).get(conid, 0)


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
    held: Mapping[int, Decimal],
    ask: Ask | None,
) -> Restored:
    """Place the position's stops anew, for what remains of it: a journalled job of its own.

    ``held`` is what there is by now, by conid. A combination's stop is put back only while all its
    legs are there. A take-profit is not put back: without it nothing is at risk.
    """
    left = abs(held.get(holding.position.conid, Decimal(0)))
    tickets = []
    for row in taken:
        if row.order.status is not OrderStatus.CANCELLED or not is_stop(row, holding) or not left:
            continue
        quantity = min(_covered(row, held), left)
        left -= quantity
        if quantity:
            tickets.append(_alone(ticket_of(row), int(quantity)))
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


def _covered(row: OrderRow, held: Mapping[int, Decimal]) -> Decimal:
    """How many units of an order would still close what is held."""
    sign = row.order.side.sign if row.order.side is not None else 0
    units = [row.order.quantity or Decimal(0)]
    for conid, ratio in ratios(row.order).items():
        quantity = held.get(conid, Decimal(0))
        opposite = ratio * sign * quantity < 0
        units.append(abs(quantity) // abs(ratio) if opposite else Decimal(0))
    return min(units)


def _alone(ticket: Ticket, quantity: int) -> Ticket:
    """A stop as an order of its own."""
    return replace(ticket, role=Role.STOP, quantity=quantity, coid=None, parent_coid=None)
