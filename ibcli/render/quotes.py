"""What every picture of a quote shares: its document, feed, age, the mark on its last price."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.domain.quotes import Feed, LastKind, Quote
from ibcli.render import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ibcli.domain.contracts import Listing, OptionContract

LABELS = {
    "bid": "Bid",
    "ask": "Ask",
    "last": "Last",
    "volume": "Vol",
    "open_interest": "OI",
    "implied_volatility": "IV",
    "delta": "Delta",
    "gamma": "Gamma",
    "theta": "Theta",
    "vega": "Vega",
    "change": "Chg",
    "change_percent": "Chg%",
    "prior_close": "Prior",
    "implied_volatility_30d": "IV 30d",
    "option_volume": "Opt vol",
}
LAST_MARKS = {LastKind.PRIOR_CLOSE: "c", LastKind.HALTED: "h"}
MARK_MEANINGS = {"c": "prior close, no trade yet", "h": "halted"}
FEED_STYLES = {Feed.LIVE: "bold green", Feed.DELAYED: "bold yellow"}


def label(name: str) -> str:
    """What heads a column: ``OI``, ``Bid size``."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def last_mark(quote: Quote | None) -> str:
    """``c`` or ``h`` behind a last price that is no trade of today, else nothing."""
    if quote is None or quote.last is None or quote.last_kind is None:
        return ""
    return LAST_MARKS.get(quote.last_kind, "")


def marks_explained(marks: Iterable[str]) -> list[str]:
    """A line for each mark that was used."""
    return [f"{mark}: {MARK_MEANINGS[mark]}" for mark in sorted({m for m in marks if m})]


def value_of(quote: Quote | None, name: str) -> Decimal | None:
    """A numeric attribute of a quote that may not be there."""
    value = getattr(quote, name) if quote is not None else None
    return value if isinstance(value, Decimal) else None


def age_seconds(quote: Quote | None, as_of: datetime) -> Decimal | None:
    """Seconds from the broker's last update of this row until it was read, never below 0."""
    if quote is None or quote.updated is None:
        return None
    milliseconds = round((as_of - quote.updated).total_seconds() * 1000)
    return max(Decimal(0), Decimal(milliseconds) / 1000)


def feed_word(feed: Feed | None) -> str:
    """``LIVE``; a feed that is not known says so."""
    return (feed or Feed.UNKNOWN).value.upper()


def quote_document(quote: Quote | None, names: Iterable[str], as_of: datetime) -> dict[str, Any]:
    """The named attributes, and what a reader needs to trust them: feed, time, age, oddities."""
    document: dict[str, Any] = {name: getattr(quote, name, None) for name in names}
    if "last" in document:
        document["last_kind"] = quote.last_kind if quote else None
    return document | {
        "feed": quote.feed if quote else None,
        "updated": quote.updated if quote else None,
        "age_seconds": age_seconds(quote, as_of),
        "dead": quote.dead if quote else None,
        "unreadable": list(quote.odd) if quote else [],
    }


def listing_document(listing: Listing) -> dict[str, Any]:
    """Which underlying this is."""
    return {
        "conid": listing.conid,
        "symbol": listing.symbol,
        "name": listing.name,
        "exchange": listing.exchange,
    }


def contract_document(contract: OptionContract) -> dict[str, Any]:
    """Which option this is."""
    return {
        "conid": contract.conid,
        "symbol": contract.symbol,
        "trading_class": contract.trading_class,
        "expiry": contract.expiry,
        "strike": contract.strike,
        "right": contract.right,
        "multiplier": contract.multiplier,
        "currency": contract.currency,
    }


def contract_words(contract: OptionContract) -> str:
    """``ARM 22AUG25 143 C``, with the trading class where it says more than the symbol."""
    day = f"{contract.expiry:%d%b%y}".upper()
    named = f"{contract.symbol} {day} {numbers.strike(contract.strike)} {contract.right.value}"
    return (
        named if contract.trading_class == contract.symbol else f"{named} {contract.trading_class}"
    )
