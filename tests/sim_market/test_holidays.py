"""The exchange's calendar against the one of the ``holidays`` package."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest
from holidays.constants import HALF_DAY

from ibcli.sim.market.holidays import closed_days, easter, half_days
from ibcli.sim.market.sessions import is_half_day, is_trading_day


@pytest.mark.parametrize("year", range(1990, 2061))
def test_every_year(year: int) -> None:
    theirs = holidays.financial_holidays("NYSE", years=year)
    early = holidays.financial_holidays("NYSE", years=year, categories=(HALF_DAY,))
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    weekdays = [day for day in days if day.weekday() < 5]
    assert [d for d in weekdays if not is_trading_day(d)] == [d for d in weekdays if d in theirs]
    assert [d for d in weekdays if is_half_day(d)] == [
        d for d in weekdays if d in early and d not in theirs
    ]
    closed = closed_days(year)
    assert {d: closed[d] for d in weekdays if d in closed} == {
        d: theirs[d] for d in weekdays if d in theirs
    }


@pytest.mark.parametrize(
    "day", [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25)]
)
def test_easter(day: date) -> None:
    assert easter(day.year) == day


def test_a_year_that_ends_with_a_friday_is_worked_through() -> None:
    assert is_trading_day(date(2021, 12, 31))
    assert date(2022, 1, 3) not in closed_days(2022)


def test_half_days_of_2025() -> None:
    assert half_days(2025) == {date(2025, 7, 3), date(2025, 11, 28), date(2025, 12, 24)}
