"""The day to which an order belongs: that of the session in which it would work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ibcli.domain.newyork import new_york_day

if TYPE_CHECKING:
    from datetime import date, datetime

    from ibcli.domain.terms import TradingHours

_DAY = timedelta(days=1)
_SATURDAY = 5


def trading_day(hours: TradingHours, now: datetime) -> date:
    """New York's date of the regular session that is on at ``now`` (aware), or the next one's.

    So the same job of an evening and of the morning after belongs to one day. Where the hours do
    not reach that far, the next weekday stands for the next session.
    """
    today = new_york_day(now)
    for day in sorted(hours.days):
        sessions = hours.days[day]
        if day >= today and any(session.closes > now for session in sessions):
            return day
    beyond = max((*hours.days, today))
    if beyond == today and today not in hours.days and today.weekday() < _SATURDAY:
        return today  # nothing is known of today: its session may still come
    return _next_weekday(beyond)


def _next_weekday(day: date) -> date:
    day += _DAY
    while day.weekday() >= _SATURDAY:
        day += _DAY
    return day
