"""Listings, strikes and contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ibcli.broker.decode import (
    decode_contract_info,
    decode_definitions,
    decode_listings,
    decode_option_info,
    decode_strikes,
)
from ibcli.domain.contracts import OptionContract, Right
from ibcli.errors import RefusedError
from tests.decode.answers import (
    DEFINITIONS,
    OLD_SEARCH,
    OPTION_CONTRACT_INFO,
    SEARCH,
    STOCK_INFO,
    info_row,
)

ARM = 653400472


def test_listings_in_the_brokers_order() -> None:
    canadian, real, bond = decode_listings(SEARCH).rows
    assert (canadian.conid, canadian.exchange, canadian.tradable) == (677037674, "TSE", False)
    assert (real.conid, real.exchange, real.tradable) == (ARM, "NASDAQ", True)
    assert real.option_months == ("AUG25", "SEP25", "JAN26")
    assert real.sections[0].exchanges == ("SMART",)
    assert real.restricted == "CFD"
    assert (bond.conid, bond.symbol, bond.name) == (2147483647, None, "Corporate Fixed Income")


def test_the_older_shape_of_a_search() -> None:
    (listing,) = decode_listings(OLD_SEARCH).rows
    assert listing.option_months == ("MAR24", "APR24")


def test_rows_that_cannot_be_read_are_reported_beside_the_others() -> None:
    read = decode_listings([{"conid": "x\x1b[2J"}, 7, None, *SEARCH])
    assert len(read.rows) == 3
    assert read.odd[0] == "a row about a symbol search could not be read: conid = 'x'"
    assert len(read.odd) == 3


def test_sections_of_odd_forms_are_left_out() -> None:
    sections: list[object] = [None, 3, {"secType": None}, {"secType": "OPT", "months": 5}]
    (listing,) = decode_listings([{"conid": "1", "sections": sections}]).rows
    assert [s.sec_type for s in listing.sections] == ["OPT"]
    assert listing.option_months == ()
    (bare,) = decode_listings([{"conid": 1, "sections": "OPT"}]).rows
    assert bare.sections == ()


def test_months_of_any_form_become_one_and_unknown_ones_stay() -> None:
    sections = [{"secType": "OPT", "months": "aug25; SEP2025;202510;;WHEN"}]
    (listing,) = decode_listings([{"conid": "1", "sections": sections}]).rows
    assert listing.option_months == ("AUG25", "SEP25", "OCT25", "WHEN")


def test_strikes_become_exact_and_sorted() -> None:
    read = decode_strikes({"call": [Decimal("215.0"), 2.5, "217.5", 212.5], "put": [6400]})
    assert [str(strike) for strike in read.calls] == ["2.5", "212.5", "215", "217.5"]
    assert [str(strike) for strike in read.puts] == ["6400"]
    assert read.both[-1] == 6400


@pytest.mark.parametrize("answer", [{}, {"call": [], "put": []}, {"call": None}, None, []])
def test_no_strikes(answer: object) -> None:
    assert decode_strikes(answer).both == ()


def test_strikes_that_cannot_be_read_are_reported() -> None:
    read = decode_strikes({"call": ["x", -5, None, 0, True, 10**9, 215.0], "put": "y"})
    assert read.calls == (Decimal(215),)
    assert len(read.odd) == 5
    assert read.odd[-1] == "no put strikes were told"


def test_both_sides_of_every_expiry_of_a_month() -> None:
    answer = [info_row(1, "C", "20250822"), info_row(2, "P", "20250829", tradingClass="2ARM")]
    first, second = decode_option_info(answer, ARM).rows
    assert first == OptionContract(
        conid=1,
        underlying_conid=ARM,
        symbol="ARM",
        trading_class="ARM",
        expiry=date(2025, 8, 22),
        strike=Decimal(143),
        right=Right.CALL,
        multiplier=Decimal(100),
        currency="USD",
        exchanges=("SMART", "AMEX", "CBOE"),
    )
    assert (second.trading_class, second.expiry.day, second.right) == ("2ARM", 29, Right.PUT)
    assert first.key != second.key


def test_two_trading_classes_on_one_day_are_two_contracts() -> None:
    bare = {"symbol": "SPX", "maturityDate": "20260917", "right": "P", "strike": 7000}
    answer = [{**bare, "conid": n, "tradingClass": c} for n, c in ((1, "SPX"), (2, "SPXW"))]
    one, other = decode_option_info(answer, 416904).rows
    assert one.key != other.key
    assert one.multiplier is None


def test_a_lone_contract_may_be_an_object() -> None:
    assert len(decode_option_info(info_row(1, "C", "20250822"), ARM).rows) == 1
    assert decode_option_info({}, ARM).rows == ()
    assert decode_option_info([], ARM).rows == ()


def test_what_is_no_option_is_reported() -> None:
    read = decode_option_info(STOCK_INFO, ARM)
    assert read.rows == ()
    assert len(read.odd) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"conid": None},
        {"strike": "x"},
        {"strike": 0},
        {"right": "?"},
        {"maturityDate": "20250231"},
        {"maturityDate": None},
        {"tradingClass": ""},
    ],
)
def test_a_contract_without_one_of_its_terms_is_reported(change: dict[str, object]) -> None:
    rows = [{**info_row(1, "C", "20250822"), **change}, info_row(2, "P", "20250822")]
    read = decode_option_info(rows, ARM)
    assert [contract.conid for contract in read.rows] == [2]
    assert next(iter(change)) in read.odd[0]


def test_contract_info_of_an_option_tells_its_trading_class() -> None:
    read = decode_contract_info(OPTION_CONTRACT_INFO)
    assert read.underlying_conid == 416904
    contract = read.instrument.contract
    assert contract is not None
    assert contract.key == (416904, "SPXW", date(2025, 9, 19), Decimal(6400), Right.PUT)
    assert read.instrument.name == "S&P 500 STOCK INDEX"


def test_definitions_of_a_stock_and_an_option() -> None:
    stock, option = decode_definitions(DEFINITIONS).rows
    assert stock.instrument.symbol == "SPY"
    assert stock.instrument.name == "SPDR S&P 500 ETF TRUST"
    assert stock.underlying_conid is None
    assert option.underlying_conid == 416904
    assert option.instrument.sec_type == "OPT"
    assert option.instrument.contract is None  # its trading class is not told


def test_a_definition_with_an_occ_symbol_tells_the_class() -> None:
    row = {**DEFINITIONS["secdef"][1], "fullName": "SPX SEP2025 6400 P [SPXW  250919P06400000 100]"}
    (read,) = decode_definitions([row]).rows
    assert read.instrument.contract is not None
    assert read.instrument.contract.trading_class == "SPXW"


@pytest.mark.parametrize("answer", ["x", 1, [1], {"con_id": None}])
def test_an_unknown_form_of_contract_info_is_refused(answer: object) -> None:
    with pytest.raises(RefusedError) as caught:
        decode_contract_info(answer)
    assert caught.value.code == "unexpected-answer"
