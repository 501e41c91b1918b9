"""A table that fits: what has no room is left out by name, and at last each row is a card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.render.grid import DIM, HEADER, Cell, grid, grid_width, line, prose
from ibcli.render.lines import GAP, cell_len
from ibcli.render.numbers import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

LEAST_WIDTH = 60  # columns of a screen; on a narrower one cards are easier to read

_LEAST_FOLD = 17  # columns: SPY 18AUG25 640 P


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, and a cell for each row.

    ``rank`` 0 is never left out of a table; of the others the highest goes first. One that
    ``folds`` may go on in the next line, between its words.
    """

    head: str
    cells: tuple[Cell, ...]
    rank: int = 0
    left: bool = False
    folds: bool = False


def column(
    head: str,
    texts: Sequence[str],
    *,
    rank: int = 0,
    left: bool = False,
    style: str = "",
    folds: bool = False,
) -> Column:
    """A column of texts that are all drawn alike."""
    return Column(head, tuple(Cell(text, style, left) for text in texts), rank, left, folds)


def table(columns: Sequence[Column], width: int) -> Iterator[RenderableType]:
    """One line a row, without the columns for which there is no room; else a card a row.

    What is left out is named. A column without any value is not drawn unless its rank is 0.
    """
    kept = [one for one in columns if one.rank == 0 or not _is_empty(one)]
    dropped: list[str] = []
    while not _gap(kept, width):
        ranked = [one for one in kept if one.rank]
        if width >= LEAST_WIDTH and (lines := _folded(kept, width)):
            kept = lines
            break
        if not ranked or width < LEAST_WIDTH:
            yield from _cards(columns, width)
            return
        last = max(ranked, key=lambda one: one.rank)
        kept = [one for one in kept if one is not last]
        dropped.append(last.head)
    yield from grid(_rows(kept), _gap(kept, width))
    if dropped:
        yield line()
        names = ", ".join(one.head for one in columns if one.head in dropped)
        yield prose(f"Left out for want of width: {names}. (--json has all)", style=DIM)


def facts(pairs: Sequence[tuple[str, str]], width: int) -> Iterator[RenderableType]:
    """A line for each pair of a name and its value; one that has no room on it wraps."""
    shown = [(name, text) for name, text in pairs if text]
    longest = max((cell_len(name) for name, _ in shown), default=0) + 2
    for name, text in shown:
        label = f"{name}:".ljust(longest)
        if longest + cell_len(text) <= width:
            yield line(label, style=DIM).append(text, style="not dim")
        else:
            yield prose(f"{name}: {text}")


def _folded(columns: Sequence[Column], width: int) -> list[Column] | None:
    """The columns with long cells of one of them on several lines; None when that does not help."""
    place = next((n for n, one in enumerate(columns) if one.folds), None)
    if place is None:
        return None
    others = grid_width(_rows([one for one in columns if one is not columns[place]]), 1)
    room = width - others - 1
    texts = [_lines(cell.text, room) for cell in columns[place].cells]
    if room < _LEAST_FOLD or any(cell_len(text) > room for lines in texts for text in lines):
        return None
    found = []
    for number, one in enumerate(columns):
        cells: list[Cell] = []
        for cell, lines in zip(one.cells, texts, strict=True):
            shown = lines if number == place else [cell.text] + [""] * (len(lines) - 1)
            cells += [Cell(text, cell.style, cell.left) for text in shown]
        found.append(Column(one.head, tuple(cells), one.rank, one.left, one.folds))
    return found


def _lines(text: str, room: int) -> list[str]:
    """The words on as few lines as they fit on."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if lines[-1] and cell_len(joined) > room:
            lines.append(f" {word}")
        else:
            lines[-1] = joined
    return lines


def _gap(columns: Sequence[Column], width: int) -> int:
    """The widest gap with which the columns fit; 0 when they do not."""
    rows = _rows(columns)
    return next((gap for gap in (GAP, 1) if grid_width(rows, gap) <= width), 0)


def _rows(columns: Sequence[Column]) -> list[Sequence[Cell]]:
    heads = tuple(Cell(one.head, left=one.left) for one in columns)
    return [heads, *zip(*(one.cells for one in columns), strict=True)]


def _is_empty(one: Column) -> bool:
    return all(cell.text.strip() in ("", MISSING) for cell in one.cells)


def _cards(columns: Sequence[Column], width: int) -> Iterator[RenderableType]:
    """The first column's value as a title, then a line for each of the others."""
    first, *others = columns
    for number, title in enumerate(first.cells):
        if number:
            yield line()
        yield prose(f"{first.head} {title.text.strip()}", style=HEADER)
        cells = ((one.head, one.cells[number].text.strip()) for one in others)
        yield from facts([pair for pair in cells if pair[1] != MISSING], width)
