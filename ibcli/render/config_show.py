"""The settings in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render.numbers import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.config import Entry


_WIDE = 70  # columns for names and most values


def document(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One object a setting; the value of a secret is masked, null means not set."""
    return [
        {"name": e.name, "value": e.value, "origin": e.origin, "secret": e.secret} for e in entries
    ]


def rows(entries: Sequence[Entry]) -> tuple[list[str], Iterator[list[object]]]:
    """One row a setting."""
    return ["name", "value", "origin", "secret"], (
        [entry.name, entry.value, entry.origin, entry.secret] for entry in entries
    )


def draw(entries: Sequence[Entry], width: int) -> Iterator[RenderableType]:
    """A table; an env file is named once, below it, unless there is room for it in each line."""
    from ibcli.render.grid import prose
    from ibcli.render.lines import Line, Sheet

    file = next((e.value for e in entries if e.name == "IBCLI_ENV_FILE" and e.value), None)
    named = file is None or width >= _WIDE + len(file)
    table = Sheet()
    table.add_column("Setting")
    table.add_column("Value", folds=True)
    table.add_column("From", folds=True)
    for entry in entries:
        given = entry.origin not in {"default", "not set"}
        origin = _origin(entry, None if named else file)
        cells = (entry.name, MISSING if entry.value is None else entry.value, origin)
        table.add_row(*(Line(cell, "" if given else "dim") for cell in cells))
    yield table
    if not named:
        yield prose(f"env file: {file}")


def _origin(entry: Entry, file: str | None) -> str:
    return entry.origin if file is None else entry.origin.replace(file, "env file", 1)
