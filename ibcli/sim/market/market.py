"""The simulated market, as the simulator's server sees it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from ibcli.sim.market import history, sessions
from ibcli.sim.market.catalogue import FUTURE_ROOTS, LISTINGS
from ibcli.sim.market.expiries import month_code
from ibcli.sim.market.history import History
from ibcli.sim.market.instruments import CENTS, QUARTERS, Listing
from ibcli.sim.market.listings import Contracts, future, futures
from ibcli.sim.market.model import (
    Bar,
    FutureContract,
    OptionContract,
    Quote,
    Right,
    Section,
    TickRule,
    TradingDay,
    Underlying,
)
from ibcli.sim.market.noise import Noise
from ibcli.sim.market.option_days import OptionDays
from ibcli.sim.market.option_quotes import OptionQuotes
from ibcli.sim.market.paths import Paths
from ibcli.sim.market.spot_quotes import SpotQuotes

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

_BY_CONID = {listing.conid: listing for listing in LISTINGS}
_ONE_DAY = timedelta(days=1)


class Market:
    """A whole market, every answer a pure function of the seed and the arguments.

    Instants are aware UTC ones of the market's own clock. Caches are bounded and change no answer.
    """

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        noise = Noise(seed)
        self._paths = Paths(noise)
        self._contracts = Contracts(self._paths)
        self._spots = SpotQuotes(noise, self._paths)
        option_days = OptionDays(noise, self._paths, self._spots)
        self._options = OptionQuotes(noise, self._paths, option_days)
        self._history = History(self._paths, self._spots, option_days)
        self._quote_once = lru_cache(maxsize=2048)(self._quote)  # of a tick, however often asked
        self._strikes_once = lru_cache(maxsize=256)(self._strikes)

    # Instruments.

    def search(
        self, text: str, now: datetime, *, by_name: bool = False, sec_type: str | None = None
    ) -> list[Underlying]:
        """Listings of a symbol (any case), or those whose company name contains ``text``.

        Rows come in the broker's order, in which the tradable listing is not always the first.
        ``sec_type`` keeps STK or IND only.
        """
        wanted = text.strip().upper()
        if not wanted:
            return []
        return [
            self._underlying(listing, sessions.new_york_date(now))
            for listing in LISTINGS
            if (wanted in listing.name.upper() if by_name else wanted == listing.symbol)
            and sec_type in (None, listing.sec_type)
        ]

    def underlying(self, conid: int, now: datetime | None = None) -> Underlying | None:
        """A listing by its id; its sections have months only when ``now`` is given."""
        listing = _BY_CONID.get(conid)
        if listing is None:
            return None
        return self._underlying(listing, None if now is None else sessions.new_york_date(now))

    def option(self, conid: int) -> OptionContract | None:
        """The option of that id, expired ones included; ``None`` when there never was one."""
        found = self._contracts.find(conid)
        return None if found is None else found.contract

    def expiries(self, underlying_conid: int, now: datetime) -> list[tuple[date, str, bool]]:
        """(expiry, trading class, whether it is a weekly), by date and class."""
        today = sessions.new_york_date(now)
        return sorted(
            (expiry.day, self._contracts.name(index), expiry.weekly)
            for index in self._contracts.classes(underlying_conid)
            for expiry in self._contracts.expiries(index, today)
        )

    def strikes(
        self, underlying_conid: int, month: str, now: datetime, exchange: str = "SMART"
    ) -> dict[Right, list[Decimal]]:
        """The strikes of a month such as AUG25 over all its expiries; empty for an unknown one."""
        today = sessions.new_york_date(now)
        strikes = self._strikes_once(underlying_conid, month, today, exchange)
        return {right: list(strikes) for right in Right}

    def options(
        self,
        underlying_conid: int,
        month: str,
        now: datetime,
        *,
        strike: Decimal | None = None,
        right: Right | None = None,
        exchange: str = "SMART",
    ) -> list[OptionContract]:
        """Contracts of a month by expiry and class, then strike, calls first."""
        rights = tuple(Right) if right is None else (right,)
        return [
            contract
            for index, day in self._month(
                underlying_conid, month, sessions.new_york_date(now), exchange
            )
            for contract in self._contracts.at(index, day, strike, rights)
        ]

    def futures(self, symbol: str, now: datetime) -> list[FutureContract]:
        """Listed futures of a root such as ES, nearest first."""
        today = sessions.new_york_date(now)
        for root in FUTURE_ROOTS:
            if root.symbol == symbol.strip().upper():
                return futures(root, today)
        return []

    def future(self, conid: int) -> FutureContract | None:
        """The future of that id, expired ones included."""
        return future(conid)

    def tick_rules(self, conid: int) -> tuple[TickRule, ...]:
        """Price increments, lowest price first; none for an unknown id."""
        option = self._contracts.find(conid)
        if option is not None:
            return option.option_class.ticks
        if future(conid) is not None:
            return QUARTERS
        return CENTS if conid in _BY_CONID else ()

    # Prices.

    def quote(self, conid: int, at: datetime) -> Quote | None:
        """The market in an instrument; ``None`` for an unknown id or one not listed at ``at``."""
        return self._quote_once(conid, at)

    def _quote(self, conid: int, at: datetime) -> Quote | None:
        listing = _BY_CONID.get(conid)
        if listing is not None:
            return self._spots.listing(listing, at)
        option = self._contracts.find(conid)
        if option is not None:
            return self._options.quote(option, at)
        contract = future(conid)
        if contract is None:
            return None
        return self._spots.future(contract, _BY_CONID[contract.underlying_conid], at)

    def bars(
        self,
        conid: int,
        end: datetime,
        period: timedelta,
        bar: timedelta,
        *,
        outside_rth: bool = False,
    ) -> list[Bar]:
        """Bars that begin within ``period`` before ``end``, oldest first, an unfinished one too.

        At most 1000, the latest ones; those of a week or a month are of calendar weeks and months.
        """
        make = self._bar_maker(conid)
        if make is None or bar <= timedelta(0):
            return []
        made = (make(span) for span in history.spans(end, period, bar))
        return history.merged((one for one in made if one is not None), bar)

    # Hours.

    def trading_days(self, first: date, last: date) -> list[TradingDay]:
        """Every date from ``first`` to ``last``, with hours or without."""
        count = (last - first).days + 1
        return [sessions.trading_day(first + n * _ONE_DAY) for n in range(count)]

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` is within liquid hours."""
        return sessions.moment(at).live

    # Within.

    def _bar_maker(self, conid: int) -> Callable[[history.Span], Bar | None] | None:
        listing = _BY_CONID.get(conid)
        if listing is not None:
            return self._history.listing(listing)
        option = self._contracts.find(conid)
        if option is not None:
            return self._history.option(option)
        contract = future(conid)
        if contract is None:
            return None
        return self._history.future(contract, _BY_CONID[contract.underlying_conid])

    def _strikes(
        self, underlying_conid: int, month: str, today: date, exchange: str
    ) -> tuple[Decimal, ...]:
        found = {
            strike
            for index, day in self._month(underlying_conid, month, today, exchange)
            for strike in self._contracts.strikes(index, day)
        }
        return tuple(sorted(found))

    def _month(
        self, underlying_conid: int, month: str, today: date, exchange: str
    ) -> list[tuple[int, date]]:
        """The listed expiries of a month as (class index, day), by day and class."""
        wanted = month.strip().upper()
        found = [
            (expiry.day, index)
            for index in self._contracts.classes(underlying_conid, exchange)
            for expiry in self._contracts.expiries(index, today)
            if month_code(expiry.day) == wanted
        ]
        return [(index, day) for day, index in sorted(found)]

    def _option_months(self, listing: Listing, today: date) -> tuple[str, ...]:
        days = {
            expiry.day
            for index in self._contracts.classes(listing.conid)
            for expiry in self._contracts.expiries(index, today)
        }
        return tuple(dict.fromkeys(month_code(day) for day in sorted(days)))

    def _future_months(self, listing: Listing, today: date) -> tuple[str, ...]:
        for root in FUTURE_ROOTS:
            if root.symbol == listing.futures:
                return tuple(month_code(contract.expiry) for contract in futures(root, today))
        return ()

    def _sections(self, listing: Listing, today: date | None) -> tuple[Section, ...]:
        """Derivatives of a listing, in the broker's order (recorded)."""
        sections = [Section(listing.sec_type)]
        months = () if today is None else self._option_months(listing, today)
        if listing.futures:
            quarters = () if today is None else self._future_months(listing, today)
            sections.append(Section("FUT", quarters, ("CME",)))
        if listing.classes:
            sections.append(Section("OPT", months, listing.classes[0].exchanges))
        if listing.warrant_exchanges:
            sections.append(Section("WAR", months, listing.warrant_exchanges))
            sections.append(Section("IOPT"))
        if listing.cfd is not None:
            sections.append(Section("CFD", (), ("SMART",), listing.cfd))
        if listing.classes:
            sections.append(Section("BAG"))
        return tuple(sections)

    def _underlying(self, listing: Listing, today: date | None) -> Underlying:
        return Underlying(
            conid=listing.conid,
            symbol=listing.symbol,
            name=listing.name,
            sec_type=listing.sec_type,
            listing_exchange=listing.exchange,
            currency=listing.currency,
            sections=self._sections(listing, today),
            kind=listing.kind,
            restricted=listing.restricted,
            is_us=listing.is_us,
            valid_exchanges=listing.valid_exchanges,
            industry=listing.industry,
            category=listing.category,
        )
