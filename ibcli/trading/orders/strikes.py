"""Strikes by delta, place, offset or name, looking up as few as that takes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.fields import Field
from ibcli.broker.snapshots import Wanted, collect
from ibcli.domain.contracts import Right
from ibcli.errors import GuardError, IncompleteError, NotFoundError
from ibcli.trading.orders.market_guards import quote_trouble
from ibcli.trading.orders.request import ByDelta, ByOffset, ByPlace, ByStrike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ibcli.broker.contract_book import ContractBook
    from ibcli.broker.snapshots import Snapshots
    from ibcli.domain.chains import Expiry
    from ibcli.domain.contracts import OptionContract
    from ibcli.domain.quotes import Feed, Quote
    from ibcli.trading.orders.request import StrikeWish
    from ibcli.trading.selection import Selection, Slice

EACH_WAY = 10  # strikes, to begin with
_FAR = Decimal("0.05")  # a delta so far from the one wished for is worth a word
_MOST = 3  # times the delta wished for: more is another trade
_NAMED = 4
_FIELDS = (
    Field.BID,
    Field.ASK,
    Field.LAST,
    Field.DELTA,
)  # while there is a market its delta is waited for
_ALSO = (Field.BID_SIZE, Field.ASK_SIZE)


@dataclass(frozen=True, slots=True)
class Asked:
    """Quotes, and the instant of the deadline's clock from which they were asked for: none of them
    can be older."""

    snapshots: Snapshots
    since: float


class Ladder:
    """The strikes of one expiry, looked up outward from the money as far as it takes."""

    def __init__(
        self, selection: Selection, expiry: Expiry, each_way: int, feeds: frozenset[Feed]
    ) -> None:
        self.selection = selection
        self._feeds = feeds
        self.expiry = expiry
        self._each_way = each_way
        self._quotes: dict[int, Quote] = {}
        self._waited: set[int] = set()  # of whom nothing more is awaited
        self.latest: Asked | None = None
        self._slice = self._find()

    @property
    def book(self) -> ContractBook:
        """Where contracts come from."""
        return self.selection.book

    def _find(self) -> Slice:
        slices = self.selection.find(self._each_way)
        return next(part for part in slices if part.expiry == self.expiry)

    def wider(self) -> bool:
        """Look up twice as many strikes; whether there were more."""
        self._each_way *= 2
        before = self._slice.strikes
        self._slice = self._find()
        return self._slice.strikes != before

    def strikes(self, right: Right) -> list[Decimal]:
        """The strikes looked up by now, of one side, rising."""
        return [s for s in self._slice.strikes if self._slice.contract(s, right) is not None]

    def contract(self, strike: Decimal, right: Right) -> OptionContract | None:
        """The contract of a strike, if it is listed and looked up."""
        return self._slice.contract(strike, right)

    def named(self, strike: Decimal, right: Right) -> OptionContract:
        """The contract of a strike, wherever it lies. Raises NotFoundError naming the nearest."""
        board = self._slice.board
        if strike in board.strikes:
            board.look_up([strike])
        found = self._slice.contract(strike, right)
        if found is not None:
            return found
        near = sorted(self.strikes(right), key=lambda each: abs(each - strike))[:_NAMED]
        raise NotFoundError(
            f"{self.expiry.trading_class} {self.expiry.day} has no {right.word} at {strike}.",
            hint=f"Nearest strikes: {', '.join(map(str, sorted(near)))}.",
            code="unknown-strike",
        )

    def quotes(self, right: Right) -> dict[Decimal, Quote | None]:
        """Quotes by strike, of one side, as far as there are any by now."""
        return self._by_strike(right, self._quotes)

    def _by_strike(self, right: Right, quotes: Mapping[int, Quote]) -> dict[Decimal, Quote | None]:
        contracts = {s: c for s in self.strikes(right) if (c := self.contract(s, right))}
        return {strike: quotes.get(each.conid) for strike, each in contracts.items()}

    def reach(self, sides: Sequence[Right], delta: Decimal) -> None:
        """See to it that the strikes of these sides, all of them asked for at once, lie around a
        delta, if there are such."""
        while True:
            self._ask_for(sides, delta)
            if all(_brackets(self.quotes(side), delta) for side in sides):
                return
            if not self.wider():
                self._ask_for(sides, None)
                return

    def _ask_for(self, sides: Iterable[Right], delta: Decimal | None) -> None:
        """Ask for the deltas that have not come; with one that is wished for only until those are
        there that decide: of strikes far from it they may never come."""
        sides = tuple(sides)

        def enough(told: Mapping[int, Quote]) -> bool:
            known = {**self._quotes, **told}
            return delta is not None and all(
                is_decided(self._by_strike(side, known), delta, side) for side in sides
            )

        if enough({}):
            return
        wanted = [
            contract
            for side in sides
            for strike, quote in self.quotes(side).items()
            if (quote is None or quote.delta is None)
            and (contract := self.contract(strike, side)) is not None
            and contract.conid not in self._waited
        ]
        self._ask(wanted, enough=enough)
        if not enough({}):
            self._waited |= {one.conid for one in wanted}

    def insist(self, strikes: Iterable[Decimal], right: Right) -> None:
        """Wait for the deltas of these strikes until the deadline."""
        self._ask([c for s in strikes if (c := self.contract(s, right))], (Field.DELTA,))

    def _ask(
        self,
        contracts: Sequence[OptionContract],
        required: tuple[Field, ...] = (),
        enough: Callable[[Mapping[int, Quote]], bool] | None = None,
    ) -> None:
        if not contracts:
            return
        listing = self.selection.listing
        self.book.ensure_searched(listing.conid, listing.symbol)
        wanted = [
            Wanted(one.conid, _FIELDS, required, _ALSO, names=(one.symbol, one.trading_class))
            for one in contracts
        ]
        client = self.book.client
        asked_at = client.deadline.clock()
        found = collect(client, wanted, enough=enough)
        feeds = {quote.feed for quote in found.quotes.values() if quote.feed is not None}
        if other := sorted(feeds - self._feeds):
            raise GuardError(
                f"Strikes cannot be chosen by delta: the feed is {', '.join(other)}, "
                f"the limit {' or '.join(sorted(self._feeds))}. Nothing was sent.",
                hint="Orders need live quotes: subscribe to them in IBKR's Client Portal.",
                code="guard-feed",
            )
        self._quotes |= found.quotes
        self.latest = Asked(found, asked_at)


def choose(ladder: Ladder, wish: StrikeWish, right: Right) -> OptionContract:
    """The contract that is wished for, of one side.

    Raises NotFoundError (no such strike), IncompleteError (what is needed to find it has not come).
    """
    if isinstance(wish, ByStrike):
        return ladder.named(wish.of(right), right)
    strike = _by_delta(ladder, wish, right) if isinstance(wish, ByDelta) else None
    if isinstance(wish, ByPlace):
        strike = _by_place(ladder, wish.number, right)
    elif isinstance(wish, ByOffset):
        strike = _by_offset(ladder, wish.dollars, right)
    if strike is None:
        raise NotFoundError(
            f"{ladder.expiry.trading_class} {ladder.expiry.day} has no {right.word} "
            f"that fits {wish}.",
            hint=f"See its strikes: ibcli chain {ladder.selection.listing.symbol} "
            f"--expiry {ladder.expiry.day} --all",
            code="unknown-strike",
        )
    return ladder.named(strike, right)


def wing(ladder: Ladder, contract: OptionContract, width: Decimal) -> OptionContract:
    """The contract further out of the money by ``width``, or by as much of it as is listed.

    Never by more: the width is what limits the loss. Raises NotFoundError.
    """
    way = 1 if contract.right is Right.CALL else -1
    target = contract.strike + way * width
    _until(ladder, contract.right, lambda strikes: _reaches(strikes, target, way))
    between = [
        strike
        for strike in ladder.strikes(contract.right)
        if 0 < (strike - contract.strike) * way <= width
    ]
    if not between:
        raise NotFoundError(
            f"There is no wing within {width} of {contract.words}.",
            hint=f"Make it wider: --width {_step(ladder, contract, way)}",
            code="unknown-strike",
        )
    strike = max(between, key=lambda each: abs(each - contract.strike))
    if strike != target:
        ladder.book.warnings.append(
            f"No strike {target} is listed: the wing of {contract.words} is at {strike}."
        )
    return ladder.named(strike, contract.right)


def _step(ladder: Ladder, contract: OptionContract, way: int) -> Decimal:
    beyond = [
        abs(strike - contract.strike)
        for strike in ladder.strikes(contract.right)
        if (strike - contract.strike) * way > 0
    ]
    return min(beyond, default=Decimal(5))


def _until(
    ladder: Ladder, right: Right, is_enough: Callable[[list[Decimal]], bool]
) -> list[Decimal]:
    """The strikes of a side once they are enough, or all of them."""
    while not is_enough(ladder.strikes(right)) and ladder.wider():
        pass
    return ladder.strikes(right)


def _reaches(strikes: Sequence[Decimal], target: Decimal, way: int) -> bool:
    """Whether strikes go as far as a price, upward (1) or downward (-1)."""
    return bool(strikes) and (strikes[-1] >= target if way > 0 else strikes[0] <= target)


def _price(ladder: Ladder) -> Decimal:
    """The underlying's; what is counted from it cannot do without."""
    price = ladder.selection.price
    if price is None:
        raise IncompleteError(
            f"There is no price of {ladder.selection.listing.symbol} to count strikes from.",
            hint="Choose strikes by --delta or --strike, or try again.",
            code="quotes-missing",
            retryable=True,
        )
    return price


