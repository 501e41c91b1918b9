"""Which contracts an order is for: from its words to shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.domain.contracts import Right
from ibcli.domain.months import DaysRange, ExpiryWord
from ibcli.domain.newyork import new_york_day
from ibcli.domain.orders import Side, Tradable
from ibcli.errors import IncompleteError, NotFoundError, UsageError
from ibcli.trading.choice import Choice
from ibcli.trading.naming import Names
from ibcli.trading.orders.request import ByDelta, ByOffset, ByPlace
from ibcli.trading.orders.shapes import Chosen, Shape, as_combo, as_singles, merged
from ibcli.trading.orders.strikes import EACH_WAY, Ladder, choose, wing
from ibcli.trading.search import find_optionable
from ibcli.trading.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.chains import Expiry
    from ibcli.domain.contracts import Listing, OptionContract
    from ibcli.domain.quotes import Feed, Quote
    from ibcli.trading.orders.request import LegWish, OrderRequest
    from ibcli.trading.orders.strikes import Asked
    from ibcli.trading.selection import Slice


@dataclass(frozen=True, slots=True)
class Found:
    """The orders without their prices.

    ``counted_from`` is the underlying's quote when strikes were counted from its price. ``asked``
    are the quotes by which strikes were chosen, if they were.
    """

    shapes: tuple[Shape, ...]
    expiry: Expiry | None = None
    underlying_quote: Quote | None = None
    counted_from: Quote | None = None
    notes: tuple[str, ...] = ()
    asked: Asked | None = None


def underlying_of(book: ContractBook, request: OrderRequest) -> Listing:
    """The underlying whose options are to be traded. Raises NotFoundError, UsageError."""
    named = next(
        (
            leg.terms.underlying_symbols
            for leg in request.legs
            if request.symbol in leg.terms.underlying_symbols
        ),
        (request.symbol,),  # of SPXW's legs, say, SPX is the underlying
    )
    listing = find_optionable(book, named)
    for leg in request.legs:
        other = find_optionable(book, leg.terms.underlying_symbols)
        if other.conid != listing.conid:
            raise UsageError(
                f"{leg.terms} is not an option on {listing.symbol}.",
                hint="An order is for one underlying: name it first, its legs by --leg.",
            )
    return listing


def find(
    book: ContractBook,
    listing: Listing,
    request: OrderRequest,
    day: date,
    feeds: frozenset[Feed],
) -> Found:
    """The contracts that are wished for, to be traded on ``day`` or later.

    Strikes are chosen by data of these ``feeds`` only.

    Raises NotFoundError, UsageError (the words may mean several contracts), IncompleteError.
    """
    if request.legs:
        chosen = merged(_of_leg(book, leg, day) for leg in request.legs)
        return Found(_shapes(chosen, request))
    selection = Selection(book, listing, _choice(book, request, day), request.trading_class)
    expiry = _only(selection.find(EACH_WAY), listing)
    ladder = Ladder(selection, expiry, EACH_WAY, feeds)
    if isinstance(request.strikes, ByDelta):
        ladder.reach(request.sides, request.strikes.delta)
    chosen = []
    for right in request.sides:
        contract = choose(ladder, request.strikes, right)
        chosen.append(_chosen(request.action, contract))
        if request.width is not None:
            chosen.append(_chosen(request.action.opposite, wing(ladder, contract, request.width)))
    _check_order(chosen)
    quote = selection.underlying_quote
    is_counted = isinstance(request.strikes, ByPlace | ByOffset)
    return Found(
        _shapes(chosen, request),
        expiry,
        quote,
        counted_from=quote if is_counted else None,
        asked=ladder.latest,
    )


def _choice(book: ContractBook, request: OrderRequest, day: date) -> Choice:
    """Which expiries; the soonest one that can still be traded counts as today's."""
    ahead = (day - new_york_day(book.client.settings.market_now())).days
    if isinstance(request.expiry, ExpiryWord):
        later = 1 if request.expiry is ExpiryWord.NEXT else 0
        return Choice(days=DaysRange(ahead + later, None))
    _check_day(request.expiry, day, f"The expiry {request.expiry}")
    return Choice(expiry=request.expiry)


