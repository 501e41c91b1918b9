"""The trader's limits, each held against an order by a small function of its own.

All of them are shown; the first that is crossed refuses the order, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.config.trading import Unattended
from ibcli.domain.newyork import NEW_YORK
from ibcli.domain.order_preview import GuardCheck
from ibcli.domain.quotes import Feed, LastKind
from ibcli.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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

_UNKNOWN = "not known"


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
    counted_from: Quote | None = None  # the underlying's quote, where strikes were counted from it

    @property
    def tradables(self) -> list[Tradable]:
        """Every contract of every order."""
        return [leg.tradable for one in self.shapes for leg in one.legs]


def check_circumstances(facts: Facts) -> tuple[GuardCheck, ...]:
    """The limits that hold whatever is ordered."""
    return tuple(guard(facts) for guard in _CIRCUMSTANCES)


def check_quotes(facts: Facts) -> tuple[GuardCheck, ...]:
    """The limits without which there is no price to speak of."""
    return tuple(guard(facts) for guard in _QUOTES)


def check_all(facts: Facts) -> tuple[GuardCheck, ...]:
    """Every limit with the value that it was held against."""
    return tuple(guard(facts) for guard in (*_CIRCUMSTANCES, *_QUOTES, *_ORDERS))


def refuse(checks: Iterable[GuardCheck]) -> None:
    """Raise GuardError for the first limit that is crossed."""
    error = refusal(checks)
    if error is not None:
        raise error


def refusal(checks: Iterable[GuardCheck]) -> GuardError | None:
    """The error for the first limit that is crossed."""
    check = next((check for check in checks if not check.ok), None)
    if check is None:
        return None
    return GuardError(
        f"{check.setting} refuses the order: {check.what} is {check.value}, "
        f"the limit {check.limit}. Nothing was sent.",
        hint=_hint(check),
        code=check.code,
    )


def _hint(check: GuardCheck) -> str:
    special = {
        "guard-halt": "ibcli resume lets orders through again.",
        "guard-market": "Add --queue to have it wait at the broker for the open.",
        "guard-account": "IB_IS_LIVE must agree with what the broker says of the account.",
        "guard-unattended": "IBCLI_UNATTENDED says where orders may be sent with nobody to ask.",
        "guard-feed": "Orders need live quotes: subscribe to them in IBKR's Client Portal.",
        "guard-quote": "Look at the market (ibcli quote), and try again.",
        "guard-quote-max-age": "Try again; a market that does not move may need a longer "
        "IBCLI_QUOTE_MAX_AGE.",
    }
    return special.get(check.code, f"See the limits: ibcli config show; change {check.setting}.")


def _account(facts: Facts) -> GuardCheck:
    """The account is of the kind that the settings say."""
    return GuardCheck(
        "guard-account",
        "IB_IS_LIVE",
        "the account",
        "paper" if facts.paper else "live",
        "live" if facts.settings.is_live else "paper",
        facts.paper is not facts.settings.is_live,
    )


def _unattended(facts: Facts) -> GuardCheck:
    """Somebody can be asked, or need not be."""
    allowed = facts.settings.unattended
    harmless = facts.paper or facts.settings.simulated
    ok = facts.asked or allowed is Unattended.LIVE or (harmless and allowed is Unattended.PAPER)
    kind = "simulated" if facts.settings.simulated else "paper" if facts.paper else "live"
    value = "attended" if facts.asked else f"unattended, {kind} account"
    return GuardCheck("guard-unattended", "IBCLI_UNATTENDED", "the order", value, str(allowed), ok)


def _symbols(facts: Facts) -> GuardCheck:
    allowed = facts.settings.guards.symbols
    symbol = facts.listing.symbol or str(facts.listing.conid)
    limit = None if allowed is None else ", ".join(sorted(allowed))
    return GuardCheck(
        "guard-symbols",
        "IBCLI_SYMBOLS",
        "the underlying",
        symbol,
        limit,
        allowed is None or symbol in allowed,
    )


def _contracts(facts: Facts) -> GuardCheck:
    total = sum(abs(count) for one in facts.priced for _, count in one.shape.signed)
    limit = facts.settings.guards.max_contracts
    return GuardCheck(
        "guard-max-contracts",
        "IBCLI_MAX_CONTRACTS",
        "contracts",
        str(total),
        _words(limit),
        limit is None or total <= limit,
    )


def _orders_per_day(facts: Facts) -> GuardCheck:
    total = facts.sent_today + len(facts.priced)
    limit = facts.settings.guards.max_orders_per_day
    return GuardCheck(
        "guard-max-orders-per-day",
        "IBCLI_MAX_ORDERS_PER_DAY",
        "orders this trading day",
        str(total),
        _words(limit),
        limit is None or total <= limit,
    )


def feeds_allowed(hours: TradingHours, now: datetime, *, queue: bool) -> frozenset[Feed]:
    """What kinds of data may be traded on.

    Delayed and frozen prices are not today's market. An order that is to wait for the open has
    nothing but the last session's prices, frozen: there these are taken.
    """
    return frozenset({Feed.LIVE, Feed.FROZEN} if queue and not is_open(hours, now) else {Feed.LIVE})


def is_open(hours: TradingHours, now: datetime) -> bool:
    """Whether a regular session is on."""
    return any(
        session.opens <= now < session.closes
        for sessions in hours.days.values()
        for session in sessions
    )


def _feed(facts: Facts) -> GuardCheck:
    allowed = feeds_allowed(facts.hours, facts.now, queue=facts.queue)
    quotes: list[Quote | None] = [facts.quotes.get(one.conid) for one in facts.tradables]
    if facts.counted_from is not None:
        quotes.append(facts.counted_from)
    feeds = {quote.feed or Feed.UNKNOWN if quote is not None else Feed.UNKNOWN for quote in quotes}
    return GuardCheck(
        "guard-feed",
        "market data",
        "the feed",
        ", ".join(sorted(feeds)) or "none",
        " or ".join(sorted(allowed, reverse=True)),
        feeds <= allowed,
    )


def _quote(facts: Facts) -> GuardCheck:
    """Each contract has a bid and an ask, the one below the other, and is not halted.

    A wing can do without a bid: it is bought.
    """
    troubles = quote_troubles(facts)
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


def _age(facts: Facts) -> GuardCheck:
    """The oldest quote; one that does not say its age is too old.

    Those of a closed market are as old as its close: an order that waits for the open takes them.
    """
    waits = facts.queue and not is_open(facts.hours, facts.now)
    limit = None if waits else facts.settings.guards.quote_max_age
    ages = [_seconds(facts.quotes.get(one.conid), facts.now) for one in facts.tradables]
    known = [age for age in ages if age is not None]
    oldest = max(known) if ages and len(known) == len(ages) else None
    return GuardCheck(
        "guard-quote-max-age",
        "IBCLI_QUOTE_MAX_AGE",
        "the oldest quote",
        _UNKNOWN if oldest is None else f"{oldest:.1f} s old",
        None if limit is None else f"{limit:f} s",
        limit is None or (oldest is not None and oldest <= limit),
    )


def _seconds(quote: Quote | None, now: datetime) -> Decimal | None:
    if quote is None or quote.updated is None:
        return None
    return Decimal(str(max(0.0, (now - quote.updated).total_seconds())))


def _spread(facts: Facts) -> GuardCheck:
    """The widest market among the contracts; what a wing costs is in its ask."""
    limit = facts.settings.guards.max_spread
    widest: Decimal | None = Decimal(0)
    for shape in facts.shapes:
        for leg in shape.judged:
            wide = _relative_spread(facts.quotes.get(leg.tradable.conid))
            widest = None if wide is None or widest is None else max(widest, wide)
    return GuardCheck(
        "guard-max-spread",
        "IBCLI_MAX_SPREAD",
        "the widest spread",
        _UNKNOWN if widest is None else f"{_percent(widest)} of mid",
        None if limit is None else f"{_percent(limit)} of mid",
        limit is None or (widest is not None and widest <= limit),
    )


def _relative_spread(quote: Quote | None) -> Decimal | None:
    if quote is None or quote.bid is None or quote.ask is None or not quote.mid:
        return None
    return (quote.ask - quote.bid) / quote.mid


def _band(facts: Facts) -> GuardCheck:
    """The limit that lies farthest from the market."""
    limit = facts.settings.guards.price_band
    limited = [one for one in facts.priced if one.limit is not None]
    apart = [one.within for one in limited]
    known = [each for each in apart if each is not None]
    farthest = max(known, default=Decimal(0)) if len(known) == len(apart) else None
    shown = _UNKNOWN if farthest is None else f"{_percent(farthest)} off mid"
    return GuardCheck(
        "guard-price-band",
        "IBCLI_PRICE_BAND",
        "the limit",
        shown if limited else "none",
        None if limit is None else f"{_percent(limit)} off mid",
        limit is None or (farthest is not None and farthest <= limit),
    )


def is_within_band(one: Priced, settings: Settings) -> bool:
    """Whether a limit lies inside the price band, so that a question about it can be answered."""
    band = settings.guards.price_band
    return one.within is not None and band is not None and one.within <= band


def _delta(facts: Facts) -> GuardCheck:
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
        _UNKNOWN if largest is None else f"{largest:.3f}",
        _words(limit),
        limit is None or (largest is not None and largest <= limit),
    )


def _abs_delta(quote: Quote | None) -> Decimal | None:
    return None if quote is None or quote.delta is None else abs(quote.delta)


def _premium(facts: Facts) -> GuardCheck:
    """Paid and received do not make up for each other."""
    total = sum((abs(one.cash) for one in facts.priced), Decimal(0))
    limit = facts.settings.guards.max_premium
    return GuardCheck(
        "guard-max-premium",
        "IBCLI_MAX_PREMIUM",
        "the premium",
        _dollars(total),
        None if limit is None else _dollars(limit),
        limit is None or total <= limit,
    )


def _loss(facts: Facts) -> GuardCheck:
    """The loss at the stops, or at expiry where that is less or there are none."""
    limit = facts.settings.guards.max_loss
    loss = worst_loss(facts.bounds)
    unbounded = "unlimited" if facts.bounds.is_known else _UNKNOWN
    return GuardCheck(
        "guard-max-loss",
        "IBCLI_MAX_LOSS",
        "the largest loss",
        unbounded if loss is None else _dollars(loss),
        None if limit is None else _dollars(limit),
        limit is None or (loss is not None and loss <= limit),
    )


def worst_loss(bounds: Bounds) -> Decimal | None:
    """The most that can be lost in dollars, stops taken at their word; None: there is no bound."""
    at_expiry = max(-bounds.least, Decimal(0)) if bounds.least is not None else None
    known = [loss for loss in (at_expiry, bounds.at_stops) if loss is not None]
    return min(known, default=None)


def _margin(facts: Facts) -> GuardCheck:
    limit = facts.settings.guards.max_margin
    share = facts.margin.share if facts.margin is not None else None
    return GuardCheck(
        "guard-max-margin",
        "IBCLI_MAX_MARGIN",
        "the margin afterwards",
        _UNKNOWN if share is None else f"{_percent(share)} of equity",
        None if limit is None else f"{_percent(limit)} of equity",
        limit is None or (share is not None and share <= limit),
    )


def _window(facts: Facts) -> GuardCheck:
    window = facts.settings.guards.window
    here = facts.now.astimezone(NEW_YORK)
    return GuardCheck(
        "guard-window",
        "IBCLI_WINDOW",
        "the time",
        f"{here:%H:%M} New York",
        None if window is None else str(window),
        window is None or window.holds(here),
    )


def _market(facts: Facts) -> GuardCheck:
    """The exchange is open, or the order may wait for it."""
    now_open = is_open(facts.hours, facts.now)
    return GuardCheck(
        "guard-market",
        "trading hours",
        "the market",
        "open" if now_open else f"closed{_opening(facts)}",
        "any (--queue)" if facts.queue else "open",
        now_open or facts.queue,
    )


def _opening(facts: Facts) -> str:
    later = sorted(
        session.opens
        for sessions in facts.hours.days.values()
        for session in sessions
        if session.opens > facts.now
    )
    return f" until {later[0].astimezone(NEW_YORK):%a %d %b %H:%M} New York" if later else ""


def _halt(facts: Facts) -> GuardCheck:
    """The kill switch; it is looked at once more just before anything is sent."""
    halt = facts.halt
    return GuardCheck(
        "guard-halt",
        "ibcli halt",
        "trading",
        "on" if halt is None else f"halted: {halt.reason}",
        "not halted",
        halt is None,
    )


def _words(limit: object) -> str | None:
    return None if limit is None else str(limit)


def _percent(fraction: Decimal) -> str:
    return f"{fraction * 100:.1f}%"


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}"


_Guard = Callable[[Facts], GuardCheck]
_CIRCUMSTANCES: tuple[_Guard, ...] = (_halt, _account, _unattended, _symbols, _window, _market)
_QUOTES: tuple[_Guard, ...] = (_feed, _quote, _age)
_ORDERS: tuple[_Guard, ...] = (
    _spread,
    _delta,
    _contracts,
    _orders_per_day,
    _band,
    _premium,
    _loss,
    _margin,
)
