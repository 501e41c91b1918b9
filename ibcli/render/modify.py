"""An order before and after its modification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render import numbers
from ibcli.render.tickets import (
    filled_of,
    order_document,
    row_terms,
    terms,
    ticket_document,
    ticket_terms,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.domain.changes import Modifying


def document(done: Modifying) -> dict[str, Any]:
    """The order as it stood, what was sent, and how the broker lists it now."""
    now = done.now
    return {
        "order_id": done.before.order.order_id,
        "already": done.already,
        "changed": list(done.changed),
        "before": order_document(done.before),
        "sent": None if done.already else ticket_document(done.ticket),
        "now": {
            "status": now.status,
            "limit": now.limit,
            "trigger": now.trigger,
            "quantity": now.quantity,
            "filled": now.filled,
            "tif": now.tif,
        }
        if now
        else None,
    }


def draw(done: Modifying, width: int) -> Iterator[RenderableType]:
    """What it is, then before and after."""
    from ibcli.render.grid import HEADER, line, prose
    from ibcli.render.table import facts

    before, ticket = done.before.order, done.ticket
    yield line(f"Order {before.order_id}  {ticket.side} {done.before.words}", style=HEADER)
    if done.already:
        yield prose("It stands like that already; nothing was sent.")
        yield from facts(
            [("Price", row_terms(done.before)), ("Quantity", f"{ticket.quantity}")], width
        )
        return
    was = f"{row_terms(done.before)}, {numbers.count(before.quantity)}, {before.tif or '?'}"
    sent = f"{ticket_terms(ticket)}, {ticket.quantity}, {ticket.tif}"
    pairs = [("Before", was), ("Sent", sent)]
    if done.now is not None:
        now = done.now
        shown = terms(now.type or ticket.type, now.limit, now.trigger)
        filled = filled_of(now.filled, now.quantity)
        pairs.append(("Now", f"{shown}, {filled} filled, {now.status.value}"))
    yield from facts(pairs, width)
