"""How values look."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.render import numbers
from ibcli.render.plain import to_plain
from ibcli.render.streams import ascii_only, printable

D = Decimal
prices = st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**6, places=4)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("bid", "1.6", "1.60"),
        ("bid", "0", "0.00"),
        ("bid", "138.455", "138.455"),
        ("bid", "1E+2", "100.00"),
        ("bid", "6449.8", "6449.80"),
        ("ask_size", "598", "598"),
        ("volume", "1234567", "1,234,567"),
        ("volume", "1.2E+6", "1,200,000"),
        ("volume", "0.5", "0.5"),
        ("open_interest", "0", "0"),
        ("implied_volatility", "0.385", "38.5%"),
        ("implied_volatility", "1.2", "120.0%"),
        ("delta", "-0.4789", "-0.479"),
        ("delta", "-0.0001", "0.000"),
        ("gamma", "0.04712", "0.0471"),
        ("change", "0.56", "+0.56"),
        ("change", "-0.56", "-0.56"),
        ("change", "0", "0.00"),
        ("change_percent", "0.4", "+0.40%"),
        ("change_percent", "-0.001", "0.00%"),
    ],
)
def test_a_value_as_shown(name: str, value: str, shown: str) -> None:
    assert numbers.field(name, D(value)) == shown


@pytest.mark.parametrize(
    "name", ["bid", "volume", "implied_volatility", "delta", "gamma", "change"]
)
def test_what_is_missing_is_never_a_number(name: str) -> None:
    assert numbers.field(name, None) == numbers.MISSING


@given(prices)
def test_a_price_is_shown_exactly(value: Decimal) -> None:
    assert D(numbers.price(value)) == value


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "–"), (0, "0 s"), (119.9, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 days")],
)
def test_age(seconds: float | None, shown: str) -> None:
    assert numbers.age(seconds) == shown


def test_strikes_share_their_decimals() -> None:
    show = numbers.strikes([D("142.5"), D(143)])
    assert [show(D("142.5")), show(D("143.00"))] == ["142.5", "143.0"]


@pytest.mark.parametrize(
    ("month", "shown"), [(1, "09:30:00"), (7, "10:30:00")], ids=["winter", "summer"]
)
def test_new_yorks_time(month: int, shown: str) -> None:
    assert f" {shown} New York" in numbers.new_york(datetime(2025, month, 7, 14, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (D("1E+2"), "100"),
        (D("1.60"), "1.60"),
        (D("NaN"), "None"),
        (date(2025, 8, 22), "2025-08-22"),
        (datetime(2025, 8, 18, 14, 0, tzinfo=UTC), "2025-08-18T14:00:00Z"),
        (datetime(2025, 8, 18, 14, 0, 0, 250000, tzinfo=UTC), "2025-08-18T14:00:00.250Z"),
        ((1, D(2)), "[1, Decimal('2')]"),
    ],
)
def test_plain_values(value: object, plain: str) -> None:
    assert str(to_plain(value)) == plain


def test_an_instant_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_plain(datetime(2025, 8, 18))  # noqa: DTZ001


@given(st.text())
def test_no_control_character_reaches_a_terminal(text: str) -> None:
    assert not {c for c in printable(text) if c != "\n"} & {chr(n) for n in [*range(32), 127, 0x9B]}
    assert len(ascii_only(printable(text))) == len(text)
