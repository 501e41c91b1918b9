"""The files and folders in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render.numbers import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from ibcli.config.places import Place


def document(places: Sequence[Place]) -> list[dict[str, Any]]:
    """One object a place; ``path`` is null when the settings name none."""
    return [
        {"name": p.name, "path": str(p.path) if p.path else None, "exists": p.exists}
        for p in places
    ]


def rows(places: Sequence[Place]) -> tuple[list[str], Iterator[list[object]]]:
    """One row a place."""
    return ["name", "path", "exists"], (
        [place.name, str(place.path) if place.path else None, place.exists] for place in places
    )


def draw(places: Sequence[Place], width: int) -> Iterator[RenderableType]:
    """A table; what does not exist is said to be missing."""
    from ibcli.render.lines import Line, Sheet

    del width
    table = Sheet()
    table.add_column()
    table.add_column(folds=True)
    for place in places:
        words = Line(str(place.path) if place.path else MISSING)
        if place.path and not place.exists:
            words.append("  (not there)", "dim")
        table.add_row(place.name, words)
    yield table
