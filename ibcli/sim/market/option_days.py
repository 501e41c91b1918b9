"""What an option is like for a day: its volatility, its liquidity, its yesterday.

Time decays between sessions: an option with days to go is valued at the tenor of the day's noon,
one that expires today at what is left of the session, counted in trading time: the nights, in which
little happens, would otherwise leave its last day too little to move. Volatility belongs to the
strike for the whole day, so within a day a price moves with the spot alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ibcli.sim.market import pricing, sessions
from ibcli.sim.market.catalogue import REAL_OPTIONS
from ibcli.sim.market.model import Right
from ibcli.sim.market.spot_quotes import SpotQuotes, log_normal

if TYPE_CHECKING:
    from datetime import date

    from ibcli.sim.market.listings import ListedOption
    from ibcli.sim.market.noise import Noise
    from ibcli.sim.market.paths import Paths

_YEAR_DAYS = 365.0
_SESSION_YEARS = 0.7 / 252  # of a trading day's variance this part falls into the session
_LEAST_TICKS = 60 * sessions.TICKS_PER_SECOND  # left at the last look, for a finite gamma
_NOON_TO_CLOSE, _NOON_TO_OPEN = 4 / 24, -2.5 / 24  # days
_LEFT_AT_NOON = 4 / 6.5  # of a session
_LIVELY = 300  # contracts a day, at least, of an option that must always have a price
_MOST_TRADES = 3000  # a day, of one contract
_CONTRACTS_A_TRADE = 4
_INTEREST = 9  # open interest over a day's volume, about
_UNQUOTED = ((1.0, 0.004), (3.0, 0.015), (math.inf, 0.08))  # chance by distance from the money
_HALTED = 0.02  # chance of what lies far from the money
_FAR = 3.0  # standard deviations


@dataclass(frozen=True, slots=True)
class OptionDay:
    """What stays the same about a contract for a day."""

    call: bool
    strike: float
    years: float  # tenor at noon
    expires_today: bool
    volatility: float
    distance: float  # of the strike from the forward, in standard deviations
    dividends: float
    european: bool
    prior_close: int | None  # cents
    quoted: bool
    halted: bool
    volume: int  # of the whole day
    trades: int
    open_interest: int

    def model(self, tick: int, session_ticks: int) -> pricing.Model:
        """The pricing model at a tick of the day's session."""
        years = self.years
        if self.expires_today:
            left = max(session_ticks - tick, _LEAST_TICKS) / session_ticks
            years = left * _SESSION_YEARS
        return pricing.Model(
            self.call, self.strike, years, self.volatility, self.dividends, self.european
        )


class OptionDays:
    """The days of the options of one seeded market."""

    def __init__(self, noise: Noise, paths: Paths, spots: SpotQuotes) -> None:
        self._noise = noise
        self._paths = paths
        self._spots = spots
        self.of = lru_cache(maxsize=8192)(self._of)

    def _of(self, option: ListedOption, day: date) -> OptionDay:
        """A contract's day; ``day`` is a trading day on which it is listed."""
        contract, temper = option.contract, option.listing.temper
        volatility, distance = self._volatility(option, day)
        volume, interest = self._liquidity(option, day, distance)
        known = contract.conid in REAL_OPTIONS  # alive whatever the seed
        prior_close = self._prior_close(option, day) if interest else None
        luck = self._noise.uniforms(2, "luck", contract.conid, day)
        unquoted = next(chance for reach, chance in _UNQUOTED if abs(distance) < reach)
        halted = prior_close is not None and abs(distance) > _FAR and luck[1] < _HALTED
        return OptionDay(
            call=contract.right is Right.CALL,
            strike=float(contract.strike),
            years=_tenor(option, day),
            expires_today=option.expiry.settles == day,
            volatility=volatility,
            distance=distance,
            dividends=temper.dividends,
            european=option.option_class.european,
            prior_close=prior_close,
            quoted=known or luck[0] > unquoted,
            halted=halted and not known,
            volume=volume,
            trades=min(math.ceil(volume / _CONTRACTS_A_TRADE), _MOST_TRADES),
            open_interest=interest,
        )

    def _volatility(self, option: ListedOption, day: date) -> tuple[float, float]:
        """Implied volatility of the strike all day, and the strike's distance from the forward."""
        temper = option.listing.temper
        years = _tenor(option, day)
        reference = self._paths.reference(option.listing, day)
        forward = reference * math.exp((pricing.RATE - temper.dividends) * years)
        strike = float(option.contract.strike)
        scale = self._spots.volatility_scale(day)
        middle = pricing.at_the_money(temper, years) * scale
        distance = math.log(strike / forward) / (middle * math.sqrt(years))
        return pricing.volatility(temper, forward, strike, years) * scale, distance

    def _liquidity(self, option: ListedOption, day: date, distance: float) -> tuple[int, int]:
        """The day's volume, and open interest: none on the day of listing."""
        conid = option.contract.conid
        busy, held = self._noise.normals(2, "activity", conid, day)
        expected = option.option_class.activity * math.exp(-0.9 * abs(distance))
        expected /= 1 + 12 * _tenor(option, day)
        volume = int(expected * log_normal(busy, 1.1))
        if conid in REAL_OPTIONS:
            volume = max(volume, _LIVELY)
        interest = int(expected * _INTEREST * log_normal(held, 0.9))
        return volume, interest if day > option.expiry.listed else 0

    def _prior_close(self, option: ListedOption, day: date) -> int | None:
        """The theoretical value at the close of the day before, on its tick."""
        before = sessions.trading_day_before(day)
        if before < option.expiry.listed:
            return None
        model = pricing.Model(
            option.contract.right is Right.CALL,
            float(option.contract.strike),
            _tenor(option, before),
            self._volatility(option, before)[0],
            option.listing.temper.dividends,
            option.option_class.european,
        )
        value = model.price(self._paths.reference(option.listing, before)) * 100
        return option.grid.nearest(value)


def _tenor(option: ListedOption, day: date) -> float:
    """Years from the noon of ``day`` to the settlement; trading years on the last day."""
    if option.expiry.settles == day and not option.contract.am_settled:
        return _LEFT_AT_NOON * _SESSION_YEARS
    to_settlement = _NOON_TO_OPEN if option.contract.am_settled else _NOON_TO_CLOSE
    return ((option.expiry.settles - day).days + to_settlement) / _YEAR_DAYS
