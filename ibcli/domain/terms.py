"""What the broker says beforehand: tick sizes, trading hours, what an order would cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class TickRules:
    """The steps in which prices go: ``(lower edge, increment)``, by rising edge."""

    steps: tuple[tuple[Decimal, Decimal], ...]
    order_types: tuple[str, ...] = ()  # in the broker's own words
    size_increment: Decimal | None = None

    def tick(self, price: Decimal) -> Decimal:
        """The increment that holds at a price (a combination's sign does not matter)."""
        held = self.steps[0][1]
        for edge, increment in self.steps:
            if abs(price) >= edge:
                held = increment
        return held

    def down(self, price: Decimal) -> Decimal:
        """The highest price on a tick that is not above."""
        return self._rounded(price, ROUND_FLOOR)

    def up(self, price: Decimal) -> Decimal:
        """The lowest price on a tick that is not below."""
        return self._rounded(price, ROUND_CEILING)

    def is_on_tick(self, price: Decimal) -> bool:
        """Whether the price can be sent as it is."""
        return price % self.tick(price) == 0

    def _rounded(self, price: Decimal, way: str) -> Decimal:
        tick = self.tick(price)
        return (price / tick).to_integral_value(way) * tick


class Session(NamedTuple):
    """One stretch of trading, both ends aware UTC."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class TradingHours:
    """The regular sessions of a contract by New York day; a day without any is a holiday."""

    days: Mapping[date, tuple[Session, ...]]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the broker thinks an order would do; amounts in the account's currency."""

    commission: Decimal | None
    commission_words: str | None  # as it came: a range is possible
    initial_change: Decimal | None
    initial_after: Decimal | None
    maintenance_change: Decimal | None
    maintenance_after: Decimal | None
    equity: Decimal | None  # with loan value, before
    equity_after: Decimal | None
    warning: str | None = None
