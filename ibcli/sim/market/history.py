"""Bars of history, cut from the paths that quotes show: a bar closes at its last instant's price.

There is no trading outside the session, so there are no bars there either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from ibcli.sim.market import pricing, sessions
from ibcli.sim.market.instruments import CENTS, QUARTERS, Listing
from ibcli.sim.market.listings import ListedOption, listed
from ibcli.sim.market.model import Bar, FutureContract
from ibcli.sim.market.paths import Paths, busyness
from ibcli.sim.market.spot_quotes import FUTURE_VOLUME, SpotQuotes
from ibcli.sim.market.ticks import Ticks, dollars, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ibcli.sim.market.option_days import OptionDays

MOST_POINTS = 1000  # the broker's documented limit
_ONE_DAY = timedelta(days=1)
_ONE_WEEK = timedelta(days=7)
_ONE_MONTH = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a day's session; ``start`` and ``end`` are fractions of it."""

    day: date
    opening: datetime
    start: float
    end: float


def _days(first: datetime, last: datetime) -> Iterator[date]:
    """Trading days whose session overlaps the window."""
    day = sessions.new_york_date(first)
    while day <= sessions.new_york_date(last):
        hours = sessions.session(day)
        if hours is not None and hours[0] < last and first < hours[1]:
            yield day
        day += _ONE_DAY


def _parts(day: date, end: datetime, bar: timedelta) -> Iterator[Span]:
    """The session of ``day`` up to ``end``, cut from its open into parts of ``bar``."""
    hours = sessions.session(day)
    if hours is None:
        return
    opened, closed = hours
    length = closed - opened
    closed = min(closed, end)
    start = opened
    while start < closed:
        stop = min(start + bar, closed)
        yield Span(day, start, (start - opened) / length, (stop - opened) / length)
        start += bar


def spans(end: datetime, period: timedelta, bar: timedelta) -> list[Span]:
    """The parts of sessions in the ``period`` before ``end``, enough for ``MOST_POINTS`` bars.

    A bar of a day or longer asks for whole sessions, which ``merged`` then puts together.
    """
    end -= timedelta(microseconds=end.microsecond % 500_000)  # prices move by half seconds
    first = end - period
    daily = bar >= _ONE_DAY
    enough = MOST_POINTS * max(1, bar // _ONE_DAY)
    found: list[Span] = []
    for day in reversed(list(_days(first, end))):
        parts = _parts(day, end, _ONE_DAY if daily else bar)
        found[:0] = [part for part in parts if daily or part.opening >= first]
        if len(found) >= enough:
            break
    return found[-enough:]


def merged(bars: Iterable[Bar], bar: timedelta) -> list[Bar]:
    """The last ``MOST_POINTS`` bars; daily ones joined by week or month for a longer ``bar``."""

    def group(one: Bar) -> tuple[int, int]:
        day = sessions.new_york_date(one.start)
        return (day.year, day.month) if bar >= _ONE_MONTH else day.isocalendar()[:2]

    if bar >= _ONE_WEEK:
        bars = [_joined(list(some)) for _, some in groupby(bars, group)]
    return list(bars)[-MOST_POINTS:]


def _joined(bars: list[Bar]) -> Bar:
    return Bar(
        bars[0].start,
        bars[0].open,
        max(bar.high for bar in bars),
        min(bar.low for bar in bars),
        bars[-1].close,
        sum(bar.volume for bar in bars),
    )


def _bar(span: Span, prices: tuple[float, ...], grid: Ticks, day_volume: float) -> Bar:
    """A bar of open, high, low and close in cents, with its share of the day's volume."""
    opened, high, low, close = (dollars(grid.nearest(price)) for price in prices)
    volume = int(day_volume * busyness(span.end)) - int(day_volume * busyness(span.start))
    return Bar(span.opening, opened, high, low, close, volume)


class History:
    """Bars of every kind of instrument."""

    def __init__(self, paths: Paths, spots: SpotQuotes, option_days: OptionDays) -> None:
        self._paths = paths
        self._spots = spots
        self._option_days = option_days

    def listing(self, listing: Listing) -> Callable[[Span], Bar | None]:
        """How to make a listing's bar of a span."""

        def bar(span: Span) -> Bar:
            prices = self._paths.day(listing, span.day).between(span.start, span.end)
            volume = 0.0
            if listing.volume:
                volume = self._spots.day_volume(listing.conid, "volume", listing.volume, span.day)
            return _bar(span, tuple(100 * p for p in prices), ticks(CENTS), volume)

        return bar

    def future(self, contract: FutureContract, index: Listing) -> Callable[[Span], Bar | None]:
        """How to make a future's bar of a span; none once expired."""
        carry = pricing.RATE - index.temper.dividends

        def bar(span: Span) -> Bar | None:
            if span.day > contract.expiry:
                return None
            basis = 100 * math.exp(carry * (contract.expiry - span.day).days / 365)
            prices = self._paths.day(index, span.day).between(span.start, span.end)
            volume = self._spots.day_volume(contract.conid, "volume", FUTURE_VOLUME, span.day)
            return _bar(span, tuple(basis * p for p in prices), ticks(QUARTERS), volume)

        return bar

    def option(self, option: ListedOption) -> Callable[[Span], Bar | None]:
        """How to make an option's bar of a span, at theory; none on days before its listing."""

        def bar(span: Span) -> Bar | None:
            if not listed(option, span.day):
                return None
            day = self._option_days.of(option, span.day)
            total = sessions.session_ticks(span.day)
            first = day.model(int(span.start * total), total)
            last = day.model(int(span.end * total), total)
            path = self._paths.day(option.listing, span.day)
            opened, high, low, close = path.between(span.start, span.end)
            if not first.call:
                high, low = low, high
            start, end = first.price(opened), last.price(close)
            prices = (
                start,
                max(start, end, first.price(high)),
                min(start, end, last.price(low)),
                end,
            )
            return _bar(span, tuple(100 * p for p in prices), option.grid, day.volume)

        return bar
