"""What the user sees, pinned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ibcli.domain.contracts import Right
from ibcli.domain.quotes import Feed
from ibcli.render import chain, expiries, quote, search, strikes
from tests.render.values import AS_OF, CHAIN, EXPIRIES, LISTINGS, STRIKES, WATCHLIST

if TYPE_CHECKING:
    from types import ModuleType

    from syrupy.assertion import SnapshotAssertion

    from tests.render.conftest import Draw

KINDS: dict[str, tuple[ModuleType, object]] = {
    "search": (search, LISTINGS),
    "expiries": (expiries, EXPIRIES),
    "strikes": (strikes, STRIKES),
    "quote": (quote, WATCHLIST),
    "chain": (chain, CHAIN),
    "chain with greeks": (chain, replace(CHAIN, greeks=True)),
    "calls alone": (chain, replace(CHAIN, sides=(Right.CALL,))),
    "chain without a price": (chain, replace(CHAIN, underlying_quote=None)),
    "chain that is incomplete": (chain, replace(CHAIN, missing=("bid of ARM 22AUG25 145 C",) * 8)),
    "chain of nothing": (chain, replace(CHAIN, tables=(), other_expiries=())),
}


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("kind", KINDS)
def test_picture(kind: str, width: int, on_screen: Draw, snapshot: SnapshotAssertion) -> None:
    assert on_screen(*KINDS[kind], width) == snapshot


@pytest.mark.parametrize("kind", ["search", "expiries", "strikes", "quote", "chain"])
def test_colours(kind: str, on_screen: Draw, snapshot: SnapshotAssertion) -> None:
    assert on_screen(*KINDS[kind], 160, colour=True) == snapshot


@pytest.mark.parametrize("kind", KINDS)
def test_document(kind: str, snapshot: SnapshotAssertion) -> None:
    renderer, data = KINDS[kind]
    assert renderer.document(data) == snapshot


@pytest.mark.parametrize("kind", KINDS)
def test_rows_have_a_cell_for_each_head(kind: str) -> None:
    renderer, data = KINDS[kind]
    header, rows = renderer.rows(data)
    assert len(set(header)) == len(header)
    for row in rows:
        assert len(row) == len(header)


def test_unlike_feeds_are_named_apart(on_screen: Draw) -> None:
    assert CHAIN.underlying_quote is not None
    delayed = replace(CHAIN.underlying_quote, feed=Feed.DELAYED)
    title = on_screen(chain, replace(CHAIN, underlying_quote=delayed), 100).splitlines()[1]
    assert title.startswith("underlying DELAYED  options LIVE  Mon 18 Aug 2025 10:23:04 New York")


def test_old_quotes_are_called_old(on_screen: Draw) -> None:
    late = replace(CHAIN, as_of=AS_OF.replace(hour=17))
    assert "The oldest quote is 3 h old." in on_screen(chain, late, 100)
    assert "oldest" not in on_screen(chain, CHAIN, 100)
