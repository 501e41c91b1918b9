"""Symbols and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.contract_book import ContractBook
from ibcli.domain.months import Month
from ibcli.errors import NotFoundError, RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.contracts import Listing

NO_CONID = 2**31 - 1  # the broker's conid of "bonds of this issuer" (recorded)
_QUOTED = ("STK", "IND")


def search(
    client: BrokerClient, words: str, *, sec_type: str | None = None, by_name: bool = False
) -> tuple[tuple[Listing, ...], tuple[str, ...]]:
    """Listings of a symbol or a company's name, the tradable ones first; and warnings.

    The broker's row for an issuer's bonds is left out unless bonds are asked for. Raises
    NotFoundError when there is none.
    """
    with ContractBook(client) as book:
        found = book.search(words, sec_type=sec_type, by_name=by_name)
        listings = tuple(sorted(_worth_showing(found, sec_type), key=lambda one: not one.tradable))
        if not listings and by_name:
            raise NotFoundError(
                f"The broker knows no company named {words!r}.",
                hint="Try a shorter piece of the name.",
                code="unknown-symbol",
            )
        if not listings:
            raise unknown_symbol(book, words)
        return listings, tuple(book.warnings)


def _worth_showing(found: Iterable[Listing], sec_type: str | None) -> list[Listing]:
    return [one for one in found if one.conid != NO_CONID or sec_type == "BOND"]


def find_optionable(book: ContractBook, symbols: Iterable[str]) -> Listing:
    """The listing whose options are traded, of the first of these symbols that has one.

    Several listings share a symbol; that with SMART among its option exchanges is taken, else the
    first with options. Raises NotFoundError.
    """
    symbols = tuple(symbols)
    without: Listing | None = None
    for symbol in symbols:
        for sec_type in (None, "IND"):
            found = _of_symbol(book.search(symbol, sec_type=sec_type), symbol)
            optionable = [one for one in found if one.option_section is not None]
            if optionable:
                best = min(optionable, key=lambda one: not one.tradable)
                _warn_of_others(book, best, optionable)
                return best
            without = without or next(iter(found), None)
            if found:  # an index would have been among them
                break
    if without is None:
        raise unknown_symbol(book, symbols[0])
    raise NotFoundError(
        f"{symbols[0]} has no listed options.",
        hint=f"See its listings: ibcli search {symbols[0]}",
        code="no-options",
    )


def find_quoted(book: ContractBook, symbol: str) -> Listing:
    """The listing that a bare symbol is quoted by: the optionable one, else the first.

    Raises NotFoundError.
    """
    for sec_type in (None, "IND"):
        found = _of_symbol(book.search(symbol, sec_type=sec_type), symbol)
        quoted = [one for one in found if any(s.sec_type in _QUOTED for s in one.sections)]
        if quoted or found:
            best = min(
                quoted or found, key=lambda one: (not one.tradable, one.option_section is None)
            )
            others = len(found) - 1
            if others and not best.tradable:
                book.warnings.append(
                    f"{symbol} has {others} more listings; {best.exchange} was taken. "
                    f"Name a conid for another (ibcli search {symbol})."
                )
            if best.tradable:
                _warn_of_others(book, best, found)
            return best
    raise unknown_symbol(book, symbol)


def _warn_of_others(book: ContractBook, best: Listing, optionable: Iterable[Listing]) -> None:
    """Say that the options might be other ones than those that were meant."""
    if not best.tradable:
        book.warnings.append(
            f"The options of {best.symbol} do not trade on SMART: its listing on {best.exchange} "
            f"was taken (ibcli search {best.symbol} shows all)."
        )
    others = [one for one in optionable if one.tradable and one.conid != best.conid]
    if best.tradable and others:
        named = ", ".join(f"{one.conid} ({one.exchange})" for one in others)
        book.warnings.append(
            f"{best.symbol} has several listings with options on SMART: {best.conid} "
            f"({best.exchange}) was taken, not {named}."
        )


def _of_symbol(found: Iterable[Listing], symbol: str) -> list[Listing]:
    return [one for one in found if one.symbol == symbol and one.conid != NO_CONID]


def unknown_symbol(book: ContractBook, symbol: str) -> NotFoundError:
    """The error for a symbol that the broker does not know, naming similar ones."""
    import difflib

    similar = set(difflib.get_close_matches(symbol, book.known_symbols(), n=3, cutoff=0.6))
    if not similar:
        try:
            named = book.search(symbol, by_name=True)
        except RefusedError:
            named = ()
        similar = {one.symbol for one in named if one.symbol and one.conid != NO_CONID}
    similar.discard(symbol)
    nearest = ", ".join(sorted(similar)[:5])
    by_name = f'Search by company: ibcli search --name "{symbol.title()}"'
    return NotFoundError(
        f"The broker knows no symbol {symbol}.",
        hint=f"Nearest: {nearest}." if nearest else by_name,
        code="unknown-symbol",
    )


def option_months(listing: Listing) -> tuple[tuple[Month, ...], tuple[str, ...]]:
    """The months with listed options, rising; and warnings of those that could not be read."""
    months, warnings = [], []
    for word in listing.option_months:
        try:
            months.append(Month.parse(word))
        except UsageError:
            warnings.append(f"A month of {listing.symbol} could not be read: {word!r}.")
    return tuple(sorted(set(months))), tuple(warnings)


def unknown_month(listing: Listing, month: Month, months: Iterable[Month]) -> NotFoundError:
    """The error for a month without options, naming the nearest ones that have some."""
    nearest = sorted(months, key=lambda m: abs((m.first_day - month.first_day).days))[:3]
    return NotFoundError(
        f"{listing.symbol} has no options in {month}.",
        hint=f"Nearest months: {', '.join(map(str, sorted(nearest)))}."
        if nearest
        else f"The broker lists no month at all: ibcli search {listing.symbol}",
        code="unknown-month",
    )
