"""What orders are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ibcli.config import Settings
    from ibcli.domain.contracts import Listing
    from ibcli.domain.halting import Halt
    from ibcli.domain.order_preview import Bounds, Margin
    from ibcli.domain.orders import Tradable
    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import TradingHours
    from ibcli.trading.orders.pricing import Priced
    from ibcli.trading.orders.shapes import Shape


@dataclass(frozen=True, slots=True)
class Facts:
    """What orders are judged by. ``now`` is the market's, aware UTC.

    ``asked``: somebody at a terminal confirms them. ``queue``: they may wait for the open.
    ``sent_today`` counts the entries of all jobs; ``margin`` is None when the broker was not asked.
    """

    settings: Settings
    listing: Listing
    paper: bool
    asked: bool
    queue: bool
    now: datetime
    hours: TradingHours
    shapes: tuple[Shape, ...]
    quotes: Mapping[int, Quote]
    priced: tuple[Priced, ...]
    bounds: Bounds
    margin: Margin | None
    sent_today: int
    halt: Halt | None
    underlying_quote: Quote | None = None
    counted_from: Quote | None = None  # the underlying's quote, where strikes were counted from it

    @property
    def tradables(self) -> list[Tradable]:
        """Every contract of every order."""
        return [leg.tradable for one in self.shapes for leg in one.legs]
