"""Expiries, strike lists and option chains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.domain.contracts import Listing, OptionContract, Right

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from ibcli.domain.quotes import Quote


@dataclass(frozen=True, slots=True)
class Expiry:
    """One expiry of one trading class; ``days`` are calendar days from New York's today."""

    day: date
    days: int
    trading_class: str
    weekly: bool  # anything but the standard monthly: weeklies and dailies
    month: str  # the broker's contract month, AUG25


@dataclass(frozen=True, slots=True)
class Expiries:
    """The expiries of an underlying, soonest first; ``month`` when only one was asked for."""

    underlying: Listing
    month: str | None
    today: date  # New York's, from which days are counted
    rows: tuple[Expiry, ...]


@dataclass(frozen=True, slots=True)
class Strikes:
    """Strikes of one contract month (all its expiries together) or of one expiry."""

    underlying: Listing
    month: str
    expiry: date | None
    calls: tuple[Decimal, ...]
    puts: tuple[Decimal, ...]
    underlying_quote: Quote | None
    at_the_money: Decimal | None


@dataclass(frozen=True, slots=True)
class ChainSide:
    """One contract of a chain; ``quote`` is None when the broker sent no row for it."""

    contract: OptionContract
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class ChainRow:
    """Call and put of one strike; a side is None when it is not listed or was not asked for."""

    strike: Decimal
    call: ChainSide | None
    put: ChainSide | None
    at_the_money: bool = False


@dataclass(frozen=True, slots=True)
class ChainTable:
    """One expiry of one trading class, rows by rising strike."""

    expiry: Expiry
    rows: tuple[ChainRow, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """An option chain: the underlying, its quote, and a table an expiry."""

    underlying: Listing
    underlying_quote: Quote | None
    as_of: datetime  # aware UTC, when the last snapshot arrived
    tables: tuple[ChainTable, ...]
    other_expiries: tuple[Expiry, ...] = ()  # in the same month, not shown
    missing: tuple[str, ...] = ()  # required values that had not arrived, in words
    sides: tuple[Right, ...] = (Right.CALL, Right.PUT)  # what was asked for
    greeks: bool = False  # whether gamma, theta and vega were asked for
