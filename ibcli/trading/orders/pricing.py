"""Prices: from quotes and a wish to limits, triggers and brackets, all on the tick."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ibcli.domain.orders import Bracket, OrderType, Role, Side, Ticket
from ibcli.domain.terms import TickRules
from ibcli.domain.wishes import LimitWord
from ibcli.errors import GuardError
from ibcli.trading.orders.children import check_protection, children

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ibcli.domain.orders import Tradable
    from ibcli.domain.quotes import Quote
    from ibcli.trading.orders.request import OrderRequest
    from ibcli.trading.orders.shapes import Shape

_NOTHING = Decimal(0)


class Market(NamedTuple):
    """What an order can be traded at, a unit: signed, so that a credit is negative when bought."""

    bid: Decimal
    ask: Decimal

    @property
    def mid(self) -> Decimal:
        """Midway."""
        return (self.bid + self.ask) / 2


def market_of(shape: Shape, quotes: Mapping[int, Quote]) -> Market | None:
    """Bid and ask of the order as a whole; None when a leg lacks one of them.

    A wing that nobody bids for is bought all the same: it is worth nothing to a seller.
    """
    bid = ask = _NOTHING
    for leg in shape.legs:
        quote = quotes.get(leg.tradable.conid)
        if quote is None or quote.ask is None:
            return None
        worth = quote.bid
        if worth is None:
            if not shape.is_wing(leg):
                return None
            worth = _NOTHING
        low, high = sorted((leg.ratio * worth, leg.ratio * quote.ask))
        bid, ask = bid + low, ask + high
    return Market(bid, ask)


def rules_of(shape: Shape, rules: Mapping[tuple[int, Side], TickRules]) -> TickRules:
    """The steps of the order's price.

    A combination's price goes in steps of its own, finer than its legs': in the coarsest of the
    legs' finest ones, whatever the price.
    """
    each = [rules[leg.tradable.conid, _leg_side(shape, leg.ratio)] for leg in shape.legs]
    if not shape.is_combo:
        return each[0]
    finest = max(min(increment for _, increment in one.steps) for one in each)
    return TickRules(((_NOTHING, finest),))


def _leg_side(shape: Shape, ratio: int) -> Side:
    return shape.side if ratio > 0 else shape.side.opposite


def wanted_rules(shapes: Iterable[Shape]) -> list[tuple[Tradable, Side]]:
    """Whose price steps must be known."""
    return [(leg.tradable, _leg_side(shape, leg.ratio)) for shape in shapes for leg in shape.legs]


@dataclass(frozen=True, slots=True)
class Priced:
    """An order with its prices. ``premium`` is positive, what a unit is expected to bring or cost.

    ``reference`` is what the limit is held against: the mid, or the trigger of a stop limit.
    ``liability``: the most that closing at expiry can cost, a unit; None: there is no bound.
    """

    shape: Shape
    bracket: Bracket
    market: Market
    tick: Decimal
    premium: Decimal
    is_credit: bool
    liability: Decimal | None

    @property
    def stop(self) -> Ticket | None:
        """The child that limits the loss."""
        return next((one for one in self.bracket.children if one.role is Role.STOP), None)

    @property
    def limit(self) -> Decimal | None:
        """The entry's limit, as on the wire."""
        return self.bracket.entry.limit

    @property
    def reference(self) -> Decimal:
        """What the limit is held against."""
        entry = self.bracket.entry
        if entry.type in {OrderType.STOP_LIMIT, OrderType.TRAILLMT} and entry.trigger is not None:
            return entry.trigger
        return self.market.mid

    @property
    def within(self) -> Decimal | None:
        """How far the limit lies from its reference, as a fraction of it; None without a limit."""
        if self.limit is None:
            return None
        distance = abs(self.limit - self.reference)
        if distance < self.tick:  # by rounding alone, which may be much of a small price
            return _NOTHING
        return distance / abs(self.reference) if self.reference else None

    @property
    def per_unit(self) -> Decimal:
        """Dollars for a premium of 1: quantity times multiplier."""
        return self.shape.quantity * self.shape.legs[0].tradable.multiplier

    @property
    def cash(self) -> Decimal:
        """Dollars received (negative: paid) when it fills as expected."""
        return (self.premium if self.is_credit else -self.premium) * self.per_unit

    @property
    def loss_at_stop(self) -> Decimal | None:
        """Dollars lost when the stop fills at its trigger; None without a stop."""
        if self.stop is None or self.stop.trigger is None:
            return None
        return (abs(self.stop.trigger) - self.premium) * self.per_unit


