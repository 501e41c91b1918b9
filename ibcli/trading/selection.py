"""Which contracts a chain shows: expiries first, then so many strikes each way around the money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from ibcli.domain.contracts import ContractKey, Listing, OptionContract, Right
from ibcli.domain.newyork import new_york_day
from ibcli.trading.board import Board, nearest, untold
from ibcli.trading.search import option_months
from ibcli.trading.underlying import underlying_quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.chains import Expiry
    from ibcli.domain.quotes import Quote
    from ibcli.trading.choice import Choice

_THINNEST = Decimal(
    "0.05"
)  # of the strikes asked for, the least part that an expiry is taken to have


@dataclass(frozen=True)
class Slice:
    """One expiry of one trading class, and the strikes of it that are shown, rising."""

    board: Board
    expiry: Expiry
    strikes: tuple[Decimal, ...]

    def contract(self, strike: Decimal, right: Right) -> OptionContract | None:
        """The contract of a strike and side, if it is listed."""
        key = ContractKey(
            self.board.listing.conid, self.expiry.trading_class, self.expiry.day, strike, right
        )
        return self.board.contracts.get(key)

    def contracts(self, sides: tuple[Right, ...]) -> Iterator[OptionContract]:
        """Its contracts by rising strike."""
        for strike in self.strikes:
            for right in sides:
                contract = self.contract(strike, right)
                if contract is not None:
                    yield contract


class Selection:
    """Finds expiries and strikes, looking up as few strikes as that takes."""

    def __init__(
        self, book: ContractBook, listing: Listing, choice: Choice, trading_class: str | None
    ) -> None:
        self.book = book
        self.listing = listing
        self.choice = choice
        self.trading_class = trading_class
        self.today = new_york_day(book.client.settings.market_now())
        listed, warnings = option_months(listing)
        book.warnings += warnings
        self.months = choice.months(listing, listed, self.today)
        self._boards: dict[int, Board] = {}
        self.underlying_quote: Quote | None = None
        self._meet()

    def _meet(self) -> None:
        """The underlying's price and the first month's strikes, asked for at the same time."""

        def price() -> None:
            self.underlying_quote = underlying_quote(self.book.client, self.listing)

        def strikes() -> None:
            self._boards[0] = Board(self.book, self.listing, self.months[0])

        self.book.client.parallel([price, strikes])
        self.price = self.underlying_quote.price if self.underlying_quote else None
        self._boards[0].centre(self.price)

    def _board(self, number: int) -> Board:
        if number not in self._boards:
            board = Board(self.book, self.listing, self.months[number])
            board.centre(self.price)
            self._boards[number] = board
        return self._boards[number]

    def find(self, each_way: int | None) -> list[Slice]:
        """The slices that are meant, with so many strikes on each side of the money; None: all.

        Raises NotFoundError when there is no such expiry or trading class.
        """
        found: list[Slice] = []
        for number in range(len(self.months)):
            found += self._of_month(self._board(number), each_way)
            if found and not self.choice.spans_months:
                break
        if not found:
            boards = self._boards.values()
            if error := untold(boards):
                raise error
            known = [e for board in boards for e in board.expiries(self.today)]
            raise self.choice.unknown(self.listing, known, self.today, self.trading_class)
        return found

    def recentre(self, price: Decimal | None, each_way: int) -> bool:
        """Put the money where the price is by now; whether that is elsewhere than it was.

        A step or two of many strikes are no matter: the price moves all the time.
        """
        if price is None or price == self.price:
            return False
        self.price = price
        moved = False
        for board in self._boards.values():
            before = board.money
            board.centre(price)
            if before is not None and board.money is not None:
                steps = board.strikes.index(board.money) - board.strikes.index(before)
                moved = moved or abs(steps) > each_way // 4
        return moved

    def others(self, slices: list[Slice]) -> tuple[Expiry, ...]:
        """The expiries of the months shown that are not shown themselves."""
        boards = {id(part.board): part.board for part in slices}
        shown = {part.expiry for part in slices}
        known = [e for board in boards.values() for e in board.expiries(self.today)]
        return tuple(e for e in known if e not in shown)

    def _meant(self, board: Board) -> list[Expiry]:
        return self.choice.takes(board.expiries(self.today, self.trading_class), self.today)

    def _of_month(self, board: Board, each_way: int | None) -> list[Slice]:
        if each_way is None:
            board.look_up_all()
        else:
            board.look_up_expiries()
            if self._meant(board):
                self._widen(board, each_way)
        return [
            Slice(board, expiry, tuple(self._around(board, expiry, each_way)))
            for expiry in self._meant(board)
        ]

    def _around(self, board: Board, expiry: Expiry, each_way: int | None) -> list[Decimal]:
        """The strikes of an expiry on either side of that nearest to the money."""
        listed = board.listed(expiry)
        if each_way is None:
            return listed
        middle = self._middle(board, listed)
        return listed[max(0, middle - each_way) : middle + each_way + 1]

    def _middle(self, board: Board, listed: list[Decimal]) -> int:
        money = nearest(listed, self.price if self.price is not None else board.money)
        return listed.index(money) if money is not None else 0

    def _widen(self, board: Board, each_way: int) -> None:
        """Look up strikes outward until each expiry meant has enough of them, or there are no more.

        The months' strikes are those of all its expiries together: of a weekly with wider steps, a
        window has fewer than it has of them all.
        """
        below = above = each_way
        while True:
            window = board.window(below, above)
            board.look_up(window)
            short_below, short_above = self._short(board, window, each_way)
            if window[0] == board.strikes[0]:
                short_below = 0
            if window[-1] == board.strikes[-1]:
                short_above = 0
            if not short_below and not short_above:
                return
            below, above = below + short_below, above + short_above

    def _short(self, board: Board, window: list[Decimal], each_way: int) -> tuple[int, int]:
        """How many strikes more to look up below and above, judging by those looked up."""
        short_below = short_above = 0
        for expiry in self._meant(board):
            listed = [s for s in board.listed(expiry) if window[0] <= s <= window[-1]]
            middle = self._middle(board, listed)
            part = max(Decimal(len(listed)) / len(window), _THINNEST)
            short_below = max(short_below, ceil((each_way - middle) / part))
            short_above = max(short_above, ceil((each_way - (len(listed) - 1 - middle)) / part))
        return short_below, short_above
