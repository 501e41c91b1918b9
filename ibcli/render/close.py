"""What has come of closing positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.changes import Closed
from ibcli.render import numbers
from ibcli.render.tickets import ticket_document, ticket_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.domain.changes import CloseRow, Closing

_HEADER = (
    "contract", "conid", "quantity", "closed", "side", "type", "limit", "bid", "ask", "order_id",
    "status", "filled", "average_price", "cancelled", "restored", "text",
)  # fmt: skip
_STYLES = {
    Closed.FILLED: "bold green",
    Closed.WORKING: "green",
    Closed.REFUSED: "bold red",
    Closed.BARE: "bold red",
    Closed.UNKNOWN: "bold red",
    Closed.KEPT: "bold yellow",
    Closed.GONE: "dim",
    Closed.ALREADY: "dim",
}


def document(done: Closing) -> dict[str, Any]:
    """One object a position; ``already`` when nothing needed to be sent."""
    return {
        "already": done.already,
        "dry_run": done.dry_run,
        "positions": [_row_document(row) for row in done.rows],
    }


def _row_document(row: CloseRow) -> dict[str, Any]:
    return {
        "contract": row.words,
        "conid": row.conid,
        "quantity": row.quantity,
        "closed": row.closed,
        "order": ticket_document(row.ticket) if row.ticket else None,
        "order_id": row.order_id,
        "status": row.status,
        "filled": row.filled,
        "average_price": row.average_price,
        "bid": row.bid,
        "ask": row.ask,
        "cancelled": list(row.cancelled),
        "restored": list(row.restored),
        "text": row.text,
    }


def rows(done: Closing) -> tuple[Sequence[str], Iterator[list[object]]]:
    """One row a position."""
    return _HEADER, (_cells(row) for row in done.rows)


def _cells(row: CloseRow) -> list[object]:
    ticket = row.ticket
    return [
        row.words,
        row.conid,
        row.quantity,
        row.closed,
        ticket.side if ticket else None,
        ticket.type if ticket else None,
        ticket.limit if ticket else None,
        row.bid,
        row.ask,
        row.order_id,
        row.status,
        row.filled,
        row.average_price,
        " ".join(map(str, row.cancelled)),
        " ".join(map(str, row.restored)),
        row.text,
    ]


def draw(done: Closing, width: int) -> Iterator[RenderableType]:
    """A line a position, then what else is to be said of each."""
    from ibcli.render.grid import DIM, Cell, line, prose
    from ibcli.render.table import Column, column, table

    if not done.rows:
        yield prose("No such position: nothing to close.")
        return
    states = tuple(
        Cell(row.closed.value, _STYLES.get(row.closed, ""), left=True) for row in done.rows
    )
    yield from table(
        [
            column("Contract", [row.words for row in done.rows], left=True, style="bold"),
            column("Held", [numbers.count(row.quantity) for row in done.rows]),
            Column("Close", states, left=True),
            column("Side", [_side(row) for row in done.rows], left=True),
            column("Price", [_terms(row) for row in done.rows], left=True),
            column("Bid", [numbers.price(row.bid) for row in done.rows], rank=3),
            column("Ask", [numbers.price(row.ask) for row in done.rows], rank=3),
            column("Order", [_text(row.order_id) for row in done.rows]),
            column("Status", [_text(row.status) for row in done.rows], rank=2, left=True),
            column("Filled", [numbers.count(row.filled) for row in done.rows], rank=4),
            column("At", [numbers.price(row.average_price) for row in done.rows], rank=1),
        ],
        width,
    )
    notes = [note for row in done.rows for note in _notes(row)]
    if notes:
        yield line()
    for note in notes:
        yield prose(note)
    if done.dry_run:
        yield line()
        yield prose("Nothing was sent.", style=DIM)


def _notes(row: CloseRow) -> Iterator[str]:
    if row.cancelled:
        verb = "would be cancelled first" if row.closed is Closed.PLANNED else "cancelled first"
        yield f"{row.words}: {_orders(row.cancelled)} {verb}."
    if row.restored:
        yield f"{row.words}: protection was put back: {_orders(row.restored)}."
    if row.text:
        yield f"{row.words}: {row.text}"


def _orders(numbers_: tuple[int, ...]) -> str:
    return f"order{'s' * (len(numbers_) > 1)} {', '.join(map(str, numbers_))}"


def _side(row: CloseRow) -> str:
    return row.ticket.side.value if row.ticket else numbers.MISSING


def _terms(row: CloseRow) -> str:
    return ticket_terms(row.ticket) if row.ticket else numbers.MISSING


def _text(value: object) -> str:
    return numbers.MISSING if value is None else str(value)
