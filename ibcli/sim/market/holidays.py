"""The New York Stock Exchange's holidays and half days, from 1990 on
(https://www.nyse.com/markets/hours-calendars; its Rule 7.2).

A holiday on a Saturday is kept on the Friday before, unless a year ends with that Friday; one on a
Sunday on the Monday after.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_ONE_DAY = timedelta(days=1)
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_MOURNING = "National Day of Mourning for former President "
_ATTACKS = "Closed following Attacks on the World Trade Center"
_CLOSINGS = {
    date(1994, 4, 27): "Funeral of former President Richard M. Nixon",
    **{date(2001, 9, day): _ATTACKS for day in (11, 12, 13, 14)},
    date(2004, 6, 11): f"{_MOURNING}Ronald Reagan",
    date(2007, 1, 2): f"{_MOURNING}Gerald R. Ford",
    **{date(2012, 10, day): "Hurricane Sandy" for day in (29, 30)},
    date(2018, 12, 5): f"{_MOURNING}George H. W. Bush",
    date(2025, 1, 9): f"{_MOURNING}Jimmy Carter",
}
_EARLY_CLOSINGS = frozenset(
    {
        *(date(year, 12, 24) for year in (1990, 1991, 1992)),
        date(1992, 11, 27),
        date(1994, 2, 11),
        date(1996, 7, 5),
        date(1997, 12, 26),
        date(1999, 12, 31),
        date(2002, 7, 5),
        date(2003, 12, 26),
    }
)
_KING_SINCE, _JUNETEENTH_SINCE, _HALF_DAYS_SINCE = 1998, 2022, 1993
_FIFTH_INSTEAD_OF_THIRD = (1996, 2002)  # of July


def _nth(number: int, weekday: int, year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - last.weekday() * _ONE_DAY


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, *divmod(year, 100)
    leaps, off = divmod(century, 4)
    moon = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    day = (32 + 2 * off + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * day) // 451
    month, before = divmod(moon + day - 7 * late + 114, 31)
    return date(year, month, before + 1)


def _kept(day: date, name: str) -> tuple[date, str]:
    """When a holiday with a date of its own is kept, and what it is called then."""
    if day.weekday() == _SATURDAY and (day.month, day.day) != (1, 1):
        return day - _ONE_DAY, f"{name} (observed)"
    if day.weekday() == _SUNDAY:
        return day + _ONE_DAY, f"{name} (observed)"
    return day, name


@lru_cache(maxsize=128)
def closed_days(year: int) -> dict[date, str]:
    """The dates of a year on which the exchange is closed, and why; weekends may be among them."""
    found = dict(
        (
            _kept(date(year, 1, 1), "New Year's Day"),
            (_nth(3, _MONDAY, year, 2), "Washington's Birthday"),
            (easter(year) - 2 * _ONE_DAY, "Good Friday"),
            (_last_monday_of_may(year), "Memorial Day"),
            _kept(date(year, 7, 4), "Independence Day"),
            (_nth(1, _MONDAY, year, 9), "Labor Day"),
            (_nth(4, _THURSDAY, year, 11), "Thanksgiving Day"),
            _kept(date(year, 12, 25), "Christmas Day"),
        )
    )
    if year >= _KING_SINCE:
        found[_nth(3, _MONDAY, year, 1)] = "Martin Luther King Jr. Day"
    if year >= _JUNETEENTH_SINCE:
        day, name = _kept(date(year, 6, 19), "Juneteenth National Independence Day")
        found[day] = name
    return found | {day: why for day, why in _CLOSINGS.items() if day.year == year}


@lru_cache(maxsize=128)
def half_days(year: int) -> frozenset[date]:
    """The trading days of a year that end early."""
    found = {day for day in _EARLY_CLOSINGS if day.year == year}
    if year >= _HALF_DAYS_SINCE:
        found.add(_nth(4, _THURSDAY, year, 11) + _ONE_DAY)
        for holiday in (date(year, 7, 4), date(year, 12, 25)):
            on_the_fifth = holiday.month == 7 and year in _FIFTH_INSTEAD_OF_THIRD
            if _MONDAY < holiday.weekday() < _SATURDAY and not on_the_fifth:
                found.add(holiday - _ONE_DAY)
    return frozenset(found)
