"""One order in full: the broker's row, its protection, and its history in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.newyork import NEW_YORK
from ibcli.render import numbers
from ibcli.render.tickets import (
    filled_of,
    order_document,
    own_document,
    role_word,
    row_terms,
    ticket_terms,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.domain.order_list import OrderDetail, OrderRow
    from ibcli.domain.standing import OwnOrder


def document(detail: OrderDetail) -> dict[str, Any]:
    """The order as `orders` lists it (null when only the journal knows it), and what belongs to it.

    ``events`` are the journal's.
    """
    return {
        "as_of": detail.as_of,
        "order_id": detail.order_id,
        "order": order_document(detail.row) if detail.row else None,
        "own": own_document(detail.own),
        "children": [order_document(child) for child in detail.children],
        "events": [
            {"at": event.at, "event": event.what, "text": event.text} for event in detail.events
        ],
    }


def draw(detail: OrderDetail, width: int) -> Iterator[RenderableType]:
    """A line a fact, then its protection, then its events."""
    from ibcli.render.grid import DIM, HEADER, line, prose
    from ibcli.render.orders import columns
    from ibcli.render.table import facts, table

    yield line(f"Order {detail.order_id}", style=HEADER)
    if detail.row is not None:
        yield from facts(_facts(detail.row, detail.own), width)
    else:
        yield prose("The broker does not list it (any more); this is what the journal knows.")
        yield from facts(
            [
                ("Contract", detail.own.ticket.words),
                ("Price", ticket_terms(detail.own.ticket)),
                *_origin(detail.own),
            ]
            if detail.own
            else [],
            width,
        )
    if detail.children:
        yield line()
        yield line("Protection", style=HEADER)
        yield from table(columns(detail.children), width)
    yield line()
    if not detail.events:
        yield prose("The journal knows nothing of it: it was not sent by ibcli.", style=DIM)
        return
    yield line("Journal", style=HEADER)
    for event in detail.events:
        stamp = event.at.astimezone(NEW_YORK)
        yield prose(
            f"{stamp:%d %b %H:%M:%S}  {event.what}" + (f": {event.text}" * bool(event.text))
        )


def _facts(row: OrderRow, own: OwnOrder | None) -> list[tuple[str, str]]:
    order = row.order
    return [
        ("Contract", row.words),
        ("Side", order.side.value if order.side else numbers.MISSING),
        ("Price", row_terms(row)),
        ("Status", order.status.value + (f" ({order.reason})" if order.reason else "")),
        ("Filled", filled_of(order.filled, order.quantity)),
        ("Average price", numbers.price(order.average_price)),
        ("TIF", (order.tif.value if order.tif else numbers.MISSING) + _outside(row)),
        ("For", role_word(row) or numbers.MISSING),
        ("Entry", str(row.parent_id) if row.parent_id else ""),
        *(_origin(own) if own else ()),
        ("cOID", order.coid or ""),
        ("Conids", ", ".join(map(str, order.conids))),
        ("Updated", numbers.new_york(order.updated) if order.updated else numbers.MISSING),
    ]


def _outside(row: OrderRow) -> str:
    return ", outside regular hours too" if row.order.outside_rth else ""


def _origin(own: OwnOrder) -> list[tuple[str, str]]:
    run = f", run {own.run}" if own.run > 1 else ""
    return [("Job", f"{own.job} of {numbers.day(own.day)}{run}, leg {own.leg}")]
