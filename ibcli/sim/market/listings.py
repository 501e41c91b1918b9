"""The contracts that exist: options by id, by class and expiry, and the futures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ibcli.sim.market import conids
from ibcli.sim.market.catalogue import FUTURE_ROOTS, OPTION_CLASSES, REAL_FUTURES, REAL_OPTIONS
from ibcli.sim.market.expiries import Expiry, expiry_on, listed_expiries, monthly_day
from ibcli.sim.market.model import FutureContract, OptionContract, Right
from ibcli.sim.market.strikes import strike_grid, strike_units, strike_value
from ibcli.sim.market.ticks import ticks

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from ibcli.sim.market.instruments import FutureRoot, Listing, OptionClass
    from ibcli.sim.market.paths import Paths
    from ibcli.sim.market.ticks import Ticks

_REAL_IDS = {key: conid for conid, key in REAL_OPTIONS.items()}
_REAL_FUTURES = {key: conid for conid, key in REAL_FUTURES.items()}
_FIRST_YEAR = 2020
_QUARTERS = 80  # of each root that have ids


def conid_of(key: conids.Key) -> int:
    """The broker's id where it is known, else the computed one."""
    return _REAL_IDS.get(key) or conids.computed(key)


def key_of(conid: int) -> conids.Key | None:
    """The inverse of ``conid_of``; the computed id of a contract with a real one spells nothing."""
    real = REAL_OPTIONS.get(conid)
    if real is not None:
        return real
    key = conids.spelled(conid)
    return None if key in _REAL_IDS else key


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: a cheap key of caches
class ListedOption:
    """A contract with what it is made of."""

    contract: OptionContract
    listing: Listing
    option_class: OptionClass
    expiry: Expiry
    grid: Ticks


class Contracts:
    """Which options exist, for one seed (strikes follow prices)."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self.grid = lru_cache(maxsize=2048)(self._grid)
        self.find = lru_cache(maxsize=16384)(self._find)
        self.strikes = lru_cache(maxsize=2048)(self._strikes)

    def _grid(self, index: int, day: date) -> tuple[int, ...]:
        """Strikes of the class's expiry on ``day``, in its units, ascending."""
        listing, option_class = OPTION_CLASSES[index]
        expiry = expiry_on(option_class.cycle, day)
        if expiry is None:
            return ()
        return strike_grid(
            option_class.strikes, expiry, lambda at: self._paths.reference(listing, at)
        )

    def _find(self, conid: int) -> ListedOption | None:
        """The option of that id; ``None`` when there never was one."""
        key = key_of(conid)
        if key is None or key.option_class >= len(OPTION_CLASSES):
            return None
        listing, option_class = OPTION_CLASSES[key.option_class]
        expiry = expiry_on(option_class.cycle, key.expiry)
        if expiry is None or key.strike not in self.grid(key.option_class, key.expiry):
            return None
        contract = OptionContract(
            conid=conid,
            underlying_conid=listing.conid,
            symbol=listing.symbol,
            trading_class=option_class.name,
            expiry=expiry.day,
            strike=strike_value(option_class.strikes, key.strike),
            right=key.right,
            multiplier=option_class.multiplier,
            currency=listing.currency,
            exchanges=option_class.exchanges,
            weekly=expiry.weekly,
            am_settled=option_class.cycle.am_settled,
        )
        return ListedOption(contract, listing, option_class, expiry, ticks(option_class.ticks))

    def classes(self, underlying_conid: int, exchange: str | None = None) -> list[int]:
        """Indices of an underlying's option classes, those of an exchange when one is named."""
        return [
            index
            for index, (listing, option_class) in enumerate(OPTION_CLASSES)
            if listing.conid == underlying_conid
            and (exchange is None or exchange.upper() in option_class.exchanges)
        ]

    def name(self, index: int) -> str:
        return OPTION_CLASSES[index][1].name

    def expiries(self, index: int, today: date) -> tuple[Expiry, ...]:
        return listed_expiries(OPTION_CLASSES[index][1].cycle, today)

    def _strikes(self, index: int, day: date) -> tuple[Decimal, ...]:
        """The strikes of the class's expiry on ``day``, ascending."""
        ladders = OPTION_CLASSES[index][1].strikes
        return tuple(strike_value(ladders, units) for units in self.grid(index, day))

    def at(
        self, index: int, day: date, strike: Decimal | None, rights: tuple[Right, ...]
    ) -> list[OptionContract]:
        """Contracts of one expiry by strike, calls first; of one strike when it is given."""
        grid = self.grid(index, day)
        if strike is not None:
            units = strike_units(OPTION_CLASSES[index][1].strikes, strike)
            grid = (units,) if units is not None and units in grid else ()
        keys = (conids.Key(index, day, units, right) for units in grid for right in rights)
        found = (self.find(conid_of(key)) for key in keys)
        return [option.contract for option in found if option is not None]


def _quarter(root: FutureRoot, number: int) -> FutureContract:
    """The ``number``-th quarterly since the first year: last traded on its third Friday."""
    year, quarter = divmod(number, 4)
    day = monthly_day(_FIRST_YEAR + year, quarter * 3 + 3)
    return FutureContract(
        symbol=root.symbol,
        conid=_REAL_FUTURES.get((root.symbol, day), root.first_conid + number),
        underlying_conid=root.underlying_conid,
        expiry=day,
        last_trading_day=day,
        multiplier=root.multiplier,
        exchanges=root.exchanges,
    )


def futures(root: FutureRoot, today: date) -> list[FutureContract]:
    """The quarterlies listed on ``today``, nearest first."""
    first = max(0, (today.year - _FIRST_YEAR) * 4)
    numbers = range(first, min(first + root.listed + 4, _QUARTERS))
    quarters = (_quarter(root, number) for number in numbers)
    return [contract for contract in quarters if contract.expiry >= today][: root.listed]


def future(conid: int) -> FutureContract | None:
    """The future of that id, whenever it is listed."""
    for root in FUTURE_ROOTS:
        if conid in REAL_FUTURES and REAL_FUTURES[conid][0] == root.symbol:
            day = REAL_FUTURES[conid][1]
            return _quarter(root, (day.year - _FIRST_YEAR) * 4 + day.month // 3 - 1)
        if 0 <= conid - root.first_conid < _QUARTERS:
            contract = _quarter(root, conid - root.first_conid)
            return contract if contract.conid == conid else None
    return None


def listed(option: ListedOption, at_day: date) -> bool:
    """Whether the contract is listed by the New York date ``at_day`` and not yet expired."""
    return option.expiry.listed <= at_day <= option.contract.expiry
