"""Taking in orders: what a list of tickets must fulfil, and who of them belongs to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.sim.books import tickets
from ibcli.sim.books.order import Order, Status
from ibcli.sim.books.preview import affordable
from ibcli.sim.books.tickets import Refused, Ticket
from ibcli.sim.books.timeline import DAY_BEATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.sim.books.books import Present
    from ibcli.sim.core import Who

_MOST_WORKING = 15
TOO_MANY = (
    "Your account has a minimum of 15 orders working on either the buy or sell side for this"
    " particular contract"
)  # the beginning is recorded
NOT_UNIQUE = "Order couldn't be submitted: Local order ID={} is already registered."  # reported


def check(now: Present, read: Sequence[Ticket], *, may_trade: bool) -> None:
    """Whether the list may be placed: all of it or nothing.

    Raises:
        WireError: 400 for an unknown contract.
        Refused: for the first thing that stands against it.
    """
    if not may_trade:  # wording invented
        raise Refused("You do not have trading permissions for this account.")
    for ticket in read:
        tickets.check(ticket, now.contracts, now.at)
    _check_names(now, read)
    _check_numbers(now, read)
    affordable(now, [ticket for ticket in read if ticket.parent_coid is None])


def _check_names(now: Present, read: Sequence[Ticket]) -> None:
    """cOIDs are unique for 24 hours; a parent has to be known."""
    names = [ticket.coid for ticket in read if ticket.coid is not None]
    for number, name in enumerate(names):
        if name in names[:number] or is_registered(now, name):
            raise Refused(NOT_UNIQUE.format(name))
    for ticket in read:
        parent = ticket.parent_coid
        if parent is not None and parent not in names and not _parent(now, parent):
            raise Refused(f"Parent order {parent} is not found")  # wording invented


def is_registered(now: Present, coid: str) -> bool:
    """Whether an order of that name was submitted within 24 hours, whatever became of it."""
    return any(
        order.status is not Status.INACTIVE and now.beat - order.placed < DAY_BEATS
        for order in now.records.orders_named(coid)
    )


def _parent(now: Present, coid: str) -> Order | None:
    """The latest submitted order of that name, unless it has been cancelled."""
    for order in now.records.orders_named(coid):
        if order.working or order.status is Status.FILLED:
            return order
    return None


def _check_numbers(now: Present, read: Sequence[Ticket]) -> None:
    """At most 15 working orders on a side of a contract."""
    working = [order for order in now.records.orders(alive=True) if order.working]
    sides = [(order.conidex, order.buy) for order in working]
    sides += [(ticket.conidex, ticket.buy) for ticket in read]
    if any(sides.count((t.conidex, t.buy)) > _MOST_WORKING for t in read):
        raise Refused(TOO_MANY)


def enter(now: Present, read: Sequence[Ticket], who: Who) -> list[Order]:
    """Note the orders, not submitted yet; in the tickets' order."""
    group = f"oca-{now.records.value('next_id')}"
    entered: dict[int, Order] = {}
    named: dict[str, Order] = {}
    for number in sorted(range(len(read)), key=lambda n: read[n].parent_coid is not None):
        ticket = read[number]
        order = made(ticket, who, now)
        if ticket.coid is not None and ticket.parent_coid is None:
            named[ticket.coid] = order
        if ticket.parent_coid is not None:
            parent = named.get(ticket.parent_coid) or _parent(now, ticket.parent_coid)
            order.parent = None if parent is None else parent.id
        if ticket.single_group:
            order.group = group
        now.records.save(order)
        entered[number] = order
    return [entered[number] for number in range(len(read))]


def made(ticket: Ticket, who: Who, now: Present) -> Order:
    """A new order on a ticket's terms."""
    return Order(
        id=now.records.next_id(),
        account=who.account,
        username=who.username,
        coid=ticket.coid,
        conidex=ticket.conidex,
        legs=ticket.legs,
        buy=ticket.buy,
        type=ticket.type,
        total=ticket.quantity,
        tif=ticket.tif,
        placed=now.beat,
        changed=now.beat,
        price=ticket.price,
        stop=ticket.stop,
        trail=ticket.trail,
        trail_percent=ticket.trail_percent,
        outside_rth=ticket.outside_rth,
        adaptive=ticket.adaptive,
    )
