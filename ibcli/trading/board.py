"""One contract month of an underlying, as much of it as has been looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from ibcli.domain.chains import Expiry
from ibcli.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.contracts import ContractKey, Listing, OptionContract
    from ibcli.domain.months import Month

_PROBES = 3
WIDE = 10  # strikes each way, among which there are enough round ones in every grid
_NAMED = 5  # strikes, in a warning
# Prices around which strikes lie in every grid, the roundest first.
_ROUND = tuple(Decimal(n) for n in (1000, 500, 250, 100, 50, 25, 10, 5, 1))

Class = tuple[date, str]  # a day of expiry and a trading class: what a table shows


def nearest(strikes: Iterable[Decimal], price: Decimal | None) -> Decimal | None:
    """The strike nearest to a price, of two the lower; None without either."""
    if price is None:
        return None
    return min(strikes, key=lambda strike: (abs(strike - price), strike), default=None)


def at_the_money(strikes: Iterable[Decimal], price: Decimal | None) -> Decimal | None:
    """The nearest strike, unless the price lies more than a step beyond all of them."""
    rising = sorted(strikes)
    if price is None or not rising:
        return None
    lowest, highest = rising[0], rising[-1]
    below, above = (rising[1] - lowest, highest - rising[-2]) if rising[1:] else (lowest / 20,) * 2
    return nearest(rising, price) if lowest - below <= price <= highest + above else None


class Board:
    """The strikes of a month, and the contracts of those strikes that have been looked up.

    The broker tells the strikes of a month for all its expiries together, and the contracts of one
    strike for all expiries; which strikes an expiry has is only known strike by strike.
    """

    def __init__(
        self, book: ContractBook, listing: Listing, month: Month, *, asking: bool = True
    ) -> None:
        self.book = book
        self.listing = listing
        self.month = month
        self.strikes = book.strikes(listing, month, asking=asking).both
        if not self.strikes:
            book.warnings.append(
                f"The broker lists {listing.symbol} {month}, but told no strikes of it."
            )
        self.contracts: dict[ContractKey, OptionContract] = {}
        self._days: dict[str, set[date]] = defaultdict(set)  # of expiry, by trading class
        self._lock = Lock()
        self._asked: set[Decimal] = set()
        self.money = self.strikes[len(self.strikes) // 2] if self.strikes else None

    def take(self, told: Iterable[OptionContract]) -> None:
        """Add contracts; from any thread."""
        with self._lock:
            for contract in told:
                self.contracts[contract.key] = contract
                self._days[contract.trading_class].add(contract.expiry)

    def centre(self, price: Decimal | None) -> None:
        """Put the money where the underlying's price is; without one it stays in the middle."""
        self.money = nearest(self.strikes, price) or self.money

    def look_up(self, strikes: Iterable[Decimal]) -> None:
        """Look up the contracts of these strikes, except where that has been done."""
        look_up({self: strikes})

    def unasked(self, strikes: Iterable[Decimal]) -> list[Decimal]:
        """Those that have not been looked up, the farthest from the money first.

        What is farthest gives its market data last, so that its streams are to be opened first.
        """
        money = self.money or Decimal(0)
        new = {strike for strike in strikes if strike not in self._asked}
        return sorted(new, key=lambda strike: (-abs(strike - money), strike))

    def asked(self, strikes: Sequence[Decimal]) -> None:
        """Note that these strikes have been looked up; warn of those without contracts."""
        self._asked.update(strikes)
        told = {key.strike for key in self.contracts}
        if untold := sorted(set(strikes) - told):
            self.book.warnings.append(self._without_contracts(untold))

    def _without_contracts(self, strikes: Sequence[Decimal]) -> str:
        named = ", ".join(map(str, strikes[:_NAMED]))
        more = f" and {len(strikes) - _NAMED} more" if len(strikes) > _NAMED else ""
        what = f"{self.listing.symbol} {self.month} at strike {named}{more}"
        return f"The broker told no contracts of {what}."

    def look_up_all(self) -> None:
        """Look up every contract of the month."""
        self.look_up(self.strikes)

    def look_up_expiries(self) -> None:
        """Look up enough strikes to know each expiry of the month.

        A single strike is not enough: weeklies and monthlies lie on grids of their own. Asked are
        the strike at the money, where every expiry has its finest grid, and the roundest strikes
        near it, which are on every grid.
        """
        self.look_up(self.probes())

    def probes(self) -> list[Decimal]:
        """The strikes that tell each expiry."""
        return [] if self.money is None else probes(self.strikes, self.money)

    def window(self, below: int, above: int) -> list[Decimal]:
        """The strike at the money with so many on either side."""
        if self.money is None:
            return []
        middle = self.strikes.index(self.money)
        return list(self.strikes[max(0, middle - below) : middle + above + 1])

    def expiries(self, today: date, trading_class: str | None = None) -> list[Expiry]:
        """The expiries known by now, soonest first; those before today are left out."""
        with self._lock:
            days = {
                name: [day for day in sorted(known) if day >= today]
                for name, known in self._days.items()
                if trading_class in (None, name)
            }
        symbol = self.listing.symbol or ""
        return sorted(
            (
                Expiry(
                    day=day,
                    days=(day - today).days,
                    trading_class=name,
                    weekly=day != _monthly(name, symbol, self.month, set(days[name])),
                    month=str(self.month),
                )
                for name in days
                for day in days[name]
            ),
            key=lambda expiry: (expiry.day, expiry.trading_class),
        )

    def listed(self, expiry: Expiry) -> list[Decimal]:
        """The strikes of an expiry known by now, rising."""
        of = (expiry.day, expiry.trading_class)
        return sorted(
            {key.strike for key in self.contracts if (key.expiry, key.trading_class) == of}
        )

    def listed_all(self) -> bool:
        """Whether every strike of the month has been looked up."""
        return self._asked.issuperset(self.strikes)


