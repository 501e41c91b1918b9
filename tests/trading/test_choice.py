"""Which expiries and strikes are meant."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ibcli.domain.chains import Expiry
from ibcli.domain.contracts import Listing
from ibcli.domain.months import DaysRange, ExpiryWord, Month
from ibcli.errors import NotFoundError, UsageError
from ibcli.trading.board import at_the_money, probes
from ibcli.trading.choice import Choice

TODAY = date(2025, 8, 18)
ARM = Listing(653400472, "ARM", None, "NASDAQ", ())
AUG, SEP, OCT, JAN = (Month.parse(text) for text in ("AUG25", "SEP25", "OCT25", "JAN26"))
LISTED = [AUG, SEP, OCT, JAN]


def expiry(day: int, trading_class: str = "ARM") -> Expiry:
    return Expiry(date(2025, 8, day), day - 18, trading_class, True, "AUG25")


AUGUST = [expiry(18), expiry(22), expiry(22, "2ARM"), expiry(29)]


@pytest.mark.parametrize(
    ("choice", "days"),
    [
        (Choice(), [18]),
        (Choice(AUG), [18]),
        (Choice(AUG, ExpiryWord.ALL), [18, 22, 22, 29]),
        (Choice(expiry=ExpiryWord.TODAY), [18]),
        (Choice(expiry=ExpiryWord.NEXT), [22, 22]),
        (Choice(expiry=date(2025, 8, 29)), [29]),
        (Choice(expiry=date(2025, 8, 28)), []),
        (Choice(days=DaysRange(1, 11)), [22, 22, 29]),
        (Choice(days=DaysRange(5, None)), [29]),
        (Choice(days=DaysRange(12, None)), []),
    ],
)
def test_the_expiries_meant_in_a_month(choice: Choice, days: list[int]) -> None:
    assert [e.day.day for e in choice.takes(AUGUST, TODAY)] == days


@pytest.mark.parametrize(
    ("choice", "months"),
    [
        (Choice(), LISTED),
        (Choice(SEP), [SEP]),
        (Choice(expiry=ExpiryWord.TODAY), [AUG]),
        (Choice(expiry=date(2025, 10, 3)), [OCT]),
        (Choice(days=DaysRange(10, 45)), [AUG, SEP, OCT]),
        (Choice(days=DaysRange(60, None)), [OCT, JAN]),
    ],
)
def test_the_months_to_look_in(choice: Choice, months: list[Month]) -> None:
    assert choice.months(ARM, LISTED, TODAY) == months


@pytest.mark.parametrize(
    ("choice", "nearest"),
    [
        (Choice(Month.parse("NOV25")), "SEP25, OCT25, JAN26"),
        (Choice(expiry=date(2025, 12, 19)), "SEP25, OCT25, JAN26"),
        (Choice(days=DaysRange(80, 100)), "SEP25, OCT25, JAN26"),
    ],
)
def test_a_month_without_options_names_the_nearest(choice: Choice, nearest: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        choice.months(ARM, LISTED, TODAY)
    assert caught.value.hint == f"Nearest months: {nearest}."


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(expiry=date(2025, 8, 27)), "on 2025-08-27"),
        (Choice(expiry=ExpiryWord.TODAY), "today, 2025-08-18"),
        (Choice(days=DaysRange(5, 9)), "in 5 to 9 days"),
        (Choice(days=DaysRange(99, None)), "in 99 days or more"),
        (Choice(expiry=ExpiryWord.NEXT), "after 2025-08-18"),
    ],
)
def test_an_expiry_that_is_not_listed_names_the_nearest(choice: Choice, words: str) -> None:
    error = choice.unknown(ARM, AUGUST, TODAY, None)
    assert words in error.message
    assert "2025-08-29" in error.hint


def test_a_class_that_is_not_listed_names_those_that_are() -> None:
    error = Choice().unknown(ARM, AUGUST, TODAY, "ARMW")
    assert (error.code, error.hint) == ("unknown-class", "Classes: 2ARM, ARM.")


@pytest.mark.parametrize(
    "choice",
    [
        Choice(AUG, days=DaysRange(1, 2)),
        Choice(expiry=ExpiryWord.NEXT, days=DaysRange(1, 2)),
        Choice(expiry=ExpiryWord.ALL),
        Choice(AUG, date(2025, 9, 19)),
    ],
)
def test_words_that_contradict_each_other(choice: Choice) -> None:
    with pytest.raises(UsageError):
        choice.check()


def test_the_strike_at_the_money() -> None:
    strikes = [Decimal(n) for n in (130, 135, 140)]
    assert at_the_money(strikes, Decimal("137.6")) == 140
    assert at_the_money(strikes, Decimal("137.5")) == 135
    assert at_the_money(strikes, None) is None
    assert at_the_money([], Decimal(1)) is None


def test_expiries_are_told_by_the_money_and_round_strikes_near_it() -> None:
    fine = [Decimal(n) for n in range(100, 181)]
    assert probes(fine, Decimal(139)) == [Decimal(n) for n in (130, 139, 140, 150)]
    wide = [Decimal(n) for n in (5, 50, 500)]
    assert probes(wide, Decimal(50)) == [50]
