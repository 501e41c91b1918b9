"""Changing an order: all that it was is repeated, but for what is to be otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ibcli.domain.orders import OrderType, Role, Ticket, Tif
from ibcli.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.domain.order_list import OrderRow
    from ibcli.domain.terms import TickRules

_PRICED = frozenset({OrderType.LMT, OrderType.STOP_LIMIT, OrderType.TRAILLMT, OrderType.MIDPRICE})


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be otherwise; None stays as it is."""

    limit: Decimal | None = None
    quantity: int | None = None
    tif: Tif | None = None
    trigger: Decimal | None = None

    def check(self) -> None:
        """Raise UsageError when nothing is asked for."""
        if self == Changes():
            raise UsageError(
                "There is nothing to change.", hint="Example: ibcli modify 912091175 --limit 1.20"
            )


def ticket_of(row: OrderRow) -> Ticket:
    """The order as it stands, as it would be sent.

    By the broker's row; what it does not tell (how far a trigger trails) by the journal. Raises
    RefusedError ``order-unclear`` when a field is not known: it would be lost.
    """
    order, own = row.order, row.own.ticket if row.own else None
    if order.side is None or order.type is None or order.quantity is None or not row.legs:
        raise _unclear(row, "its side, type, quantity or contract")
    if order.quantity != order.quantity.to_integral_value():
        raise _unclear(row, "its quantity in whole contracts")
    ticket = Ticket(
        role=row.role or Role.ENTRY,
        side=order.side,
        quantity=int(order.quantity),
        type=order.type,
        legs=row.legs,
        tif=order.tif or (own.tif if own else Tif.DAY),
        limit=order.limit if order.type in _PRICED else None,
        trigger=order.trigger if order.type.has_trigger else None,
        trail=own.trail if own else None,
        trail_is_percent=bool(own and own.trail_is_percent),
        outside_rth=bool(order.outside_rth),
    )
    if order.tif is None and own is None:
        raise _unclear(row, "how long it stays in force")
    if order.type.is_trailing and ticket.trail is None:
        raise _unclear(row, "how far its trigger trails")
    if order.type.has_limit and ticket.limit is None:
        raise _unclear(row, "its limit")
    if order.type in {OrderType.STP, OrderType.STOP_LIMIT} and ticket.trigger is None:
        raise _unclear(row, "its trigger")
    return ticket


def changed(row: OrderRow, ticket: Ticket, changes: Changes) -> tuple[Ticket, tuple[str, ...]]:
    """The ticket as it is to be, and the names of the fields that differ.

    Raises UsageError for a field that such an order does not have, RefusedError
    ``quantity-below-filled`` for fewer contracts than are filled.
    """
    if changes.limit is not None and ticket.type not in _PRICED:
        raise UsageError(
            f"Order {row.order.order_id} is {ticket.type}: it has no limit.",
            hint="A stop's price is its --trigger.",
        )
    if changes.trigger is not None and not ticket.type.has_trigger:
        raise UsageError(
            f"Order {row.order.order_id} is {ticket.type}: it has no trigger.",
            hint="Its price is its --limit.",
        )
    filled = row.order.filled or 0
    if changes.quantity is not None and changes.quantity <= filled:
        raise RefusedError(
            f"--qty {changes.quantity}: {filled} of order {row.order.order_id} are filled already. "
            "Nothing was sent.",
            hint=f"To stop what is left of it: ibcli cancel {row.order.order_id}",
            code="quantity-below-filled",
        )
    wished = {
        name: value
        for name in ("limit", "quantity", "tif", "trigger")
        if (value := getattr(changes, name)) is not None and value != getattr(ticket, name)
    }
    return replace(ticket, **wished), tuple(wished)


def check_ticks(ticket: Ticket, names: tuple[str, ...], rules: TickRules) -> None:
    """Raise UsageError for a changed price between two steps, naming them."""
    for name in ("limit", "trigger"):
        price = getattr(ticket, name)
        if name in names and price is not None and not rules.is_on_tick(price):
            raise UsageError(
                f"--{name} {price}: {ticket.words} trades in steps of {rules.tick(price)}.",
                hint=f"The nearest prices: {rules.down(price)} and {rules.up(price)}.",
                code="off-tick",
            )


def _unclear(row: OrderRow, what: str) -> RefusedError:
    return RefusedError(
        f"Order {row.order.order_id} cannot be changed: the broker does not tell {what}, "
        "which a change must repeat. Nothing was sent.",
        hint="Cancel it and place another, or change it in Client Portal.",
        code="order-unclear",
    )
