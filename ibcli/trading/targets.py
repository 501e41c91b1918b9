"""Which positions are to be closed, and by which prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.fields import Field
from ibcli.domain.contracts import Right
from ibcli.domain.orders import OrderType, Role, Side, Ticket, TicketLeg
from ibcli.domain.symbols import Conid, Ticker
from ibcli.domain.wishes import Limit, LimitWord
from ibcli.errors import GuardError, IncompleteError, NotFoundError, UsageError
from ibcli.trading.change_guards import band_distance, check_band, check_feed
from ibcli.trading.markets import markets
from ibcli.trading.naming import Names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.holdings import Holding
    from ibcli.domain.orders import Tradable
    from ibcli.domain.quotes import Quote
    from ibcli.domain.symbols import What
    from ibcli.domain.terms import TickRules


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions by exactly one of: contracts, their underlying, all, or short and in the money."""

    whats: tuple[tuple[str, What], ...] = ()
    symbol: str | None = None
    everything: bool = False
    in_the_money: bool = False

    def check(self) -> None:
        """Raise UsageError unless they are named in exactly one way."""
        ways = bool(self.whats) + (self.symbol is not None) + self.everything + self.in_the_money
        if ways != 1:
            raise UsageError(
                "Name the positions in exactly one way: CONTRACT..., --symbol, --all or --itm.",
                hint='Example: ibcli close "SPY 18AUG25 640 P"',
            )


@dataclass(frozen=True, slots=True)
class Chosen:
    """The positions that are meant; sentences; and an error for those that cannot be closed."""

    rows: tuple[Holding, ...]
    notes: tuple[str, ...] = ()
    error: UsageError | None = None


def chosen(book: ContractBook, which: Positions, held: Sequence[Holding]) -> Chosen:
    """The positions that are meant, but for those that cannot be closed here.

    Raises NotFoundError for a contract that does not exist, UsageError when one that is named
    cannot be closed here, IncompleteError when an underlying's price is missing for --itm.
    """
    notes: list[str] = []
    if which.whats:
        meant = []
        for word, what in which.whats:
            found = _named(what, held)
            meant += found
            if not found:
                _check_exists(book, what)
                notes.append(f"There is no position in {word}: nothing to close.")
        meant = list({row.position.conid: row for row in meant}.values())
    elif which.in_the_money:
        meant = _in_the_money(book, held)
    else:
        meant = [row for row in held if which.everything or row.symbol == which.symbol]
    odd = [row for row in meant if not _is_closable(row)]
    if odd and which.whats:
        raise _not_closable(odd)
    rows = tuple(row for row in meant if row not in odd)
    return Chosen(rows, tuple(notes), _not_closable(odd) if odd else None)


def _named(what: What, held: Sequence[Holding]) -> list[Holding]:
    """The positions that a word of the command line stands for."""
    return [row for row in held if _stands_for(what, row)]


def _stands_for(what: What, row: Holding) -> bool:
    terms = row.tradable
    if isinstance(what, Conid):
        return row.position.conid == what.number
    if terms is None:
        return False
    if isinstance(what, Ticker):
        return terms.right is None and terms.symbol == what.symbol
    names = {terms.trading_class} if what.strict else {terms.trading_class, terms.symbol}
    wished = (what.expiry, what.strike, what.right)
    return what.root in names and wished == (terms.expiry, terms.strike, terms.right)


def _check_exists(book: ContractBook, what: What) -> None:
    """Raise NotFoundError for a contract that is not held because there is none."""
    (found,) = Names(book).find([what])
    if isinstance(found, NotFoundError):
        raise found


def _is_closable(row: Holding) -> bool:
    quantity = row.position.quantity
    return row.tradable is not None and quantity == quantity.to_integral_value()


def _not_closable(rows: Sequence[Holding]) -> UsageError:
    named = ", ".join(f"{row.position.quantity} {row.words}" for row in rows)
    return UsageError(
        f"Not closed here, for only options and stocks in whole numbers can be: {named}.",
        hint="Close it in Client Portal.",
        code="not-closable",
    )


def _in_the_money(book: ContractBook, held: Sequence[Holding]) -> list[Holding]:
    """Short options that would be assigned at their underlying's present price."""
    short = [row for row in held if row.position.quantity < 0 and _is_option(row)]
    conids = {row.tradable.underlying_conid for row in short if row.tradable is not None}
    known = book.definitions([conid for conid in conids if conid is not None])
    quotes = underlying_quotes(book, {c: one.instrument.symbol for c, one in known.items()})
    found = []
    for row in short:
        terms = row.tradable
        quote = quotes.get(terms.underlying_conid or 0) if terms else None
        price = quote.price if quote is not None else None
        if terms is None or terms.strike is None or price is None:
            raise IncompleteError(
                f"Whether {row.words} is in the money is not known: there is no price of "
                f"{row.symbol}. Nothing was sent.",
                hint="Try again, or name the positions.",
                code="quotes-missing",
                retryable=True,
            )
        beyond = price - terms.strike if terms.right is Right.CALL else terms.strike - price
        if beyond > 0:
            found.append(row)
    return found


def underlying_quotes(book: ContractBook, symbols: Mapping[int, str | None]) -> Mapping[int, Quote]:
    """The quotes of underlyings by conid."""
    from ibcli.broker.snapshots import Wanted, collect

    wanted = [
        Wanted(
            conid,
            fields=(Field.LAST,),
            also=(Field.BID, Field.ASK, Field.MARK, Field.PRIOR_CLOSE),
            names=(symbol,) if symbol else (),
        )
        for conid, symbol in symbols.items()
    ]
    return collect(book.client, wanted).quotes if wanted else {}


def _is_option(row: Holding) -> bool:
    return row.tradable is not None and row.tradable.right is not None


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
