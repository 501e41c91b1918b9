"""The expiries of an underlying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.contract_book import ContractBook, Progress
from ibcli.domain.chains import Expiries
from ibcli.domain.newyork import new_york_day
from ibcli.errors import NotFoundError
from ibcli.trading.board import look_up, untold
from ibcli.trading.choice import Choice
from ibcli.trading.outcome import Outcome
from ibcli.trading.search import find_optionable, option_months
from ibcli.trading.underlying import beside_accounts, no_price, priced_boards

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.domain.months import Month


def expiries(
    client: BrokerClient,
    symbol: str,
    *,
    month: Month | None = None,
    progress: Progress | None = None,
) -> Outcome[Expiries]:
    """Each expiry of an underlying, or of one of its months, soonest first.

    Raises NotFoundError for an unknown symbol or month, and what ``BrokerClient.read`` raises.
    """
    with ContractBook(client, progress) as book:
        listing = beside_accounts(book, lambda: find_optionable(book, [symbol]))
        today = new_york_day(client.settings.market_now())
        listed, warnings = option_months(listing)
        book.warnings += warnings
        months = Choice(month=month).months(listing, listed, today)
        quote, boards = priced_boards(book, listing, months)
        price = quote.price if quote else None
        if price is None:
            book.warnings.append(no_price(listing))
        look_up({board: board.probes() for board in boards})
        rows = [expiry for board in boards for expiry in board.expiries(today)]
        if not rows:
            if error := untold(boards):
                raise error
            where = f" in {month}" if month else ""
            raise NotFoundError(f"{listing.symbol} has no options{where}.", code="unknown-expiry")
        rows.sort(key=lambda expiry: (expiry.day, expiry.trading_class))
        data = Expiries(listing, str(month) if month else None, today, tuple(rows))
        return Outcome(data, tuple(book.warnings))
