"""Limits on how much: contracts, orders, premium, loss, margin; and on how far off the market."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from ibcli.trading import limits
from ibcli.trading.limits import at_most, dollars, percent
from ibcli.trading.orders.outlook import bounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.config import Settings
    from ibcli.domain.order_preview import Bounds, GuardCheck
    from ibcli.trading.orders.facts import Facts
    from ibcli.trading.orders.pricing import Priced

_FEW = 6  # orders of which every choice is looked at


def contracts(facts: Facts) -> GuardCheck:
    total = sum(abs(count) for one in facts.priced for _, count in one.shape.signed)
    return limits.contracts(facts.settings, total)


def orders_per_day(facts: Facts) -> GuardCheck:
    return at_most(
        ("guard-max-orders-per-day", "IBCLI_MAX_ORDERS_PER_DAY", "orders this trading day"),
        facts.sent_today + len(facts.priced),
        facts.settings.guards.max_orders_per_day,
    )


def band(facts: Facts) -> GuardCheck:
    """The limit that lies farthest from the market."""
    apart = [one.within for one in facts.priced if one.limit is not None]
    known = [each for each in apart if each is not None]
    farthest = max(known, default=Decimal(0)) if len(known) == len(apart) else None
    check = limits.price_band(facts.settings, "the limit", farthest)
    return check if apart else replace(check, value="none")


def is_within_band(one: Priced, settings: Settings) -> bool:
    """Whether its limits are such that a question about their distance can be answered with yes.

    The entry's lies inside the price band. A take-profit lies where it gains, and so far from the
    market as was asked for: of an entry without a limit, no other can be meant.
    """
    if one.limit is None:
        return any(child.limit is not None for child in one.bracket.children)
    band = settings.guards.price_band
    return one.within is not None and band is not None and one.within <= band


def premium(facts: Facts) -> GuardCheck:
    """Paid and received do not make up for each other."""
    return at_most(
        ("guard-max-premium", "IBCLI_MAX_PREMIUM", "the premium"),
        sum((abs(one.cash) for one in facts.priced), Decimal(0)),
        facts.settings.guards.max_premium,
        dollars,
    )


def loss(facts: Facts) -> GuardCheck:
    """The loss at the stops, or at expiry where that is less or there are none.

    Of separate orders any may stay alone, the others unfilled: that of the worst choice counts.
    """
    worst = worst_of_some(facts.priced)
    check = at_most(
        ("guard-max-loss", "IBCLI_MAX_LOSS", "the largest loss"),
        worst,
        facts.settings.guards.max_loss,
        dollars,
    )
    return replace(check, value="unlimited") if worst is None and facts.bounds.is_known else check


def worst_of_some(priced: Sequence[Priced]) -> Decimal | None:
    """The most that can be lost when some of the orders are filled; None: there is no bound.

    Of very many orders it is the sum of what each may lose, which is no less.
    """
    numbers = range(1, len(priced) + 1) if len(priced) <= _FEW else (1,)
    chosen = [some for number in numbers for some in combinations(priced, number)]
    losses = [worst_loss(bounds_of(some)) for some in chosen]
    known = [loss for loss in losses if loss is not None]
    if len(known) < len(losses):
        return None
    return max(known, default=None) if len(priced) <= _FEW else sum(known, Decimal(0))


def worst_loss(bounds: Bounds) -> Decimal | None:
    """The most that can be lost in dollars, stops taken at their word; None: there is no bound."""
    at_expiry = max(-bounds.least, Decimal(0)) if bounds.least is not None else None
    known = [loss for loss in (at_expiry, bounds.at_stops) if loss is not None]
    return min(known, default=None)


def margin(facts: Facts) -> GuardCheck:
    return at_most(
        ("guard-max-margin", "IBCLI_MAX_MARGIN", "the margin afterwards"),
        facts.margin.share if facts.margin is not None else None,
        facts.settings.guards.max_margin,
        lambda share: f"{percent(share)} of equity",
    )
