"""Our orders among those that the broker lists: entries by name, their children by their kind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.domain.blotter import OrderStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ibcli.domain.blotter import Execution, LiveOrder
    from ibcli.domain.orders import Bracket, Ticket

_FAMILY = 20  # order ids above its parent's among which a child is looked for


@dataclass(frozen=True, slots=True)
class Seen:
    """An order of a bracket as the broker shows it; ``place`` counts within the bracket."""

    place: int
    order_id: int
    status: OrderStatus
    filled: Decimal | None = None
    average_price: Decimal | None = None
    text: str | None = None

    @property
    def document(self) -> dict[str, Any]:
        """For the journal."""
        told = {
            "place": self.place,
            "order_id": self.order_id or None,
            "status": self.status.value,
            "filled": self.filled,
            "average_price": self.average_price,
            "text": self.text,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Found:
    """A bracket's orders, the entry first, and the fills of each."""

    orders: tuple[Seen, ...]
    fills: tuple[tuple[int, Execution], ...]  # with the place of the order

    @property
    def entry(self) -> Seen:
        """Its first order."""
        return self.orders[0]

    @property
    def is_held_back(self) -> bool:
        """Whether it was left at a question, as far as can be seen."""
        return self.entry.status is OrderStatus.INACTIVE and not self.fills


def find(
    bracket: Bracket, orders: Sequence[LiveOrder], executions: Sequence[Execution]
) -> Found | None:
    """The bracket's orders, looked for by the entry's cOID; None: no trace of it."""
    entry = _entry(bracket, orders, executions)
    if entry is None:
        return None
    seen = [entry]
    taken = {entry.order_id}
    for place, ticket in enumerate(bracket.children, 1):
        child = _child(ticket, entry.order_id, orders, taken)
        if child is not None:
            taken.add(child.order_id)
            seen.append(seen_of(place, child))
    by_id = {each.order_id: each.place for each in seen}
    fills = tuple((by_id[e.order_id], e) for e in executions if e.order_id in by_id)
    return Found(tuple(seen), fills)


def namesake(bracket: Bracket, orders: Sequence[LiveOrder]) -> LiveOrder | None:
    """An order of the entry's name that is for something else.

    A lost journal leads to it: the job has the same name, and would trade another strike by now.
    """
    named = [order for order in orders if order.coid == bracket.entry.coid]
    working = [order for order in named if order.status is not OrderStatus.INACTIVE]
    return next((order for order in working if not _may_be(bracket.entry, order)), None)


def seen_of(place: int, order: LiveOrder) -> Seen:
    """A row of the broker's list."""
    return Seen(
        place, order.order_id, order.status, order.filled, order.average_price, order.reason
    )


def _entry(
    bracket: Bracket, orders: Sequence[LiveOrder], executions: Sequence[Execution]
) -> Seen | None:
    coid = bracket.entry.coid
    named = [order for order in orders if order.coid == coid and _may_be(bracket.entry, order)]
    if named:
        # One that was left at a question keeps its name beside the one that was placed after it.
        named.sort(key=lambda o: (o.status is not OrderStatus.INACTIVE, o.order_id))
        return seen_of(0, named[-1])
    filled = [each for each in executions if each.coid == coid and each.order_id is not None]
    return _traded(bracket.entry, filled) if filled else None


def _traded(ticket: Ticket, executions: Sequence[Execution]) -> Seen:
    """An order of which only its trades are left."""
    order_id = min(each.order_id for each in executions if each.order_id is not None)
    filled = _units(ticket, [each for each in executions if each.order_id == order_id])
    whole = filled >= ticket.quantity
    status = OrderStatus.FILLED if whole else OrderStatus.UNKNOWN
    return Seen(0, order_id, status, filled)


def _units(ticket: Ticket, executions: Iterable[Execution]) -> Decimal:
    sizes: dict[int, Decimal] = defaultdict(Decimal)
    for each in executions:
        sizes[each.conid] += each.size
    return min(sizes[leg.tradable.conid] / abs(leg.ratio) for leg in ticket.legs)


def _child(
    ticket: Ticket, parent_id: int, orders: Sequence[LiveOrder], taken: set[int]
) -> LiveOrder | None:
    """The order above the parent's number that is what the ticket asks for."""
    matches = [
        order
        for order in orders
        if parent_id < order.order_id <= parent_id + _FAMILY
        and order.order_id not in taken
        and order.coid in {None, ticket.parent_coid}
        and _may_be(ticket, order)
    ]
    return min(matches, key=lambda order: order.order_id, default=None)


def _may_be(ticket: Ticket, order: LiveOrder) -> bool:
    """Whether what is told of the order agrees with the ticket; prices may have been changed."""
    conids = {leg.tradable.conid for leg in ticket.legs}
    if not conids <= set(order.conids) and not ticket.is_combo:
        return False
    if order.side is not None and order.side is not ticket.side:
        return False
    return order.type is None or order.type is ticket.type
