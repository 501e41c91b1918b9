"""Changing and cancelling orders that work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ibcli.sim.books import tickets
from ibcli.sim.books.order import Order, Status
from ibcli.sim.books.tickets import Refused, Ticket
from ibcli.sim.errors import bad_request

if TYPE_CHECKING:
    from ibcli.sim.books.books import Present

ALL = -1


def row(order: Order, status: Status) -> dict[str, Any]:
    """The answer to placing and modifying (recorded): the id is a string here."""
    return {"order_id": str(order.id), "order_status": status.value, "encrypt_message": "1"}


def _working(now: Present, number: int) -> Order:
    order = now.records.order(number)
    if order is None or not order.working:
        raise Refused(f"OrderID {number} doesn't exist")  # IBKR's sample
    return order


def check(now: Present, number: int, ticket: Ticket) -> None:
    """Whether an order may be changed so.

    Raises:
        WireError: 400 for an unknown contract.
        Refused: wordings invented, but for an unknown order.
    """
    order = _working(now, number)
    tickets.check(ticket, now.contracts, now.at)
    if ticket.legs != order.legs or ticket.buy != order.buy:
        raise Refused("Contract and side of an order cannot be modified.")
    if order.status is Status.PENDING_CANCEL:
        raise Refused("The order is being cancelled.")
    if ticket.quantity <= order.filled:
        raise Refused("Order size cannot be less than what is filled already.")


def apply(now: Present, number: int, ticket: Ticket) -> dict[str, Any]:
    """Change it; it reaches the market anew.

    Raises:
        Refused: as ``check``.
    """
    check(now, number, ticket)
    order = _working(now, number)
    same_type = ticket.type is order.type
    changed = replace(
        order,
        total=ticket.quantity,
        type=ticket.type,
        price=ticket.price,
        stop=ticket.stop if ticket.stop is not None or not same_type else order.stop,
        trail=ticket.trail,
        trail_percent=ticket.trail_percent,
        tif=ticket.tif,
        outside_rth=ticket.outside_rth,
        adaptive=ticket.adaptive,
        triggered=order.triggered and same_type,
        changed=now.beat,
        active=now.beat + 1,
    )
    now.records.save(changed)
    return row(changed, changed.status)


def cancel(now: Present, number: int, delay: int) -> None:
    """Ask for a cancellation, or for that of all orders (-1); it takes effect ``delay`` beats
    later.

    Raises:
        WireError: 400 for an order that waits for an answer (reported; wording invented).
        Refused: for one that is unknown or over.
    """
    if number == ALL:
        for order in now.records.orders(alive=True):
            _let_go(now, order, delay)
        return
    found = now.records.order(number)
    if found is not None and found.status is Status.INACTIVE:
        raise bad_request(f"order {number} is not active")
    _let_go(now, _working(now, number), delay)


def _let_go(now: Present, order: Order, delay: int) -> None:
    if not order.working or order.cancels is not None:
        return
    order.status, order.changed = Status.PENDING_CANCEL, now.beat
    order.cancels = now.beat + delay
    now.records.save(order)
