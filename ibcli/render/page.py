"""Rich renderables to text: in colour for a terminal, plain for a pipe or a file, or as SVG."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING, Literal, cast

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.terminal_theme import MONOKAI, TerminalTheme

from ibcli.render.streams import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

ColorSystem = Literal["auto", "standard", "256", "truecolor", "windows"]
_TRAILING_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)
_FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class Safe:
    """What is drawn, with control characters made visible."""

    def __init__(self, inner: RenderableType) -> None:
        self.inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self.inner, options):
            if control:
                yield Segment(text, style, control)
                continue
            yield Segment(printable(text), style)


def screen(drawn: Iterable[RenderableType], width: int, *, to_file: bool = False) -> str:
    """Text as stdout takes it now: colours on a terminal unless NO_COLOR is set, none elsewhere."""
    seen = Console(file=io.StringIO() if to_file or sys.stdout is None else sys.stdout)
    page = io.StringIO()
    console = Console(
        file=page,
        width=width,
        force_terminal=seen.is_terminal,
        color_system=cast("ColorSystem | None", seen.color_system),
        no_color=seen.no_color,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(Safe(Group(*drawn)))
    text = page.getvalue()
    return text if seen.is_terminal else _TRAILING_BLANKS.sub("", text)


def on_stderr(drawn: Iterable[RenderableType], width: int) -> None:
    """Print beside the data: in colour where stderr is a terminal, unless NO_COLOR is set."""
    console = Console(
        stderr=True, width=width, markup=False, highlight=False, emoji=False, legacy_windows=False
    )
    console.print(Safe(Group(*drawn)))


def svg(
    drawn: Iterable[RenderableType], width: int, *, title: str, theme: TerminalTheme = MONOKAI
) -> str:
    """A picture; it names no font from elsewhere, so that it shows the same without a network."""
    console = Console(
        file=io.StringIO(),
        width=width,
        record=True,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )
    console.print(Safe(Group(*drawn)))
    text = console.export_svg(title=title, theme=theme)
    return _FONT_FACES.sub("", text).replace("Fira Code, monospace", "monospace")
