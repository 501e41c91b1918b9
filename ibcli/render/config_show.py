"""The settings in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render.numbers import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.config import Entry


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
    """A table."""
    from rich.table import Table
    from rich.text import Text

    del width
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("Setting", no_wrap=True)
    table.add_column("Value", overflow="fold")
    table.add_column("From", overflow="fold")
    for entry in entries:
        given = entry.origin not in {"default", "not set"}
        table.add_row(
            Text(entry.name, style="" if given else "dim"),
            Text(MISSING if entry.value is None else entry.value, style="" if given else "dim"),
            Text(entry.origin, style="" if given else "dim"),
        )
    yield table
