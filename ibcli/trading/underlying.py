"""The underlying's own quote, by which the money is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ibcli.broker.fields import Field
from ibcli.broker.snapshots import Wanted, collect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from ibcli.broker.client import BrokerClient
    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.contracts import Listing
    from ibcli.domain.months import Month
    from ibcli.domain.quotes import Quote
    from ibcli.trading.board import Board

T = TypeVar("T")

_ALSO = (
    Field.BID,
    Field.ASK,
    Field.MARK,
    Field.CHANGE,
    Field.CHANGE_PERCENT,
    Field.CLOSE,
    Field.PRIOR_CLOSE,
)


def wanted_of(listing: Listing) -> Wanted:
    """What to ask for of an underlying: its last price, which an index has too."""
    return Wanted(
        listing.conid,
        fields=(Field.LAST,),
        also=_ALSO,
        luxury=True,
        names=(listing.symbol,) if listing.symbol else (),
    )


def underlying_quote(client: BrokerClient, listing: Listing) -> Quote | None:
    """The underlying's quote; None when the broker does not answer about it."""
    return collect(client, [wanted_of(listing)]).quotes.get(listing.conid)


def beside_accounts(book: ContractBook, call: Callable[[], T]) -> T:
    """Make the call; at the same time ask for the accounts, which market data waits for."""
    client = book.client
    if client.memory.accounts_called:
        return call()
    client.bring_up_session()
    found: list[T] = []
    client.parallel([client.ensure_accounts, lambda: found.append(call())])
    return found[0]


def priced_boards(
    book: ContractBook, listing: Listing, months: Sequence[Month]
) -> tuple[Quote | None, list[Board]]:
    """The underlying's quote, and the strikes of its months around it, asked for at once."""
    found: list[Quote | None] = [None]
    from ibcli.trading.board import open_boards  # a quote of conids needs no boards

    boards: list[Board] = []

    def ask_price() -> None:
        found[0] = underlying_quote(book.client, listing)

    def ask_strikes() -> None:
        boards.extend(open_boards(book, listing, months))

    book.client.parallel([ask_price, ask_strikes])
    for board in boards:
        board.centre(found[0].price if found[0] is not None else None)
    return found[0], boards


def no_price(listing: Listing, around: Decimal | None = None) -> str:
    """The warning that the money could not be found; ``around``: which price was taken for it."""
    if around is not None:
        return (
            f"There is no price of {listing.symbol} now: the strikes are those around "
            f"{around}, its price before."
        )
    return (
        f"There is no price of {listing.symbol}, so that the money is not known: "
        "the middle of the listed strikes is taken for it."
    )
