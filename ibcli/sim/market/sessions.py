"""The exchange's calendar: New York trading days, half days and the instant within a session.

Liquid hours are 09:30 to 16:00 New York (13:00 on half days), extended hours 04:00 to 20:00 (17:00
on half days).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ibcli.sim.market.holidays import closed_days, half_days
from ibcli.sim.market.model import TradingDay

NEW_YORK = ZoneInfo("America/New_York")
TICKS_PER_SECOND = 2  # prices move every 500 ms, as the broker's snapshots do

_OPEN = time(9, 30)
_CLOSE, _HALF_DAY_CLOSE = time(16), time(13)
_EARLY = time(4)
_LATE, _HALF_DAY_LATE = time(20), time(17)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """Which session's values an instant shows, and how far into it: half seconds since its open."""

    day: date
    tick: int
    ticks: int  # in the whole session
    live: bool  # False outside the session: the values are the last ones of ``day``

    @property
    def fraction(self) -> float:
        return self.tick / self.ticks


def is_trading_day(day: date) -> bool:
    return day.weekday() < 5 and day not in closed_days(day.year)


def is_half_day(day: date) -> bool:
    return is_trading_day(day) and day in half_days(day.year)


def trading_day_on_or_before(day: date) -> date:
    while not is_trading_day(day):
        day -= _ONE_DAY
    return day


def trading_day_before(day: date) -> date:
    return trading_day_on_or_before(day - _ONE_DAY)


def trading_day_after(day: date) -> date:
    day += _ONE_DAY
    while not is_trading_day(day):
        day += _ONE_DAY
    return day


def new_york_date(at: datetime) -> date:
    return at.astimezone(NEW_YORK).date()


def _instant(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, NEW_YORK).astimezone(UTC)


@lru_cache(maxsize=4096)
def session(day: date) -> tuple[datetime, datetime] | None:
    """Liquid hours of ``day`` as aware UTC instants; ``None`` on a closed day."""
    if not is_trading_day(day):
        return None
    return _instant(day, _OPEN), _instant(day, _HALF_DAY_CLOSE if is_half_day(day) else _CLOSE)


def trading_day(day: date) -> TradingDay:
    """Hours of one date, open or closed, with the holiday's name where there is one."""
    liquid = session(day)
    if liquid is None:
        return TradingDay(day, None, None, holiday=closed_days(day.year).get(day, ""))
    half = is_half_day(day)
    extended = _instant(day, _EARLY), _instant(day, _HALF_DAY_LATE if half else _LATE)
    return TradingDay(day, liquid, extended, half_day=half)


@lru_cache(maxsize=4096)
def session_ticks(day: date) -> int:
    """Half seconds in the session of the trading day ``day``."""
    hours = session(day)
    if hours is None:
        raise ValueError(f"{day} has no session")
    return int((hours[1] - hours[0]).total_seconds()) * TICKS_PER_SECOND


@lru_cache(maxsize=1024)
def moment(at: datetime) -> Moment:
    """The session whose values show at ``at``: today's once it has opened, else the last one."""
    today = new_york_date(at)
    hours = session(today)
    if hours is None or at < hours[0]:
        day = trading_day_before(today)
        return Moment(day, session_ticks(day), session_ticks(day), live=False)
    ticks = session_ticks(today)
    tick = int((at - hours[0]) / timedelta(seconds=1) * TICKS_PER_SECOND)
    return Moment(today, min(tick, ticks), ticks, live=at < hours[1])
