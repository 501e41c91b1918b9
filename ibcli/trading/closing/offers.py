"""By which order a position is closed, and at which price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.fields import Field
from ibcli.domain.orders import OrderType, Role, Side, Ticket, TicketLeg
from ibcli.domain.wishes import Limit, LimitWord
from ibcli.errors import GuardError, UsageError
from ibcli.trading.change_guards import band_distance, check_band, check_feed
from ibcli.trading.markets import markets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.holdings import Holding
    from ibcli.domain.orders import Tradable
    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import TickRules


@dataclass(frozen=True, slots=True)
class Offer:
    """The order that closes a position, and the market that it was priced by."""

    ticket: Ticket
    quote: Quote | None
    within_band: bool


def closing_quotes(book: ContractBook, rows: Sequence[Holding]) -> Mapping[int, Quote]:
    """Bid and ask of each position's contract."""
    contracts = [row.tradable for row in rows if row.tradable is not None]
    if not contracts:
        return {}
    return markets(book, contracts, fields=(Field.BID, Field.ASK), also=(Field.LAST,)).quotes


def offer(book: ContractBook, row: Holding, quote: Quote | None, limit: Limit | None) -> Offer:
    """The order that closes all of a position; ``limit`` None: at the market.

    Raises GuardError for a market that gives no price, or a limit too far from it, UsageError for a
    price off the tick.
    """
    tradable, held = row.tradable, row.position.quantity
    if tradable is None:
        raise ValueError("a position that cannot be traded")
    side = Side.BUY if held < 0 else Side.SELL
    check_feed(tradable.words, quote)
    if limit is None:
        return Offer(_ticket(tradable, side, int(abs(held)), None), quote, within_band=True)
    rules = book.rules(tradable.conid, side)
    price = _price(tradable, side, quote, limit, rules)
    distance = _distance(price, quote, rules)
    settings = book.client.settings
    if isinstance(limit, Decimal):
        check_band(settings, tradable.words, distance)
    band = settings.guards.price_band
    near = distance is not None and band is not None and distance <= band
    return Offer(_ticket(tradable, side, int(abs(held)), price), quote, within_band=near)


def _ticket(tradable: Tradable, side: Side, quantity: int, limit: Decimal | None) -> Ticket:
    return Ticket(
        role=Role.CLOSE,
        side=side,
        quantity=quantity,
        type=OrderType.MKT if limit is None else OrderType.LMT,
        legs=(TicketLeg(tradable),),
        limit=limit,
    )


def _price(
    tradable: Tradable, side: Side, quote: Quote | None, limit: Limit, rules: TickRules
) -> Decimal:
    """The limit on the tick; what is read off the market is rounded so that it fills sooner."""
    if isinstance(limit, Decimal):
        if not rules.is_on_tick(limit):
            raise UsageError(
                f"--limit {limit}: {tradable.words} trades in steps of {rules.tick(limit)}.",
                hint=f"The nearest prices: {rules.down(limit)} and {rules.up(limit)}.",
                code="off-tick",
            )
        return limit
    bid, ask = (quote.bid, quote.ask) if quote is not None else (None, None)
    wanted = {
        LimitWord.NATURAL: ask if side is Side.BUY else bid,
        LimitWord.BID: bid,
        LimitWord.ASK: ask,
        LimitWord.MID: quote.mid if quote is not None else None,
    }[limit]
    found = None
    if wanted is not None:
        found = rules.up(wanted) if side is Side.BUY else rules.down(wanted)
    if not found or found <= 0:
        missing = "ask" if side is Side.BUY else "bid"
        raise GuardError(
            f"{tradable.words} has no {limit} price to close at: there is no {missing} now.",
            hint="Give a price: --limit 0.05",
            code="guard-quote",
        )
    return found


def _distance(price: Decimal, quote: Quote | None, rules: TickRules) -> Decimal | None:
    if quote is None or quote.ask is None:
        return None
    return band_distance(price, quote.bid or price * 0, quote.ask, rules)
