"""Which order protects which: by the journal, else by what a bracket's children look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.orders import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ibcli.domain.blotter import LiveOrder
    from ibcli.domain.standing import OwnOrder

_MOST_CHILDREN = 3  # whose ids follow their parent's


def owners(orders: Iterable[LiveOrder], own: Sequence[OwnOrder]) -> dict[int, OwnOrder]:
    """The journal's entry of each order: by order id, and an entry's by its name too."""
    by_id = {one.order_id: one for one in own if one.order_id is not None}
    by_name = {one.coid: one for one in own if one.place == 0 and one.order_id is None}
    found = {}
    for order in sorted(orders, key=lambda order: order.order_id):
        # Children bear their entry's name on some answers; their ids come after it.
        one = by_id.get(order.order_id) or by_name.pop(order.coid or "", None)
        if one is not None:
            found[order.order_id] = one
    return found


def parents(
    orders: Sequence[LiveOrder], owned: Mapping[int, OwnOrder], own: Sequence[OwnOrder]
) -> dict[int, int]:
    """The entry's order id of each child."""
    entries = {one.intent: one.order_id for one in own if one.place == 0}
    entries |= {one.intent: order_id for order_id, one in owned.items() if one.place == 0}
    unnumbered = {one.intent for one in own if one.place and one.order_id is None}
    # Of an entry of ours whose children all have numbers, nobody else is a child.
    whole = {order_id for order_id, one in owned.items() if one.intent not in unnumbered}
    others = [order for order in orders if order.order_id not in whole]
    found = {}
    for order in orders:
        one = owned.get(order.order_id)
        parent = entries.get(one.intent) if one is not None and one.place else None
        if one is None:
            parent = _likely_parent(order, others)
        if parent is not None:
            found[order.order_id] = parent
    return found


def _likely_parent(order: LiveOrder, orders: Sequence[LiveOrder]) -> int | None:
    """The order just before a nameless one that trades the same contract the other way.

    A bracket's children have no name of their own, and ids next above their parent's (recorded).
    """
    if order.side is None:
        return None
    likely = [
        one.order_id
        for one in orders
        if 0 < order.order_id - one.order_id <= _MOST_CHILDREN
        and one.coid is not None
        and order.coid in {None, one.coid}
        and one.side is order.side.opposite
        and one.conids == order.conids
    ]
    return max(likely, default=None)


def role_of(order: LiveOrder, own: OwnOrder | None, parent: int | None) -> Role | None:
    """What an order is for; None for one that is not ours and protects nothing."""
    if own is not None:
        return own.role
    if parent is None:
        return None
    return Role.STOP if order.type is not None and order.type.has_trigger else Role.TAKE_PROFIT
