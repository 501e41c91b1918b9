"""What the simulated market knows: instruments, quotes, bars and trading hours, as plain values.

Prices, strikes and greeks are ``Decimal``; instants are aware UTC; expiries are New York dates.
Nothing here knows of the wire: how a value is spelled there (strings, K and M, C and H prefixes) is
the server's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal


class Right(StrEnum):
    """Call or put, as the wire spells it."""

    CALL = "C"
    PUT = "P"


class Feed(StrEnum):
    """What kind of data an account gets for an instrument; the first letter of field 6509."""

    LIVE = "R"
    DELAYED = "D"
    FROZEN = "Z"
    FROZEN_DELAYED = "Y"
    NOT_SUBSCRIBED = "N"


@dataclass(frozen=True, slots=True)
class TickRule:
    """Prices at or above ``from_price`` move in steps of ``increment``."""

    from_price: Decimal
    increment: Decimal


@dataclass(frozen=True, slots=True)
class Section:
    """One derivative family of a listing: months such as AUG25, exchanges in the broker's order."""

    sec_type: str
    months: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()
    conid: int | None = None


@dataclass(frozen=True, slots=True)
class Underlying:
    """A stock, fund or index listing; only the home one has SMART among its option exchanges."""

    conid: int
    symbol: str
    name: str
    sec_type: str  # STK or IND
    listing_exchange: str  # e.g. NASDAQ, ARCA, CBOE, TSE
    currency: str
    sections: tuple[Section, ...]
    kind: str = "COMMON"  # COMMON, ETF, ADR, ...
    restricted: str | None = None
    is_us: bool = True
    valid_exchanges: tuple[str, ...] = ()
    industry: str = ""
    category: str = ""

    @property
    def smart(self) -> bool:
        """Whether its options trade on SMART, i.e. whether this is the listing to trade."""
        return any(s.sec_type == "OPT" and "SMART" in s.exchanges for s in self.sections)


@dataclass(frozen=True, slots=True)
class OptionContract:
    """One listed option; (underlying, trading class, expiry, strike, right) is its identity."""

    conid: int
    underlying_conid: int
    symbol: str
    trading_class: str  # e.g. SPX or SPXW
    expiry: date  # New York
    strike: Decimal
    right: Right
    multiplier: int
    currency: str
    exchanges: tuple[str, ...]
    weekly: bool
    am_settled: bool = False


@dataclass(frozen=True, slots=True)
class Greeks:
    """Per one unit of the underlying; vega per one volatility point, theta per calendar day."""

    delta: Decimal
    gamma: Decimal
    theta: Decimal
    vega: Decimal
    implied_volatility: Decimal  # a fraction: 0.385 is 38.5 %


@dataclass(frozen=True, slots=True)
class Quote:
    """The market in one instrument at one instant. ``None`` is a value that does not exist (an
    unquoted option has no bid; an index has neither bid nor ask).
    """

    conid: int
    at: datetime
    feed: Feed
    bid: Decimal | None = None
    bid_size: int | None = None
    ask: Decimal | None = None
    ask_size: int | None = None
    last: Decimal | None = None
    last_size: int | None = None
    last_is_prior_close: bool = False  # nothing has traded today: spelled with a C on the wire
    halted: bool = False  # spelled with an H on the wire
    volume: int | None = None
    open_interest: int | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None
    prior_close: Decimal | None = None
    mark: Decimal | None = None
    greeks: Greeks | None = None  # options only
    option_volume: int | None = None  # underlyings only: all its options, today
    implied_volatility_30d: Decimal | None = None  # underlyings only, a fraction


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of history; ``start`` is its opening instant."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


@dataclass(frozen=True, slots=True)
class TradingDay:
    """One date of an exchange: liquid and extended hours as instants, None on a closed day."""

    day: date
    liquid: tuple[datetime, datetime] | None
    extended: tuple[datetime, datetime] | None
    half_day: bool = False
    holiday: str = ""


@dataclass(frozen=True, slots=True)
class FutureContract:
    """One future, for /trsrv/futures."""

    symbol: str
    conid: int
    underlying_conid: int
    expiry: date
    last_trading_day: date
    multiplier: int = 50
    exchanges: tuple[str, ...] = field(default=("CME",))
