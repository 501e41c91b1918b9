"""Black-Scholes, and the surface of volatilities it is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibcli.sim.market.instruments import Temper

RATE = 0.043  # a year, continuously compounded
_MONTH = 30 / 365
_FADE = 0.25  # years in which the front of the term structure fades by a factor e
_WINGS = 3.0  # the smile levels off towards this many standard deviations
_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_PI = math.sqrt(2 * math.pi)


def at_the_money(temper: Temper, years: float) -> float:
    """Implied volatility at the money: the temper's at a month, ``front`` times more at once."""

    def shape(tenor: float) -> float:
        return 1 + (temper.front - 1) * math.exp(-tenor / _FADE)

    return temper.volatility * shape(years) / shape(_MONTH)


def volatility(temper: Temper, forward: float, strike: float, years: float) -> float:
    """Implied volatility of a strike, a fraction."""
    middle = at_the_money(temper, years)
    distance = math.log(strike / forward) / (middle * math.sqrt(years))
    distance = _WINGS * math.tanh(distance / _WINGS)
    return middle * (1 + temper.skew * distance + temper.smile * distance * distance)


def normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x * _ROOT_HALF)


@dataclass(frozen=True, slots=True)
class Model:
    """One option at one tenor: a function of the spot, in the spot's unit."""

    call: bool
    strike: float
    years: float
    volatility: float
    dividends: float = 0.0
    european: bool = False

    def price(self, spot: float) -> float:
        """Theoretical value; of an American option at least what exercise brings."""
        sign = 1.0 if self.call else -1.0
        discount = math.exp(-RATE * self.years)
        forward = spot * math.exp((RATE - self.dividends) * self.years)
        deviation = self.volatility * math.sqrt(self.years)
        d1 = math.log(forward / self.strike) / deviation + deviation / 2
        value = (
            sign
            * discount
            * (forward * normal_cdf(sign * d1) - self.strike * normal_cdf(sign * (d1 - deviation)))
        )
        return max(value, 0.0) if self.european else max(value, sign * (spot - self.strike), 0.0)

    def sensitivities(self, spot: float) -> tuple[float, float, float, float]:
        """Delta, gamma, theta a calendar day, vega a volatility point."""
        sign = 1.0 if self.call else -1.0
        root = math.sqrt(self.years)
        deviation = self.volatility * root
        carry = math.exp(-self.dividends * self.years)
        discount = math.exp(-RATE * self.years)
        d1 = math.log(spot * carry / (self.strike * discount)) / deviation + deviation / 2
        density = math.exp(-d1 * d1 / 2) / _ROOT_TWO_PI
        in_spot = carry * normal_cdf(sign * d1)
        in_strike = discount * normal_cdf(sign * (d1 - deviation))
        decay = (
            -spot * carry * density * self.volatility / (2 * root)
            - sign * RATE * self.strike * in_strike
            + sign * self.dividends * spot * in_spot
        )
        gamma = carry * density / (spot * deviation)
        return sign * in_spot, gamma, decay / 365, spot * carry * density * root / 100
