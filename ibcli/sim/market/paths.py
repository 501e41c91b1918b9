"""How prices move: a mean-reverting walk from day to day, a Brownian bridge within the day.

A listing's log price is its catalogue level plus ``beta`` times the market's walk plus its own;
every walk is nought on the anchor day's close and runs from it both ways. Within a session the
price goes from its open to its close along a bridge made by midpoint displacement: a chain of
straight pieces, so that its extremes are at its knots and high, low and bars agree exactly with the
quotes between them.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from ibcli.sim.market import sessions
from ibcli.sim.market.catalogue import ANCHOR_DAY, QUIET_DAYS

if TYPE_CHECKING:
    from ibcli.sim.market.instruments import Listing
    from ibcli.sim.market.noise import Noise

MARKET_DAY = 0.009  # standard deviation of the market's log return in a day
_REVERSION = 0.99  # what is left of a deviation after a day
_CALM = 0.25  # the anchor day's move over another day's: it shows catalogue prices throughout
_OVERNIGHT = 0.35  # share of a day's move that happens before the open
_GAP = 0.3  # spread of what the open adds to that, over a day's
_INTRADAY = 0.8  # the bridge's spread over a day's
_LEVELS = 11
KNOTS = 1 << _LEVELS  # pieces in a session, 11.4 s each on a full day
_FULL_SESSION = 46800  # ticks
_ONE_DAY = timedelta(days=1)


class Walk:
    """A stationary walk with unit steps, nought on the anchor day; values by date, any date."""

    def __init__(self, noise: Noise, name: str) -> None:
        self._noise = noise
        self._name = name
        self._after = [0.0]
        self._before = [0.0]

    def at(self, day: date) -> float:
        """The walk after ``day``'s close; closed days keep the value of the one before."""
        distance = (day - ANCHOR_DAY).days
        values, sign = (self._after, 1) if distance >= 0 else (self._before, -1)
        while len(values) <= abs(distance):
            values.append(self._step(values[-1], len(values), sign))
        return values[abs(distance)]

    def _step(self, value: float, distance: int, sign: int) -> float:
        # Backwards, the step between two days belongs to the later one, as it does forwards.
        later = ANCHOR_DAY + sign * distance * _ONE_DAY
        later = later if sign > 0 else later + _ONE_DAY
        if not sessions.is_trading_day(later):
            return value
        size = _CALM if later == ANCHOR_DAY else 1.0
        return _REVERSION * value + size * self._noise.normals(1, "day", self._name, later)[0]


@dataclass(frozen=True, slots=True)
class DayPath:
    """One session's prices at its knots, with the running extremes."""

    knots: array[float]
    highs: array[float]
    lows: array[float]

    @property
    def open(self) -> float:
        return self.knots[0]

    @property
    def close(self) -> float:
        return self.knots[-1]

    def price(self, fraction: float) -> float:
        """The price at a fraction of the session."""
        knot, part = self._locate(fraction)
        if not part:
            return self.knots[knot]
        return self.knots[knot] + (self.knots[knot + 1] - self.knots[knot]) * part

    def extremes(self, fraction: float) -> tuple[float, float]:
        """Low and high from the open to a fraction of the session."""
        knot, _ = self._locate(fraction)
        price = self.price(fraction)
        return min(self.lows[knot], price), max(self.highs[knot], price)

    def between(self, start: float, end: float) -> tuple[float, float, float, float]:
        """Open, high, low and close of the part between two fractions of the session."""
        first, last = self.price(start), self.price(end)
        inside = self.knots[math.ceil(start * KNOTS) : math.floor(end * KNOTS) + 1]
        return first, max(first, last, *inside), min(first, last, *inside), last

    @staticmethod
    def _locate(fraction: float) -> tuple[int, float]:
        knot = int(fraction * KNOTS)
        return knot, fraction * KNOTS - knot


def _bridge(normals: list[float]) -> list[float]:
    """A Brownian bridge over the unit interval at KNOTS + 1 points, by midpoint displacement."""
    points = [0.0, 0.0]
    used = 0
    for level in range(_LEVELS):
        scale = 2.0 ** -(level / 2 + 1)
        finer = [0.0] * (2 * len(points) - 1)
        finer[::2] = points
        for i in range(1, len(finer), 2):
            finer[i] = (finer[i - 1] + finer[i + 1]) / 2 + scale * normals[used]
            used += 1
        points = finer
    return points


class Paths:
    """Every listing's prices on every day, for one seed."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise
        self._walks: dict[str, Walk] = {}
        self.day = lru_cache(maxsize=128)(self._day)
        self._bridge = lru_cache(maxsize=64)(self._new_bridge)

    def market(self, day: date) -> float:
        """The market's deviation from its level after ``day``, in log terms."""
        return MARKET_DAY * self._walk("market").at(day)

    def reference(self, listing: Listing, day: date) -> float:
        """The close of ``day``, or of the last trading day before it."""
        temper = listing.temper
        deviation = temper.beta * self.market(day)
        if temper.own:
            deviation += temper.own * self._walk(listing.symbol).at(day)
        return listing.price * math.exp(deviation)

    def _walk(self, name: str) -> Walk:
        return self._walks.setdefault(name, Walk(self._noise, name))

    def _new_bridge(self, name: str, day: date) -> list[float]:
        return _bridge(self._noise.normals(KNOTS - 1, "bridge", name, day))

    def _open(self, listing: Listing, day: date) -> float:
        before = self.reference(listing, sessions.trading_day_before(day))
        after = self.reference(listing, day)
        temper = listing.temper
        surprise = temper.beta * MARKET_DAY * self._noise.normals(1, "gap", "market", day)[0]
        surprise += temper.own * self._noise.normals(1, "gap", listing.symbol, day)[0]
        return before * math.exp(_OVERNIGHT * math.log(after / before) + _GAP * surprise)

    def _day(self, listing: Listing, day: date) -> DayPath:
        """The path of the session of the trading day ``day``."""
        temper = listing.temper
        scale = _INTRADAY * math.sqrt(sessions.session_ticks(day) / _FULL_SESSION)
        moves = [temper.beta * MARKET_DAY * scale * x for x in self._bridge("market", day)]
        if temper.own:
            own = temper.own * scale
            moves = [
                m + own * x for m, x in zip(moves, self._bridge(listing.symbol, day), strict=True)
            ]
        close = self.reference(listing, day)
        limit = QUIET_DAYS.get((listing.conid, day))
        if limit is not None:
            spread = scale * math.hypot(temper.beta * MARKET_DAY, temper.own)
            knots = [close + limit * math.tanh(m / spread) for m in moves]
        else:
            start = math.log(self._open(listing, day))
            drift = (math.log(close) - start) / KNOTS
            knots = [math.exp(start + drift * i + m) for i, m in enumerate(moves)]
            knots[-1] = close
        return DayPath(
            array("d", knots),
            array("d", accumulate(knots, max)),
            array("d", accumulate(knots, min)),
        )


def busyness(fraction: float) -> float:
    """The share of a day's volume done by a fraction of the session, busy at both ends."""
    centred = fraction - 0.5
    return fraction + 0.5 * (4 * centred**3 + 0.5 - fraction)


_SHARES = [busyness(i / 512) for i in range(513)]


def fraction_at(share: float) -> float:
    """The inverse of ``busyness``, to a two-hundredth of a percent of the session."""
    i = min(bisect_right(_SHARES, share) - 1, 511)
    return (i + (share - _SHARES[i]) / (_SHARES[i + 1] - _SHARES[i])) / 512
