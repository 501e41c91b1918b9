"""The market's time as a count that only grows: beats of half a second.

A clock that shows one day for ever (``MarketClock.day``) plays that day again and again, every five
and a half hours. A lap is a trading day of its own: what lies between its end at 15:30 and the next
lap's start at 10:00 - the close, the settlement of what expires, the next open - happens at the
turn, the close on the last beat of the one and the open on the first of the other. So the order of
events is that of the beats, while the times that are shown are the market's: those of a later lap
may be earlier in the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ibcli.sim.market import sessions

if TYPE_CHECKING:
    from ibcli.sim.market.clock import MarketClock

DAY_BEATS = 2 * 86_400
BEAT = timedelta(milliseconds=500)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_DAY = timedelta(days=1)
_WEEK = 7


class Edge(StrEnum):
    """What a boundary between stretches of time is."""

    CLOSE = "close"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Boundary:
    """The close or the open of ``day``. ``at`` is the market's instant, aware UTC; around the turn
    of a lap it is not that of the beat.
    """

    beat: int
    edge: Edge
    day: date
    at: datetime


class Timeline:
    """Beats of one clock."""

    def __init__(self, clock: MarketClock) -> None:
        self._clock = clock
        self._lap = 0
        if clock.day is not None:
            self._lap = self._lap_length(clock)

    @staticmethod
    def _lap_length(clock: MarketClock) -> int:
        """The beats of a lap: the clock's first return to its start."""
        start = clock.at(_EPOCH)
        hours = sessions.session(start.astimezone(sessions.NEW_YORK).date())
        if hours is None:  # a clock's day is a trading day
            raise ValueError("the clock's day has no session")
        return (hours[1] - timedelta(minutes=30) - start) // BEAT

    @property
    def name(self) -> str:
        """What tells this line from another clock's."""
        return str(self._clock)

    def beat(self, real: float) -> int:
        """The beat at a real instant, in seconds since the epoch."""
        instant = datetime.fromtimestamp(real, UTC)
        if not self._lap:
            instant = self._clock.at(instant)
        return (instant - _EPOCH) // BEAT

    def at(self, beat: int) -> datetime:
        """The market's instant, aware UTC, on a beat."""
        instant = _EPOCH + beat * BEAT
        return self._clock.at(instant) if self._lap else instant

    def first(self, now: int, days: int) -> int:
        """The first beat of what is listed as the latest ``days`` days, that of ``now`` included.

        Laps count as days, but a lap and the one before it, which bear the same date, count as one;
        and as all laps are of one date, a week's list leaves none out.
        """
        if self._lap:
            return 0 if days >= _WEEK else (now // self._lap - days) * self._lap
        day = sessions.new_york_date(self.at(now)) - (days - 1) * _ONE_DAY
        midnight = datetime.combine(day, time(), sessions.NEW_YORK)
        return (midnight - _EPOCH) // BEAT

    def is_lap(self, first: int, last: int) -> bool:
        """Whether the beats are those of a whole lap, from its open until before its close.

        Prices are the same in every lap: what met nothing in one meets nothing in the next.
        """
        return bool(self._lap) and first % self._lap == 0 and last - first + 2 == self._lap

    def boundaries(self, after: int, upto: int) -> list[Boundary]:
        """The closes and opens in ``(after, upto]``, in order."""
        return self._turns(after, upto) if self._lap else self._days(after, upto)

    def _turns(self, after: int, upto: int) -> list[Boundary]:
        day = self._clock.day
        assert day is not None  # noqa: S101 - laps are those of a day
        following = sessions.trading_day_after(day)
        closed, opened = sessions.session(day), sessions.session(following)
        assert closed is not None  # noqa: S101 - both are trading days
        assert opened is not None  # noqa: S101
        found = []
        for lap in range((after + 1) // self._lap, (upto + 1) // self._lap + 1):
            turn = lap * self._lap
            found.append(Boundary(turn - 1, Edge.CLOSE, day, closed[1]))
            found.append(Boundary(turn, Edge.OPEN, following, opened[0]))
        return [boundary for boundary in found if after < boundary.beat <= upto]

    def _days(self, after: int, upto: int) -> list[Boundary]:
        found: list[Boundary] = []
        day = sessions.new_york_date(self.at(after))
        last = sessions.new_york_date(self.at(upto))
        while day <= last:
            hours = sessions.session(day)
            if hours is not None:
                edges = zip((Edge.OPEN, Edge.CLOSE), hours, strict=True)
                found.extend(Boundary((at - _EPOCH) // BEAT, edge, day, at) for edge, at in edges)
            day += _ONE_DAY
        return [boundary for boundary in found if after < boundary.beat <= upto]
