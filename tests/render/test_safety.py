"""The broker's words are shown as words: no markup, no escape sequences, no formulas run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ibcli.render import chain, quote, search
from tests.render.values import ARM, CHAIN, WATCHLIST

if TYPE_CHECKING:
    from tests.render.conftest import Draw

NASTY = "[red]EVIL[/red]\x1b]0;owned\x07\u202e:smile:\r"


@pytest.mark.parametrize("width", [80, 160])
def test_names_are_shown_as_they_are(width: int, on_screen: Draw) -> None:
    listing = replace(ARM, name=NASTY, exchange=None)
    drawings = [
        on_screen(search, (listing,), 160, colour=True),
        on_screen(chain, replace(CHAIN, underlying=listing), 160, colour=True),
        on_screen(
            quote,
            replace(WATCHLIST, rows=(replace(WATCHLIST.rows[4], what=NASTY),)),
            width,
            colour=True,
        ),
    ]
    for text in drawings:
        assert "[red]EVIL[/red]" in text
        assert ":smile:" in text
        assert "\x1b]" not in text
        assert not set(text) & {"\x07", "\r", "\u202e"}
