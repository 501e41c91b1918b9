"""Whether and how an order trades against the market of a moment. Pure functions.

An order takes what is quoted, as much as is quoted. A limit within the spread meets somebody now
and then, the sooner the more it concedes: how soon is drawn from the seed, so that it is the same
in every process.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from ibcli.sim.books.order import OrderType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.sim.books.order import Leg, Order
    from ibcli.sim.market import Quote

_CENT = Decimal("0.01")
_EAGER = Decimal("0.25")  # the chance at the far side of the spread, a look


@dataclass(frozen=True, slots=True)
class Face:
    """The market in what an order trades, per unit; sizes are in units. For a combination ``ask``
    is what it costs to buy it at its legs' natural prices; a leg that is offered and that nobody
    bids for is given away.
    """

    bid: Decimal | None
    bid_size: int
    ask: Decimal | None
    ask_size: int
    last: Decimal | None
    quotes: tuple[Quote, ...]

    @property
    def mid(self) -> Decimal | None:
        """Between bid and ask; without a bid half the ask."""
        if self.ask is None:
            return None
        return (self.ask + (self.bid or Decimal(0))) / 2


@dataclass(frozen=True, slots=True)
class Deal:
    """A fill: ``price`` per unit, one of ``leg_prices`` for each leg."""

    quantity: Decimal
    price: Decimal
    leg_prices: tuple[Decimal, ...]


def face_of(legs: Sequence[Leg], quotes: Sequence[Quote | None]) -> Face | None:
    """The market in an order's legs; None when one is halted or not listed."""
    known = tuple(q for q in quotes if q is not None and not q.halted)
    if len(known) != len(legs):
        return None
    if len(legs) == 1 and legs[0].ratio == 1:
        q = known[0]
        return Face(q.bid, q.bid_size or 0, q.ask, q.ask_size or 0, q.last, known)
    bid, bid_size = _net(legs, known, -1)
    ask, ask_size = _net(legs, known, 1)
    return Face(bid, bid_size, ask, ask_size, None, known)


def natural(quote: Quote, side: int) -> tuple[Decimal | None, int]:
    """Price and size for who buys (1) or sells (-1) at once."""
    if side > 0:
        return quote.ask, quote.ask_size or 0
    return quote.bid, quote.bid_size or 0


def _natural_of_leg(quote: Quote, side: int) -> tuple[Decimal | None, int]:
    """The same within a combination."""
    price, size = natural(quote, side)
    if price is None and side < 0 and quote.ask is not None:
        return Decimal(0), quote.ask_size or 0
    return price, size


def _net(legs: Sequence[Leg], quotes: Sequence[Quote], sign: int) -> tuple[Decimal | None, int]:
    total, sizes = Decimal(0), []
    for leg, quote in zip(legs, quotes, strict=True):
        price, size = _natural_of_leg(quote, sign * leg.ratio)
        if price is None:
            return None, 0
        total += leg.ratio * price
        sizes.append(size // abs(leg.ratio))
    return total, min(sizes)


def reference(order: Order, face: Face, *, stock: bool) -> Decimal | None:
    """What triggers a stop: the last price of a stock; of an option the bid for who buys, the ask
    for who sells (IBKR's bid/ask method).
    """
    if stock:
        return face.last
    return face.bid if order.buy else face.ask


def first_stop(order: Order, at: Decimal) -> Decimal:
    """Where a trailing order's stop starts from a market at ``at``."""
    trail = order.trail or Decimal(0)
    distance = abs(at) * trail / 100 if order.trail_percent else trail
    rounding = ROUND_CEILING if order.buy else ROUND_FLOOR
    return (at + order.sign * distance).quantize(_CENT, rounding)


def follow(order: Order, at: Decimal) -> bool:
    """Let a trailing stop follow the market; whether it moved. Its limit keeps its distance."""
    level = first_stop(order, at)
    if order.stop is not None and (level >= order.stop if order.buy else level <= order.stop):
        return False
    if order.stop is not None and order.price is not None:
        order.price += level - order.stop
    order.stop = level
    return True


def is_triggered(order: Order, at: Decimal) -> bool:
    """Whether a price sets off the order's stop."""
    if order.stop is None:
        return False
    return at >= order.stop if order.buy else at <= order.stop


def limit_of(order: Order, face: Face) -> Decimal | None:
    """The worst price that the order takes now; None for any."""
    if order.type is not OrderType.MIDPRICE:
        return order.price if order.type.has_limit else None
    mid = face.mid
    if mid is None:
        return order.price
    rounded = mid.quantize(_CENT, ROUND_FLOOR if order.buy else ROUND_CEILING)
    if order.price is None:
        return rounded
    return min(rounded, order.price) if order.buy else max(rounded, order.price)


def deal(order: Order, face: Face, most: Decimal, luck: float) -> Deal | None:
    """What the order trades now, at most ``most`` units. ``luck`` is between 0 and 1."""
    limit = limit_of(order, face)
    price, size = (face.ask, face.ask_size) if order.buy else (face.bid, face.bid_size)
    if price is None or size <= 0 or most <= 0:
        return None
    legs = _leg_prices(order, face)
    if limit is None or (limit >= price if order.buy else limit <= price):
        return Deal(min(most, Decimal(size)), price, legs)
    if luck >= _chance(order, face, limit):
        return None
    met = _improved(order, face, legs, abs(price - limit))
    share = Decimal(1 + int(luck * 1_000_000) % size)
    return None if met is None else Deal(min(most, share), limit, met)


def _chance(order: Order, face: Face, limit: Decimal) -> float:
    """How likely a limit within the spread is met in one look."""
    if face.ask is None:
        return 0.0
    bid = face.bid or Decimal(0)
    if not bid < limit < face.ask:
        return 0.0
    conceded = (limit - bid if order.buy else face.ask - limit) / (face.ask - bid)
    return float(_EAGER * conceded**2)


def _leg_prices(order: Order, face: Face) -> tuple[Decimal, ...]:
    prices = (
        _natural_of_leg(quote, order.sign * leg.ratio)[0]
        for leg, quote in zip(order.legs, face.quotes, strict=True)
    )
    return tuple(price for price in prices if price is not None)


def _improved(
    order: Order, face: Face, prices: tuple[Decimal, ...], gain: Decimal
) -> tuple[Decimal, ...] | None:
    """The legs' prices when the whole is dealt ``gain`` better than at natural ones; None when no
    prices in cents give it exactly.
    """
    better = []
    for leg, quote, price in zip(order.legs, face.quotes, prices, strict=True):
        room = (quote.ask or price) - (quote.bid or Decimal(0))
        share = min(room, (gain / abs(leg.ratio)).quantize(_CENT, ROUND_DOWN))
        gain -= share * abs(leg.ratio)
        better.append(price - share if order.sign * leg.ratio > 0 else price + share)
    return None if gain else tuple(better)
