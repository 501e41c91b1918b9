"""Rows about anything else than what was asked are left out, and named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibcli.broker.decode import (
    Question,
    belonging,
    decode_listings,
    decode_option_info,
    decode_quote,
    decode_strikes,
    raw_rows,
)
from ibcli.domain.months import Month
from ibcli.errors import RefusedError
from tests.decode.answers import info_row

ARM = 653400472
ASKED = Question("ARM", Month(2025, 8), Decimal(143))


def told(*rows: dict[str, object]) -> tuple[list[int], tuple[str, ...]]:
    """The conids that are kept, and what is said of the others."""
    read = belonging(decode_option_info(list(rows), ARM), ASKED)
    return [contract.conid for contract in read.rows], read.odd


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"symbol": "AAPL"}, "it is one of AAPL, not of ARM"),
        ({"strike": 500.0}, "strike 143 was asked for"),
        ({"maturityDate": "20251219"}, "month AUG25 was asked for"),
        ({"maturityDate": "20240816"}, "month AUG25 was asked for"),
    ],
)
def test_a_row_about_something_else_is_left_out(change: dict[str, object], reason: str) -> None:
    kept, odd = told({**info_row(1, "C", "20250822"), **change}, info_row(2, "P", "20250822"))
    assert kept == [2]
    assert len(odd) == 1
    assert reason in odd[0]


def test_an_adjusted_class_and_a_holiday_at_the_end_of_the_month_belong() -> None:
    adjusted = {**info_row(1, "C", "20250822"), "tradingClass": "ARM1"}
    assert told(adjusted, info_row(2, "C", "20250731")) == ([1, 2], ())


def test_a_share_class_may_be_written_in_any_way() -> None:
    row = {**info_row(1, "C", "20250822"), "symbol": "BRK.B"}
    asked = Question("BRK B", ASKED.month, ASKED.strike)
    assert belonging(decode_option_info([row], 1), asked).odd == ()


def test_two_conids_for_one_contract_are_both_left_out() -> None:
    kept, odd = told(info_row(1, "C", "20250822"), info_row(2, "C", "20250822"))
    assert kept == []
    assert len(odd) == 2
    assert "conid 1 is not the only one" in odd[0]


def test_one_conid_for_two_contracts_is_left_out() -> None:
    kept, odd = told(info_row(1, "C", "20250822"), info_row(1, "P", "20250822"))
    assert kept == []
    assert "its conid 1 stands for others too" in odd[0]


def test_the_same_row_twice_is_one() -> None:
    assert told(info_row(1, "C", "20250822"), info_row(1, "C", "20250822")) == ([1], ())


@pytest.mark.parametrize("answer", [None, {}, [1, 2], [{}], [None], {"a": 1}, [[[]]]])
def test_only_an_empty_list_says_that_a_symbol_is_unknown(answer: object) -> None:
    assert decode_listings([]).rows == ()
    with pytest.raises(RefusedError) as caught:
        decode_listings(answer)
    assert caught.value.code == "unexpected-answer"


def test_strikes_of_one_side_alone_are_no_whole_answer() -> None:
    assert decode_strikes({"call": [143.0]}).odd == ("no put strikes were told",)
    assert decode_strikes({"call": [143.0], "put": []}).odd == ()


@pytest.mark.parametrize("value", ["1.2K", "3M", "38.5%"])
def test_a_price_is_neither_abbreviated_nor_a_percentage(value: str) -> None:
    read = decode_quote(1, {"84": value, "31": f"C{value}"})
    assert (read.bid, read.last) == (None, None)
    assert len(read.odd) == 2


def test_a_size_may_be_abbreviated_but_is_no_percentage() -> None:
    assert decode_quote(1, {"88": "1.2K"}).bid_size == 1200
    assert decode_quote(1, {"88": "12%"}).odd == ("field 88 = '12%'",)
    assert decode_quote(1, {"7633": "1.2K"}).implied_volatility is None


def test_a_row_of_two_conids_is_nobodys() -> None:
    assert raw_rows([{"conid": 1, "conidEx": "2", "31": "5"}]) == {}
    assert list(raw_rows([{"conid": 1, "conidEx": "1@SMART"}, {"conidEx": "3"}])) == [1, 3]
