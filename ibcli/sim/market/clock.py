"""The market's own clock: which instant of the market a real instant shows.

Three forms, each written so that any process that reads the text has the same clock:

- ``now``: the market's time is the real one;
- ``2025-08-18``: that New York day for ever, inside the session and moving: 10:00:00 plus the real
  seconds modulo five and a half hours (two and a half on a half day);
- ``2025-08-18T13:45:00Z@2026-01-05T09:00:00Z``: the market was at the first instant when the real
  clock showed the second, and runs on from there.

A market instant alone (RFC 3339, or a New York wall time such as ``2025-08-18T09:45``) becomes the
third form once the real instant it starts from is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from ibcli.sim.market import sessions

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FIRST, _LAST = date(2020, 1, 1), date(2038, 12, 31)  # contracts have ids in these years
_LOOP_START = time(10)
_LOOP_END_MARGIN = timedelta(minutes=30)
_FORMS = (
    "write now, a day such as 2025-08-18, a New York time such as 2025-08-18T09:45, "
    "or an instant such as 2025-08-18T13:45:00Z"
)


@dataclass(frozen=True, slots=True)
class MarketClock:
    """At most one of ``day`` and ``anchor`` is set; neither: the real clock."""

    day: date | None = None
    anchor: tuple[datetime, datetime] | None = None  # the market's instant, the real one

    @classmethod
    def parse(cls, text: str, real: datetime | None = None) -> Self:
        """Reads any of the forms; ``real`` is what a market instant alone starts from.

        Raises ``ValueError`` with a sentence for the user.
        """
        text = text.strip()
        if text.lower() == "now":
            return cls()
        if _DAY.fullmatch(text):
            return cls(day=_session_day(text))
        market, at, start = text.partition("@")
        if at:
            return cls(anchor=(_market_instant(market, text), _instant(start, text)))
        if real is None:
            _market_instant(market, text)
            raise ValueError(
                f"the market clock {text!r} names no real instant to start from: "
                f"write {text}@<RFC 3339 instant>"
            )
        return cls.anchored(text, real)

    @classmethod
    def anchored(cls, text: str, real: datetime) -> Self:
        """The clock that shows the market instant ``text`` when the real one is ``real``."""
        return cls(anchor=(_market_instant(text, text), _aware(real)))

    def at(self, real: datetime) -> datetime:
        """The market's instant, aware UTC, when the real clock shows ``real`` (aware)."""
        real = _aware(real)
        if self.anchor is not None:
            return self.anchor[0] + (real - self.anchor[1])
        if self.day is None:
            return real
        start, length = _loop(self.day)
        return start + (real - _EPOCH) % length

    def __str__(self) -> str:
        if self.anchor is not None:
            return "@".join(_spelled(instant) for instant in self.anchor)
        return "now" if self.day is None else self.day.isoformat()


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    return instant.astimezone(UTC)


def _loop(day: date) -> tuple[datetime, timedelta]:
    hours = sessions.session(day)
    if hours is None:
        raise ValueError(f"{day} has no session")
    start = datetime.combine(day, _LOOP_START, sessions.NEW_YORK).astimezone(UTC)
    return start, hours[1] - _LOOP_END_MARGIN - start


def _session_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"the market clock {text!r} is no date: {_FORMS}") from None
    _require_simulated(day)
    if not sessions.is_trading_day(day):
        nearest = sessions.trading_day_after(day)
        raise ValueError(f"the exchange is closed on {day}: the next trading day is {nearest}")
    return day


def _instant(text: str, whole: str) -> datetime:
    """An instant with its offset, or a New York wall time when none is written."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"the market clock {whole!r} is not understood: {_FORMS}") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=sessions.NEW_YORK)
    return instant.astimezone(UTC)


def _market_instant(text: str, whole: str) -> datetime:
    instant = _instant(text, whole)
    _require_simulated(instant.date())
    return instant


def _require_simulated(day: date) -> None:
    if not _FIRST <= day <= _LAST:
        raise ValueError(f"the simulated market runs from {_FIRST} to {_LAST}, {day} is outside")


def _spelled(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
