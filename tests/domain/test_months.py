"""Months, days of expiry, and ranges as people write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.domain.months import (
    DaysRange,
    DeltaRange,
    ExpiryWord,
    Month,
    parse_day,
    parse_expiry,
)
from ibcli.errors import UsageError

MONTHS = st.builds(Month, st.integers(2000, 2099), st.integers(1, 12))
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "AUG25",
        "aug25",
        "Aug25",
        "AUG2025",
        "aug 25",
        " AUG 2025 ",
        "AUG'25",
        "AUG-25",
        "August 2025",
        "2025-08",
        "202508",
        "2025/08",
    ],
)
def test_each_form_of_a_month_is_the_same_month(text: str) -> None:
    assert str(Month.parse(text)) == "AUG25"


@pytest.mark.parametrize(
    "text",
    ["", "AUG", "25", "AUX25", "2025-13", "2025-00", "AUG250", "08-25", "1999-08", "٢٠٢٥-08"],
)
def test_what_is_no_month_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Month.parse(text)
    assert "AUG25" in caught.value.hint


@given(MONTHS)
def test_a_month_reads_back(month: Month) -> None:
    assert Month.parse(str(month)) == month
    assert Month.parse(f"{month.year}-{month.number:02d}") == month


@given(MONTHS, MONTHS)
def test_months_are_ordered_by_time(one: Month, other: Month) -> None:
    assert (one < other) == (one.first_day < other.first_day)


@pytest.mark.parametrize(
    ("month", "day"),
    [("AUG25", date(2025, 8, 15)), ("MAY26", date(2026, 5, 15)), ("JAN27", date(2027, 1, 15))],
)
def test_third_fridays(month: str, day: date) -> None:
    assert Month.parse(month).third_friday == day


@given(DAYS)
def test_a_day_reads_back_from_every_form(day: date) -> None:
    for form in ("%Y-%m-%d", "%Y%m%d", "%y%m%d", "%d%b%y", "%d %b %Y", "%d-%B-%Y", "%b %d '%y"):
        assert parse_day(day.strftime(form)) == day, form
    assert parse_day(day.strftime("%d%b%y").lower()) == day


@pytest.mark.parametrize("text", ["", "2025-02-30", "31JUN25", "2025-8-22", "tomorrow", "22"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert parse_day(text) is None


def test_expiries_are_days_or_words() -> None:
    assert parse_expiry("2025-08-22") == date(2025, 8, 22)
    assert parse_expiry("0DTE") is ExpiryWord.TODAY
    assert parse_expiry("next") is ExpiryWord.NEXT
    with pytest.raises(UsageError) as caught:
        parse_expiry("friday")
    assert "2025-08-22" in caught.value.hint


def test_ranges_of_days() -> None:
    assert DaysRange.parse("7:45") == DaysRange(7, 45)
    assert DaysRange.parse("0") == DaysRange(0, None)
    for text in ("", "45:7", "7:", ":7", "-1:3", "7-45", "a:b"):
        with pytest.raises(UsageError, match="range of days"):
            DaysRange.parse(text)


def test_ranges_of_delta_hold_absolute_values() -> None:
    wanted = DeltaRange.parse(".25:0.40")
    assert Decimal("-0.30") in wanted
    assert Decimal("0.25") in wanted
    assert Decimal("0.2499") not in wanted
    for text in ("", "0.4:0.25", "25:40", "0.3", "0.1:1.5", "1e-1:1"):
        with pytest.raises(UsageError, match="range of deltas"):
            DeltaRange.parse(text)
