"""What a symbol stands for: one listing a row, the tradable one first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render.numbers import MISSING
from ibcli.render.quotes import listing_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.domain.contracts import Listing


def document(listings: Sequence[Listing]) -> list[dict[str, Any]]:
    """Each listing with its sections; ``tradable`` says whether its options trade on SMART."""
    return [
        listing_document(listing)
        | {
            "tradable": listing.tradable,
            "restricted": listing.restricted,
            "option_months": list(listing.option_months),
            "sections": [
                {
                    "sec_type": section.sec_type,
                    "months": list(section.months),
                    "exchanges": list(section.exchanges),
                }
                for section in listing.sections
            ],
        }
        for listing in listings
    ]


def rows(listings: Sequence[Listing]) -> tuple[list[str], Iterator[list[object]]]:
    """One row a listing; sections and months separated by blanks."""
    header = ["conid", "symbol", "name", "exchange", "tradable", "sections", "option_months"]
    return header, (
        [
            listing.conid,
            listing.symbol,
            listing.name,
            listing.exchange,
            listing.tradable,
            " ".join(section.sec_type for section in listing.sections),
            " ".join(listing.option_months),
        ]
        for listing in listings
    )


def draw(listings: Sequence[Listing], width: int) -> Iterator[RenderableType]:
    """A table where only names and months wrap."""
    from ibcli.render.grid import prose
    from ibcli.render.lines import Line, Sheet

    table = Sheet()
    table.add_column()
    table.add_column("Conid", right=True)
    table.add_column("Symbol")
    table.add_column("Name", wraps=True)
    table.add_column("Exchange")
    table.add_column("Sections", wraps=True)
    table.add_column("Option months", wraps=True)
    for listing in listings:
        cells = (
            "▸" if listing.tradable else " ",
            str(listing.conid),
            listing.symbol,
            listing.name,
            listing.exchange,
            " ".join(section.sec_type for section in listing.sections),
            " ".join(listing.option_months),
        )
        style = "bold" if listing.tradable else ""
        table.add_row(*(Line(cell or MISSING, style if cell else "dim") for cell in cells))
    yield table
    if any(listing.tradable for listing in listings):
        yield prose("▸: its options trade on SMART", style="dim")
