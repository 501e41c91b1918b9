"""The strikes of a month or of an expiry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.contract_book import ContractBook, Progress
from ibcli.domain.chains import Strikes
from ibcli.domain.contracts import Right
from ibcli.domain.months import ExpiryWord
from ibcli.domain.newyork import new_york_day
from ibcli.trading.board import Board, at_the_money, untold
from ibcli.trading.choice import Choice
from ibcli.trading.outcome import Outcome
from ibcli.trading.search import find_optionable, option_months
from ibcli.trading.underlying import beside_accounts, priced_boards

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.months import Month


def strikes(
    client: BrokerClient,
    symbol: str,
    *,
    month: Month | None = None,
    expiry: date | ExpiryWord | None = None,
    trading_class: str | None = None,
    progress: Progress | None = None,
) -> Outcome[Strikes]:
    """The strikes of a month, all its expiries together; or those of one expiry.

    The broker tells the strikes of an expiry one by one: then each strike of the month is looked
    up. Neither month nor expiry: the first month. Raises UsageError, NotFoundError, and what
    ``BrokerClient.read`` raises.
    """
    choice = Choice(month, expiry)
    choice.check()
    if expiry is ExpiryWord.ALL:
        expiry = None
    with ContractBook(client, progress) as book:
        listing = beside_accounts(book, lambda: find_optionable(book, [symbol]))
        today = new_york_day(client.settings.market_now())
        listed, warnings = option_months(listing)
        book.warnings += warnings
        months = choice.months(listing, listed, today)
        quote, boards = priced_boards(book, listing, months[:1])
        price = quote.price if quote else None
        day = None
        if expiry is None and trading_class is None:
            told = book.strikes(listing, boards[0].month)
            calls, puts = told.calls, told.puts
            if not told.both and (error := untold(boards)):
                raise error
        else:
            board, day = _find(boards[0], months, choice, today, trading_class, price)
            boards = [board]
            classes = sorted({key.trading_class for key in board.contracts if key.expiry == day})
            if trading_class is None and len(classes) > 1:
                book.warnings.append(
                    f"The strikes of {' and '.join(classes)} are shown together: "
                    f"--class {classes[0]} shows those of one."
                )
            calls, puts = (_of(board, day, trading_class, right) for right in Right)
        data = Strikes(
            underlying=listing,
            month=str(boards[0].month),
            expiry=day,
            calls=calls,
            puts=puts,
            underlying_quote=quote,
            at_the_money=at_the_money({*calls, *puts}, price),
        )
        return Outcome(data, tuple(book.warnings))


def _find(
    board: Board,
    months: list[Month],
    choice: Choice,
    today: date,
    trading_class: str | None,
    price: Decimal | None,
) -> tuple[Board, date]:
    """The month and day that are meant, every contract of that month looked up."""
    for month in months:
        if month != board.month:
            board = Board(board.book, board.listing, month)
            board.centre(price)
        board.look_up_expiries()
        meant = choice.takes(board.expiries(today, trading_class), today)
        if meant:
            board.look_up_all()
            return board, meant[0].day
    if error := untold([board]):
        raise error
    raise choice.unknown(board.listing, board.expiries(today), today, trading_class)


def _of(board: Board, day: date, trading_class: str | None, right: Right) -> tuple[Decimal, ...]:
    """The strikes of a day's contracts of one side, rising."""
    return tuple(
        sorted(
            {
                key.strike
                for key in board.contracts
                if key.expiry == day
                and key.right is right
                and trading_class in (None, key.trading_class)
            }
        )
    )
