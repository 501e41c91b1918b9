"""The line above a table: which underlying, its price, which feed, and New York's time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.quotes import Feed, Quote
from ibcli.render import numbers
from ibcli.render.grid import line
from ibcli.render.quotes import FEED_STYLES, MARK_MEANINGS, feed_word, last_mark

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ibcli.domain.contracts import Listing
    from ibcli.render.lines import Line

OTHER_FEED = "bold red"


def heading(listing: Listing, quote: Quote | None, width: int) -> Line:
    """Symbol, price, change, bid and ask; the name where there is room for it."""
    text = line()
    text.append(listing.symbol or str(listing.conid), style="bold")
    text.append("  ")
    text.append(numbers.price(quote.price if quote else None), style="bold")
    if quote is not None:
        _append_change(text, quote)
        if mark := last_mark(quote):
            text.append(f"  ({MARK_MEANINGS[mark]})")
        if quote.bid is not None or quote.ask is not None:  # an index has neither
            text.append(f"  bid {numbers.price(quote.bid)} ask {numbers.price(quote.ask)}")
    name = "  ".join(part for part in (listing.name, listing.exchange) if part)
    if name and text.cell_len + 2 + len(name) <= width:
        text.append(f"  {name}", style="dim")
    return text


def _append_change(text: Line, quote: Quote) -> None:
    """The change since the prior close; its sign says it all, the colour only repeats it."""
    if quote.change is None and quote.change_percent is None:
        return
    up = (quote.change if quote.change is not None else quote.change_percent or 0) >= 0
    shown = f"{numbers.change(quote.change)} ({numbers.percent(quote.change_percent)})"
    text.append(f"  {shown}", style="green" if up else "red")


def feed_and_time(
    underlying: Quote | None, others: Iterable[Quote | None], as_of: datetime
) -> Line:
    """``LIVE  Mon 18 Aug 2025 10:23:04 New York``; unlike feeds are named apart."""
    text = line()
    seen = {quote.feed or Feed.UNKNOWN for quote in others if quote is not None}
    own = {underlying.feed or Feed.UNKNOWN} if underlying is not None else set[Feed]()
    if len(seen | own) <= 1 or not seen:
        for feed in seen | own:
            _append_feed(text, feed)
    else:
        for feed in own:
            text.append("underlying ")
            _append_feed(text, feed)
        text.append("options ")
        for feed in sorted(seen):
            _append_feed(text, feed)
    text.append(numbers.new_york(as_of))
    return text


def _append_feed(text: Line, feed: Feed) -> None:
    text.append(feed_word(feed), style=FEED_STYLES.get(feed, OTHER_FEED))
    text.append("  ")