def _check_day(expiry: date, day: date, what: str) -> None:
    if expiry < day:
        raise NotFoundError(
            f"{what} cannot be traded any more: the next session is that of {day}.",
            hint="Leave --expiry out for the nearest one that can.",
            code="expired",
        )


def _only(slices: Sequence[Slice], listing: Listing) -> Expiry:
    """The one expiry of one trading class; among several the words leave open which is meant.

    Classes with a digit are adjusted ones (splits, mergers), which nobody means by the symbol.
    """
    found = [part.expiry for part in slices]
    plain = [one for one in found if not any(c.isdigit() for c in one.trading_class)] or found
    if len(plain) == 1:
        return plain[0]
    classes = " and ".join(one.trading_class for one in plain)
    raise UsageError(
        f"On {plain[0].day} {listing.symbol} has options of the classes {classes}.",
        hint=f"Say which: --class {plain[-1].trading_class}",
    )


def _of_leg(book: ContractBook, leg: LegWish, day: date) -> Chosen:
    """The contract of a ``--leg``; another class than the one that was written is refused."""
    _check_day(leg.terms.expiry, day, str(leg.terms))
    (found,) = Names(book).find([leg.terms])
    if isinstance(found, NotFoundError):
        raise found
    contract = found.contract
    if contract is None:
        raise NotFoundError(f"{leg.terms} is not an option.", hint="", code="unknown-conid")
    if _bare(contract.trading_class) != _bare(leg.terms.root):
        raise UsageError(
            f"{leg.terms} would be taken for {contract.words}, which is of another class.",
            hint=f'Write what is meant: "{contract.words}"',
        )
    return Chosen(leg.side, leg.count, tradable(contract))


def _chosen(side: Side, contract: OptionContract) -> Chosen:
    return Chosen(side, 1, tradable(contract))


def tradable(contract: OptionContract) -> Tradable:
    """What an order can be for. Raises IncompleteError while nobody knows what it costs.

    The limits are in dollars, and so is the number under which combinations are sent: what is
    traded in another currency is a UsageError.
    """
    if contract.currency != "USD":
        raise UsageError(
            f"{contract.words} is traded in {contract.currency}.",
            hint="Orders are for contracts in USD; your limits are too.",
        )
    try:
        return Tradable.of(contract)
    except ValueError:
        raise IncompleteError(
            f"The broker does not tell the multiplier of {contract.words}.",
            hint="Without it nobody knows what it costs; nothing was sent.",
            code="contracts-missing",
        ) from None


def _check_order(chosen: Iterable[Chosen]) -> None:
    """Raise UsageError when put and call have been named in each other's place."""
    main = [one.tradable for one in chosen]
    puts = [one.strike for one in main if one.right is Right.PUT and one.strike is not None]
    calls = [one.strike for one in main if one.right is Right.CALL and one.strike is not None]
    if puts and calls and max(puts) > min(calls):
        raise UsageError(
            f"The put at {max(puts)} lies above the call at {min(calls)}.",
            hint="--strike PUT,CALL takes the put's first: --strike 630,650. "
            "For what is really meant so, use --leg.",
        )


def _shapes(chosen: Sequence[Chosen], request: OrderRequest) -> tuple[Shape, ...]:
    both = {one.tradable.conid for one in chosen}
    if len(both) != len(chosen):
        raise UsageError(
            "The same contract is bought and sold.", hint="Give each contract one --leg."
        )
    if request.is_combo:
        if len({one.tradable.multiplier for one in chosen}) > 1:
            raise UsageError(
                "The contracts stand for different numbers of units: they have no price together.",
                hint="Send each as an order of its own: --legs",
            )
        return as_combo(chosen, request.quantity)
    return as_singles(chosen, request.quantity)


def _bare(name: str) -> str:
    return "".join(c for c in name.upper() if c.isalnum())
