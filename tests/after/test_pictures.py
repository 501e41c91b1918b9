"""What each command draws: whole at every width, nothing missing in the documents."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

from ibcli.domain.order_list import OrderList
from ibcli.render.plain import to_plain
from tests.after import values
from tests.render.conftest import on_screen as on_screen

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from tests.render.conftest import Draw

KINDS: dict[str, Any] = {
    "orders": values.ORDERS,
    "order_detail": values.DETAIL,
    "trades": values.FILLS,
    "positions": values.HOLDINGS,
    "cancel": values.CANCELLING,
    "modify": values.MODIFYING,
    "close": values.CLOSING,
}
TABLES = ("orders", "trades", "positions", "cancel", "close")
LONG = re.compile(r"[\w.,:+-]{5,}")


def renderer(kind: str) -> Any:
    return importlib.import_module(f"ibcli.render.{kind}")


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("kind", KINDS)
def test_pictures(kind: str, width: int, on_screen: Draw, snapshot: SnapshotAssertion) -> None:
    assert on_screen(renderer(kind), KINDS[kind], width) == snapshot


@pytest.mark.parametrize("kind", KINDS)
def test_documents(kind: str, snapshot: SnapshotAssertion) -> None:
    document = to_plain(renderer(kind).document(KINDS[kind]))
    assert simplejson.dumps(document, use_decimal=True, indent=1) == snapshot


@pytest.mark.parametrize("kind", TABLES)
def test_a_row_has_a_cell_for_each_head(kind: str) -> None:
    header, rows = renderer(kind).rows(KINDS[kind])
    rows = [list(row) for row in rows]
    assert rows
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("width", range(80, 170, 9))
def test_no_word_of_a_table_is_cut(kind: str, width: int, on_screen: Draw) -> None:
    whole = on_screen(renderer(kind), KINDS[kind], 400)
    narrow = on_screen(renderer(kind), KINDS[kind], width)
    words = {word for line in _table(narrow) for word in LONG.findall(line)}
    assert words
    assert words <= set(LONG.findall(whole))
    assert max(len(line) for line in _table(narrow)) <= width


def _table(text: str) -> list[str]:
    """The lines of the table: from its head to the first empty line after it."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if "Contract" in line)
    return lines[start : [*lines, ""].index("", start)]


def test_what_is_left_out_is_named(on_screen: Draw) -> None:
    text = " ".join(on_screen(renderer("orders"), values.ORDERS, 80).split())
    assert "Left out for want of width: " in text
    assert "cOID" in text
    assert "Left out" not in on_screen(renderer("orders"), values.ORDERS, 200)


def test_nothing_is_nothing_in_words(on_screen: Draw) -> None:
    empty = OrderList((), "open", values.AS_OF)
    assert "No open orders." in on_screen(renderer("orders"), empty, 80)
    unsure = OrderList((), "open", values.AS_OF, complete=False)
    assert "No open orders" not in on_screen(renderer("orders"), unsure, 80)
    assert "not gathered" in on_screen(renderer("orders"), unsure, 80)


def test_totals_say_what_they_lack(on_screen: Draw) -> None:
    text = on_screen(renderer("trades"), values.FILLS, 120)
    assert "1 execution without one yet" in text
    assert "without 1 execution of which it is not known" in text
