"""Which positions are meant by what the user said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.broker.fields import Field
from ibcli.domain.contracts import Right
from ibcli.domain.symbols import Conid, Ticker
from ibcli.errors import IncompleteError, NotFoundError, UsageError
from ibcli.trading.naming import Names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.holdings import Holding
    from ibcli.domain.quotes import Quote
    from ibcli.domain.symbols import What
    from ibcli.trading.closing.wish import Positions


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
