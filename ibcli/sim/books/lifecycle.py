"""What becomes of orders: acknowledged, filled, cancelled, and what that does to their kin.

- A child (bracket) reaches the market with its parent's first fill, and never trades more than its
  parent has. It is cancelled with a parent that ends unfilled, and cut down to what the parent did
  when that ends half filled.
- What one child trades is taken off what its siblings may: together they never trade more than the
  parent has, and none is greater than what is left to close.
- A fill in a one-cancels-all group cancels the rest of the group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.sim.books.order import NOUGHT, Order, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from ibcli.sim.books.records import Records


class Lifecycle:
    """The orders of a book that have not ended, in memory; changes are written at once."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._orders = {order.id: order for order in records.orders(alive=True)}
        self._closed: dict[int, Decimal] = {}  # by parent: what its children have traded

    @property
    def working(self) -> list[Order]:
        """Those that may trade, or will be able to, by id."""
        return [order for order in self._orders.values() if order.working]

    @property
    def unanswered(self) -> list[Order]:
        """Those that wait for the answer to a question."""
        return [o for o in self._orders.values() if o.status is Status.INACTIVE]

    def parent(self, order: Order) -> Order | None:
        """The order that it was attached to, ended or not."""
        if order.parent is None:
            return None
        return self._orders.get(order.parent) or self._records.order(order.parent)

    def allowance(self, order: Order) -> Decimal:
        """How much it may trade now: nothing for a child whose parent has not, or whose siblings
        have traded all that the parent has.
        """
        parent = self.parent(order)
        if parent is None:
            return order.remaining
        return min(order.remaining, parent.filled - self._closed_of(parent))

    def _closed_of(self, parent: Order) -> Decimal:
        """What all children of an order have traded, those that have ended too."""
        if parent.id not in self._closed:
            later = self._records.orders(since=parent.placed)
            fills = (order.filled for order in later if order.parent == parent.id)
            self._closed[parent.id] = sum(fills, NOUGHT)
        return self._closed[parent.id]

    def set_status(self, order: Order, status: Status, beat: int) -> None:
        """Write a new status, if it is one. What is being cancelled stays so until it ends."""
        if order.status is status:
            return
        if order.status is Status.PENDING_CANCEL and status in _LIVELY:
            return
        order.status, order.changed = status, beat
        self._records.save(order)

    def end(self, order: Order, beat: int, reason: str = "") -> None:
        """Cancel what is left of an order."""
        order.reason = reason
        self.set_status(order, Status.CANCELLED, beat)
        for child in self._children(order):
            if not order.filled:
                self.end(child, beat, reason)
            else:
                self._fit(child, order.filled - self._closed_of(order), beat)

    def _children(self, order: Order) -> Iterator[Order]:
        yield from [o for o in self.working if o.parent == order.id]

    def _fit(self, order: Order, most: Decimal, beat: int) -> None:
        """Let no more than ``most`` of an order remain."""
        left = order.filled + max(most, NOUGHT)
        if left >= order.total:
            return
        if not left:  # a cancelled order still shows its size
            self.end(order, beat, _ONE_CANCELS)
            return
        order.total = left
        if left > order.filled:
            self._records.save(order)
        else:
            self.set_status(order, Status.FILLED, beat)

    def filled(self, order: Order, quantity: Decimal, beat: int) -> None:
        """An order has just traded ``quantity``, which is booked already."""
        order.changed = beat
        done = order.remaining <= NOUGHT
        if done:
            order.status = Status.FILLED
        elif order.status is not Status.PENDING_CANCEL:
            order.status = Status.SUBMITTED
        self._records.save(order)
        for child in self._children(order):
            child.active = beat + 1
            self._records.save(child, event=False)
            if done:  # it may have been made smaller than they are
                self._fit(child, order.filled - self._closed_of(order), beat)
        self._tell_kin(order, quantity, beat)

    def _tell_kin(self, order: Order, quantity: Decimal, beat: int) -> None:
        parent = self.parent(order)
        room = NOUGHT
        if parent is not None:
            if parent.id in self._closed:  # else this fill is among those that are read
                self._closed[parent.id] += quantity
            whole = parent.total if parent.working else parent.filled
            room = whole - self._closed_of(parent)
            if order.working:
                self._fit(order, room, beat)
        for other in self.working:
            if other.id == order.id:
                continue
            if order.group is not None and other.group == order.group:
                self.end(other, beat, _ONE_CANCELS)
            elif parent is not None and other.parent == parent.id:
                self._fit(other, room, beat)


_LIVELY = frozenset({Status.PENDING_SUBMIT, Status.PRE_SUBMITTED, Status.SUBMITTED})
_ONE_CANCELS = "Cancelled with another order of its group"
