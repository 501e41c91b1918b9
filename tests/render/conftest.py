"""Drawing as on a terminal, in a pipe, and without colour."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from rich.console import Console, Group

from ibcli.render.page import Safe

if TYPE_CHECKING:
    from types import ModuleType

Draw = Callable[..., str]


@pytest.fixture
def on_screen() -> Draw:
    """The text of a drawing at a width; ``colour`` gives it a terminal with all colours."""

    def draw(renderer: ModuleType, data: object, width: int, *, colour: bool = False) -> str:
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
            console.print(Safe(Group(*renderer.draw(data, width))))
        return "\n".join(line.rstrip() for line in capture.get().splitlines())

    return draw
