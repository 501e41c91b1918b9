"""What became of the orders that were to be cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.changes import Became
from ibcli.render import numbers
from ibcli.render.tickets import filled_of, order_document, role_word, row_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.domain.changes import Cancelling, CancelRow

_HEADER = ("order_id", "became", "contract", "side", "status", "filled", "quantity", "with", "text")
_STYLES = {
    Became.CANCELLED: "green",
    Became.ALREADY: "dim",
    Became.FILLED: "bold yellow",
    Became.PENDING: "bold yellow",
    Became.STAYS: "green",
    Became.REFUSED: "bold red",
    Became.NOT_SENT: "bold red",
    Became.UNKNOWN: "bold red",
}


def document(done: Cancelling) -> dict[str, Any]:
    """One object an order; ``already`` when nothing needed to be sent."""
    return {
        "already": done.already,
        "orders": [
            {
                "order_id": row.order_id,
                "became": row.became,
                "with": row.with_id,
                "text": row.text,
                "order": order_document(row.row) if row.row else None,
            }
            for row in done.rows
        ],
    }


def rows(done: Cancelling) -> tuple[Sequence[str], Iterator[list[object]]]:
    """One row an order."""
    return _HEADER, (_cells(row) for row in done.rows)


def _cells(row: CancelRow) -> list[object]:
    order = row.row.order if row.row else None
    return [
        row.order_id,
        row.became,
        row.row.words if row.row else None,
        order.side if order else None,
        order.status if order else None,
        order.filled if order else None,
        order.quantity if order else None,
        row.with_id,
        row.text,
    ]


def draw(done: Cancelling, width: int) -> Iterator[RenderableType]:
    """A line an order."""
    from ibcli.render.grid import Cell, prose
    from ibcli.render.table import Column, column, table

    if not done.rows:
        yield prose("No open orders: nothing to cancel.")
        return
    orders = [row.row for row in done.rows]
    became = tuple(Cell(_became(row), _STYLES[row.became], left=True) for row in done.rows)
    filled = [
        filled_of(one.order.filled, one.order.quantity) if one else numbers.MISSING
        for one in orders
    ]
    yield from table(
        [
            column("Order", [_number(row) for row in done.rows], left=True, style="bold"),
            Column("Became", became, left=True),
            column("For", [role_word(one) if one else "" for one in orders], rank=2, left=True),
            column("Side", [_side(row) for row in done.rows], left=True),
            column("Contract", [one.words if one else "" for one in orders], left=True, folds=True),
            column("Price", [row_terms(one) if one else "" for one in orders], rank=1, left=True),
            column("Filled", filled),
        ],
        width,
    )
    for row in done.rows:
        if row.text:
            yield prose(f"{row.order_id}: {row.text}")


def _became(row: CancelRow) -> str:
    """``already cancelled``, say, of what was over before."""
    status = row.row.order.status if row.row else None
    if row.became is Became.ALREADY and status is not None and status.is_final:
        return f"already {status.value.lower()}"
    return row.became.value


def _number(row: CancelRow) -> str:
    return f"  {row.order_id}" if row.with_id is not None else str(row.order_id)


def _side(row: CancelRow) -> str:
    return row.row.order.side.value if row.row and row.row.order.side else numbers.MISSING
