"""Quotes of whatever was asked for: a table where it fits, else a card each."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.render import numbers
from ibcli.render.quotes import (
    FEED_STYLES,
    age_seconds,
    contract_document,
    contract_words,
    feed_word,
    label,
    last_mark,
    marks_explained,
    quote_document,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.domain.quotes import Quote
    from ibcli.domain.watchlist import Instrument, Watchlist, WatchRow
    from ibcli.render.grid import Cell


def document(watchlist: Watchlist) -> dict[str, Any]:
    """A row for each thing asked for, in that order."""
    return {
        "as_of": watchlist.as_of,
        "fields": list(watchlist.fields),
        "rows": [
            {
                "what": row.what,
                "instrument": _instrument_document(row.instrument),
                "quote": quote_document(row.quote, watchlist.fields, watchlist.as_of)
                if row.quote
                else None,
                "missing": list(row.missing),
            }
            for row in watchlist.rows
        ],
    }


def _instrument_document(instrument: Instrument | None) -> dict[str, Any] | None:
    if instrument is None:
        return None
    return {
        "conid": instrument.conid,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "exchange": instrument.exchange,
        "sec_type": instrument.sec_type,
        "contract": contract_document(instrument.contract) if instrument.contract else None,
    }


def rows(watchlist: Watchlist) -> tuple[list[str], Iterator[list[object]]]:
    """One row for each thing asked for."""
    header = ["what", "conid", "instrument", *watchlist.fields]
    return [*header, "last_kind", "feed", "updated", "age_seconds", "missing"], (
        [
            row.what,
            row.instrument.conid if row.instrument else None,
            instrument_words(row),
            *(getattr(row.quote, name, None) for name in watchlist.fields),
            row.quote.last_kind if row.quote else None,
            row.quote.feed if row.quote else None,
            row.quote.updated if row.quote else None,
            age_seconds(row.quote, watchlist.as_of),
            " ".join(row.missing),
        ]
        for row in watchlist.rows
    )


def instrument_words(row: WatchRow) -> str:
    """``ARM 22AUG25 143 C`` or ``ARM``; the word itself when nothing is known by it."""
    if row.instrument is None:
        return row.what
    if row.instrument.contract is not None:
        return contract_words(row.instrument.contract)
    return row.instrument.symbol or str(row.instrument.conid)


def draw(watchlist: Watchlist, width: int) -> Iterator[RenderableType]:
    """One line each where all fields fit, else one card each: nothing is left out."""
    from ibcli.render.grid import DIM, grid, grid_width, line, prose

    yield line(numbers.new_york(watchlist.as_of))
    yield line()
    table = _table(watchlist)
    gap = 2 if grid_width(table) <= width else 1
    if grid_width(table, gap) <= width:
        yield from grid(table, gap)
    else:
        for row in watchlist.rows:
            yield from _card(row, watchlist)
    signs = marks_explained(last_mark(row.quote) for row in watchlist.rows)
    if any(cell.text == numbers.MISSING for row in table for cell in row):
        signs.append(f"{numbers.MISSING}: not sent")
    if signs:
        yield line()
        yield prose(" · ".join(signs), style=DIM)
    for row in watchlist.rows:
        if trouble := _trouble(row):
            yield prose(trouble, style="bold red")


def _table(watchlist: Watchlist) -> list[Sequence[Cell]]:
    """Head and rows."""
    from ibcli.render.grid import Cell

    head = [Cell("Instrument", left=True), Cell("Conid")]
    head += [Cell(label(name)) for name in watchlist.fields]
    table: list[Sequence[Cell]] = [[*head, Cell("Age"), Cell("Feed", left=True)]]
    for row in watchlist.rows:
        cells = [Cell(instrument_words(row), "bold", left=True), Cell(_conid(row))]
        cells += [Cell(_shown(row.quote, name)) for name in watchlist.fields]
        table.append([*cells, Cell(_age(row, watchlist)), _feed(row)])
    return table


def _card(row: WatchRow, watchlist: Watchlist) -> Iterator[RenderableType]:
    """Name, then a line a field."""
    from ibcli.render.grid import DIM, Cell, grid, line

    title = line(instrument_words(row), style="bold")
    name = row.instrument.name if row.instrument else None
    title.append(f"  {_conid(row)}" + (f"  {name}" if name else ""), style=DIM)
    yield title
    if row.instrument is None:
        yield line()
        return
    lines: list[Sequence[Cell]] = [
        (Cell(label(name), left=True), Cell(_shown(row.quote, name))) for name in watchlist.fields
    ]
    feed = _feed(row)
    lines.append((Cell("Feed", left=True), Cell(feed.text, feed.style)))
    lines.append((Cell("Age", left=True), Cell(_age(row, watchlist))))
    yield from grid([(Cell(""), Cell("")), *lines])[1:]
    yield line()


def _shown(quote: Quote | None, name: str) -> str:
    """A field of any kind: numbers as numbers, words as they are."""
    value = getattr(quote, name, None) if quote is not None else None
    if value is None:
        return numbers.MISSING
    if not isinstance(value, Decimal):
        return str(value)
    return numbers.field(name, value) + (last_mark(quote) if name == "last" else "")


def _conid(row: WatchRow) -> str:
    return str(row.instrument.conid) if row.instrument else numbers.MISSING


def _age(row: WatchRow, watchlist: Watchlist) -> str:
    seconds = age_seconds(row.quote, watchlist.as_of)
    return numbers.age(None if seconds is None else float(seconds))


def _feed(row: WatchRow) -> Cell:
    from ibcli.render.grid import Cell

    if row.quote is None:
        return Cell(numbers.MISSING, left=True)
    style = FEED_STYLES.get(row.quote.feed, "bold red") if row.quote.feed else "bold red"
    return Cell(feed_word(row.quote.feed), style, left=True)


def _trouble(row: WatchRow) -> str:
    """What is wrong with a row, in a sentence; empty when nothing is."""
    if row.instrument is None:
        return f"{row.what}: " + (", ".join(row.missing) or "nothing is known by that name.")
    if row.quote is not None and row.quote.dead:
        return f"{instrument_words(row)}: the broker knows no such instrument any more."
    if row.missing:
        return f"{instrument_words(row)}: missing at the deadline: {', '.join(row.missing)}."
    return ""
