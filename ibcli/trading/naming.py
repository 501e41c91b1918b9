"""From the words of a command line to the instruments that they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.contracts import format_occ
from ibcli.domain.months import Month
from ibcli.domain.newyork import new_york_day
from ibcli.domain.settlement import last_trading_day
from ibcli.domain.symbols import Conid, OptionTerms, Ticker, What
from ibcli.domain.watchlist import Instrument
from ibcli.errors import NotFoundError, UsageError
from ibcli.trading.search import find_optionable, find_quoted, option_months, unknown_month

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.chains import Expiry
    from ibcli.domain.contracts import Listing, OptionContract
    from ibcli.trading.board import Board


class Names:
    """Finds instruments, and remembers what must be searched for before they are quoted."""

    def __init__(self, book: ContractBook) -> None:
        self.book = book
        self.underlyings: dict[int, str | None] = {}  # of the options found: conid and symbol

    def find(self, whats: Sequence[What]) -> list[Instrument | NotFoundError]:
        """The instrument of each, or why there is none. Raises what ``client.read`` raises."""
        conids = [what.number for what in whats if isinstance(what, Conid)]
        definitions = self.book.definitions(conids) if conids else {}
        found: list[Instrument | NotFoundError] = []
        for what in whats:
            try:
                if isinstance(what, Conid):
                    definition = definitions.get(what.number)
                    if definition is None:
                        raise unknown_conid(what.number)
                    if definition.underlying_conid and definition.instrument.sec_type != "STK":
                        symbol = definition.instrument.symbol
                        self.underlyings.setdefault(definition.underlying_conid, symbol)
                    found.append(definition.instrument)
                else:
                    found.append(self._listed(what))
            except NotFoundError as exc:
                found.append(exc)
        return found

    def _listed(self, what: Ticker | OptionTerms) -> Instrument:
        if isinstance(what, OptionTerms):
            return self._option(what)
        listing = find_quoted(self.book, what.symbol)
        kind = next((s.sec_type for s in listing.sections), None)
        return Instrument(listing.conid, listing.symbol, listing.name, listing.exchange, kind)

    def _option(self, terms: OptionTerms) -> Instrument:
        listing = find_optionable(self.book, terms.underlying_symbols)
        months, warnings = option_months(listing)
        self.book.warnings += warnings
        month = Month.of(terms.expiry)
        if month not in months:
            raise unknown_month(listing, month, months)
        there = self.book.contracts(listing, month, [terms.strike])
        matching = [c for c in there if c.expiry == terms.expiry and c.right is terms.right]
        contract = _of_class(matching, terms) or _by_settlement(there, terms)
        if contract is None:
            raise self._unknown_option(terms, listing, month, matching)
        self.underlyings.setdefault(listing.conid, listing.symbol)
        self.book.warnings += _doubts(terms, contract, matching)
        return Instrument(
            contract.conid, contract.symbol, listing.name, sec_type="OPT", contract=contract
        )

    def _unknown_option(
        self, terms: OptionTerms, listing: Listing, month: Month, matching: list[OptionContract]
    ) -> NotFoundError:
        """The error for terms that are not listed, naming the nearest class, day or strikes."""
        if matching:
            classes = ", ".join(sorted({contract.trading_class for contract in matching}))
            return NotFoundError(
                f"{terms} is not listed: no class {terms.root} there.",
                hint=f"Classes: {classes}.",
                code="unknown-class",
            )
        from ibcli.trading.board import Board, untold
        from ibcli.trading.choice import Choice

        board = Board(self.book, listing, month)
        board.centre(terms.strike)
        board.look_up_expiries()
        if error := untold([board]):
            raise error
        today = new_york_day(self.book.client.settings.market_now())
        expiries = board.expiries(today)
        if all(expiry.day != terms.expiry for expiry in expiries):
            return Choice(expiry=terms.expiry).unknown(listing, expiries, today, None)
        board.look_up(board.window(3, 3))
        nearest = _nearest_strikes(board, expiries, terms)
        return NotFoundError(
            f"{terms} is not listed: no strike {terms.strike} on {terms.expiry}.",
            hint=f"Nearest strikes: {nearest}.",
            code="unknown-strike",
        )


def unknown_conid(conid: int) -> NotFoundError:
    """The error for a conid that stands for nothing (any more)."""
    return NotFoundError(
        f"The broker knows no contract {conid}.",
        hint="It may have expired; look it up anew by symbol: ibcli search SYMBOL",
        code="unknown-conid",
    )


def _of_class(matching: Sequence[OptionContract], terms: OptionTerms) -> OptionContract | None:
    """The contract meant among those of all trading classes. Raises UsageError if unclear."""
    exact = [contract for contract in matching if contract.trading_class == terms.root]
    if exact or terms.strict or not matching:
        return exact[0] if exact else None
    if len(matching) > 1:
        classes = ", ".join(sorted(contract.trading_class for contract in matching))
        raise UsageError(
            f"{terms} may be of several classes: {classes}.",
            hint=f"Write the class in the symbol's place: {matching[0].words}",
        )
    return matching[0]


def _by_settlement(there: Iterable[OptionContract], terms: OptionTerms) -> OptionContract | None:
    """The contract whose OCC symbol was given, where the broker lists it on the day before."""
    if not terms.strict:
        return None
    listed_on = last_trading_day(terms.root, terms.expiry)
    fitting = (c for c in there if c.expiry == listed_on and c.right is terms.right)
    return next((c for c in fitting if c.trading_class == terms.root), None)


def _doubts(
    terms: OptionTerms, contract: OptionContract, on_that_day: Iterable[OptionContract]
) -> Iterator[str]:
    """Sentences for words that may have meant another contract than the one that was taken."""
    other = {c.trading_class for c in on_that_day} - {contract.trading_class}
    if contract.expiry != terms.expiry:
        yield (
            f"{contract.occ_symbol}: the broker lists it under its last trading day, "
            f"{contract.expiry}; it settles on the morning of {contract.settled}."
        )
    elif contract.settled != contract.expiry:
        weekly = (
            f" What expires on {contract.expiry} itself is of class {', '.join(sorted(other))}."
        )
        yield (
            f"{terms} trades until {contract.expiry} and settles on the morning of "
            f"{contract.settled}: its OCC symbol is {contract.occ_symbol!r}."
            + (weekly if other else "")
        )
    if contract.trading_class != terms.root and terms.root == contract.symbol:
        morning = last_trading_day(terms.root, terms.expiry) != terms.expiry
        occ = format_occ(terms.root, terms.expiry, terms.strike, terms.right)
        yield (
            f"{terms} was taken for class {contract.trading_class}: there is no class "
            f"{terms.root} on that day."
            + (f" The monthly that settles in that morning is {occ!r}." if morning else "")
        )


def _nearest_strikes(board: Board, expiries: Iterable[Expiry], terms: OptionTerms) -> str:
    listed = {s for e in expiries if e.day == terms.expiry for s in board.listed(e)}
    nearest = sorted(listed, key=lambda strike: abs(strike - terms.strike))[:4]
    return ", ".join(map(str, sorted(nearest)))
