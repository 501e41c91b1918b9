"""Styled lines and plain columns: Rich draws them where there is colour or where they must wrap.

Elsewhere (a pipe, cron, a file) their text is printed as it is: to import Rich takes as long as all
the rest of a command that is answered from disk.
"""

from __future__ import annotations

import os
import re
import sys
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple, Self

from ibcli.render.streams import is_terminal, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

GAP = 2  # columns between cells
# What surely takes one column of the screen each: ASCII, Latin letters, and our own signs.
_NARROW = "[ -~\xa0-\xac\xae-\u02ff–…▸◂▲▼✓✗─]*"


class Plain:
    """What is drawn, and needs no Rich where its text is enough."""

    def plain_lines(self, width: int) -> list[str] | None:
        """Its lines without colour; None when something must wrap."""
        raise NotImplementedError


class Line(Plain):
    """One line of runs of text, each in its style over the line's own.

    One that ``wraps`` is prose; any other keeps to one line, however narrow the screen is.
    """

    def __init__(self, text: str = "", style: str = "", *, wraps: bool = False) -> None:
        self._style = style
        self._wraps = wraps
        self._runs = [(text, "")]

    def append(self, text: str, style: str = "") -> Self:
        """Add a run."""
        self._runs.append((text, style))
        return self

    @property
    def plain(self) -> str:
        """The text alone."""
        return "".join(text for text, _ in self._runs)

    @property
    def cell_len(self) -> int:
        """Columns of the screen that it takes."""
        return cell_len(self.plain)

    def plain_lines(self, width: int) -> list[str] | None:
        """One for each line feed and one more, unless one has no room: Rich wraps or crops it."""
        lines = self.plain.split("\n")
        return None if any(cell_len(line) > width for line in lines) else lines

    def rich_text(self, *, wraps: bool) -> Text:
        """The same for Rich."""
        from rich.text import Text

        text = Text(style=self._style)
        if not wraps:
            text.no_wrap, text.overflow = True, "ignore"
        for run, style in self._runs:
            text.append(run, style=style or None)
        return text

    def __rich__(self) -> Text:
        return self.rich_text(wraps=self._wraps)


class _Column(NamedTuple):
    head: str
    style: str
    right: bool
    wraps: bool
    folds: bool


class Sheet(Plain):
    """Words in columns without a frame. Where the width does not do, some of the columns wrap."""

    def __init__(self) -> None:
        self._columns: list[_Column] = []
        self._rows: list[list[Line]] = []

    def add_column(
        self,
        head: str = "",
        *,
        style: str = "",
        right: bool = False,
        wraps: bool = False,
        folds: bool = False,
    ) -> None:
        """A column: one that ``wraps`` does so between words, one that ``folds`` within them."""
        self._columns.append(_Column(head, style, right, wraps, folds))

    def add_row(self, *cells: Line | str) -> None:
        """A cell for each column; a line feed in one makes the row higher."""
        self._rows.append([cell if isinstance(cell, Line) else Line(cell) for cell in cells])

    def plain_lines(self, width: int) -> list[str] | None:
        """A line a row, or as many as its cells have; None when a cell must wrap."""
        rows = [[cell.plain for cell in row] for row in self._rows]
        if self._has_heads:
            rows.insert(0, [column.head for column in self._columns])
        lines = [
            line
            for row in rows
            for line in zip_longest(*(cell.split("\n") for cell in row), fillvalue="")
        ]
        needed = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
        if sum(needed) + GAP * len(needed) > width:
            return None
        return [(" " * GAP).join(self._padded(line, needed)) for line in lines]

    @property
    def height(self) -> int:
        """Lines, at least."""
        return len(self._rows)

    @property
    def _has_heads(self) -> bool:
        return any(column.head for column in self._columns)

    def _padded(self, cells: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
        for text, width, column in zip(cells, widths, self._columns, strict=True):
            blanks = " " * (width - cell_len(text))
            yield blanks + text if column.right else text + blanks

    def __rich__(self) -> Table:
        from rich.table import Table

        table = Table(
            box=None,
            padding=(0, GAP, 0, 0),
            pad_edge=False,
            header_style="bold",
            show_header=self._has_heads,
        )
        for column in self._columns:
            table.add_column(
                column.head,
                style=column.style,
                justify="right" if column.right else "left",
                no_wrap=not (column.wraps or column.folds),
                overflow="fold" if column.folds else "ellipsis",
            )
        for row in self._rows:
            table.add_row(*(cell.rich_text(wraps=True) for cell in row))
        return table


def cell_len(text: str) -> int:
    """Columns of the screen that a text takes."""
    if re.fullmatch(_NARROW, text):
        return len(text)
    from rich.cells import cell_len as of_any_signs

    return of_any_signs(text)


def height(drawn: Iterable[object]) -> int:
    """Lines of a page, at least."""
    return sum(each.height if isinstance(each, Sheet) else 1 for each in drawn)


def plain_text(drawn: Iterable[RenderableType | Plain], width: int) -> str | None:
    """The text of a whole page without colour; None when Rich is needed for it."""
    lines: list[str] = []
    for each in drawn:
        own = each.plain_lines(width) if isinstance(each, Plain) else None
        if own is None:
            return None
        lines += own
    text = "".join(f"{line.rstrip(' ')}\n" for line in lines)
    return text if lines and printable(text) == text else None


def is_coloured(*, to_file: bool) -> bool:
    """Whether Rich may find that there is colour: on a terminal, or where the environment says so.

    FORCE_COLOR and TTY_COMPATIBLE are Rich's: https://rich.readthedocs.io/en/stable/console.html
    """
    if any(os.environ.get(name) for name in ("FORCE_COLOR", "TTY_COMPATIBLE")):
        return True
    return not to_file and is_terminal(sys.stdout)
