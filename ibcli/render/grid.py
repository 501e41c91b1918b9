"""Rows of aligned cells on one line each, which neither wrap nor lose a digit at any width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.render.lines import GAP, Line, Plain, cell_len
from ibcli.render.numbers import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

HEADER = "bold"
DIM = "dim"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text and how it is drawn."""

    text: str
    style: str = ""
    left: bool = False


@dataclass(frozen=True, slots=True)
class InColour(Plain):
    """One line where colours are shown, another where they are not; none for an empty one."""

    coloured: Line
    plain: Line

    def plain_lines(self, width: int) -> list[str] | None:
        """The other."""
        return self.plain.plain_lines(width) if self.plain.plain else []

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = console.color_system is not None and not console.no_color
        text = self.coloured if shown else self.plain
        if text.plain:
            yield text


def line(text: str = "", style: str = "") -> Line:
    """One line that is never wrapped or cropped; for numbers."""
    return Line(text, style)


def prose(text: str, style: str = "") -> Line:
    """A sentence, which may wrap."""
    return Line(text, style, wraps=True)


def widths(rows: Iterable[Sequence[Cell]]) -> list[int]:
    """The width that each column needs."""
    return [max(cell_len(cell.text) for cell in column) for column in zip(*rows, strict=True)]


def grid_width(rows: Sequence[Sequence[Cell]], gap: int = GAP) -> int:
    """Columns of the screen that the grid needs."""
    needed = widths(rows)
    return sum(needed) + gap * max(0, len(needed) - 1)


def grid(rows: Sequence[Sequence[Cell]], gap: int = GAP) -> list[Line]:
    """Each row as one line; the first one is the header."""
    needed = widths(rows)
    drawn = []
    for number, row in enumerate(rows):
        text = line(style=HEADER if number == 0 else "")
        for place, (cell, width) in enumerate(zip(row, needed, strict=True)):
            if place:
                text.append(" " * gap)
            text.append(padded(cell, width), style=shade(cell))
        drawn.append(text)
    return drawn


def padded(cell: Cell, width: int) -> str:
    """The cell's text in its column."""
    blanks = " " * (width - cell_len(cell.text))
    return cell.text + blanks if cell.left else blanks + cell.text


def shade(cell: Cell) -> str:
    """The cell's style; what is missing is dim wherever it stands."""
    return DIM if not cell.style and cell.text.strip() == MISSING else cell.style
