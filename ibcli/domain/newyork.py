"""New York's calendar, by which options expire."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import date, datetime

NEW_YORK = ZoneInfo("America/New_York")


def new_york_day(now: datetime) -> date:
    """The date in New York at an aware instant."""
    return now.astimezone(NEW_YORK).date()
