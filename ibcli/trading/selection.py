"""Which contracts a chain shows: expiries first, then so many strikes each way around the money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from ibcli.domain.contracts import ContractKey, Listing, OptionContract, Right
from ibcli.domain.newyork import new_york_day
from ibcli.trading.board import WIDE, look_up, nearest, open_boards, untold
from ibcli.trading.search import option_months
from ibcli.trading.underlying import priced_boards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.chains import Expiry
    from ibcli.domain.months import Month
    from ibcli.domain.quotes import Quote
    from ibcli.trading.board import Board
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
    """Finds expiries and strikes, looking up as few strikes as that takes.

    ``price`` is the underlying's if it is known; else it is asked for, unless ``priced`` is false.
    ``asking`` false raises UnknownError where contracts would have to be asked for. ``on_told`` is
    called with contracts that are likely to be meant, as they come, from several threads.
    """

    def __init__(
        self,
        book: ContractBook,
        listing: Listing,
        choice: Choice,
        trading_class: str | None,
        *,
        price: Decimal | None = None,
        priced: bool = True,
        asking: bool = True,
        on_told: Callable[[Sequence[OptionContract]], None] | None = None,
    ) -> None:
        self.book = book
        self.listing = listing
        self.choice = choice
        self.trading_class = trading_class
        self.asking = asking
        self.price = price
        self.underlying_quote: Quote | None = None
        self.today = new_york_day(book.client.settings.market_now())
        self._on_told = on_told
        listed, warnings = option_months(listing)
        book.warnings += warnings
        self.months = choice.months(listing, listed, self.today)
        self._boards: dict[Month, Board] = {}
        self._reach: dict[Board, tuple[int, int]] = {}  # strikes below and above the money
        if priced and price is None:  # at the same time as the first strikes
            self.underlying_quote, boards = priced_boards(book, listing, self._groups()[0])
            self.price = self.underlying_quote.price if self.underlying_quote else None
            self._boards = {board.month: board for board in boards}

    def _groups(self) -> list[list[Month]]:
        """The months that are looked at together, and after which groups one need not go on."""
        return [self.months] if self.choice.spans_months else [[month] for month in self.months]

    def _open(self, months: Sequence[Month]) -> list[Board]:
        new = [month for month in months if month not in self._boards]
        for board in open_boards(self.book, self.listing, new, asking=self.asking):
            board.centre(self.price)
            self._boards[board.month] = board
        return [self._boards[month] for month in months]

    def find(self, each_way: int | None) -> list[Slice]:
        """The slices that are meant, with so many strikes on each side of the money; None: all.

        Raises NotFoundError when there is no such expiry or trading class.
        """
        for months in self._groups():
            boards = self._open(months)
            self._look_up(boards, each_way)
            found = [
                Slice(board, expiry, tuple(self._around(board, expiry, each_way)))
                for board in boards
                for expiry in self._meant(board)
            ]
            if found:
                return found
        opened = self._boards.values()
        if error := untold(opened):
            raise error
        known = [e for board in opened for e in board.expiries(self.today)]
        raise self.choice.unknown(self.listing, known, self.today, self.trading_class)

    def recentre(self, price: Decimal | None, each_way: int) -> bool:
        """Put the money where the price is by now; whether that is elsewhere than it was.

        A step or two of many strikes are no matter: the price moves all the time.
        """
        if price is None or price == self.price:
            return False
        before = {board: board.money for board in self._boards.values()}
        self.move(price)
        return any(
            abs(board.strikes.index(board.money) - board.strikes.index(money)) > each_way // 4
            for board, money in before.items()
            if money is not None and board.money is not None
        )

    def move(self, price: Decimal) -> None:
        """Put the money at this price."""
        self.price = price
        for board in self._boards.values():
            board.centre(price)

    def others(self, slices: list[Slice]) -> tuple[Expiry, ...]:
        """The expiries of the months shown that are not shown themselves."""
        boards = {id(part.board): part.board for part in slices}
        shown = {part.expiry for part in slices}
        known = [e for board in boards.values() for e in board.expiries(self.today)]
        return tuple(e for e in known if e not in shown)

    def _meant(self, board: Board) -> list[Expiry]:
        return self.choice.takes(board.expiries(self.today, self.trading_class), self.today)

    def _look_up(self, boards: Sequence[Board], each_way: int | None) -> None:
        """Look up what it takes to know the expiries that are meant, and their strikes."""
        if each_way is None:
            self._ask({board: board.strikes for board in boards})
            return
        self._reach = dict.fromkeys(boards, (each_way, each_way))
        self._ask({board: self._first(board, each_way) for board in boards})
        wanted = {board: self._window(board) for board in boards if self._meant(board)}
        while wanted:
            self._ask(wanted)
            wanted = {board: wider for board in wanted if (wider := self._wider(board, each_way))}

    def _ask(self, strikes: Mapping[Board, Iterable[Decimal]]) -> None:
        look_up(strikes, self._tell, asking=self.asking)

    def _tell(self, board: Board, told: Sequence[OptionContract]) -> None:
        """Pass on what is likely to be shown: expiries told later may yet take its place."""
        if self._on_told is not None:
            days = {(expiry.day, expiry.trading_class) for expiry in self._meant(board)}
            likely = [c for c in told if (c.expiry, c.trading_class) in days]
            if likely:
                self._on_told(likely)

    def _first(self, board: Board, each_way: int) -> Iterable[Decimal]:
        """What to look up first: what tells the expiries, and what will be shown for sure.

        A window wide enough to hold round strikes tells the expiries by itself.
        """
        if not self.choice.surely_in(board.month, self.today):
            return board.probes()
        window = self._window(board)
        return window if each_way >= WIDE else {*window, *board.probes()}

    def _window(self, board: Board) -> list[Decimal]:
        return board.window(*self._reach[board])

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

    def _wider(self, board: Board, each_way: int) -> list[Decimal]:
        """A window in which each expiry meant has enough strikes; empty if it is that already, or
        there are no more.

        The months' strikes are those of all its expiries together: of a weekly with wider steps, a
        window has fewer than it has of them all.
        """
        window = self._window(board)
        if not window:
            return []
        short_below, short_above = self._short(board, window, each_way)
        if window[0] == board.strikes[0]:
            short_below = 0
        if window[-1] == board.strikes[-1]:
            short_above = 0
        if not short_below and not short_above:
            return []
        below, above = self._reach[board]
        self._reach[board] = (below + short_below, above + short_above)
        return self._window(board)

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
