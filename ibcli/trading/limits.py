"""Each of the trader's limits held against a value, in the same words whatever is asked to be done.

What is to be opened is held against all of them (``trading.orders.guards``), what lessens a
position or changes an order against some (``trading.change_guards``).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from ibcli.config.trading import Unattended
from ibcli.domain.newyork import NEW_YORK
from ibcli.domain.order_preview import GuardCheck
from ibcli.domain.quotes import Feed
from ibcli.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ibcli.config import Settings
    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import TradingHours

Number = TypeVar("Number", int, Decimal)

UNKNOWN = "not known"
_HINTS = {
    "guard-unattended": "IBCLI_UNATTENDED says where orders may be sent with nobody to ask.",
    "guard-feed": "Orders need live quotes: subscribe to them in IBKR's Client Portal.",
}


def refusal(check: GuardCheck, hint: str = "") -> GuardError:
    """The error for a limit that is crossed."""
    hint = hint or _HINTS.get(check.code, "")
    return GuardError(
        f"{check.setting} refuses the order: {check.what} is {check.value}, "
        f"the limit {check.limit}. Nothing was sent.",
        hint=hint or f"See the limits: ibcli config show; change {check.setting}.",
        code=check.code,
    )


def at_most(
    check: tuple[str, str, str],
    value: Number | None,
    limit: Number | None,
    words: Callable[[Number], str] = str,
) -> GuardCheck:
    """A limit from above; what is not known is beyond it. ``check``: code, setting, and what."""
    return GuardCheck(
        *check,
        UNKNOWN if value is None else words(value),
        None if limit is None else words(limit),
        limit is None or (value is not None and value <= limit),
    )


def percent(fraction: Decimal) -> str:
    """``12.5%`` for 0.125."""
    return f"{fraction * 100:.1f}%"


def dollars(amount: Decimal) -> str:
    """``$1,234.50``."""
    return f"${amount:,.2f}"


def unattended(settings: Settings, *, paper: bool, asked: bool) -> GuardCheck:
    """Somebody can be asked, or need not be."""
    allowed = settings.unattended
    harmless = paper or settings.simulated
    ok = asked or allowed is Unattended.LIVE or (harmless and allowed is Unattended.PAPER)
    kind = "simulated" if settings.simulated else "paper" if paper else "live"
    value = "attended" if asked else f"unattended, {kind} account"
    return GuardCheck("guard-unattended", "IBCLI_UNATTENDED", "the order", value, str(allowed), ok)


def symbols(settings: Settings, traded: AbstractSet[str]) -> GuardCheck:
    """The underlyings are among those that may be traded."""
    allowed = settings.guards.symbols
    return GuardCheck(
        "guard-symbols",
        "IBCLI_SYMBOLS",
        "the underlying",
        ", ".join(sorted(traded)),
        None if allowed is None else ", ".join(sorted(allowed)),
        allowed is None or traded <= allowed,
    )


def contracts(settings: Settings, total: int) -> GuardCheck:
    """Contracts times ratio times quantity."""
    limit = settings.guards.max_contracts
    return at_most(("guard-max-contracts", "IBCLI_MAX_CONTRACTS", "contracts"), total, limit)


def price_band(settings: Settings, what: str, distance: Decimal | None) -> GuardCheck:
    """How far a price lies from the market, as a fraction of the mid."""
    check = ("guard-price-band", "IBCLI_PRICE_BAND", what)
    limit = settings.guards.price_band
    return at_most(check, distance, limit, lambda fraction: f"{percent(fraction)} off mid")


def feeds(what: str, quotes: Iterable[Quote | None], allowed: AbstractSet[Feed]) -> GuardCheck:
    """Prices are of the kinds that may be traded on; no quote is of none."""
    found = {quote.feed or Feed.UNKNOWN if quote is not None else Feed.UNKNOWN for quote in quotes}
    return GuardCheck(
        "guard-feed",
        "market data",
        what,
        ", ".join(sorted(found)) or "none",
        " or ".join(sorted(allowed, reverse=True)),
        found <= allowed,
    )


def open_market(what: str, hours: TradingHours, now: datetime) -> GuardCheck:
    """A regular session is on."""
    value = "open" if is_open(hours, now) else f"closed{_until(hours, now)}"
    return GuardCheck("guard-market", "trading hours", what, value, "open", is_open(hours, now))


def is_open(hours: TradingHours, now: datetime) -> bool:
    """Whether a regular session is on."""
    return any(
        session.opens <= now < session.closes
        for sessions in hours.days.values()
        for session in sessions
    )


def _until(hours: TradingHours, now: datetime) -> str:
    later = sorted(
        session.opens
        for sessions in hours.days.values()
        for session in sessions
        if session.opens > now
    )
    return f" until {later[0].astimezone(NEW_YORK):%a %d %b %H:%M} New York" if later else ""
