"""The limits that hold for orders which change or close what is there.

What is to be opened is held against all limits (``trading.orders.guards``); whatever lessens a
position, or changes a price, only against those that can make it worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.config.trading import Unattended
from ibcli.domain.newyork import NEW_YORK
from ibcli.domain.order_preview import GuardCheck
from ibcli.domain.quotes import Feed
from ibcli.errors import GuardError

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from ibcli.config import Settings
    from ibcli.domain.orders import Ticket
    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import TickRules, TradingHours

_ZERO = 0


def check_attended(settings: Settings, *, paper: bool, asked: bool) -> None:
    """Raise GuardError ``guard-unattended`` where nobody is asked and somebody must be."""
    allowed = settings.unattended
    harmless = paper or settings.simulated
    if asked or allowed is Unattended.LIVE or (harmless and allowed is Unattended.PAPER):
        return
    kind = "simulated" if settings.simulated else "paper" if paper else "live"
    _refuse(
        GuardCheck(
            "guard-unattended",
            "IBCLI_UNATTENDED",
            "the order",
            f"unattended on a {kind} account",
            str(allowed),
            ok=False,
        ),
        hint="IBCLI_UNATTENDED says where orders may be sent with nobody to ask.",
    )


def check_symbols(settings: Settings, ticket: Ticket) -> None:
    """Raise GuardError ``guard-symbols`` for an underlying that may not be traded."""
    allowed = settings.guards.symbols
    symbols = {leg.tradable.symbol for leg in ticket.legs}
    if allowed is not None and not symbols <= allowed:
        value, limit = ", ".join(sorted(symbols)), ", ".join(sorted(allowed))
        _refuse(
            GuardCheck("guard-symbols", "IBCLI_SYMBOLS", "the underlying", value, limit, ok=False)
        )


def check_quantity(settings: Settings, ticket: Ticket) -> None:
    """Raise GuardError ``guard-max-contracts`` for too many contracts in one order."""
    limit = settings.guards.max_contracts
    total = sum(abs(leg.ratio) for leg in ticket.legs) * ticket.quantity
    if limit is not None and total > limit:
        _refuse(
            GuardCheck(
                "guard-max-contracts",
                "IBCLI_MAX_CONTRACTS",
                "contracts",
                str(total),
                str(limit),
                ok=False,
            )
        )


def check_feed(words: str, quote: Quote | None) -> None:
    """Raise GuardError ``guard-feed`` for prices that are not today's market."""
    feed = quote.feed if quote is not None and quote.feed is not None else Feed.UNKNOWN
    if feed is not Feed.LIVE:
        _refuse(
            GuardCheck(
                "guard-feed", "market data", f"the feed of {words}", str(feed), "live", ok=False
            ),
            hint="Orders need live quotes: subscribe to them in IBKR's Client Portal.",
        )


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
    limit = settings.guards.price_band
    if limit is None or (distance is not None and distance <= limit):
        return
    value = "not known" if distance is None else f"{distance * 100:.1f}% off mid"
    _refuse(
        GuardCheck(
            "guard-price-band",
            "IBCLI_PRICE_BAND",
            f"the limit of {words}",
            value,
            f"{limit * 100:.1f}% off mid",
            ok=False,
        )
    )


def check_open(words: str, hours: TradingHours, now: datetime) -> None:
    """Raise GuardError ``guard-market`` while the exchange is closed."""
    sessions = sorted(each for day in hours.days.values() for each in day)
    if any(session.opens <= now < session.closes for session in sessions):
        return
    later = next((each.opens for each in sessions if each.opens > now), None)
    until = f" until {later.astimezone(NEW_YORK):%a %d %b %H:%M} New York" if later else ""
    _refuse(
        GuardCheck(
            "guard-market", "trading hours", f"the market of {words}", f"closed{until}", "open",
            ok=False,
        ),
        hint="Try again when it is open: until then nothing would be filled.",
    )  # fmt: skip


def _refuse(check: GuardCheck, hint: str = "") -> None:
    raise GuardError(
        f"{check.setting} refuses the order: {check.what} is {check.value}, "
        f"the limit {check.limit}. Nothing was sent.",
        hint=hint or f"See the limits: ibcli config show; change {check.setting}.",
        code=check.code,
    )