def price(shape: Shape, request: OrderRequest, market: Market, rules: TickRules) -> Priced:
    """The bracket of an order, priced off the market.

    Raises GuardError where there is no premium to speak of, UsageError for a price of a child that
    cannot be.
    """
    entry, expected = _entry(shape, request, market, rules)
    is_credit = expected < 0 if shape.is_combo else shape.side is Side.SELL
    premium = abs(expected)
    if shape.is_combo and request.sides and is_credit is not (request.action is Side.SELL):
        got, meant = ("credit", "debit") if is_credit else ("debit", "credit")
        raise GuardError(
            f"{entry.words} comes to a {got} of {premium}, where a {meant} is meant.",
            hint="The quotes are odd just now: look at them, ibcli quote, and try again.",
            code="guard-quote",
        )
    if not premium:
        raise GuardError(
            f"{entry.words} has no premium: at the {request.limit} it trades for nothing.",
            hint="Choose strikes nearer to the money, or give a price: --limit 0.05",
            code="guard-quote",
        )
    bare = Priced(
        shape=shape,
        bracket=Bracket(entry),
        market=market,
        tick=rules.tick(expected),
        premium=premium,
        is_credit=is_credit,
        liability=_liability(shape),
    )
    check_protection(bare, request)
    tickets = children(bare, request, rules)
    return Priced(
        shape=shape,
        bracket=Bracket(entry, tickets),
        market=market,
        tick=bare.tick,
        premium=premium,
        is_credit=is_credit,
        liability=bare.liability,
    )


def _liability(shape: Shape) -> Decimal | None:
    payoff = shape.payoff(_NOTHING)
    least = payoff.least if payoff is not None else None
    if least is None:
        return None
    return -least / (shape.quantity * shape.legs[0].tradable.multiplier)


def _entry(
    shape: Shape,
    request: OrderRequest,
    market: Market,
    rules: TickRules,
) -> tuple[Ticket, Decimal]:
    """The entry, and the signed price at which it is expected to trade."""
    kind = request.type
    trigger = _trigger(shape, request, market, rules)
    has_limit = kind.has_limit or _is_capped(request)
    limit = _limit(shape, request, market, rules) if has_limit else None
    natural = market.ask if shape.side is Side.BUY else market.bid
    expected = {
        OrderType.MKT: natural,
        OrderType.STP: trigger,
        OrderType.TRAIL: trigger,
        OrderType.MIDPRICE: market.mid,
    }.get(kind, limit)
    entry = Ticket(
        role=Role.ENTRY,
        side=shape.side,
        quantity=shape.quantity,
        type=kind,
        legs=shape.legs,
        tif=request.tif,
        limit=limit,
        trigger=trigger,
        trail=request.trail.distance if request.trail else None,
        trail_is_percent=bool(request.trail and request.trail.is_percent),
        outside_rth=request.outside_rth,
    )
    return entry, expected if expected is not None else market.mid


def _is_capped(request: OrderRequest) -> bool:
    """Whether a MIDPRICE order was given a limit beyond which it must not go."""
    return request.type is OrderType.MIDPRICE and isinstance(request.limit, Decimal)


def _trigger(
    shape: Shape, request: OrderRequest, market: Market, rules: TickRules
) -> Decimal | None:
    """The entry's own trigger: as said, or as far from the mid as it is to trail."""
    if not request.type.has_trigger:
        return None
    round_it = rules.up if shape.side is Side.BUY else rules.down  # away from the market
    if request.stop_price is not None:
        return round_it(request.stop_price)
    if request.trail is None:
        return None
    away = request.trail.from_price(market.mid) * shape.side.sign
    return max(round_it(market.mid + away), rules.tick(market.mid))


def _limit(shape: Shape, request: OrderRequest, market: Market, rules: TickRules) -> Decimal:
    """The limit on the wire's sign, rounded the way that the action prefers."""
    wish = request.limit
    if isinstance(wish, Decimal):
        found = -wish if _means_credit(shape, request, market) else wish
    else:
        found = _off_the_market(shape, wish, market)
    return rules.down(found) if shape.side is Side.BUY else rules.up(found)


def _means_credit(shape: Shape, request: OrderRequest, market: Market) -> bool:
    """Whether a price without a sign is one to be received, for something that is bought.

    Raises GuardError where neither the words nor the market tell.
    """
    if not shape.is_combo:
        return False
    if request.sides:
        return request.action is Side.SELL
    if market.bid < 0 < market.ask:
        raise GuardError(
            f"--limit {request.limit} may mean a credit or a debit: the market of these legs is "
            f"from {market.bid} to {market.ask}.",
            hint="Use --limit mid or natural, or choose other legs.",
            code="guard-quote",
        )
    return market.mid < 0


def _off_the_market(shape: Shape, wish: LimitWord, market: Market) -> Decimal:
    """What a word means.

    A combination for a credit is seen as its seller sees it: its bid is what he receives at once.
    """
    if wish is LimitWord.MID:
        return market.mid
    if wish is LimitWord.NATURAL:
        return market.ask if shape.side is Side.BUY else market.bid
    is_turned = shape.is_combo and market.mid < 0
    at_bid = (wish is LimitWord.BID) is not is_turned
    return market.bid if at_bid else market.ask
