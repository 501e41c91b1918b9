"""Quotes of options: Black-Scholes on the path, with a book, trades and their absence around it.

As a contract's volatility stays for the day, the day's high and low follow from the spot's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.sim.market import sessions
from ibcli.sim.market.listings import ListedOption, listed
from ibcli.sim.market.model import Greeks, Quote
from ibcli.sim.market.paths import DayPath, Paths, busyness, fraction_at
from ibcli.sim.market.spot_quotes import feed_at
from ibcli.sim.market.ticks import dollars, thousandths

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from ibcli.sim.market.noise import Noise
    from ibcli.sim.market.option_days import OptionDay, OptionDays
    from ibcli.sim.market.pricing import Model
    from ibcli.sim.market.sessions import Moment
    from ibcli.sim.market.ticks import Ticks

_REFRESH = 4  # ticks between two changes of a book's sizes
_OPENING_TRADES = 20  # a contract with as many trades a day has one at the open
_MOST_KEPT = 8192
_WORTHLESS = 0.3  # a bid needs a theoretical value of this many ticks


@dataclass(frozen=True, slots=True)
class _Trades:
    """The day's trades so far, prices in cents."""

    last: int
    last_size: int
    volume: int
    open: int
    high: int
    low: int


@dataclass(frozen=True, slots=True)
class _Look:
    """A contract at a moment of a session on which it is listed."""

    option: ListedOption
    day: OptionDay
    moment: Moment
    path: DayPath
    noise: Noise
    grid: Ticks

    def model(self, fraction: float) -> Model:
        """The pricing model at a fraction of the session."""
        return self.day.model(int(fraction * self.moment.ticks), self.moment.ticks)

    def half_spread(self, theory: float, spot: float) -> float:
        """Cents either side of theory: wider away from the money and for long tenors."""
        day = self.day
        in_the_money = 100 * (spot - day.strike if day.call else day.strike - spot)
        half = self.option.option_class.spread
        half *= (1 + 0.3 * min(day.distance**2, 9.0)) * (1 + 1.5 * math.sqrt(day.years))
        if in_the_money > 0:
            half += 0.003 * in_the_money
        else:
            half = min(half, 0.5 + 0.3 * theory)
        return max(half, 0.4 * self.grid.step(theory))

    def traded(self, fraction: float, spot: float, side: float) -> int:
        """A trade's price: at theory, or up to half a half spread to a side (-1 to 1) of it."""
        theory = self.model(fraction).price(spot) * 100
        half = self.half_spread(theory, spot)
        return max(self.grid.nearest(theory + side * half / 2), self.grid.step(0))

    def instant(self, part: int) -> float:
        """When the trade of a part of the busy-time falls, in parts from the open."""
        if part == 0 and self.day.trades >= _OPENING_TRADES:
            return 0.0
        conid = self.option.contract.conid
        return part + self.noise.uniforms(1, "instant", conid, self.moment.day, part)[0]

    def latest(self) -> int:
        """The part whose trade is the latest so far, negative while there is none.

        Each of the day's trades falls at a set instant of its own equal part of the busy-time.
        """
        done = busyness(self.moment.fraction) * self.day.trades
        part = min(int(done), self.day.trades - 1)
        return part - 1 if done < self.instant(part) else part

    def when(self, part: int) -> float:
        """When the trade of a part is, as a fraction of the session."""
        return fraction_at(self.instant(part) / self.day.trades)

    def trade(self, part: int) -> tuple[float, int, float]:
        """When the trade of a part was, as a fraction of the session, its price and its size."""
        at = min(self.when(part), self.moment.fraction)
        conid = self.option.contract.conid
        side, lot = self.noise.uniforms(2, "trade", conid, self.moment.day, part)
        return at, self.traded(at, self.path.price(at), 2 * side - 1), lot

    def trades(self, part: int) -> _Trades:
        """The trades up to that of a part. High and low are what they could reach at the spot's
        extremes.
        """
        at, price, lot = self.trade(part)
        size = max(1, int(lot * 2 * self.day.volume / self.day.trades))
        volume = max(1, self.day.volume * (part + 1) // self.day.trades)
        if part == 0:
            return _Trades(price, size, volume, price, price, price)
        first, opened, _ = self.trade(0)
        low, high = self.path.extremes(at)
        if not self.day.call:
            low, high = high, low
        highest = max(self.traded(first, high, 1), price, opened)
        lowest = min(self.traded(at, low, -1), price, opened)
        return _Trades(price, size, volume, opened, highest, lowest)


class OptionQuotes:
    """Quotes of the options of one seeded market."""

    def __init__(self, noise: Noise, paths: Paths, days: OptionDays) -> None:
        self._noise = noise
        self._paths = paths
        self._days = days
        self._latest: dict[ListedOption, tuple[date, int, _Trades]] = {}

    def quote(self, option: ListedOption, at: datetime) -> Quote | None:
        """The market in a contract; ``None`` before it is listed and once it has expired."""
        moment = sessions.moment(at)
        if not listed(option, sessions.new_york_date(at)):
            return None
        if not listed(option, moment.day):  # listed today, and the session is still to come
            return Quote(option.contract.conid, at, feed_at(moment), volume=0, open_interest=0)
        day = self._days.of(option, moment.day)
        if day.halted or not day.quoted:
            return _silent(option, day, moment, at)
        path = self._paths.day(option.listing, moment.day)
        return self._made(_Look(option, day, moment, path, self._noise, option.grid), at)

    def _made(self, look: _Look, at: datetime) -> Quote:
        """The quote of a contract with a book."""
        conid, day, moment, grid = look.option.contract.conid, look.day, look.moment, look.grid
        spot = look.path.price(moment.fraction)
        model = day.model(moment.tick, moment.ticks)
        theory = model.price(spot) * 100
        half = look.half_spread(theory, spot)
        bid = grid.below(theory - half) if theory > _WORTHLESS * grid.step(theory) else 0
        bid = max(bid, 0)
        ask = max(grid.above(theory + half), bid + grid.step(bid))
        sizes = self._noise.words(2, "sizes", conid, moment.day, moment.tick // _REFRESH)
        trades = self._trades(look)
        prior = _price(day.prior_close)
        return Quote(
            conid=conid,
            at=at,
            feed=feed_at(moment),
            bid=dollars(bid) if bid else None,
            bid_size=1 + sizes[0] % 240 if bid else 0,
            ask=dollars(ask),
            ask_size=1 + sizes[1] % 240,
            last=dollars(trades.last) if trades else prior,
            last_size=trades.last_size if trades else None,
            last_is_prior_close=trades is None and prior is not None,
            volume=trades.volume if trades else 0,
            open_interest=day.open_interest,
            open=dollars(trades.open) if trades else None,
            high=dollars(trades.high) if trades else None,
            low=dollars(trades.low) if trades else None,
            close=dollars(trades.last) if trades and moment.tick == moment.ticks else None,
            prior_close=prior,
            mark=dollars(round((bid + ask) / 2)),
            greeks=_greeks(model, spot),
        )

    def _trades(self, look: _Look) -> _Trades | None:
        """The trades so far; ``None`` while there are none. They stay as they are until the next,
        so they are kept.
        """
        part = look.latest() if look.day.trades else -1
        if part < 0:
            return None
        if look.when(part) > look.moment.fraction:  # by rounding: it shows this moment's price
            return look.trades(part)
        day, known, trades = self._latest.get(look.option, (None, part, None))
        if trades is None or (day, known) != (look.moment.day, part):
            trades = look.trades(part)
            if len(self._latest) >= _MOST_KEPT:
                self._latest.clear()
            self._latest[look.option] = look.moment.day, part, trades
        return trades


def _silent(option: ListedOption, day: OptionDay, moment: Moment, at: datetime) -> Quote:
    """A contract without a book: halted, or one that nobody makes a market in."""
    prior = _price(day.prior_close)
    return Quote(
        conid=option.contract.conid,
        at=at,
        feed=feed_at(moment),
        bid_size=0,
        ask_size=0,
        last=prior,
        last_is_prior_close=prior is not None and not day.halted,
        halted=day.halted,
        volume=0,
        open_interest=day.open_interest,
        prior_close=prior,
    )


def _price(cents: int | None) -> Decimal | None:
    return None if cents is None else dollars(cents)


def _greeks(model: Model, spot: float) -> Greeks:
    delta, gamma, theta, vega = (
        thousandths(round(value * 1000)) for value in model.sensitivities(spot)
    )
    return Greeks(delta, gamma, theta, vega, thousandths(round(model.volatility * 1000)))
