"""A quote: what one market-data snapshot says of one contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal


class Feed(StrEnum):
    """What kind of data a row is, from the first letter of field 6509 (availability)."""

    LIVE = "live"
    DELAYED = "delayed"
    FROZEN = "frozen"
    FROZEN_DELAYED = "frozen delayed"
    NOT_SUBSCRIBED = "not subscribed"
    AGREEMENT_MISSING = "agreement not signed"
    UNKNOWN = "unknown"


class LastKind(StrEnum):
    """What the last price is: a trade's, the prior close (prefix C), or that at a halt (H)."""

    TRADE = "trade"
    PRIOR_CLOSE = "prior close"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Quote:
    """One contract's market at one instant. ``None`` means that the broker did not say, never 0.

    Prices are per unit in the contract's currency; sizes, ``volume`` and ``open_interest`` are
    counts; ``implied_volatility`` is a fraction (0.385 for the wire's "38.5%"), and
    ``change_percent`` in percent; greeks are per unit of the underlying, theta per day, vega per
    volatility point.
    """

    conid: int
    updated: datetime | None = None  # aware UTC; the broker's `_updated`
    feed: Feed | None = None
    availability: str | None = None  # field 6509 as it came
    symbol: str | None = None
    bid: Decimal | None = None
    bid_size: Decimal | None = None
    ask: Decimal | None = None
    ask_size: Decimal | None = None
    last: Decimal | None = None
    last_kind: LastKind | None = None
    last_size: Decimal | None = None
    volume: Decimal | None = None
    open_interest: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None
    prior_close: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    mark: Decimal | None = None
    delta: Decimal | None = None
    gamma: Decimal | None = None
    theta: Decimal | None = None
    vega: Decimal | None = None
    implied_volatility: Decimal | None = None
    option_volume: Decimal | None = None  # of an underlying: all its options, today
    implied_volatility_30d: Decimal | None = None  # of an underlying, a fraction
    dead: bool = False  # the broker knows no such instrument (any more)
    odd: tuple[str, ...] = ()  # values that could not be read, as "field 84 = 'x'"

    @property
    def mid(self) -> Decimal | None:
        """Midway between bid and ask; None unless both are there."""
        if self.bid is None or self.ask is None:
            return None
        return (self.bid + self.ask) / 2

    @property
    def price(self) -> Decimal | None:
        """The best single price: a trade's, else mid, mark, any last, the prior close; never 0.

        Between a bid and an ask that lie far apart there may be any price.
        """
        traded = self.last if self.last_kind in (None, LastKind.TRADE) else None
        mid = self.mid if self._is_narrow else None
        known = (traded, mid, self.mark, self.last, self.prior_close, self.close)
        return next((price for price in known if price), None)

    @property
    def _is_narrow(self) -> bool:
        """Whether there is a bid, and an ask within a tenth of it."""
        if not self.bid or not self.ask:
            return False
        return abs(self.ask - self.bid) <= self.bid / 10
