"""Expiry dates, soonest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render import numbers
from ibcli.render.chain import expiry_document
from ibcli.render.quotes import listing_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ibcli.domain.chains import Expiries


def document(expiries: Expiries) -> dict[str, Any]:
    """The underlying, New York's today, and each expiry."""
    return {
        "underlying": listing_document(expiries.underlying),
        "month": expiries.month,
        "today": expiries.today,
        "expiries": [expiry_document(expiry) for expiry in expiries.rows],
    }


def rows(expiries: Expiries) -> tuple[list[str], Iterator[list[object]]]:
    """One row an expiry of a trading class."""
    return ["expiry", "days", "weekly", "trading_class", "month"], (
        [row.day, row.days, row.weekly, row.trading_class, row.month] for row in expiries.rows
    )


def draw(expiries: Expiries, width: int) -> Iterator[RenderableType]:
    """A table of dates with days to go, the monthlies standing out."""
    from ibcli.render.grid import DIM, Cell, grid, line

    title = line(expiries.underlying.symbol or str(expiries.underlying.conid), style="bold")
    if expiries.month:
        title.append(f" {expiries.month}")
    title.append(f"  {expiries.underlying.name or ''}", style=DIM)
    yield title
    yield line(f"Today in New York: {numbers.day(expiries.today)}", style=DIM)
    yield line()
    table = [
        (
            Cell("Expiry"),
            Cell("Date", left=True),
            Cell("To go"),
            Cell("Kind", left=True),
            Cell("Class", left=True),
            Cell("Month", left=True),
        )
    ]
    for row in expiries.rows:
        style = "" if row.weekly else "bold"
        table.append(
            (
                Cell(numbers.day(row.day), style),
                Cell(row.day.isoformat(), style, left=True),
                Cell(numbers.days(row.days), style),
                Cell("weekly" if row.weekly else "monthly", style, left=True),
                Cell(row.trading_class, style, left=True),
                Cell(row.month, style, left=True),
            )
        )
    yield from grid(table)
