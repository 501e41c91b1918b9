"""What an instrument is made of: a listing, its temper, its option classes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ibcli.sim.market.model import TickRule

Ladder = tuple[tuple[float, float], ...]


def _rule(start: str, increment: str) -> TickRule:
    return TickRule(Decimal(start), Decimal(increment))


CENTS = (_rule("0", "0.01"),)
PENNY_PILOT = (_rule("0", "0.01"), _rule("3", "0.05"))
NICKELS = (_rule("0", "0.05"), _rule("3", "0.10"))
QUARTERS = (_rule("0", "0.25"),)


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: a cheap key of caches
class ExpiryCycle:
    """Which expiries a class lists, and how long before the day each is listed.

    Leads are calendar days; 0 lists none of the kind. ``monthly_leads`` counts monthly expiries
    instead: a month whose lead is 8 is listed when the monthly eight months before it has expired.
    """

    daily_lead: int = 0
    friday_lead: int = 0
    month_end_lead: int = 0
    quarter_end_lead: int = 0
    monthly_leads: tuple[int, ...] = ()  # January to December
    am_settled: bool = False  # settles on the open of the third Friday, trades until the day before
    all_weekly: bool = False  # the class's third Fridays count as weeklies too (SPXW)


@dataclass(frozen=True, slots=True)
class StrikeLadders:
    """Strike steps by distance from the reference price, as (half width as a fraction of it, step),
    inner first.

    ``short`` is for expiries listed at most eight weeks ahead, ``medium`` for up to thirteen
    months, ``long`` beyond.
    """

    unit: float  # every step is a multiple of it; contract ids count strikes in it
    short: Ladder
    medium: Ladder
    long: Ladder


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: a cheap key of caches
class OptionClass:
    """One trading class of options; its place in the catalogue is part of its contracts' ids."""

    name: str
    cycle: ExpiryCycle
    strikes: StrikeLadders
    exchanges: tuple[str, ...]
    ticks: tuple[TickRule, ...] = PENNY_PILOT
    multiplier: int = 100
    european: bool = False
    spread: float = 2.0  # cents either side of theory, at the money and near expiry
    activity: float = 1000.0  # contracts a day in a weekly strike at the money


@dataclass(frozen=True, slots=True)
class Temper:
    """How a price moves: its share in the market's moves, its own, and what its options imply."""

    beta: float
    own: float  # standard deviation of a day's own log return
    volatility: float  # implied, thirty days, at the money
    skew: float = (
        -0.06
    )  # change of volatility, as a fraction of it, per standard deviation of strike
    smile: float = 0.02  # the same, per squared standard deviation
    front: float = 1.0  # volatility at a tenor of nothing over that of a year
    dividends: float = 0.0  # yield, a fraction


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: a cheap key of caches
class Listing:
    """One row of the broker's search: an instrument on its home or on a foreign exchange."""

    conid: int
    symbol: str
    name: str
    exchange: str
    price: float  # on the anchor day, in ``currency``
    temper: Temper
    sec_type: str = "STK"
    currency: str = "USD"
    kind: str = "COMMON"
    is_us: bool = True
    restricted: str | None = None
    valid_exchanges: tuple[str, ...] = ()
    industry: str = ""
    category: str = ""
    classes: tuple[OptionClass, ...] = ()
    volume: float = 0.0  # shares a day
    option_volume: float = 0.0  # contracts a day, all its options
    cfd: int | None = None
    warrant_exchanges: tuple[str, ...] = ()
    futures: str = ""  # the root of the futures on it
    delay_minutes: int = 0


@dataclass(frozen=True, slots=True)
class FutureRoot:
    """A family of quarterly index futures."""

    symbol: str
    underlying_conid: int
    multiplier: int
    first_conid: int  # of March 2020; the following quarters' follow
    exchanges: tuple[str, ...] = ("CME",)
    listed: int = 5  # quarters
