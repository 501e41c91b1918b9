"""A chain at every width: one line a row, no digit lost, and a word about what is left out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ibcli.render import chain
from tests.render.values import CHAIN

if TYPE_CHECKING:
    from tests.render.conftest import Draw

NUMBER = re.compile(r"-?\d[\d,.]*[%ch]?")


@pytest.mark.parametrize("greeks", [False, True])
@pytest.mark.parametrize("width", [*range(40, 170, 7), 400])
def test_rows_never_wrap_and_numbers_are_whole(width: int, greeks: bool, on_screen: Draw) -> None:
    data = replace(CHAIN, greeks=greeks)
    whole = set(NUMBER.findall(on_screen(chain, data, 400)))
    lines = on_screen(chain, data, width).splitlines()
    rows = [line for line in lines if re.search(r"\b1(37|40|42|45)\.[05]\b", line)]
    assert len(rows) == 4
    assert {number for row in rows for number in NUMBER.findall(row)} <= whole
    if width >= 48:
        assert max(len(line) for line in rows) <= width


@pytest.mark.parametrize("width", [50, 60, 70, 80, 90, 100])
def test_every_absent_column_is_named(width: int, on_screen: Draw) -> None:
    text = on_screen(chain, replace(CHAIN, greeks=True), width)
    heads = next(line for line in text.splitlines() if "Strike" in line).split()
    sentence = re.search(r"Left out for want of width: ([^.]*)\.", " ".join(text.split()))
    assert sentence is not None
    shown = {head for head in heads if head != "Strike"}
    assert shown | set(sentence[1].split(", ")) == {
        "Bid", "Ask", "Last", "Vol", "OI", "IV", "Delta", "Gamma", "Theta", "Vega",
    }  # fmt: skip
    assert {"Bid", "Ask"} <= shown


def test_nothing_is_left_out_of_a_wide_one(on_screen: Draw) -> None:
    assert "Left out" not in on_screen(chain, replace(CHAIN, greeks=True), 160)


def test_the_money_is_marked_without_colour(on_screen: Draw) -> None:
    text = on_screen(chain, CHAIN, 80)
    assert "▸140.0◂" in text
    assert "shaded" not in text


def test_shading_sets_both_colours(on_screen: Draw) -> None:
    text = on_screen(chain, CHAIN, 100, colour=True)
    assert "shaded: in the money" in text
    grounds = re.findall(r"\x1b\[([0-9;]*48;2;[0-9;]*)m", text)
    assert grounds
    assert all("38;2;" in ground for ground in grounds)
