"""The ways to name what is quoted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.domain.contracts import OptionContract, Right, format_occ
from ibcli.domain.symbols import (
    Conid,
    OptionTerms,
    Ticker,
    parse_occ,
    parse_symbol,
    parse_what,
    tidy,
)
from ibcli.errors import UsageError

ARM_143_CALL = OptionTerms("ARM", date(2025, 8, 22), Decimal(143), Right.CALL)

ROOTS = st.from_regex(r"[A-Z][A-Z0-9]{0,5}", fullmatch=True)
STRIKES = st.integers(1, 99_999_999).map(lambda thousandths: tidy(Decimal(thousandths) / 1000))
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(ROOTS, DAYS, STRIKES, st.sampled_from(Right))
def test_an_occ_symbol_reads_back_with_and_without_its_blanks(
    root: str, day: date, strike: Decimal, right: Right
) -> None:
    terms = OptionTerms(root, day, strike, right, strict=True)
    symbol = format_occ(root, day, strike, right)
    assert len(symbol) == 21
    assert parse_occ(symbol) == terms
    assert parse_what(symbol.replace(" ", "")) == terms
    assert parse_what(symbol.lower()) == terms


@given(ROOTS, DAYS, STRIKES, st.sampled_from(Right))
def test_the_words_of_terms_read_back(root: str, day: date, strike: Decimal, right: Right) -> None:
    terms = OptionTerms(root, day, strike, right)
    assert parse_what(str(terms)) == terms
    assert parse_what(f"{root.lower()} {day} {right.word} {strike}") == terms


@pytest.mark.parametrize(
    "words",
    [
        "ARM 22AUG25 143 C",
        "arm 2025-08-22 143 call",
        "ARM 20250822 143.000 Call",
        "ARM 22 Aug 2025 143 C",
        "ARM   AUG 22 '25 143 Call",
        "ARM 22AUG25 143C",
        "ARM 22AUG25 C143",
        "  ARM  250822  C  143 ",
    ],
)
def test_words_for_one_option(words: str) -> None:
    assert parse_what(words) == ARM_143_CALL


def test_strikes_keep_their_thousandths_and_may_have_commas() -> None:
    fine = parse_what("ARM   250822P00142505")
    assert isinstance(fine, OptionTerms)
    assert (str(fine.strike), fine.right) == ("142.505", Right.PUT)
    index = parse_what("SPXW 2025-08-22 6,400 put")
    assert isinstance(index, OptionTerms)
    assert str(index.strike) == "6400"


def test_conids_and_symbols() -> None:
    assert parse_what("804155360") == Conid(804155360)
    assert parse_what("arm") == Ticker("ARM")
    assert parse_what("C") == Ticker("C")
    assert {parse_what(w) for w in ("BRK B", "brk.b", "BRK/B", " BRK  B ")} == {Ticker("BRK B")}
    assert parse_symbol("brk.b") == "BRK B"


@pytest.mark.parametrize(
    "word",
    [
        "",
        "   ",
        "0",
        "2147483647",
        "99999999999999999999999999",
        "1" * 5000,
        "AR!M",
        "\x1b[31mARM",
        "--",
        "ÄRM",
        "A B C",
        "ARM 22AUG25 0 C",
        "ARM 31JUN25 143 C",
        "ARM 22AUG25 143",
    ],
)
def test_what_names_nothing_is_refused_with_an_example(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_what(word)
    assert "ARM" in caught.value.hint


@pytest.mark.parametrize("word", ["22AUG25", "2025-08-22", "250822C00143000", "143C", "143 C"])
def test_a_piece_of_an_unquoted_option_is_recognised(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_what(word)
    assert "quotes" in caught.value.hint


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_what(text)
    except UsageError:
        return


@pytest.mark.parametrize(
    ("root", "symbols"),
    [
        ("ARM", ("ARM",)),
        ("SPXW", ("SPXW", "SPX")),
        ("NDXP", ("NDXP", "NDX")),
        ("BRKB", ("BRKB", "BRK B")),
        ("ARM1", ("ARM1", "ARM")),
        ("BRK B", ("BRK B",)),
        ("V", ("V",)),
    ],
)
def test_where_the_underlying_of_a_root_may_be_listed(root: str, symbols: tuple[str, ...]) -> None:
    terms = OptionTerms(root, date(2025, 8, 22), Decimal(1), Right.CALL)
    assert terms.underlying_symbols == symbols


def test_tidy_numbers_print_as_people_write_them() -> None:
    written = [str(tidy(Decimal(n))) for n in ("220.0", "1E+3", "0.50", "6400", "142.505")]
    assert written == ["220", "1000", "0.5", "6400", "142.505"]


def test_a_contract_names_itself_so_that_it_can_be_asked_for() -> None:
    contract = OptionContract(
        1, 2, "SPX", "SPXW", date(2025, 9, 5), Decimal("6400.5"), Right.PUT, Decimal(100)
    )
    assert contract.words == "SPXW 05SEP25 6400.5 P"
    assert contract.occ_symbol == "SPXW  250905P06400500"
    by_words, by_occ = parse_what(contract.words), parse_what(contract.occ_symbol)
    assert isinstance(by_words, OptionTerms)
    assert isinstance(by_occ, OptionTerms)
    assert (by_words.expiry, by_words.strike) == (by_occ.expiry, by_occ.strike)
