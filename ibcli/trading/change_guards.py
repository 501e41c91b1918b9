"""The limits that hold for orders which change or close what is there.

What is to be opened is held against all limits (``trading.orders.guards``); whatever lessens a
position, or changes a price, only against those that can make it worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.quotes import Feed
from ibcli.trading import limits

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from ibcli.config import Settings
    from ibcli.domain.order_preview import GuardCheck
    from ibcli.domain.orders import Ticket
    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import TickRules, TradingHours

_ZERO = 0


def check_attended(settings: Settings, *, paper: bool, asked: bool) -> None:
    """Raise GuardError ``guard-unattended`` where nobody is asked and somebody must be."""
    _enforce(limits.unattended(settings, paper=paper, asked=asked))


def check_symbols(settings: Settings, ticket: Ticket) -> None:
    """Raise GuardError ``guard-symbols`` for an underlying that may not be traded."""
    _enforce(limits.symbols(settings, {leg.tradable.symbol for leg in ticket.legs}))


def check_quantity(settings: Settings, ticket: Ticket) -> None:
    """Raise GuardError ``guard-max-contracts`` for too many contracts in one order."""
    total = sum(abs(leg.ratio) for leg in ticket.legs) * ticket.quantity
    _enforce(limits.contracts(settings, total))


def check_feed(words: str, quote: Quote | None) -> None:
    """Raise GuardError ``guard-feed`` for prices that are not today's market."""
    _enforce(limits.feeds(f"the feed of {words}", [quote], {Feed.LIVE}))


def band_distance(price: Decimal, bid: Decimal, ask: Decimal, rules: TickRules) -> Decimal | None:
    """How far a price lies beyond the market, as a fraction of the mid; None: there is no mid.

    Between bid and ask, and within a tick of the mid, nothing is far: there it is the market's.
    """
    mid = (bid + ask) / 2
    distance = abs(price - mid)
    if bid <= price <= ask or distance <= rules.tick(price):
        return mid * _ZERO
    return distance / abs(mid) if mid else None


def check_band(settings: Settings, words: str, distance: Decimal | None) -> None:
    """Raise GuardError ``guard-price-band`` for a limit too far from the market."""
    _enforce(limits.price_band(settings, f"the limit of {words}", distance))


def check_open(words: str, hours: TradingHours, now: datetime) -> None:
    """Raise GuardError ``guard-market`` while the exchange is closed."""
    _enforce(
        limits.open_market(f"the market of {words}", hours, now),
        hint="Try again when it is open: until then nothing would be filled.",
    )


def _enforce(check: GuardCheck, hint: str = "") -> None:
    if not check.ok:
        raise limits.refusal(check, hint)
