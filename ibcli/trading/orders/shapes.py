"""Which orders a request comes to, contracts decided and prices not yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from typing import TYPE_CHECKING

from ibcli.domain.contracts import Right
from ibcli.domain.orders import Side, TicketLeg
from ibcli.domain.payoff import Held, Payoff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from ibcli.domain.orders import Bracket, Tradable


@dataclass(frozen=True, slots=True)
class Chosen:
    """A contract to be bought or sold, ``count`` of it for each unit of the order."""

    side: Side
    count: int
    tradable: Tradable


@dataclass(frozen=True, slots=True)
class Shape:
    """One order: as a ticket will have it, without its price.

    A combination is bought, its legs carrying the signs; a single contract is bought or sold.
    ``number`` counts the orders of a command from 1.
    """

    number: int
    side: Side
    quantity: int
    legs: tuple[TicketLeg, ...]

    @classmethod
    def of_bracket(cls, number: int, bracket: Bracket) -> Shape:
        """The shape of an order that was planned before."""
        entry = bracket.entry
        return cls(number, entry.side, entry.quantity, entry.legs)

    @property
    def is_combo(self) -> bool:
        """Whether several contracts trade as one."""
        return len(self.legs) > 1

    def is_wing(self, leg: TicketLeg) -> bool:
        """Whether a leg is bought along with others that are sold."""
        return self.is_combo and self.sells and leg.ratio * self.side.sign > 0

    @property
    def judged(self) -> tuple[TicketLeg, ...]:
        """The legs whose market and delta decide: all but wings."""
        return tuple(leg for leg in self.legs if not self.is_wing(leg))

    @property
    def signed(self) -> tuple[tuple[Tradable, int], ...]:
        """Each contract with the number of contracts traded, negative when sold."""
        sign = self.side.sign * self.quantity
        return tuple((leg.tradable, leg.ratio * sign) for leg in self.legs)

    @property
    def sells(self) -> bool:
        """Whether any contract is sold."""
        return any(count < 0 for _, count in self.signed)

    @property
    def is_covered(self) -> bool:
        """Whether as many are bought as sold, of each right and expiring no sooner."""
        return all(self._is_covered(right) for right in Right)

    def _is_covered(self, right: Right) -> bool:
        legs = [(one.expiry, count) for one, count in self.signed if one.right is right]
        days = {day for day, _ in legs if day is not None}
        return all(sum(count for day, count in legs if day and day >= each) >= 0 for each in days)

    def payoff(self, cash: Decimal) -> Payoff | None:
        """Its profit at expiry when so many dollars are received; None: there is not one expiry."""
        return payoff_of([self], cash)


def payoff_of(shapes: Iterable[Shape], cash: Decimal) -> Payoff | None:
    """The profit at expiry of several orders together; None when legs expire on different days."""
    signed = [each for shape in shapes for each in shape.signed]
    held = tuple(
        Held(tradable.right, tradable.strike, count * tradable.multiplier)
        for tradable, count in signed
        if tradable.right is not None and tradable.strike is not None
    )
    days = {(tradable.expiry, tradable.underlying_conid) for tradable, _ in signed}
    if len(days) != 1 or len(held) != len(signed):
        return None
    return Payoff(held, cash)


def as_combo(chosen: Sequence[Chosen], quantity: int) -> tuple[Shape, ...]:
    """All contracts as one native combination, its ratios without a common divisor."""
    common = gcd(*(one.count for one in chosen))
    legs = tuple(
        TicketLeg(one.tradable, one.side.sign * (one.count // common))
        for one in _longs_first(chosen)
    )
    return (Shape(1, Side.BUY, quantity * common, legs),)


def as_singles(chosen: Sequence[Chosen], quantity: int) -> tuple[Shape, ...]:
    """Each contract as an order of its own; what is bought goes first.

    So a failure on the way leaves a wing too many, never a short that nothing covers.
    """
    return tuple(
        Shape(number, one.side, quantity * one.count, (TicketLeg(one.tradable),))
        for number, one in enumerate(_longs_first(chosen), start=1)
    )


def merged(chosen: Iterable[Chosen]) -> list[Chosen]:
    """The same contract bought twice is bought once with both counts."""
    found: dict[tuple[int, Side], Chosen] = {}
    for one in chosen:
        key = (one.tradable.conid, one.side)
        known = found.get(key)
        found[key] = one if known is None else replace(known, count=known.count + one.count)
    return list(found.values())


def _longs_first(chosen: Sequence[Chosen]) -> list[Chosen]:
    return sorted(chosen, key=lambda one: one.side is Side.SELL)
