"""Prices on a grid: rounding to an instrument's ticks, and whole cents as ``Decimal``.

Inside the simulator a price is a float of cents; it becomes a ``Decimal`` only as it leaves,
already on its tick.
"""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibcli.sim.market.model import TickRule

_EPSILON = 1e-9  # a price that is a tick but for rounding is that tick


class Ticks:
    """An instrument's tick rules, in cents."""

    __slots__ = ("_steps", "rules")

    def __init__(self, rules: tuple[TickRule, ...]) -> None:
        self.rules = rules
        self._steps = [(int(r.from_price * 100), int(r.increment * 100)) for r in reversed(rules)]

    def step(self, cents: float) -> int:
        """The increment at a price, in cents."""
        for start, increment in self._steps:
            if cents + _EPSILON >= start:
                return increment
        return self._steps[-1][1]

    def nearest(self, cents: float) -> int:
        step = self.step(cents)
        return math.floor(cents / step + 0.5) * step

    def below(self, cents: float) -> int:
        """The highest tick at or below a price."""
        step = self.step(cents)
        return math.floor(cents / step + _EPSILON) * step

    def above(self, cents: float) -> int:
        """The lowest tick at or above a price."""
        step = self.step(cents)
        return math.ceil(cents / step - _EPSILON) * step


@lru_cache(maxsize=256)
def ticks(rules: tuple[TickRule, ...]) -> Ticks:
    return Ticks(rules)


@lru_cache(maxsize=65536)
def dollars(cents: int) -> Decimal:
    """Whole cents as a price with two decimals."""
    return Decimal(cents).scaleb(-2)


@lru_cache(maxsize=65536)
def thousandths(value: int) -> Decimal:
    return Decimal(value).scaleb(-3)
