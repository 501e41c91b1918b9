"""Which expiries a trading class lists, and since when.

Monthlies are third Fridays, weeklies the other Fridays; where that Friday is a holiday, the trading
day before. An AM-settled class settles on the third Friday's open: its last trading day, which the
broker gives as the contract's date (recorded: SPX options of September 2026 carry 20260917), is the
trading day before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from ibcli.sim.market import conids, sessions

if TYPE_CHECKING:
    from ibcli.sim.market.instruments import ExpiryCycle

HORIZON = timedelta(days=1700)  # no expiry is listed longer ahead
_ONE_DAY = timedelta(days=1)
_LAST_EXPIRY = conids.FIRST_EXPIRY + timedelta(weeks=conids.WEEKS, days=-3)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class Expiry:
    """One expiry of a class: its last trading day, and the day it was listed."""

    day: date
    listed: date
    weekly: bool
    settles: date  # the day of the settlement price


def month_code(day: date) -> str:
    """A contract month as the broker writes it, such as AUG25."""
    return f"{_MONTHS[day.month - 1]}{day.year % 100:02}"


def third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def monthly_day(year: int, month: int) -> date:
    """The third Friday, or the trading day before when the exchange is closed on it."""
    return sessions.trading_day_on_or_before(third_friday(year, month))


def _months_before(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return year, month + 1


def _last_trading_day(day: date) -> date:
    following = day.replace(day=28) + timedelta(days=4)
    return sessions.trading_day_before(following.replace(day=1))


def _ends_week(day: date) -> bool:
    """Whether ``day`` is a Friday, or the Thursday of a week whose Friday is a holiday."""
    return day.weekday() == 4 or (
        day.weekday() == 3 and not sessions.is_trading_day(day + _ONE_DAY)
    )


def _monthly_listing(cycle: ExpiryCycle, day: date) -> date:
    """A monthly is listed the day after an earlier monthly has expired."""
    lead = cycle.monthly_leads[day.month - 1]
    return sessions.trading_day_after(monthly_day(*_months_before(day, lead)))


def _leads(cycle: ExpiryCycle, day: date) -> list[int]:
    """Days ahead that ``day`` is listed, for each kind of expiry it is, monthlies aside."""
    leads = [cycle.daily_lead]
    if _ends_week(day):
        leads.append(cycle.friday_lead)
    if day == _last_trading_day(day):
        leads.append(cycle.month_end_lead)
        if day.month % 3 == 0:
            leads.append(cycle.quarter_end_lead)
    return [lead for lead in leads if lead]


@lru_cache(maxsize=16384)
def expiry_on(cycle: ExpiryCycle, day: date) -> Expiry | None:
    """The expiry whose last trading day is ``day``; ``None`` when the class never lists one."""
    if not conids.FIRST_EXPIRY <= day <= _LAST_EXPIRY or not sessions.is_trading_day(day):
        return None
    monthly = monthly_day(day.year, day.month)
    if cycle.am_settled:
        if day != sessions.trading_day_before(monthly):
            return None
        return Expiry(day, _monthly_listing(cycle, day), weekly=False, settles=monthly)
    listed = [day - timedelta(days=lead) for lead in _leads(cycle, day)]
    is_monthly = bool(cycle.monthly_leads) and day == monthly
    if is_monthly:
        listed.append(_monthly_listing(cycle, day))
    if not listed:
        return None
    weekly = cycle.all_weekly or not is_monthly
    return Expiry(day, min(listed), weekly=weekly, settles=day)


@lru_cache(maxsize=256)
def listed_expiries(cycle: ExpiryCycle, today: date) -> tuple[Expiry, ...]:
    """The expiries a class lists on ``today`` (New York), that day's own included, by date."""
    days = (today + timedelta(days=n) for n in range(HORIZON.days))
    expiries = (expiry_on(cycle, day) for day in days)
    return tuple(e for e in expiries if e is not None and e.listed <= today)