def _outward(strikes: Sequence[Decimal], price: Decimal, right: Right) -> list[Decimal]:
    """Strikes out of the money, the nearest to it first."""
    if right is Right.CALL:
        return [strike for strike in strikes if strike > price]
    return [strike for strike in reversed(strikes) if strike < price]


def _by_place(ladder: Ladder, number: int, right: Right) -> Decimal | None:
    price = _price(ladder)
    strikes = _until(ladder, right, lambda found: len(_outward(found, price, right)) >= number)
    outward = _outward(strikes, price, right)
    return outward[number - 1] if len(outward) >= number else None


def _by_offset(ladder: Ladder, dollars: Decimal, right: Right) -> Decimal | None:
    """The nearest strike out of the money; of two the farther."""
    price = _price(ladder)
    way = 1 if right is Right.CALL else -1
    target = price + way * dollars
    strikes = _until(ladder, right, lambda found: _reaches(found, target, way))
    outward = _outward(strikes, price, right)
    return min(outward, key=lambda each: (abs(each - target), -way * each), default=None)


def _by_delta(ladder: Ladder, wish: ByDelta, right: Right) -> Decimal:
    """The strike whose delta is nearest, of two the farther out of the money.

    One that has no market, halted or without a bid, cannot be chosen; a nearer one that was left
    out so is worth a word.
    """
    ladder.reach((right,), wish.delta)
    if lacking := _lacking(ladder.quotes(right), wish.delta):
        ladder.insist(lacking, right)
    quotes = ladder.quotes(right)
    best = _nearest(_deltas(quotes, tradable=True), wish.delta)
    if best is None:
        raise _no_deltas(ladder, right)
    if lacking := _lacking(quotes, wish.delta):
        raise _no_delta_beside(lacking, best, right)
    known = _deltas(quotes)
    if known[best] > wish.delta * _MOST:
        raise NotFoundError(
            f"The nearest {right.word} to {wish} that has a market is {best}, "
            f"with a delta of {known[best]:.3f}.",
            hint=f"Wish for another delta, or name the strike: --strike {best}",
            code="unknown-strike",
        )
    nearer = _nearest(known, wish.delta)
    if nearer is not None and nearer != best:
        ladder.book.warnings.append(
            f"The {right.word} at {nearer} (delta {known[nearer]:.3f}) is nearer to {wish}, but "
            f"has {quote_trouble(quotes[nearer])}: {best} (delta {known[best]:.3f}) was taken."
        )
    elif abs(known[best] - wish.delta) > min(_FAR, wish.delta):
        ladder.book.warnings.append(
            f"The nearest {right.word} to {wish} has a delta of {known[best]:.3f}."
        )
    return best


