"""Quotes of options: Black-Scholes on the path, with a book, trades and their absence around it.

What a contract is like today (its volatility, its liquidity, its yesterday) is worked out once a
day and kept; what it is worth is worked out at each look. Time decays between sessions: an option
with days to go is valued at the tenor of the day's noon, one that expires today at what is left of
the session. Volatility belongs to the strike for the whole day, so within a day a price moves with
the spot alone, and a day's high and low follow from the spot's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ibcli.sim.market import pricing, sessions
from ibcli.sim.market.catalogue import REAL_OPTIONS
from ibcli.sim.market.listings import ListedOption, listed
from ibcli.sim.market.model import Greeks, Quote, Right
from ibcli.sim.market.paths import DayPath, Paths, busyness, fraction_at
from ibcli.sim.market.spot_quotes import SpotQuotes, feed_at, log_normal
from ibcli.sim.market.ticks import Ticks, dollars, thousandths, ticks

if TYPE_CHECKING:
    from datetime import date, datetime

    from ibcli.sim.market.noise import Noise
    from ibcli.sim.market.sessions import Moment

_YEAR_DAYS = 365.0
_YEAR_TICKS = 365 * 86400.0 * sessions.TICKS_PER_SECOND
_LEAST_TICKS = 60 * sessions.TICKS_PER_SECOND  # left at the last look, for a finite gamma
_NOON_TO_CLOSE, _NOON_TO_OPEN = 4 / 24, -2.5 / 24  # days
_REFRESH = 4  # ticks between two changes of a book's sizes
_OPENING_TRADES = 20  # a contract with as many trades a day has one at the open
_LIVELY = 300  # contracts a day
_MOST_TRADES = 3000  # a day, of one contract
_WORTHLESS = 0.3  # a bid needs a theoretical value of this many ticks


@dataclass(frozen=True, slots=True)
class _Day:
    """What stays the same about a contract for a day."""

    years: float  # tenor at noon
    expires_today: bool
    volatility: float
    distance: float  # of the strike from the forward, in standard deviations
    prior_close: int | None  # cents
    quoted: bool
    halted: bool
    volume: int
    trades: int
    open_interest: int


@dataclass(frozen=True, slots=True)
class _Trade:
    """The last trade so far, in cents, and how much has traded."""

    price: int
    size: int
    volume: int
    first: float  # fraction of the session at the first trade
    last: float


class OptionQuotes:
    """Quotes of the options of one seeded market."""

    def __init__(self, noise: Noise, paths: Paths, spots: SpotQuotes) -> None:
        self._noise = noise
        self._paths = paths
        self._spots = spots
        self._day = lru_cache(maxsize=8192)(self._new_day)

    def quote(self, option: ListedOption, at: datetime) -> Quote | None:
        """The market in a contract; ``None`` before it is listed and once it has expired."""
        moment = sessions.moment(at)
        if not (listed(option, sessions.new_york_date(at)) and listed(option, moment.day)):
            return None
        day = self._day(option, moment.day)
        if day.halted or not day.quoted:
            return self._silent(option, day, moment, at)
        return self._made(option, day, moment, at)

    def model(self, option: ListedOption, moment: Moment) -> pricing.Model:
        """The contract's pricing model at a moment of a day on which it is listed."""
        return self._model(option, self._day(option, moment.day), moment.tick, moment.ticks)

    def volume(self, option: ListedOption, day: date) -> int:
        """Contracts traded in the whole of ``day``."""
        return self._day(option, day).volume

    # What a day is like.

    def _tenor(self, option: ListedOption, day: date) -> float:
        """Years from the noon of ``day`` to the settlement."""
        to_settlement = _NOON_TO_OPEN if option.contract.am_settled else _NOON_TO_CLOSE
        return ((option.expiry.settles - day).days + to_settlement) / _YEAR_DAYS

    def _volatility(self, option: ListedOption, day: date) -> tuple[float, float]:
        """Implied volatility of the strike all day, and the strike's distance from the forward."""
        temper = option.listing.temper
        years = self._tenor(option, day)
        reference = self._paths.reference(option.listing, day)
        forward = reference * math.exp((pricing.RATE - temper.dividends) * years)
        strike = float(option.contract.strike)
        scale = self._spots.volatility_scale(day)
        middle = pricing.at_the_money(temper, years) * scale
        distance = math.log(strike / forward) / (middle * math.sqrt(years))
        return pricing.volatility(temper, forward, strike, years) * scale, distance

    def _prior_close(self, option: ListedOption, day: date) -> int | None:
        before = sessions.trading_day_before(day)
        if before < option.expiry.listed:
            return None
        volatility, _ = self._volatility(option, before)
        temper = option.listing.temper
        model = pricing.Model(
            option.contract.right is Right.CALL,
            float(option.contract.strike),
            self._tenor(option, before),
            volatility,
            temper.dividends,
            option.option_class.european,
        )
        value = model.price(self._paths.reference(option.listing, before)) * 100
        return self._ticks(option).nearest(value)

    def _new_day(self, option: ListedOption, day: date) -> _Day:
        contract = option.contract
        volatility, distance = self._volatility(option, day)
        luck = self._noise.uniforms(2, "luck", contract.conid, day)
        busy, held = self._noise.normals(2, "activity", contract.conid, day)
        near = abs(distance)
        expected = (
            option.option_class.activity
            * math.exp(-0.9 * near)
            / (1 + 12 * self._tenor(option, day))
        )
        volume = int(expected * log_normal(busy, 1.1))
        known = contract.conid in REAL_OPTIONS  # always alive, whatever the seed
        if known:
            volume = max(volume, _LIVELY)
        interest = int(expected * 9 * log_normal(held, 0.9))
        if day <= option.expiry.listed:
            interest = 0
        return _Day(
            years=self._tenor(option, day),
            expires_today=option.expiry.settles == day,
            volatility=volatility,
            distance=distance,
            prior_close=self._prior_close(option, day) if interest else None,
            quoted=known or luck[0] > (0.004 if near < 1 else 0.015 if near < 3 else 0.08),
            halted=not known and near > 0.25 and luck[1] < 0.02,
            volume=volume,
            trades=min(math.ceil(volume / 4), _MOST_TRADES),
            open_interest=interest,
        )

    # What a moment is like.

    def _model(self, option: ListedOption, day: _Day, tick: int, ticks_: int) -> pricing.Model:
        years = day.years
        if day.expires_today:
            years = max(ticks_ - tick, _LEAST_TICKS) / _YEAR_TICKS
        return pricing.Model(
            option.contract.right is Right.CALL,
            float(option.contract.strike),
            years,
            day.volatility,
            option.listing.temper.dividends,
            option.option_class.european,
        )

    @staticmethod
    def _ticks(option: ListedOption) -> Ticks:
        return ticks(option.option_class.ticks)

    def _half_spread(self, option: ListedOption, day: _Day, theory: float, spot: float) -> float:
        """Cents either side of theory: wider away from the money and for long tenors."""
        contract = option.contract
        sign = 1 if contract.right is Right.CALL else -1
        intrinsic = max(0.0, sign * (spot - float(contract.strike)) * 100)
        half = option.option_class.spread
        half *= (1 + 0.3 * min(day.distance**2, 9.0)) * (1 + 1.5 * math.sqrt(day.years))
        half += 0.003 * intrinsic
        if not intrinsic:
            half = min(half, 0.5 + 0.3 * theory)
        return max(half, 0.4 * self._ticks(option).step(theory))

    def _trade_instant(self, option: ListedOption, day: _Day, date_: date, part: int) -> float:
        """When the trade of a part of the busy-time falls, in parts from the open."""
        if part == 0 and day.trades >= _OPENING_TRADES:
            return 0.0
        return part + self._noise.uniforms(1, "instant", option.contract.conid, date_, part)[0]

    def _trade(
        self, option: ListedOption, day: _Day, moment: Moment, path: DayPath
    ) -> _Trade | None:
        """The last trade; ``None`` while nothing has traded.

        Each of the day's trades falls at a set instant of its own equal part of the busy-time.
        """
        if not day.trades:
            return None
        done = busyness(moment.fraction) * day.trades
        part = min(int(done), day.trades - 1)
        instant = self._trade_instant(option, day, moment.day, part)
        if done < instant:
            part -= 1
            instant = self._trade_instant(option, day, moment.day, part)
        if part < 0:
            return None
        at = min(fraction_at(instant / day.trades), moment.fraction)
        opening = self._trade_instant(option, day, moment.day, 0)
        side, lot = self._noise.uniforms(2, "trade", option.contract.conid, moment.day, part)
        spot = path.price(at)
        model = self._model(option, day, int(at * moment.ticks), moment.ticks)
        theory = model.price(spot) * 100
        grid = self._ticks(option)
        half = self._half_spread(option, day, theory, spot)
        return _Trade(
            price=max(grid.nearest(theory + (side - 0.5) * half), grid.step(0)),
            size=max(1, int(lot * 2 * day.volume / day.trades)),
            volume=max(1, day.volume * (part + 1) // day.trades),
            first=min(fraction_at(opening / day.trades), at),
            last=at,
        )

    def _silent(self, option: ListedOption, day: _Day, moment: Moment, at: datetime) -> Quote:
        """A contract without a book: halted, or one that nobody makes a market in."""
        prior = None if day.prior_close is None else dollars(day.prior_close)
        return Quote(
            conid=option.contract.conid,
            at=at,
            feed=feed_at(moment),
            last=prior,
            last_is_prior_close=prior is not None and not day.halted,
            halted=day.halted,
            volume=0,
            open_interest=day.open_interest,
            prior_close=prior,
        )

    def _made(self, option: ListedOption, day: _Day, moment: Moment, at: datetime) -> Quote:
        path = self._paths.day(option.listing, moment.day)
        spot = path.price(moment.fraction)
        model = self._model(option, day, moment.tick, moment.ticks)
        theory = model.price(spot) * 100
        grid = self._ticks(option)
        half = self._half_spread(option, day, theory, spot)
        bid = grid.below(theory - half) if theory > _WORTHLESS * grid.step(theory) else 0
        ask = max(grid.above(theory + half), bid + grid.step(bid))
        sizes = self._noise.words(
            2, "sizes", option.contract.conid, moment.day, moment.tick // _REFRESH
        )
        trade = self._trade(option, day, moment, path)
        prior = None if day.prior_close is None else dollars(day.prior_close)
        opened, high, low = self._range(option, day, moment, path, trade)
        ended = moment.tick == moment.ticks
        return Quote(
            conid=option.contract.conid,
            at=at,
            feed=feed_at(moment),
            bid=dollars(bid) if bid > 0 else None,
            bid_size=1 + sizes[0] % 240 if bid > 0 else 0,
            ask=dollars(ask),
            ask_size=1 + sizes[1] % 240,
            last=dollars(trade.price) if trade else prior,
            last_size=trade.size if trade else None,
            last_is_prior_close=trade is None and prior is not None,
            volume=trade.volume if trade else 0,
            open_interest=day.open_interest,
            open=None if opened is None else dollars(opened),
            high=None if high is None else dollars(high),
            low=None if low is None else dollars(low),
            close=dollars(trade.price) if trade and ended else None,
            prior_close=prior,
            mark=dollars(round((max(bid, 0) + ask) / 2)),
            greeks=_greeks(model, spot),
        )

    def _range(
        self,
        option: ListedOption,
        day: _Day,
        moment: Moment,
        path: DayPath,
        trade: _Trade | None,
    ) -> tuple[int | None, int | None, int | None]:
        """Open, high and low of the day's trades."""
        if trade is None:
            return None, None, None
        grid = self._ticks(option)
        first = self._model(option, day, int(trade.first * moment.ticks), moment.ticks)
        last = self._model(option, day, int(trade.last * moment.ticks), moment.ticks)
        opened = grid.nearest(first.price(path.price(trade.first)) * 100)
        low, high = path.extremes(trade.last)
        if not first.call:
            low, high = high, low
        highest = max(grid.nearest(first.price(high) * 100), trade.price, opened)
        lowest = min(grid.nearest(last.price(low) * 100), trade.price, opened)
        least = grid.step(0)
        return max(opened, least), max(highest, least), max(lowest, least)


def _greeks(model: pricing.Model, spot: float) -> Greeks:
    delta, gamma, theta, vega = (
        thousandths(round(value * 1000)) for value in model.sensitivities(spot)
    )
    return Greeks(delta, gamma, theta, vega, thousandths(round(model.volatility * 1000)))
