"""Contracts by symbol, month, strike and conid: from the cache, else from the broker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Self

from ibcli.broker import endpoints
from ibcli.broker.contract_cache import ContractCache
from ibcli.domain.newyork import new_york_day
from ibcli.errors import (
    IbcliError,
    IncompleteError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)

if TYPE_CHECKING:
    from decimal import Decimal
    from types import TracebackType

    from ibcli.broker.client import BrokerClient
    from ibcli.broker.decode import Definition, MonthStrikes
    from ibcli.domain.contracts import Listing, OptionContract
    from ibcli.domain.months import Month
    from ibcli.domain.orders import Side
    from ibcli.domain.terms import TickRules, TradingHours

Progress = Callable[[int, int], None]
_NEAR_THE_END = 2.0  # seconds: threads that wait for their turn give up before the deadline


# Answers remembered in one transaction: so many are lost at most by a process that is killed.
_KEPT_AT_ONCE = 20


class UnknownError(Exception):
    """The broker would have to be asked, which was not to be done."""


@dataclass(frozen=True, slots=True)
class _Strike:
    """One look-up of contracts."""

    listing: Listing
    month: Month
    strike: Decimal

    @property
    def about(self) -> str:
        """What the cache knows it by."""
        return f"{self.listing.conid} {self.month} {self.strike}"


def no_progress(done: int, total: int) -> None:
    """The progress of one who does not want to know."""


class ContractBook:
    """Looks up contracts for one command. Safe to use from several threads; a context manager.

    ``warnings`` gathers sentences for the user: what could not be read or remembered. Methods raise
    what ``BrokerClient.read`` raises.
    """

    def __init__(self, client: BrokerClient, progress: Progress | None = None) -> None:
        self.client = client
        self.warnings: list[str] = []
        self._cache = ContractCache.of(client.settings, self.warnings.append)
        self._progress = progress or no_progress
        self._lock = Lock()
        self._done = self._total = 0
        self._unkept: dict[str, tuple[OptionContract, ...]] = {}
        self._of_others: dict[str, tuple[OptionContract, ...]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cache.close()
        if isinstance(error, IbcliError):  # what was noticed on the way may be its cause
            for warning in dict.fromkeys(self.warnings):
                error.add_note(warning)

    def search(
        self, words: str, *, sec_type: str | None = None, by_name: bool = False
    ) -> tuple[Listing, ...]:
        """What a symbol (or a name) stands for, in the broker's order; empty when unknown."""
        about = f"{words}|{sec_type or ''}|{'name' if by_name else ''}"
        known = self._cache.listings(about)
        if known is not None:
            return known
        found = endpoints.search(self.client, words, sec_type=sec_type, by_name=by_name)
        self.warnings += found.odd
        if found.rows and not found.odd:
            self._cache.keep_listings(about, found.rows)
        return found.rows

    def known_symbols(self) -> tuple[str, ...]:
        """Symbols found today, for guessing what a mistyped one meant."""
        return self._cache.symbols()

    def strikes(self, listing: Listing, month: Month, *, asking: bool = True) -> MonthStrikes:
        """The strikes of a month, all its expiries together; empty when it has none.

        ``asking`` false raises UnknownError unless they are known.
        """
        about = f"{listing.conid} {month}"
        known = self._cache.strikes(about)
        if known is not None:
            return known
        if not asking:
            raise UnknownError
        found = endpoints.strikes(self.client, listing, month)
        self.warnings += found.odd
        if found.both and not found.odd:
            self._cache.keep_strikes(about, found)
        return found

    def last_price(self, conid: int) -> Decimal | None:
        """The underlying's price that a chain of today was last made around."""
        return self._cache.price(conid)

    def keep_price(self, conid: int, price: Decimal) -> None:
        """Remember an underlying's price, for the next chain to begin with."""
        if price != self._cache.price(conid):
            self._cache.keep_price(conid, price)

    def contracts(
        self, listing: Listing, month: Month, strikes: Iterable[Decimal]
    ) -> list[OptionContract]:
        """All contracts of these strikes of a month; a request for each strike not known today."""
        found: list[OptionContract] = []
        self.look_up(listing, {month: strikes}, lambda _, told: found.extend(told))
        return found

    def look_up(
        self,
        listing: Listing,
        strikes: Mapping[Month, Iterable[Decimal]],
        tell: Callable[[Month, Sequence[OptionContract]], None],
        *,
        asking: bool = True,
    ) -> None:
        """Look up the contracts of strikes of several months, in the order given.

        ``tell`` is called with a month and the contracts of one strike, also with none: first for
        what is known today; then, from several threads, for each answer as it comes. ``asking``
        false raises UnknownError, before anything is told, unless all is known.
        """
        wanted = [_Strike(listing, month, strike) for month in strikes for strike in strikes[month]]
        known = self._cache.contracts([one.about for one in wanted])
        if not asking and len(known) < len(wanted):
            raise UnknownError
        for one in wanted:
            if one.about in known:
                tell(one.month, known[one.about])
        unknown = [one for one in wanted if one.about not in known]
        if not unknown:
            return
        self.ensure_searched(listing.conid, listing.symbol)
        self._expect(len(unknown))
        self._cache.has_changed()
        try:
            self.client.parallel([partial(self._told, one, unknown, tell) for one in unknown])
        except (UnreachableError, IncompleteError) as exc:
            if self._ran_out_of_time(exc):
                raise self._too_late(listing, strikes) from None
            raise
        finally:
            self._keep()

    def _told(
        self,
        one: _Strike,
        unknown: Sequence[_Strike],
        tell: Callable[[Month, Sequence[OptionContract]], None],
    ) -> None:
        """Ask about a strike, unless another process has meanwhile, and pass on what was told."""
        if self._cache.has_changed():
            others = self._cache.contracts([each.about for each in unknown])
            with self._lock:
                self._of_others |= others
        contracts = self._of_others.get(one.about)
        if contracts is None:
            found = endpoints.option_info(self.client, one.listing, one.month, one.strike)
            contracts = found.rows
            with self._lock:
                self.warnings += found.odd
                if contracts and not found.odd:
                    self._unkept[one.about] = contracts
        if len(self._unkept) >= _KEPT_AT_ONCE:
            self._keep()
        tell(one.month, contracts)
        self._expect(0, done=1)

    def _keep(self) -> None:
        """Remember what has been told by now, in one go."""
        with self._lock:
            told, self._unkept = self._unkept, {}
        self._cache.keep_contracts(told)

    def _ran_out_of_time(self, exc: UnreachableError | IncompleteError) -> bool:
        """Whether look-ups were going well and there were only too many of them."""
        by_clock = exc.code in {"deadline", "timeout", "rate-limited", "pacing"}
        return by_clock and self._done > 0 and self.client.deadline.remaining < _NEAR_THE_END

    def _too_late(self, listing: Listing, months: Iterable[Month]) -> IncompleteError:
        named = ", ".join(map(str, months))
        return IncompleteError(
            f"The deadline passed when {self._done} of {self._total} strikes of {listing.symbol} "
            f"{named} had been looked up.",
            hint="They are remembered: try again to go on from there, or give it longer with "
            "--deadline SECONDS.",
            code="deadline",
            retryable=True,
        )

    def _expect(self, more: int, done: int = 0) -> None:
        with self._lock:
            self._total += more
            self._done += done
            counts = (self._done, self._total)
        if counts[1]:
            self._progress(*counts)

    def definitions(self, conids: Sequence[int]) -> dict[int, Definition]:
        """What conids stand for; those that nobody knows are left out."""
        found = self._cache.definitions(list(dict.fromkeys(conids)))
        unknown = [conid for conid in dict.fromkeys(conids) if conid not in found]
        for start in range(0, len(unknown), endpoints.MOST_DEFINITIONS):
            found |= self._defined(unknown[start : start + endpoints.MOST_DEFINITIONS])
        return found

    def _defined(self, conids: Sequence[int]) -> dict[int, Definition]:
        told = endpoints.definitions(self.client, conids)
        self.warnings += told.odd
        found = {one.instrument.conid: one for one in told.rows if one.instrument.conid in conids}
        # An option's trading class is told by another endpoint, as is a conid unknown to this one.
        vague = [conid for conid in conids if conid not in found or _is_vague(found[conid])]
        for one in self.client.parallel([self._informed(conid) for conid in vague]):
            if one is not None:
                found[one.instrument.conid] = one
        self._cache.keep_definitions([one for one in found.values() if not _is_vague(one)])
        return found

    def _informed(self, conid: int) -> Callable[[], Definition | None]:
        def call() -> Definition | None:
            try:
                return endpoints.contract_info(self.client, conid)
            except NotFoundError:
                return None
            except RefusedError as exc:
                if "not found" not in exc.message.lower():
                    with self._lock:
                        self.warnings.append(f"About conid {conid}: {exc.message}")
                return None

        return call

    def rules(self, conid: int, side: Side) -> TickRules:
        """The steps of a contract's prices, and which types of order it takes on a side."""
        about = f"{conid} {side}"
        known = self._cache.rules(about)
        if known is None:
            known = endpoints.rules(self.client, conid, side)
            self._cache.keep_rules(about, known)
        return known

    def hours(self, conid: int) -> TradingHours:
        """The regular sessions of a contract on the days around today.

        Where the broker has no schedule for the contract, its venue's counts.
        """
        known = self._cache.hours(conid)
        if known is None:
            known = self._told_hours(conid)
            self._cache.keep_hours(conid, known)
        return known

    def _told_hours(self, conid: int) -> TradingHours:
        try:
            return endpoints.hours(self.client, conid)
        except (NotFoundError, RefusedError) as missing:
            one = self.definitions([conid]).get(conid)
            if one is None or one.instrument.symbol is None:
                raise missing from None
            today = new_york_day(self.client.settings.market_now())
            return endpoints.venue_hours(self.client, one.instrument, today)

    def ensure_searched(self, conid: int, symbol: str | None) -> None:
        """Search for an underlying unless this session has: its options' data waits for that."""
        if symbol is not None and not self.client.memory.has_searched(conid):
            endpoints.search(self.client, symbol)
            self.client.memory.mark_searched(conid)


def _is_vague(one: Definition) -> bool:
    """Whether it is an option whose terms are not all told."""
    return one.instrument.sec_type == "OPT" and one.instrument.contract is None