def _brackets(quotes: Mapping[Decimal, Quote | None], delta: Decimal) -> bool:
    """Whether strikes reach beyond the delta on both sides."""
    known = _deltas(quotes).values()
    return bool(known) and min(known) <= delta <= max(known)


def is_decided(quotes: Mapping[Decimal, Quote | None], wished: Decimal, right: Right) -> bool:
    """Whether what is still to come cannot change which strike is taken, or that none of these is.

    The farther out of the money, the smaller the delta: a strike beyond one whose delta is known
    is no nearer to the one wished for, and where the last strike's falls short of it all do.
    """
    known = _deltas(quotes)
    if not known:
        return False
    rising = sorted(quotes)
    inmost, outmost = (rising[-1], rising[0]) if right is Right.PUT else (rising[0], rising[-1])
    if known.get(outmost, wished) > wished or known.get(inmost, wished) < wished:
        return True
    best = _nearest(known, wished)
    if best is None or not _brackets(quotes, wished) or quote_trouble(quotes[best]):
        return False
    return known.keys() >= set(_with_neighbours(rising, best)) and not _lacking(quotes, wished)


def _with_neighbours(strikes: Sequence[Decimal], strike: Decimal) -> Sequence[Decimal]:
    place = strikes.index(strike)
    return strikes[max(0, place - 1) : place + 2]


