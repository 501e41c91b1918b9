"""Limits on how much: contracts, orders, premium, loss, margin; and on how far off the market."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.order_preview import GuardCheck
from ibcli.trading.orders.facts import UNKNOWN, dollars, limit_words, percent

if TYPE_CHECKING:
    from ibcli.config import Settings
    from ibcli.domain.order_preview import Bounds
    from ibcli.trading.orders.facts import Facts
    from ibcli.trading.orders.pricing import Priced


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
    """Whether a limit lies inside the price band, so that a question about it can be answered."""
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
    """The loss at the stops, or at expiry where that is less or there are none."""
    limit = facts.settings.guards.max_loss
    loss = worst_loss(facts.bounds)
    unbounded = "unlimited" if facts.bounds.is_known else UNKNOWN
    return GuardCheck(
        "guard-max-loss",
        "IBCLI_MAX_LOSS",
        "the largest loss",
        unbounded if loss is None else dollars(loss),
        None if limit is None else dollars(limit),
        limit is None or (loss is not None and loss <= limit),
    )


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
