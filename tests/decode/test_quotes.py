"""Snapshot rows: every value decodes or is reported."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibcli.broker.decode import decode_quote, raw_rows
from ibcli.domain.quotes import Feed, LastKind, Quote
from ibcli.errors import RefusedError
from tests.decode.answers import OPTION, OPTION_ROW


def quote(**row: object) -> Quote:
    """The quote of a row whose keys are written with a leading f (f84="1.55")."""
    return decode_quote(1, {key.removeprefix("f"): value for key, value in row.items()})


def test_a_full_option_row() -> None:
    read = decode_quote(OPTION, OPTION_ROW)
    assert read == Quote(
        conid=OPTION,
        updated=datetime(2025, 8, 18, 14, 0, 0, 123000, tzinfo=UTC),
        feed=Feed.LIVE,
        availability="RpB",
        symbol="ARM",
        bid=Decimal("1.55"),
        bid_size=Decimal(1300),
        ask=Decimal("1.65"),
        ask_size=Decimal(598),
        last=Decimal("1.60"),
        last_kind=LastKind.TRADE,
        last_size=Decimal(3),
        volume=Decimal(10214),
        open_interest=Decimal(4512),
        open=Decimal("1.90"),
        high=Decimal("2.40"),
        low=Decimal("1.10"),
        prior_close=Decimal("2.05"),
        change=Decimal("-0.45"),
        change_percent=Decimal("-21.95"),
        mark=Decimal("1.61"),
        delta=Decimal("0.371"),
        gamma=Decimal("0.048"),
        theta=Decimal("-0.292"),
        vega=Decimal("0.061"),
        implied_volatility=Decimal("0.485"),
    )
    assert read.mid == Decimal("1.60")


def test_the_ask_is_1_65_and_not_598() -> None:
    """598 is how many are offered; a wrong map of the codes once printed it as the price."""
    read = decode_quote(OPTION, OPTION_ROW)
    assert (read.ask, read.ask_size) == (Decimal("1.65"), Decimal(598))
    assert read.volume == 10214
    assert read.bid is not None
    assert read.last is not None
    assert read.bid <= read.last <= Decimal("1.65")


def test_the_first_answer_of_a_stream_has_nothing() -> None:
    read = decode_quote(8894, {"conidEx": "8894", "conid": 8894})
    assert read == Quote(conid=8894)
    assert read.price is None


@pytest.mark.parametrize("value", ["", " ", "-", "--", "N/A", "n/a", None])
def test_placeholders_are_missing_and_not_odd(value: object) -> None:
    read = quote(f84=value, f31=value, f87=value, f7633=value, f7308=value, _updated=value)
    assert read == Quote(conid=1)


@pytest.mark.parametrize(
    ("value", "price"),
    [
        ("1.60", "1.60"),
        (".05", "0.05"),
        ("6,400.50", "6400.50"),
        ("0.00", "0.00"),
        ("+1", "1"),
        ("1.0E-4", "0.00010"),
        (Decimal("1.5"), "1.5"),
        (2, "2"),
        (1.5, "1.5"),
        (" 1.60 ", "1.60"),
    ],
)
def test_forms_of_a_price(value: object, price: str) -> None:
    read = quote(f84=value)
    assert read.bid == Decimal(price)
    assert read.odd == ()


@pytest.mark.parametrize(
    "value",
    [
        "abc",
        "1.2.3",
        "1,30",
        "1 2",
        "$1.60",
        "-1",
        "-0.01",
        ",",
        "+",
        ".",
        "K",
        "%",
        "E5",
        "1E999999",
        "9" * 40,
        "1e-99",
        "٣",
        True,
        False,
        [],
        {},
        -1,
        float("nan"),
        float("inf"),
        10**30,
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+400"),
        Decimal("1E-400"),
        "0x10",
        "1_000",
    ],
)
def test_unreadable_prices_are_reported_and_none(value: object) -> None:
    read = quote(f84=value, f86="1.65")
    assert read.bid is None
    assert read.ask == Decimal("1.65")
    assert len(read.odd) == 1
    assert read.odd[0].startswith("field 84 = ")
    assert len(read.odd[0]) < 80


@pytest.mark.parametrize(
    ("value", "price", "kind"),
    [
        ("1.60", "1.60", LastKind.TRADE),
        ("C1.60", "1.60", LastKind.PRIOR_CLOSE),
        ("H1.60", "1.60", LastKind.HALTED),
        ("C 6,400", "6400", LastKind.PRIOR_CLOSE),
    ],
)
def test_prefixes_of_the_last_price(value: str, price: str, kind: LastKind) -> None:
    read = quote(f31=value)
    assert (read.last, read.last_kind, read.odd) == (Decimal(price), kind, ())


@pytest.mark.parametrize("value", ["C", "H", "C-", "HN/A"])
def test_a_prefix_without_a_price_is_no_price(value: str) -> None:
    read = quote(f31=value)
    assert (read.last, read.last_kind, read.odd) == (None, None, ())


@pytest.mark.parametrize("value", ["X1.60", "CC1.60", "1.60C"])
def test_unknown_prefixes_of_the_last_price_are_reported(value: str) -> None:
    assert quote(f31=value).odd == (f"field 31 = '{value}'",)


def test_prefixes_belong_to_the_last_price_alone() -> None:
    assert quote(f84="C1.60").odd == ("field 84 = 'C1.60'",)


@pytest.mark.parametrize(
    ("row", "volume"),
    [
        ({"87": "10.2K"}, 10200),
        ({"87": "25.5M"}, 25_500_000),
        ({"87": "1.1B"}, 1_100_000_000),
        ({"87": "1,204"}, 1204),
        ({"87": "0"}, 0),
        ({"87": "10.2K", "87_raw": Decimal("10214.0")}, 10214),
        ({"87": "10.2K", "87_raw": Decimal("10214.0"), "7762": "10215"}, 10215),
    ],
)
def test_the_exact_volume_wins_over_the_abbreviated(row: dict[str, object], volume: int) -> None:
    assert decode_quote(1, row).volume == volume


def test_an_unreadable_exact_volume_is_reported_and_the_other_used() -> None:
    read = decode_quote(1, {"7762": "many", "87": "2K"})
    assert (read.volume, read.odd) == (Decimal(2000), ("field 7762 = 'many'",))


def test_percentages() -> None:
    read = quote(f7633="38.5%", f7283="41.2", f83="-1.25%")
    assert read.implied_volatility == Decimal("0.385")
    assert read.implied_volatility_30d == Decimal("0.412")
    assert read.change_percent == Decimal("-1.25")
    assert quote(f7633="-3%").odd == ("field 7633 = '-3%'",)


def test_a_delta_beyond_one_is_reported() -> None:
    assert quote(f7308="-1.00").delta == -1
    assert quote(f7308="37.1").odd == ("field 7308 = '37.1'",)


@pytest.mark.parametrize(
    ("availability", "feed"),
    [
        ("RpB", Feed.LIVE),
        ("DPB", Feed.DELAYED),
        ("ZB", Feed.FROZEN),
        ("YB", Feed.FROZEN_DELAYED),
        ("N", Feed.NOT_SUBSCRIBED),
        ("O", Feed.AGREEMENT_MISSING),
        ("ZBd", Feed.FROZEN),
        ("i", Feed.UNKNOWN),
        ("vQ?", Feed.UNKNOWN),
    ],
)
def test_feeds(availability: str, feed: Feed) -> None:
    read = quote(f6509=availability)
    assert (read.feed, read.availability) == (feed, availability)


def test_a_dead_conid() -> None:
    read = decode_quote(104747, {"55": "-", "conid": 104747, "31": "N/A", "6119": "q2"})
    assert read == Quote(conid=104747, dead=True)
    assert not quote(f55="-", f31="1.0").dead
    assert not quote(f55="ARM", f31="N/A").dead


@pytest.mark.parametrize("value", ["yesterday", -5, 10**18, True, "1755525600123.5.1", [1]])
def test_an_unreadable_instant_is_reported(value: object) -> None:
    read = quote(_updated=value)
    assert read.updated is None
    assert len(read.odd) == 1


def test_text_cannot_reach_the_terminals_controls() -> None:
    read = quote(f55="AR\x1b[31mM\x1b]0;title\x07\x9b2J\x00\u202e&lt;&amp;&#x1b;[2J\n")
    assert read.symbol == "ARM2J<&[2J"
    assert "\x1b" not in repr(quote(f84="\x1b[2Jx").odd)


def test_the_best_price() -> None:
    assert quote(f31="1.60", f84="1", f86="2").price == Decimal("1.60")
    assert quote(f31="C9", f84="8.00", f86="8.20").price == Decimal("8.10")
    assert quote(f31="C9", f7635="8").price == 8
    assert quote(f31="H9").price == 9
    assert quote(f7741="7").price == 7


def test_rows_are_keyed_by_conid_of_either_form() -> None:
    rows = raw_rows(
        [
            {"conidEx": "5", "84": "1"},
            {"conid": 5, "86": "2"},
            {"84": "3"},
            "x",
            {"conid": "6@NYSE"},
        ]
    )
    assert set(rows) == {5}
    assert rows[5]["84"] == "1"
    assert rows[5]["86"] == "2"
    assert set(raw_rows({"conid": 7})) == {7}
    assert raw_rows([]) == {}


@pytest.mark.parametrize("answer", ["x", 3, None, True])
def test_an_answer_of_unknown_form_is_refused(answer: object) -> None:
    with pytest.raises(RefusedError, match="unknown form"):
        raw_rows(answer)


def test_quotes_are_hashable_values() -> None:
    assert dataclasses.replace(quote(f84="1")) == quote(f84="1")