def _deltas(
    quotes: Mapping[Decimal, Quote | None], *, tradable: bool = False
) -> dict[Decimal, Decimal]:
    """Absolute deltas by strike, where they are told; ``tradable``: of those with a market."""
    return {
        strike: abs(quote.delta)
        for strike, quote in quotes.items()
        if quote is not None and quote.delta is not None and not (tradable and quote_trouble(quote))
    }


def _nearest(deltas: Mapping[Decimal, Decimal], wished: Decimal) -> Decimal | None:
    """The strike with the nearest delta, of two the farther out of the money."""
    return min(deltas, key=lambda each: (abs(deltas[each] - wished), deltas[each]), default=None)


def _lacking(quotes: Mapping[Decimal, Quote | None], wished: Decimal) -> list[Decimal]:
    """Strikes beside the best one that may be better: they have a market, and no delta yet.

    Else a row that comes late would decide what is traded.
    """
    open_ = [s for s, quote in quotes.items() if quote is None or not quote_trouble(quote)]
    best = _nearest(_deltas(quotes, tradable=True), wished)
    if best is None:
        return open_
    beside = ((strike, quotes[strike]) for strike in _with_neighbours(open_, best))
    return [strike for strike, quote in beside if quote is None or quote.delta is None]


def _no_delta_beside(lacking: Sequence[Decimal], best: Decimal, right: Right) -> IncompleteError:
    return IncompleteError(
        f"The broker has not told the delta of the {right.word} at "
        f"{', '.join(map(str, lacking))}, beside the nearest one at {best}.",
        hint="Try again, or name the strike: --strike",
        code="quotes-missing",
        retryable=True,
    )


def _no_deltas(ladder: Ladder, right: Right) -> IncompleteError:
    symbol = ladder.selection.listing.symbol
    return IncompleteError(
        f"The broker tells no delta of any {right.word} of {symbol} {ladder.expiry.day}.",
        hint="Greeks need live data of the option and its underlying; or name the strike: --strike",
        code="quotes-missing",
        retryable=True,
    )
