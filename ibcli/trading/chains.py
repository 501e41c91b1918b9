"""Option chains: from a symbol and a wish to tables of quotes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibcli.broker import endpoints
from ibcli.broker.contract_book import ContractBook, Progress, UnknownError
from ibcli.broker.fields import GREEKS, Field
from ibcli.broker.snapshots import Collection, Snapshots, Wanted, missing
from ibcli.domain.chains import Chain, ChainRow, ChainSide, ChainTable
from ibcli.domain.contracts import Listing, OptionContract, Right
from ibcli.errors import (
    IbcliError,
    IncompleteError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from ibcli.trading.board import at_the_money
from ibcli.trading.choice import Choice
from ibcli.trading.incomplete import quotes_missing
from ibcli.trading.outcome import Outcome
from ibcli.trading.search import find_optionable
from ibcli.trading.selection import Selection, Slice
from ibcli.trading.underlying import beside_accounts, no_price, wanted_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.months import DeltaRange
    from ibcli.domain.quotes import Quote

DEFAULT_STRIKES = 10
FIELDS = (
    Field.BID,
    Field.BID_SIZE,
    Field.ASK,
    Field.ASK_SIZE,
    Field.LAST,
    Field.VOLUME,
    Field.OPEN_INTEREST,
    Field.IMPLIED_VOLATILITY,
    Field.DELTA,
)
_MODEL = (Field.IMPLIED_VOLATILITY, Field.DELTA)


@dataclass(frozen=True, slots=True)
class ChainRequest:
    """What a chain is to show.

    ``strikes`` on each side of the money, beside the one at it; None: ten, or with ``deltas`` as
    many as it takes. ``required`` values are waited for until the deadline, and their absence is an
    error.
    """

    symbol: str
    choice: Choice = field(default_factory=Choice)
    sides: tuple[Right, ...] = (Right.CALL, Right.PUT)
    strikes: int | None = None
    all_strikes: bool = False
    deltas: DeltaRange | None = None
    trading_class: str | None = None
    required: tuple[Field, ...] = ()
    greeks: bool = False

    def check(self) -> None:
        """Raise UsageError for words that contradict each other."""
        self.choice.check()
        if self.all_strikes and self.strikes is not None:
            raise UsageError("--all and --strikes exclude each other.", hint="Leave one out.")

    @property
    def looks_further(self) -> bool:
        """Whether the strikes go as far as the deltas do."""
        return self.deltas is not None and self.strikes is None and not self.all_strikes

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is asked for of each contract."""
        shown = (*FIELDS, *(GREEKS if self.greeks else ()))
        return tuple(dict.fromkeys((*shown, *self.required)))


def chain(
    client: BrokerClient, request: ChainRequest, progress: Progress | None = None
) -> Outcome[Chain]:
    """The chain with its quotes; with IncompleteError beside it when required values are missing,
    or why more strikes could not be looked up.

    Raises UsageError, NotFoundError, and what ``BrokerClient.read`` raises.
    """
    request.check()
    with ContractBook(client, progress) as book:
        listing = beside_accounts(book, lambda: _underlying(book, request.symbol))
        quoted = _Quoted(book, listing, request)
        each_way = DEFAULT_STRIKES if request.strikes is None else request.strikes
        reach = None if request.all_strikes else each_way
        selection, slices = _selected(quoted, reach)
        quoted.fetch(slices)
        try:
            for further in _further(quoted, selection, slices, reach):
                slices = further
                quoted.fetch(slices)
        except (IncompleteError, UnreachableError, RefusedError) as exc:
            quoted.cut_short = exc
        if quoted.price is not None:
            book.keep_price(listing.conid, quoted.price)
        return quoted.outcome(slices, selection)


def _underlying(book: ContractBook, symbol: str) -> Listing:
    """The listing of a symbol, searched for in this session: its options' data waits for that."""
    listing = find_optionable(book, [symbol])
    book.ensure_searched(listing.conid, listing.symbol)
    return listing


def _selected(quoted: _Quoted, reach: int | None) -> tuple[Selection, list[Slice]]:
    """The strikes around the money.

    Where the money is, the underlying's quote says. Where all the strikes are known that lay around
    it in the chain before, their quotes are asked for along with it, and where it has moved
    meanwhile, the others after them: that takes no request more, and mostly one less.
    """
    book, listing, request = quoted.book, quoted.listing, quoted.request
    meant = (book, listing, request.choice, request.trading_class)
    price = None if reach is None else book.last_price(listing.conid)
    if price is not None:
        with suppress(UnknownError, NotFoundError):
            guess = Selection(*meant, price=price, asking=False)
            slices = guess.find(reach)
            quoted.fetch(slices)
            guess.asking = True
            guess.move(quoted.price or price)
            return guess, guess.find(reach)
    selection = Selection(*meant, priced=reach is not None, on_told=quoted.open)
    return selection, selection.find(reach)


def _further(
    quoted: _Quoted, selection: Selection, slices: list[Slice], reach: int | None
) -> Iterator[list[Slice]]:
    """What else is to be shown, after a look at the quotes of these slices and of each one told."""
    if reach is None:
        return
    if selection.recentre(quoted.price, reach):
        slices = selection.find(reach)
        yield slices
    request = quoted.request
    while request.looks_further and _is_open(slices, quoted, request):
        reach *= 2
        wider = selection.find(reach)
        if wider == slices:  # there are no more strikes
            return
        slices = wider
        yield slices


