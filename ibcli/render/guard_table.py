"""The trader's limits, each with the value that it was held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.render.grid import DIM, Cell, grid, grid_width, prose
from ibcli.render.outcome import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.domain.order_preview import GuardCheck

_LONG = 30  # characters of a limit's value


def guard_table(guards: Sequence[GuardCheck], width: int) -> Iterator[RenderableType]:
    """Each limit with its value; what is crossed stands out without colour too.

    Where a value has no room on its line, it stands below all of them.
    """
    rows = [_row(guard, guard.value) for guard in guards]
    head = [Cell("Guard", left=True), Cell(""), Cell("Value", left=True), Cell("Limit", left=True)]
    long: list[GuardCheck] = []
    if grid_width([head, *rows]) > width:
        long = [guard for guard in guards if len(guard.value) > _LONG]
        rows = [_row(g, "see below" if g in long else g.value) for g in guards]
    if grid_width([head, *rows], 1) > width:
        for guard in guards:
            yield prose(_sentence(guard))
        return
    gap = 2 if grid_width([head, *rows]) <= width else 1
    yield from grid([head, *rows], gap)
    for guard in long:
        yield prose(f"{guard.setting}: {guard.what} is {guard.value}.")


def _sentence(guard: GuardCheck) -> str:
    refused = "" if guard.ok else ", refused"
    return f"{guard.setting}: {guard.value} (limit {guard.limit or 'none'}{refused})"


def _row(guard: GuardCheck, value: str) -> list[Cell]:
    mark, style = MARKS["ok" if guard.ok else "failed"]
    if guard.limit is None:
        mark, style = "-", DIM
    return [
        Cell(guard.setting, "" if guard.ok else style, left=True),
        Cell(mark, style),
        Cell(value, "" if guard.ok else style, left=True),
        Cell((guard.limit or "none") + ("" if guard.ok else "  refused"), left=True),
    ]
