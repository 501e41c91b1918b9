"""Drawing as on a terminal, in a pipe, and without colour."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console, Group

from ibcli.render.page import Safe

if TYPE_CHECKING:
    from collections.abc import Iterable

Draw = Callable[..., str]


def drawn_by_rich(drawn: Iterable[Any], width: int, *, colour: bool = False) -> str:
    """Text at a width; ``colour`` gives it a terminal with all colours."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )
    with console.capture() as capture:
        console.print(Safe(Group(*drawn)))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


@pytest.fixture
def on_screen() -> Draw:
    """The text of a renderer's drawing at a width."""

    def draw(renderer: Any, data: object, width: int, *, colour: bool = False) -> str:
        return drawn_by_rich(renderer.draw(data, width), width, colour=colour)

    return draw