Telling = Callable[[Board, Sequence["OptionContract"]], None]


def look_up(
    strikes: Mapping[Board, Iterable[Decimal]],
    on_told: Telling | None = None,
    *,
    asking: bool = True,
) -> None:
    """Look up contracts of one underlying's boards, all at once, except where that has been done.

    ``on_told`` is called with a board and the contracts of one strike, from several threads.
    ``asking`` false raises UnknownError where the broker would have to be asked.
    """
    new = {board.month: (board, board.unasked(some)) for board, some in strikes.items()}
    new = {month: (board, some) for month, (board, some) in new.items() if some}
    if not new:
        return

    def tell(month: Month, told: Sequence[OptionContract]) -> None:
        board, _ = new[month]
        board.take(told)
        if on_told is not None:
            on_told(board, told)

    first = next(iter(strikes))
    wanted = {month: some for month, (_, some) in new.items()}
    first.book.look_up(first.listing, wanted, tell, asking=asking)
    for board, some in new.values():
        board.asked(some)


def open_boards(
    book: ContractBook, listing: Listing, months: Sequence[Month], *, asking: bool = True
) -> list[Board]:
    """Boards of several months, their strikes asked for at once."""
    return book.client.parallel(
        [partial(Board, book, listing, month, asking=asking) for month in months]
    )


def untold(boards: Iterable[Board]) -> IncompleteError | None:
    """The error when not one contract of these months was told; None when some was."""
    boards = list(boards)
    if not boards or any(board.contracts for board in boards):
        return None
    months = ", ".join(str(board.month) for board in boards)
    return IncompleteError(
        f"The broker told no contracts of {boards[0].listing.symbol} {months}, "
        "though it lists options there.",
        hint="Try again in a minute.",
        code="contracts-missing",
        retryable=True,
    )


def probes(strikes: Sequence[Decimal], money: Decimal) -> list[Decimal]:
    """The strikes that tell the expiries of a month: at the money and the roundest near it."""
    near = sorted(strikes, key=lambda strike: abs(strike - money))[: 8 * _PROBES]
    reach = money / 10  # beyond a tenth from the money a weekly may not be listed
    near = [strike for strike in near if abs(strike - money) <= reach] or near[:1]
    roundest = sorted(near, key=lambda strike: (_coarseness(strike), abs(strike - money)))
    return sorted({money, *roundest[:_PROBES]})


def _coarseness(strike: Decimal) -> int:
    """0 for the roundest of numbers, more for the less round."""
    return next((n for n, step in enumerate(_ROUND) if strike % step == 0), len(_ROUND))


def _monthly(trading_class: str, symbol: str, month: Month, days: set[date]) -> date | None:
    """The standard monthly among a class's days: the third Friday, or the last day before it.

    Before it lie a holiday's substitute and the last trading day of options that settle in the
    morning (recorded: class SPX has the Thursday). SPXW and its like have no monthly.
    """
    if trading_class == f"{symbol}W":
        return None
    friday = month.third_friday
    week = [day for day in days if 0 <= (friday - day).days <= 2]
    if friday in days or not week:
        return friday
    return max(week)
