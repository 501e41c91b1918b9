"""Taking in orders: what a list of tickets must fulfil, and who of them belongs to whom."""

from __future__ import annotations

from collections import Counter
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
NO_PARENT = "Parent order {} is not found"  # wording invented
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
    names: set[str] = set()
    for ticket in read:
        if ticket.coid is None:
            continue
        if ticket.coid in names or is_registered(now, ticket.coid):
            raise Refused(NOT_UNIQUE.format(ticket.coid))
        names.add(ticket.coid)
    for ticket in read:
        parent = ticket.parent_coid
        if parent is not None and parent not in names and not _parent(now, parent):
            raise Refused(NO_PARENT.format(parent))
    _parents_first(read)


def _parents_first(read: Sequence[Ticket]) -> list[int]:
    """The tickets' numbers, every parent's before those of its children.

    Raises:
        Refused: when an order would be its own ancestor.
    """
    unseen = {ticket.coid for ticket in read if ticket.coid is not None}
    waiting, order = list(range(len(read))), []
    while waiting:
        ready = [number for number in waiting if read[number].parent_coid not in unseen]
        if not ready:
            raise Refused(NO_PARENT.format(read[waiting[0]].parent_coid))
        waiting = [number for number in waiting if read[number].parent_coid in unseen]
        unseen.difference_update(read[number].coid for number in ready)
        order += ready
    return order


def is_registered(now: Present, coid: str) -> bool:
    """Whether an order of that name was submitted within 24 hours, whatever became of it."""
    return any(
        order.status is not Status.INACTIVE and now.beat - order.placed < DAY_BEATS
        for order in now.records.orders_named(coid)
    )


def _parent(now: Present, coid: str) -> Order | None:
    """The latest submitted order of that name, unless it has been cancelled."""
    for order in now.records.orders_named(coid):
        if _may_have_children(order):
            return order
    return None


def _may_have_children(order: Order) -> bool:
    return order.working or order.status is Status.FILLED


def is_orphan(now: Present, order: Order, together: Sequence[int]) -> bool:
    """Whether an order's parent, not among those submitted together with it, is no more."""
    if order.parent is None or order.parent in together:
        return False
    parent = now.records.order(order.parent)
    return parent is None or not _may_have_children(parent)


def _check_numbers(now: Present, read: Sequence[Ticket]) -> None:
    """At most 15 working orders on a side of a contract."""
    working = [order for order in now.records.orders(alive=True) if order.working]
    sides = Counter((order.legs, order.buy) for order in working)
    sides.update((ticket.legs, ticket.buy) for ticket in read)
    if any(sides[ticket.legs, ticket.buy] > _MOST_WORKING for ticket in read):
        raise Refused(TOO_MANY)


def enter(now: Present, read: Sequence[Ticket], who: Who) -> list[Order]:
    """Note the orders, not submitted yet; in the tickets' order."""
    group = f"oca-{now.records.value('next_id')}"
    entered: dict[int, Order] = {}
    named: dict[str, Order] = {}
    for number in _parents_first(read):
        ticket = read[number]
        order = made(ticket, who, now)
        if ticket.coid is not None:
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
