"""What options are worth at their expiry: profit and loss over the underlying's price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from ibcli.domain.contracts import Right

_BEYOND = Decimal("1.5")  # of the highest strike: a point to the right of all kinks
_NOTHING = Decimal(0)


class Held(NamedTuple):
    """Options of one kind; ``units`` are contracts times multiplier, negative when sold."""

    right: Right
    strike: Decimal
    units: Decimal

    def worth(self, price: Decimal) -> Decimal:
        """Their value at expiry: negative for what has been sold."""
        inside = price - self.strike if self.right is Right.CALL else self.strike - price
        return max(inside, _NOTHING) * self.units


class Point(NamedTuple):
    """Profit (negative: loss) at a price of the underlying."""

    price: Decimal
    profit: Decimal


@dataclass(frozen=True, slots=True)
class Payoff:
    """Profit at expiry of ``held``, for which ``cash`` was received (negative: paid).

    All of one underlying and one expiry. Commissions are left out.
    """

    held: tuple[Held, ...]
    cash: Decimal

    def at(self, price: Decimal) -> Decimal:
        """The profit at a price of the underlying."""
        return self.cash + sum((one.worth(price) for one in self.held), _NOTHING)

    @property
    def kinks(self) -> tuple[Point, ...]:
        """Where its slope changes, from a price of 0 on."""
        prices = sorted({_NOTHING, *(one.strike for one in self.held)})
        return tuple(Point(price, self.at(price)) for price in prices)

    @property
    def slope_up(self) -> Decimal:
        """Profit for each dollar that the underlying rises beyond all strikes."""
        calls = (one.units for one in self.held if one.right is Right.CALL)
        return sum(calls, _NOTHING)

    @property
    def most(self) -> Decimal | None:
        """The largest profit; None: there is no bound."""
        return None if self.slope_up > 0 else max(point.profit for point in self.kinks)

    @property
    def least(self) -> Decimal | None:
        """The worst result, negative for a loss; None: there is no bound."""
        return None if self.slope_up < 0 else min(point.profit for point in self.kinks)

    @property
    def liability(self) -> Decimal | None:
        """The most that closing at expiry can cost, cash left out; None: there is no bound."""
        least = self.least
        return None if least is None else max(self.cash - least, _NOTHING)

    @property
    def break_evens(self) -> tuple[Decimal, ...]:
        """Prices where it neither gains nor loses, rising, to a cent; flat stretches have none."""
        points = [*self.kinks]
        last = points[-1]
        if self.slope_up:
            further = last.price * _BEYOND + abs(last.profit / self.slope_up) + 1
            points.append(Point(further, self.at(further)))
        found = [zero for left, right in pairwise(points) if (zero := _zero(left, right))]
        return tuple(sorted(set(found)))

    def curve(self, low: Decimal, high: Decimal) -> tuple[Point, ...]:
        """Points to draw between two prices: both ends, the kinks and break-evens between."""
        between = {
            price
            for price in (*(kink.price for kink in self.kinks), *self.break_evens)
            if low < price < high
        }
        return tuple(Point(price, self.at(price)) for price in sorted({low, high, *between}))


def _zero(left: Point, right: Point) -> Decimal | None:
    """Where the line between two points crosses nothing, to a cent."""
    if left.profit == right.profit or left.profit * right.profit > 0:
        return None
    part = left.profit / (left.profit - right.profit)
    return (left.price + part * (right.price - left.price)).quantize(Decimal("0.01"))
