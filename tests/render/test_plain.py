"""What is printed without Rich is what Rich would have printed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len as rich_cell_len

from ibcli.domain.ledger import Act, Entry, Kind, Pages
from ibcli.render import config_show, journal
from ibcli.render.grid import line, prose
from ibcli.render.lines import Line, Sheet, cell_len, plain_text
from tests.after.test_pictures import KINDS as AFTER
from tests.after.test_pictures import renderer
from tests.render.conftest import drawn_by_rich
from tests.render.test_config_show import ENTRIES
from tests.render.test_pictures import KINDS

if TYPE_CHECKING:
    from tests.render.conftest import Draw

WIDTHS = (40, 60, 80, 100, 120, 160, 250)
AT = datetime(2025, 8, 18, 15, tzinfo=UTC)
NOTED = Entry(
    number=1,
    at=AT,
    market_at=AT,
    account="DU1234567",
    day=date(2025, 8, 18),
    act=Act.PLACE,
    kind=Kind.DOUBT,
    cause="the connection was cut: " + "whether it arrived is not known; " * 4,
    detail={},
    order_id=912091175,
    job="order-spy-both",
    run=2,
    leg=1,
)
PAGES = Pages(Path("/state/journal.sqlite"), (NOTED, NOTED), total=2)
DRAWN: dict[str, tuple[Any, object]] = {
    **KINDS,
    **{kind: (renderer(kind), data) for kind, data in AFTER.items()},
    "config show": (config_show, ENTRIES),
    "journal": (journal, PAGES),
}


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", DRAWN)
def test_plain_text_is_what_rich_prints(kind: str, width: int, on_screen: Draw) -> None:
    renderer, data = DRAWN[kind]
    text = plain_text(renderer.draw(data, width), width)
    if width == max(WIDTHS):
        assert text is not None, "nothing has to wrap at this width"
    if text is not None:
        assert trimmed(text) == on_screen(renderer, data, width)


WORDS = st.lists(st.text("ab–▸─é", min_size=1), max_size=3).map(" ".join)
CELLS = st.lists(WORDS, min_size=1, max_size=2).map("\n".join)


@given(st.lists(CELLS, min_size=4, max_size=4), st.integers(1, 60))
def test_sheets_are_what_rich_prints(texts: list[str], width: int) -> None:
    sheet = Sheet()
    sheet.add_column("Head", right=True)
    sheet.add_column("", wraps=True)
    sheet.add_row(texts[0], Line(texts[1], "bold"))
    sheet.add_row(*texts[2:])
    text = plain_text([sheet], width)
    if text is not None:
        assert trimmed(text) == drawn_by_rich([sheet], width)


@pytest.mark.parametrize(
    "drawn",
    [
        prose("twelve words or so, of which the last ones have no room"),
        line("a bell rings: \a"),
        line("a name that turns the writing: \u202e"),
        "[bold]words of Rich's own[/bold]",
    ],
)
def test_what_needs_rich_is_left_to_it(drawn: Any) -> None:
    assert plain_text([line("before"), drawn], 40) is None


def test_a_cell_of_two_lines_makes_two() -> None:
    sheet = Sheet()
    sheet.add_column()
    sheet.add_column(wraps=True)
    sheet.add_row("✗", Line("no key").append("\nMake one.", "default"))
    text = plain_text([sheet], 80)
    assert text == "✗  no key\n   Make one.\n"
    assert trimmed(text) == drawn_by_rich([sheet], 80)


@given(st.text(st.characters(max_codepoint=0x3FF, exclude_categories=["Cc", "Cs"])))
def test_widths_are_those_of_rich(text: str) -> None:
    assert cell_len(text) == rich_cell_len(text)


def test_our_own_signs_are_narrow() -> None:
    signs = "–…▸◂▲▼✓✗─" + "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x300))))
    assert {sign for sign in signs if cell_len(sign) != rich_cell_len(sign)} == set()
