"""Instants and ids that several tests of the market use."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

ARM, SPY, AAPL, SPX, AAPL_CDR, AAPL_MEXICO = 653400472, 756733, 265598, 416904, 532640894, 38708077
ARM_143_CALL, ARM_145_CALL = 804155360, 796812614
ANCHOR = date(2025, 8, 18)


def new_york(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A New York wall time as the aware UTC instant the market takes."""
    wall = time(hour, minute, second)
    return datetime.combine(day, wall, ZoneInfo("America/New_York")).astimezone(UTC)


NOON = new_york(ANCHOR, 12)
