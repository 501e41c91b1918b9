"""Quotes over the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.fields import parse_fields
from ibcli.domain.contracts import Right
from ibcli.domain.quotes import LastKind
from ibcli.domain.symbols import parse_what
from ibcli.errors import IncompleteError, NotFoundError
from ibcli.trading.quotes import quotes

if TYPE_CHECKING:
    from ibcli.domain.watchlist import Watchlist
    from ibcli.trading.outcome import Outcome
    from tests.trading.conftest import Desk

CALL_143, CALL_145, ARM = 804155360, 796812614, 653400472


def quote(
    desk: Desk, *words: str, fields: str = "", require: str = "", seconds: float = 20
) -> Outcome[Watchlist]:
    with desk.client(seconds) as client:
        return quotes(
            client,
            [(word, parse_what(word)) for word in words],
            fields=parse_fields(fields) if fields else None,
            required=parse_fields(require) if require else (),
        )


def conids(found: Outcome[Watchlist]) -> list[int | None]:
    return [row.instrument.conid if row.instrument else None for row in found.data.rows]


def test_every_way_to_name_a_contract(shared_desk: Desk) -> None:
    words = (str(CALL_143), "ARM   250822C00143000", "arm250822c00143000", "ARM 22AUG25 143 C")
    found = quote(shared_desk, *words)
    assert conids(found) == [CALL_143] * 4
    assert [row.what for row in found.data.rows] == list(words)
    assert len({row.quote for row in found.data.rows}) == 1


def test_rows_come_in_the_order_of_the_words(shared_desk: Desk) -> None:
    found = quote(shared_desk, "ARM 22AUG25 145 C", "SPX", str(CALL_143), "ARM")
    assert conids(found) == [CALL_145, 416904, CALL_143, ARM]
    prices = [row.quote.last for row in found.data.rows if row.quote]
    assert len(prices) == 4
    assert None not in prices


def test_a_bare_conid_of_an_option_on_a_fresh_machine(fresh_desk: Desk) -> None:
    """Its underlying must have been searched for in the session, or no data would come."""
    (row,) = quote(fresh_desk, str(CALL_143)).data.rows
    assert row.instrument is not None
    contract = row.instrument.contract
    assert contract is not None
    assert (contract.words, contract.right) == ("ARM 22AUG25 143 C", Right.CALL)
    assert row.quote is not None
    assert row.quote.bid is not None
    assert row.quote.ask is not None
    assert row.quote.delta is not None
    assert row.quote.last_kind is LastKind.TRADE
    assert abs(row.quote.last - Decimal("1.60")) < Decimal("0.5") if row.quote.last else False
    before = fresh_desk.lookups()
    definitions = fresh_desk.count("/trsrv/secdef") + fresh_desk.count("/info")
    quote(fresh_desk, str(CALL_143))
    assert fresh_desk.lookups() == before
    assert fresh_desk.count("/trsrv/secdef") + fresh_desk.count("/info") == definitions


def test_many_conids_take_one_request_a_hundred(shared_desk: Desk) -> None:
    words = ["ARM", "SPY", "QQQ", "TSLA", "NVDA", "MSFT", "AAPL", str(CALL_143), str(CALL_145)]
    quote(shared_desk, *words)
    before = shared_desk.count("/iserver/marketdata/snapshot")
    found = quote(shared_desk, *words)
    assert None not in conids(found)
    assert shared_desk.count("/iserver/marketdata/snapshot") == before + 1


def test_an_unknown_one_among_several_is_named_and_the_others_shown(shared_desk: Desk) -> None:
    found = quote(shared_desk, "999999", "ARM", "ARM 22AUG25 143.7 C", "QQZZX")
    assert conids(found) == [None, ARM, None, None]
    assert isinstance(found.error, NotFoundError)
    for word in ("999999", "143.7", "QQZZX"):
        assert word in found.error.message


@pytest.mark.parametrize(
    ("word", "code", "hint"),
    [
        ("999999", "unknown-conid", "search"),
        ("QQZZX", "unknown-symbol", "--name"),
        ("ARM 22AUG25 143.7 C", "unknown-strike", "143, 144"),
        ("ARM 21AUG25 143 C", "unknown-expiry", "2025-08-22"),
        ("ARM 20MAR26 143 C", "unknown-month", "FEB26"),
        ("SPXW  250919P06401000", "unknown-strike", "6400"),
        ("SPX   250926P06400000", "unknown-class", "SPXW"),
        ("SPX   250919P06401000", "unknown-strike", "6400"),
    ],
)
def test_what_is_not_known_names_the_nearest(
    shared_desk: Desk, word: str, code: str, hint: str
) -> None:
    with pytest.raises(NotFoundError) as caught:
        quote(shared_desk, word)
    assert caught.value.code == code
    assert hint in caught.value.hint


def test_a_root_finds_its_underlying_and_its_class(shared_desk: Desk) -> None:
    found = quote(shared_desk, "SPXW  250918P06450000", "SPX   250918P06450000")
    classes = [
        row.instrument.contract.trading_class
        for row in found.data.rows
        if row.instrument and row.instrument.contract
    ]
    assert classes == ["SPXW", "SPX"]
    assert len(set(conids(found))) == 2


def test_words_take_the_class_that_is_there(shared_desk: Desk) -> None:
    """On most days SPX has but its weekly class; when it has both, its own name wins."""
    found = quote(shared_desk, "SPX 19SEP25 6400 P", "SPX 18SEP25 6450 P")
    classes = [
        row.instrument.contract.trading_class
        for row in found.data.rows
        if row.instrument and row.instrument.contract
    ]
    assert classes == ["SPXW", "SPX"]


def test_an_occ_symbol_of_a_morning_settled_monthly_is_found_the_day_before(
    shared_desk: Desk,
) -> None:
    found = quote(shared_desk, "SPX   250919C06500000", "SPX   251219P06500000")
    one, other = (row.instrument.contract for row in found.data.rows if row.instrument)
    assert one is not None
    assert other is not None
    assert (one.trading_class, one.expiry) == ("SPX", date(2025, 9, 18))
    assert one.occ_symbol == "SPX   250919C06500000"
    assert (other.trading_class, other.expiry) == ("SPX", date(2025, 12, 18))
    assert "last trading day, 2025-09-18; it settles on the morning of 2025-09-19" in "".join(
        found.warnings
    )


def test_words_that_may_have_meant_another_class_are_doubted(shared_desk: Desk) -> None:
    friday = quote(shared_desk, "SPX 19SEP25 6500 C")
    taken = "SPX 19SEP25 6500 C was taken for class SPXW: there is no class SPX on that day."
    monthly = "The monthly that settles in that morning is 'SPX   250919C06500000'."
    assert friday.warnings == (f"{taken} {monthly}",)
    daily = quote(shared_desk, "SPX 17SEP25 6500 C")
    assert daily.warnings == (
        "SPX 17SEP25 6500 C was taken for class SPXW: there is no class SPX on that day.",
    )
    thursday = quote(shared_desk, "SPX 18SEP25 6500 C")
    assert len(thursday.warnings) == 1
    assert "What expires on 2025-09-18 itself is of class SPXW." in thursday.warnings[0]
    assert quote(shared_desk, "SPXW 19SEP25 6500 C", "ARM 22AUG25 143 C").warnings == ()


def test_fields_are_those_asked_for(shared_desk: Desk) -> None:
    found = quote(shared_desk, "ARM", str(CALL_143), fields="open,high,low,iv30,greeks")
    assert found.data.fields[:4] == ("open", "high", "low", "implied_volatility_30d")
    stock, option = (row.quote for row in found.data.rows)
    assert stock is not None
    assert option is not None
    assert None not in (stock.open, stock.high, stock.low)
    assert None not in (option.delta, option.gamma, option.theta, option.vega)


def test_required_values_that_never_come_are_named(shared_desk: Desk) -> None:
    found = quote(shared_desk, "SPX", "ARM", require="bid", seconds=2)
    assert isinstance(found.error, IncompleteError)
    assert "SPX: bid" in found.error.message
    assert "ARM" not in found.error.message
    assert [row.missing for row in found.data.rows] == [("bid",), ()]


def test_a_conid_that_has_died_is_unknown(own_desk: Desk) -> None:
    dead = [{"conid": ARM, "conidEx": str(ARM), "55": "-", "31": "N/A", "_updated": 1755525600000}]
    own_desk.sim.faults.add("/iserver/marketdata/snapshot", body=dead)
    found = quote(own_desk, "ARM")
    assert conids(found) == [None]
    assert isinstance(found.error, NotFoundError)


def test_values_that_cannot_be_read_are_warned_of(own_desk: Desk) -> None:
    row = {"conid": ARM, "6509": "RpB", "55": "ARM", "31": "x\x1b[2J", "84": "1", "86": "-1"}
    own_desk.sim.faults.add("/iserver/marketdata/snapshot", body=[row])
    found = quote(own_desk, "ARM", fields="bid,ask,last")
    assert found.warnings == (
        f"Could not be read: conid {ARM}, field 86 = '-1'.",
        f"Could not be read: conid {ARM}, field 31 = 'x'.",
    )
