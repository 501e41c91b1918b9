"""The market's present moment: the real one, or a simulator's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DEMO_OPEN = time(10)
_DEMO_SPAN = 19800  # seconds from 10:00 to 15:30, inside the 6.5-hour session


def utc_now() -> datetime:
    """The real present moment, aware UTC."""
    return datetime.now(UTC)


def market_clock(
    written: str | None, now: Callable[[], datetime] = utc_now
) -> Callable[[], datetime]:
    """A clock from ``now``, ``YYYY-MM-DD`` or ``<market instant>@<real instant>`` (RFC 3339).

    A bare day is that New York day from 10:00, moving with the real seconds and turning back every
    5.5 hours, so that it is always inside the session. Raises ``ValueError``.
    """
    if written is None or written == "now":
        return now
    from ibcli.domain.newyork import NEW_YORK

    try:
        market, at, real = written.partition("@")
        if at:
            offset = _instant(market) - _instant(real)
            _ = now() + offset + timedelta(days=365)  # far enough from where dates end
            return lambda: (now() + offset).astimezone(UTC)
        start = datetime.combine(date.fromisoformat(written), _DEMO_OPEN, NEW_YORK)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            "must be now, a day such as 2025-08-18, or <market instant>@<real instant>"
        ) from error

    def of_the_day() -> datetime:
        seconds = now().timestamp() % _DEMO_SPAN
        return start.astimezone(UTC) + timedelta(seconds=seconds)

    return of_the_day


def _instant(written: str) -> datetime:
    instant = datetime.fromisoformat(written)
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    return instant.astimezone(UTC)
