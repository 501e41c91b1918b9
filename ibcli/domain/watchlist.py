"""What `quote` answers: a row for each thing asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ibcli.domain.contracts import OptionContract
    from ibcli.domain.quotes import Quote


@dataclass(frozen=True, slots=True)
class Instrument:
    """Whatever has a conid and a quote; ``contract`` is there for options."""

    conid: int
    symbol: str | None = None
    name: str | None = None
    exchange: str | None = None
    sec_type: str | None = None  # STK, IND, OPT, ... as on the wire
    contract: OptionContract | None = None


@dataclass(frozen=True, slots=True)
class WatchRow:
    """One word of the command line, what it stands for, and its quote.

    ``instrument`` is None when nothing is known by that word; ``quote`` is None when the broker
    sent no row. ``missing`` names required fields that had not arrived.
    """

    what: str
    instrument: Instrument | None
    quote: Quote | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Quotes in the order of the words; ``fields`` are attributes of Quote as ordered."""

    rows: tuple[WatchRow, ...]
    fields: tuple[str, ...]
    as_of: datetime  # aware UTC, when the last snapshot arrived