def _is_open(slices: Iterable[Slice], quoted: _Quoted, request: ChainRequest) -> bool:
    """Whether strikes beyond the outermost ones may have deltas within the range.

    Upwards a call's delta falls to 0 and a put's goes to -1; downwards the other way round.
    """
    wanted = request.deltas
    if wanted is None:
        return False
    for part in slices:
        for strike, rising in ((part.strikes[0], Right.CALL), (part.strikes[-1], Right.PUT)):
            for right in request.sides:
                quote = quoted.quote(part.contract(strike, right))
                if quote is None or quote.delta is None:
                    continue
                delta = abs(quote.delta)
                if delta <= wanted.high if right is rising else delta >= wanted.low:
                    return True
    return False


class _Quoted:
    """The quotes of a chain, as far as they have been fetched."""

    def __init__(self, book: ContractBook, listing: Listing, request: ChainRequest) -> None:
        self.book = book
        self.listing = listing
        self.request = request
        self.quotes: dict[int, Quote] = {}
        self.strangers: tuple[str, ...] = ()
        self.cut_short: IbcliError | None = None  # why more strikes could not be looked up
        self.last = Snapshots({}, book.client.settings.market_now())
        self._collection = Collection(
            book.client, revive=lambda: endpoints.search_again(book.client, listing)
        )

    @property
    def price(self) -> Decimal | None:
        """The underlying's, by the last look at it."""
        underlying = self.quotes.get(self.listing.conid)
        return underlying.price if underlying else None

    def quote(self, contract: OptionContract | None) -> Quote | None:
        return None if contract is None else self.quotes.get(contract.conid)

    def wanted(self, contract: OptionContract) -> Wanted:
        return Wanted(
            contract.conid,
            self.request.fields,
            self.request.required,
            names=(contract.symbol, contract.trading_class),
        )

    def contracts(self, slices: Iterable[Slice]) -> list[OptionContract]:
        """The contracts to be shown, in the order of tables, strikes and sides."""
        return [c for part in slices for c in part.contracts(self.request.sides)]

    def open(self, contracts: Iterable[OptionContract]) -> None:
        """Open the streams of contracts that are likely to be shown; from any thread."""
        shown = [c for c in contracts if c.right in self.request.sides]
        self._collection.open([wanted_of(self.listing), *map(self.wanted, shown)])

    def fetch(self, slices: Iterable[Slice]) -> None:
        """Fetch the quotes of the underlying and of those contracts that have none yet."""
        new = [c for c in self.contracts(slices) if c.conid not in self.quotes]
        wanted = [*map(self.wanted, new)]
        if wanted or self.price is None:
            self.last = self._collection.collect([wanted_of(self.listing), *wanted])
            self.quotes |= self.last.quotes
            self.strangers += self.last.strangers

    def outcome(self, slices: list[Slice], selection: Selection) -> Outcome[Chain]:
        """The chain of these slices, with warnings and errors."""
        underlying = self.quotes.get(self.listing.conid) or selection.underlying_quote
        price = underlying.price if underlying else None
        lacking = [
            f"{contract.words}: {', '.join(words)}"
            for contract in self.contracts(slices)
            if (words := missing(self.wanted(contract), self.quote(contract)))
        ]
        shown = Chain(
            underlying=self.listing,
            underlying_quote=underlying,
            as_of=self.last.received,
            tables=tuple(self._table(part, price) for part in slices),
            other_expiries=selection.others(slices),
            missing=tuple(lacking),
            sides=self.request.sides,
            greeks=self.request.greeks,
        )
        warnings = [
            *dict.fromkeys(self.book.warnings),
            *dict.fromkeys(self.strangers),
            *self._warnings(slices),
        ]
        if price is None:
            warnings.append(no_price(self.listing, selection.price))
        contracts = self.contracts(slices)
        missed = quotes_missing(lacking, len(contracts), self.last, map(self.quote, contracts))
        error = self.cut_short or missed
        if self.last.stopped is not None and error is None:
            warnings.append(f"Not everything may have arrived: {self.last.stopped.message}")
        return Outcome(shown, tuple(warnings), error)

    def _table(self, part: Slice, price: Decimal | None) -> ChainTable:
        money = at_the_money(part.board.listed(part.expiry), price)
        rows = [self._row(part, strike, strike == money) for strike in part.strikes]
        return ChainTable(
            part.expiry, tuple(r for r in rows if r.call is not None or r.put is not None)
        )

    def _row(self, part: Slice, strike: Decimal, is_money: bool) -> ChainRow:
        call, put = (self._side(part.contract(strike, right)) for right in (Right.CALL, Right.PUT))
        return ChainRow(strike, call, put, is_money)

    def _side(self, contract: OptionContract | None) -> ChainSide | None:
        if contract is None or contract.right not in self.request.sides:
            return None
        quote = self.quote(contract)
        if self.request.deltas is not None:
            delta = quote.delta if quote else None
            if delta is None or delta not in self.request.deltas:
                return None
        return ChainSide(contract, quote)

    def _warnings(self, slices: Iterable[Slice]) -> list[str]:
        contracts = self.contracts(slices)
        quotes = [q for q in map(self.quote, contracts) if q is not None]
        said = [f"Could not be read: conid {q.conid}, {odd}." for q in quotes for odd in q.odd]
        if self.request.deltas is not None:
            unknown = len(contracts) - sum(q.delta is not None for q in quotes)
            if unknown:
                said.append(
                    f"{unknown} of {len(contracts)} contracts have no delta (yet) and are left out."
                )
            return said
        model = (*_MODEL, *(GREEKS if self.request.greeks else ()))
        for name in [f.attribute for f in model if f not in self.request.required]:
            # A contract without bid and ask has no model values either; that is no news.
            late = sum(q.mid is not None and getattr(q, name) is None for q in quotes)
            if late:
                words = name.replace("_", " ")
                said.append(f"No {words} had arrived for {late} of {len(contracts)} contracts.")
        return said
