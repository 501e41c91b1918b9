"""Contract months and days of expiry, in the forms that people and the broker write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from ibcli.errors import UsageError

NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FULL_NAMES = (
    *("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST"),
    *("SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"),
)
_FRIDAY = 4

_NAMED_MONTH = r"([A-Z]+)[ '/-]*([0-9]{4}|[0-9]{2})"
_NUMBERED_MONTH = r"(20[0-9]{2})[-/]?([0-9]{2})"

# 2025-08-22, 20250822 (the broker's), 250822 (OCC's)
_NUMBERED_DAY = r"(20[0-9]{2}|[0-9]{2})([-/]?)([0-9]{2})\2([0-9]{2})"
_DAY_FIRST = r"([0-9]{1,2})[ -]?([A-Z]+)[ '-]*([0-9]{4}|[0-9]{2})"  # 22AUG25
_MONTH_FIRST = r"([A-Z]+)[ -]?([0-9]{1,2}),?[ '][ ']?([0-9]{4}|[0-9]{2})"  # AUG 22 '25


def _month_number(name: str) -> int | None:
    for names in (NAMES, _FULL_NAMES):
        if name in names:
            return names.index(name) + 1
    return None


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A contract month, ordered by time; ``str()`` gives the wire's form, AUG25."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read AUG25, aug25, "Aug 25", AUG2025, "August 2025", 2025-08 or 202508.

        Raises UsageError with an example of the right form.
        """
        word = text.strip().upper() if text.isascii() else ""  # \u017fep25 is not SEP25
        if match := re.fullmatch(_NAMED_MONTH, word):
            number, year = _month_number(match[1]), _year(match[2])
        elif match := re.fullmatch(_NUMBERED_MONTH, word):
            number, year = int(match[2]), _year(match[1])
        else:
            number, year = None, 0
        if number is None or not 1 <= number <= 12 or not 2000 <= year <= 2099:
            raise UsageError(
                f"{text!r} is not a contract month.", hint="Write it as AUG25 or 2025-08."
            )
        return cls(year, number)

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that a day lies in."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{NAMES[self.number - 1]}{self.year % 100:02d}"

    @property
    def first_day(self) -> date:
        """The first of the month."""
        return date(self.year, self.number, 1)

    @property
    def next(self) -> Month:
        """The month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def third_friday(self) -> date:
        """The day of the standard monthly expiry, unless the exchange is closed on it."""
        first = self.first_day
        return first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


class ExpiryWord(StrEnum):
    """Expiries that are named by where they lie from today."""

    TODAY = "0dte"
    NEXT = "next"  # the soonest after today
    ALL = "all"  # each one of the month


def parse_day(text: str) -> date | None:
    """Read 2025-08-22, 20250822, 250822, 22AUG25, "22 Aug 2025" or "AUG 22 '25"; else None."""
    word = text.strip().upper() if text.isascii() else ""
    if match := re.fullmatch(_NUMBERED_DAY, word):
        year, month, day = _year(match[1]), int(match[3]), int(match[4])
    elif match := re.fullmatch(_DAY_FIRST, word):
        year, month, day = _year(match[3]), _month_number(match[2]) or 0, int(match[1])
    elif match := re.fullmatch(_MONTH_FIRST, word):
        year, month, day = _year(match[3]), _month_number(match[1]) or 0, int(match[2])
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_expiry(text: str) -> date | ExpiryWord:
    """Read a day, or one of the words ``0dte``, ``next`` and ``all``. Raises UsageError."""
    word = text.strip().lower()
    if word in tuple(ExpiryWord):
        return ExpiryWord(word)
    day = parse_day(text)
    if day is None or not 2000 <= day.year <= 2099:
        raise UsageError(
            f"{text!r} is not an expiry.", hint="Write it as 2025-08-22, 0dte or next."
        )
    return day


@dataclass(frozen=True, slots=True)
class DaysRange:
    """Days to expiry: each expiry from ``low`` to ``high`` days away.

    Without ``high``: the nearest expiry that is at least ``low`` days away.
    """

    low: int
    high: int | None

    @classmethod
    def parse(cls, text: str) -> DaysRange:
        """Read 30 or 7:45. Raises UsageError."""
        match = re.fullmatch(r"([0-9]{1,4})(?::([0-9]{1,4}))?", text.strip())
        high = int(match[2]) if match and match[2] else None
        if match is None or (high is not None and high < int(match[1])):
            raise UsageError(
                f"{text!r} is not a range of days to expiry.",
                hint="Write it as 7:45 (each expiry within), or 30 (the nearest from there on).",
            )
        return cls(int(match[1]), high)


@dataclass(frozen=True, slots=True)
class DeltaRange:
    """Absolute deltas from ``low`` to ``high``, both included."""

    low: Decimal
    high: Decimal

    @classmethod
    def parse(cls, text: str) -> DeltaRange:
        """Read 0.25:0.40 or .25:.4. Raises UsageError."""
        number = r"([01]?\.[0-9]{1,6}|[01])"
        match = re.fullmatch(f"{number}:{number}", text.strip())
        if match is not None:
            low, high = Decimal(match[1]), Decimal(match[2])
            if low <= high <= 1:
                return cls(low, high)
        raise UsageError(
            f"{text!r} is not a range of deltas.",
            hint="Write it as 0.25:0.40 (absolute values between 0 and 1, the lower first).",
        )

    def __contains__(self, delta: Decimal) -> bool:
        return self.low <= abs(delta) <= self.high
