"""Limits on the market: that it is open, and that its quotes are fit to trade on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.order_preview import GuardCheck
from ibcli.domain.quotes import Feed, LastKind
from ibcli.trading import limits
from ibcli.trading.limits import UNKNOWN, at_most, is_open, percent

if TYPE_CHECKING:
    from datetime import datetime

    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import TradingHours
    from ibcli.trading.orders.facts import Facts
    from ibcli.trading.orders.pricing import Market


def feeds_allowed(hours: TradingHours, now: datetime, *, queue: bool) -> frozenset[Feed]:
    """What kinds of data may be traded on.

    Delayed and frozen prices are not today's market. An order that is to wait for the open has
    nothing but the last session's prices, frozen: there these are taken.
    """
    return frozenset({Feed.LIVE, Feed.FROZEN} if queue and not is_open(hours, now) else {Feed.LIVE})


def feed(facts: Facts) -> GuardCheck:
    quotes: list[Quote | None] = [facts.quotes.get(one.conid) for one in facts.tradables]
    if facts.counted_from is not None:
        quotes.append(facts.counted_from)
    allowed = feeds_allowed(facts.hours, facts.now, queue=facts.queue)
    return limits.feeds("the feed", quotes, allowed)


def quality(facts: Facts) -> GuardCheck:
    """Each contract has a bid and an ask, the one below the other, and is not halted.

    A wing can do without a bid: it is bought.
    """
    troubles = quote_troubles(facts)
    underlying = facts.underlying_quote
    if underlying is not None and underlying.last_kind is LastKind.HALTED:
        troubles.append(f"{facts.listing.symbol or 'the underlying'}: halted")
    return GuardCheck(
        "guard-quote",
        "market quality",
        "the quote",
        "; ".join(troubles) or "two-sided",
        "a bid below an ask",
        not troubles,
    )


def quote_troubles(facts: Facts) -> list[str]:
    """What is wrong with the quotes, a sentence a contract."""
    return [
        f"{leg.tradable.words}: {trouble}"
        for shape in facts.shapes
        for leg in shape.legs
        if (trouble := quote_trouble(facts.quotes.get(leg.tradable.conid), shape.is_wing(leg)))
    ]


def quote_trouble(quote: Quote | None, is_wing: bool = False) -> str:
    """Why nothing can be traded by a quote; empty when nothing is wrong."""
    if quote is None or quote.dead:
        return "no quote"
    if quote.last_kind is LastKind.HALTED:
        return "halted"
    if not quote.ask or quote.ask < 0:
        return "no ask"
    if is_wing and not quote.bid:
        return ""
    if not quote.bid or quote.bid < 0:
        return "no bid"
    return f"crossed, bid {quote.bid} above ask {quote.ask}" if quote.bid > quote.ask else ""


def age(facts: Facts) -> GuardCheck:
    """The oldest quote; one that does not say its age is too old.

    Those of a closed market are as old as its close: an order that waits for the open takes them.
    """
    waits = facts.queue and not is_open(facts.hours, facts.now)
    limit = None if waits else facts.settings.guards.quote_max_age
    ages = [_seconds(facts.quotes.get(one.conid), facts.now) for one in facts.tradables]
    known = [age for age in ages if age is not None]
    oldest = max(known, key=abs) if ages and len(known) == len(ages) else None
    return GuardCheck(
        "guard-quote-max-age",
        "IBCLI_QUOTE_MAX_AGE",
        "the oldest quote",
        UNKNOWN if oldest is None else f"{abs(oldest):.1f} s {'old' if oldest >= 0 else 'ahead'}",
        None if limit is None else f"{limit:f} s",
        limit is None or (oldest is not None and abs(oldest) <= limit),
    )


def _seconds(quote: Quote | None, now: datetime) -> Decimal | None:
    """Its age; negative for one from the future, which is as doubtful as one from the past."""
    if quote is None or quote.updated is None:
        return None
    return Decimal(str((now - quote.updated).total_seconds()))


def spread(facts: Facts) -> GuardCheck:
    """The widest market among the contracts but wings, and among combinations as a whole."""
    judged = [leg.tradable for shape in facts.shapes for leg in shape.judged]
    wide = [_relative_spread(facts.quotes.get(one.conid)) for one in judged]
    wide += [_spread_of_all(one.market) for one in facts.priced if one.shape.is_combo]
    known = [each for each in wide if each is not None]
    widest = max(known, default=Decimal(0)) if len(known) == len(wide) else None
    return at_most(
        ("guard-max-spread", "IBCLI_MAX_SPREAD", "the widest spread"),
        widest,
        facts.settings.guards.max_spread,
        lambda spread: f"{percent(spread)} of mid",
    )


def _relative_spread(quote: Quote | None) -> Decimal | None:
    if quote is None or quote.bid is None or quote.ask is None or not quote.mid:
        return None
    return (quote.ask - quote.bid) / quote.mid


def _spread_of_all(market: Market) -> Decimal | None:
    """Of a combination; None at a mid of nothing."""
    return (market.ask - market.bid) / abs(market.mid) if market.mid else None


def delta(facts: Facts) -> GuardCheck:
    """The largest delta of what is sold, or traded on its own; one that is not told is too large.

    A wing hardly has more than what it covers.
    """
    limit = facts.settings.guards.max_delta
    judged = [leg.tradable for shape in facts.shapes for leg in shape.judged]
    deltas = [_abs_delta(facts.quotes.get(one.conid)) for one in judged]
    known = [delta for delta in deltas if delta is not None]
    largest = max(known, default=Decimal(0)) if len(known) == len(deltas) else None
    return GuardCheck(
        "guard-max-delta",
        "IBCLI_MAX_DELTA",
        "the largest delta",
        UNKNOWN if largest is None else f"{largest:.3f}",
        None if limit is None else str(limit),
        limit is None or (largest is not None and largest <= limit),
    )


def _abs_delta(quote: Quote | None) -> Decimal | None:
    return None if quote is None or quote.delta is None else abs(quote.delta)


def open_market(facts: Facts) -> GuardCheck:
    """The exchange is open, or the order may wait for it."""
    check = limits.open_market("the market", facts.hours, facts.now)
    return replace(check, limit="any (--queue)", ok=True) if facts.queue else check
