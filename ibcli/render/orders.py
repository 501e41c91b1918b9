"""The orders of an account, protection under its entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render import numbers
from ibcli.render.tickets import (
    STATUS_STYLES,
    filled_of,
    order_document,
    role_word,
    row_terms,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.domain.order_list import OrderList, OrderRow
    from ibcli.render.table import Column

_HEADER = (
    "order_id", "parent_id", "coid", "job", "role", "side", "contract", "type", "limit", "trigger",
    "quantity", "filled", "average_price", "tif", "status", "age_seconds", "updated", "reason",
)  # fmt: skip


def document(listed: OrderList) -> dict[str, Any]:
    """One object an order; ``complete`` is false when there may be more."""
    return {
        "as_of": listed.as_of,
        "shown": listed.shown,
        "complete": listed.complete,
        "orders": [order_document(row) for row in listed.rows],
    }


def rows(listed: OrderList) -> tuple[Sequence[str], Iterator[list[object]]]:
    """One row an order."""
    documents = (order_document(row) for row in listed.rows)
    return _HEADER, ([one[name] for name in _HEADER] for one in documents)


def draw(listed: OrderList, width: int) -> Iterator[RenderableType]:
    """New York's time, then a line an order."""
    from ibcli.render.grid import DIM, line, prose
    from ibcli.render.table import table

    yield line(numbers.new_york(listed.as_of))
    yield line()
    if not listed.rows:
        yield prose(_none(listed))
        return
    yield from table(columns(listed.rows), width)
    reasons = [f"{row.order.order_id}: {row.order.reason}" for row in listed.rows if _held(row)]
    if reasons:
        yield line()
        for reason in reasons:
            yield prose(reason, style=DIM)


def columns(orders: Sequence[OrderRow]) -> list[Column]:
    """The columns of a table of orders."""
    from ibcli.render.grid import Cell
    from ibcli.render.table import Column, column

    def texts(read: Any) -> list[str]:
        return [read(row) or numbers.MISSING for row in orders]

    status = tuple(
        Cell(row.order.status.value, STATUS_STYLES.get(row.order.status, ""), left=True)
        for row in orders
    )
    return [
        column("Order", [_number(row) for row in orders], left=True, style="bold"),
        column("For", texts(role_word), rank=2, left=True),
        column("Side", texts(lambda row: row.order.side), left=True),
        column("Contract", texts(lambda row: row.words), left=True, folds=True),
        column("Price", texts(row_terms), left=True),
        column("TIF", texts(lambda row: row.order.tif), rank=4, left=True),
        column("Filled", [filled_of(row.order.filled, row.order.quantity) for row in orders]),
        column("At", [numbers.price(row.order.average_price) for row in orders], rank=3),
        Column("Status", status, left=True),
        column("Age", [_age(row) for row in orders], rank=1),
        column("Job", texts(lambda row: row.own.job if row.own else ""), rank=5, left=True),
        column("cOID", texts(lambda row: row.order.coid), rank=6, left=True),
    ]


def _number(row: OrderRow) -> str:
    return f"  {row.order.order_id}" if row.parent_id is not None else str(row.order.order_id)


def _age(row: OrderRow) -> str:
    return numbers.age(None if row.age is None else float(row.age))


def _held(row: OrderRow) -> bool:
    return bool(row.order.reason) and not row.is_filled


def _none(listed: OrderList) -> str:
    if not listed.complete:
        return "No orders have come: the broker has not gathered them yet."
    kind = {"open": "open orders", "filled": "filled orders"}.get(listed.shown, "orders")
    return f"No {kind}."
