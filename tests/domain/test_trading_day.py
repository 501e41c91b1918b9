"""The day to which an order belongs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from ibcli.domain.newyork import NEW_YORK
from ibcli.domain.terms import Session, TradingHours
from ibcli.domain.trading_day import trading_day


def session(day: date, closes: time = time(16)) -> Session:
    opens = datetime.combine(day, time(9, 30), NEW_YORK)
    return Session(opens.astimezone(UTC), datetime.combine(day, closes, NEW_YORK).astimezone(UTC))


WEDNESDAY, THANKSGIVING, FRIDAY = date(2025, 11, 26), date(2025, 11, 27), date(2025, 11, 28)
HOURS = TradingHours(
    {
        WEDNESDAY: (session(WEDNESDAY),),
        THANKSGIVING: (),
        FRIDAY: (session(FRIDAY, time(13)),),
    }
)


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (WEDNESDAY, time(4), WEDNESDAY),
        (WEDNESDAY, time(11), WEDNESDAY),
        (WEDNESDAY, time(15, 59, 59), WEDNESDAY),
        (WEDNESDAY, time(16), FRIDAY),
        (WEDNESDAY, time(20), FRIDAY),  # the evening before a holiday
        (THANKSGIVING, time(11), FRIDAY),
        (FRIDAY, time(12, 59), FRIDAY),
        (FRIDAY, time(13), date(2025, 12, 1)),  # beyond the hours: the next weekday
    ],
)
def test_evening_and_morning_are_one_day(day: date, hour: time, expected: date) -> None:
    now = datetime.combine(day, hour, NEW_YORK).astimezone(UTC)
    assert trading_day(HOURS, now) == expected


def test_hours_that_say_nothing() -> None:
    now = datetime.combine(WEDNESDAY, time(11), NEW_YORK)
    assert trading_day(TradingHours({}), now) == WEDNESDAY
    sunday = datetime.combine(date(2025, 11, 30), time(11), NEW_YORK)
    assert trading_day(TradingHours({}), sunday) == date(2025, 12, 1)


def test_hours_of_days_gone() -> None:
    """Remembered ones that end before today: today's session may still come."""
    monday = datetime.combine(date(2025, 12, 1), time(8), NEW_YORK)
    assert trading_day(HOURS, monday) == date(2025, 12, 1)
