"""Field codes and the names by which a user asks for them."""

from __future__ import annotations

import dataclasses

import pytest

from ibcli.broker.decode.values import size
from ibcli.broker.fields import NAMED, Field, parse_fields, wire_codes
from ibcli.domain.quotes import Quote
from ibcli.errors import UsageError


def test_fields_may_be_named_by_their_codes() -> None:
    assert parse_fields("84,86,87,7295") == (Field.BID, Field.ASK, Field.VOLUME, Field.OPEN)
    assert parse_fields("86,ask") == (Field.ASK,)


def test_the_codes_that_old_notes_had_wrong() -> None:
    """Notes that called 85 the ask and 86 the volume printed an ask of 598 for 1.65."""
    codes = {
        "last": "31",
        "bid": "84",
        "ask_size": "85",
        "ask": "86",
        "volume": "87",
        "bid_size": "88",
        "open": "7295",
        "prior_close": "7741",
    }
    assert {name: str(Field[name.upper()]) for name in codes} == codes


def test_every_name_is_a_value_of_a_quote() -> None:
    attributes = {field.name for field in dataclasses.fields(Quote)}
    assert {field.attribute for field in NAMED} <= attributes


def test_names_aliases_and_groups() -> None:
    assert parse_fields("bid, ASK,iv,open-interest") == (
        Field.BID,
        Field.ASK,
        Field.IMPLIED_VOLATILITY,
        Field.OPEN_INTEREST,
    )
    assert parse_fields("mid,bid") == (Field.BID, Field.ASK)
    assert parse_fields("greeks") == (Field.DELTA, Field.GAMMA, Field.THETA, Field.VEGA)


@pytest.mark.parametrize("text", ["", "bid,", "bidd", "9999", "conid"])
def test_an_unknown_name_is_refused_with_known_ones(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_fields(text)
    assert "bid" in caught.value.hint


def test_what_is_asked_for_is_complete_and_without_repeats() -> None:
    codes = wire_codes((Field.VOLUME, Field.BID, Field.SYMBOL))
    assert set(codes) == {"6509", "55", "87", "84", "7762"}
    assert len(codes) == 5
    assert len(wire_codes(NAMED)) <= 50


@pytest.mark.parametrize(
    ("told", "shown"),
    [(0.0, "0"), ("1.0", "1"), (-2.0, "-2"), ("1,300.0", "1300"), ("0.5", "0.5"), ("-0.0", "0")],
)
def test_sizes_are_whole_where_they_are(told: object, shown: str) -> None:
    assert str(size(told)) == shown
