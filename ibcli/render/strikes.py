"""Strikes of a month or an expiry, as a block to glance over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.quotes import Feed
from ibcli.render import numbers
from ibcli.render.quotes import FEED_STYLES, feed_word, listing_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from rich.console import RenderableType

    from ibcli.domain.chains import Strikes
    from ibcli.render.lines import Line

GAP = 2
CALL_ONLY = "c"
PUT_ONLY = "p"


def _all(strikes: Strikes) -> list[Decimal]:
    """Every strike once, rising."""
    return sorted({*strikes.calls, *strikes.puts})


def document(strikes: Strikes) -> dict[str, Any]:
    """Strikes by right, the one at the money, and the price that decided it."""
    quote = strikes.underlying_quote
    return {
        "underlying": listing_document(strikes.underlying)
        | {"price": quote.price if quote else None, "feed": quote.feed if quote else None},
        "month": strikes.month,
        "expiry": strikes.expiry,
        "at_the_money": strikes.at_the_money,
        "calls": list(strikes.calls),
        "puts": list(strikes.puts),
    }


def rows(strikes: Strikes) -> tuple[list[str], Iterator[list[object]]]:
    """One row a strike, with the rights that it is listed for."""
    calls, puts = set(strikes.calls), set(strikes.puts)
    return ["strike", "call", "put", "at_the_money"], (
        [strike, strike in calls, strike in puts, strike == strikes.at_the_money]
        for strike in _all(strikes)
    )


def draw(strikes: Strikes, width: int) -> Iterator[RenderableType]:
    """Strikes in rows that fill the width, the one at the money marked."""
    from ibcli.render.grid import DIM, line, prose
    from ibcli.render.underlying import OTHER_FEED, heading

    every = _all(strikes)
    quote = strikes.underlying_quote
    title = heading(strikes.underlying, quote, width)
    feed = (quote.feed or Feed.UNKNOWN) if quote is not None else Feed.LIVE
    if feed is not Feed.LIVE:
        title.append(f"  {feed_word(feed)}", style=FEED_STYLES.get(feed, OTHER_FEED))
    yield title
    span = numbers.day(strikes.expiry) if strikes.expiry else f"{strikes.month}, all its expiries"
    yield line(f"{span}  {len(every)} strikes")
    yield line()
    yield from _block(every, strikes, width)
    yield line()
    yield prose(_caption(strikes), style=DIM)


def _block(every: list[Decimal], strikes: Strikes, width: int) -> Iterator[Line]:
    """As many strikes a line as fit, and round numbers of them where it can be."""
    from ibcli.render.grid import line

    if not every:
        return
    text_of = numbers.strikes(every)
    cell = max(len(text_of(strike)) for strike in every) + 2 + GAP
    fitting = max(1, width // cell)
    across = fitting - fitting % 5 if fitting >= 5 else fitting
    for start in range(0, len(every), across):
        text = line()
        for strike in every[start : start + across]:
            money = strike == strikes.at_the_money
            shown = (
                f"▸{text_of(strike)}◂"
                if money
                else f"{text_of(strike)}{_one_sided(strike, strikes)}"
            )
            text.append(shown.rjust(cell - GAP) + " " * GAP, style="bold" if money else "")
        yield text


def _one_sided(strike: Decimal, strikes: Strikes) -> str:
    """A letter for a strike that is listed for one right only, else a blank."""
    if strike not in strikes.puts:
        return CALL_ONLY
    return PUT_ONLY if strike not in strikes.calls else " "


def _caption(strikes: Strikes) -> str:
    """What the signs mean, as far as they occur."""
    signs = []
    if strikes.at_the_money is not None:
        signs.append("▸ ◂: at the money")
    else:
        signs.append("at the money: not known without the underlying's price")
    if set(strikes.calls) - set(strikes.puts):
        signs.append(f"{CALL_ONLY}: call only")
    if set(strikes.puts) - set(strikes.calls):
        signs.append(f"{PUT_ONLY}: put only")
    return " · ".join(signs)
