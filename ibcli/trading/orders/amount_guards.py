"""Limits on how much: contracts, orders, premium, loss, margin; and on how far off the market."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from ibcli.domain.order_preview import GuardCheck
from ibcli.trading.orders.facts import UNKNOWN, dollars, limit_words, percent
from ibcli.trading.orders.outlook import bounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.config import Settings
    from ibcli.domain.order_preview import Bounds
    from ibcli.trading.orders.facts import Facts
    from ibcli.trading.orders.pricing import Priced

_FEW = 6  # orders of which every choice is looked at


def contracts(facts: Facts) -> GuardCheck:
    total = sum(abs(count) for one in facts.priced for _, count in one.shape.signed)
    limit = facts.settings.guards.max_contracts
    return GuardCheck(
        "guard-max-contracts",
        "IBCLI_MAX_CONTRACTS",
        "contracts",
        str(total),
        limit_words(limit),
        limit is None or total <= limit,
    )


def orders_per_day(facts: Facts) -> GuardCheck:
    total = facts.sent_today + len(facts.priced)
    limit = facts.settings.guards.max_orders_per_day
    return GuardCheck(
        "guard-max-orders-per-day",
        "IBCLI_MAX_ORDERS_PER_DAY",
        "orders this trading day",
        str(total),
        limit_words(limit),
        limit is None or total <= limit,
    )


def band(facts: Facts) -> GuardCheck:
    """The limit that lies farthest from the market."""
    limit = facts.settings.guards.price_band
    limited = [one for one in facts.priced if one.limit is not None]
    apart = [one.within for one in limited]
    known = [each for each in apart if each is not None]
    farthest = max(known, default=Decimal(0)) if len(known) == len(apart) else None
    shown = UNKNOWN if farthest is None else f"{percent(farthest)} off mid"
    return GuardCheck(
        "guard-price-band",
        "IBCLI_PRICE_BAND",
        "the limit",
        shown if limited else "none",
        None if limit is None else f"{percent(limit)} off mid",
        limit is None or (farthest is not None and farthest <= limit),
    )


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
    total = sum((abs(one.cash) for one in facts.priced), Decimal(0))
    limit = facts.settings.guards.max_premium
    return GuardCheck(
        "guard-max-premium",
        "IBCLI_MAX_PREMIUM",
        "the premium",
        dollars(total),
        None if limit is None else dollars(limit),
        limit is None or total <= limit,
    )


def loss(facts: Facts) -> GuardCheck:
    """The loss at the stops, or at expiry where that is less or there are none.

    Of separate orders any may stay alone, the others unfilled: that of the worst choice counts.
    """
    limit = facts.settings.guards.max_loss
    loss = worst_of_some(facts.priced)
    unbounded = "unlimited" if facts.bounds.is_known else UNKNOWN
    return GuardCheck(
        "guard-max-loss",
        "IBCLI_MAX_LOSS",
        "the largest loss",
        unbounded if loss is None else dollars(loss),
        None if limit is None else dollars(limit),
        limit is None or (loss is not None and loss <= limit),
    )


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
    limit = facts.settings.guards.max_margin
    share = facts.margin.share if facts.margin is not None else None
    return GuardCheck(
        "guard-max-margin",
        "IBCLI_MAX_MARGIN",
        "the margin afterwards",
        UNKNOWN if share is None else f"{percent(share)} of equity",
        None if limit is None else f"{percent(limit)} of equity",
        limit is None or (share is not None and share <= limit),
    )
