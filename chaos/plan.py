"""The plan of a day: its market, its jobs, when they run, and what goes wrong. Plain values.

``plan_of(seed)`` is the same for ever and anywhere; nothing is asked and nothing is run. Whoever
runs it (``chaos.day`` with ibcli, ``chaos.plain`` with another program) starts wave after wave:
what is in force on the wire first, then the wave's processes, and waits for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from chaos.kinds import Kind


class Structure(StrEnum):
    """What is traded by one job."""

    CALL = "call"
    PUT = "put"
    BOTH = "both sides"
    VERTICAL = "vertical"
    CONDOR = "condor"
    VERTICAL_LEGS = "vertical in legs"
    CONDOR_LEGS = "condor in legs"
    BUTTERFLY = "butterfly"
    STRANGLE_COMBO = "strangle as a combination"


@dataclass(frozen=True, slots=True)
class Leg:
    """One option of an order."""

    expiry: date
    strike: Decimal
    right: str  # C or P
    side: str  # BUY or SELL
    ratio: int = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What one job is to place, once a day."""

    job: str
    symbol: str
    structure: Structure
    legs: tuple[Leg, ...]
    quantity: int
    limit: str  # mid or natural
    stop_multiple: Decimal | None  # None: without a stop
    take_profit: str | None  # a share of the premium, as 50%
    separate: bool  # an order a leg; else all of them in one
    if_leg_fails: str  # keep, cancel or unwind
    queue: bool  # the market is closed: they wait for the open

    @property
    def shorts_need_stops(self) -> bool:
        """Whether every leg that is sold has to have a stop of its own at the end."""
        covered = any(leg.side == "BUY" for leg in self.legs)
        return self.stop_multiple is not None and self.separate and not covered


class Verb(StrEnum):
    """What a process is to do."""

    ORDER = "order"
    CANCEL = "cancel"
    MODIFY = "modify"
    CLOSE = "close"
    RECONCILE = "reconcile"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Task:
    """A verb, the number of the order in ``Day.orders`` that it is about, and further words.

    ``words``: of ``cancel`` job or all; of ``modify`` the limit's factor or "tif"; of ``close``
    symbol, or contract (of the order's first leg); of ``read`` orders, trades, positions, quote;
    of ``order`` again, or nothing.
    """

    verb: Verb
    order: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault on the wire.

    It strikes the ``count`` requests of ``method`` whose path below /v1/api matches ``path`` after
    ``skip`` others, counted from the beginning of the wave; of ``kinds.AT_A_REQUEST`` it begins
    with that request, and is over ``count`` requests later, whatever they are. ``seconds`` is the
    penalty of a 429, and how far a clock jumps. ``shape`` chooses among the forms of a kind.
    """

    kind: Kind
    path: str = "*"
    method: str | None = None
    skip: int = 0
    count: int = 1
    seconds: float = 0.0
    shape: int = 0


class When(StrEnum):
    """The instant at which something happens to a process."""

    START = "start"
    STEP = "step"  # the number-th step of an order's way: a journal entry, bytes sent or received
    REQUEST = "request"  # the broker has its number-th request of that path in hand
    INSTANT = "instant"  # so many milliseconds after its start


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happens to one process, and when."""

    kind: Kind
    when: When
    number: int = 0
    path: str = ""
    hold: str = ""  # at a request: before (it is handled) or after
    if_gone: str = "handle"  # what the broker does with a request whose sender has gone, or drop
    seconds: float = 0.0  # how far its clock jumps


@dataclass(frozen=True, slots=True)
class Start:
    """A process, or several of the same, begun ``after`` milliseconds; the mishap is the first's.

    ``deadline`` is in seconds; ``zone`` the machine's time zone.
    """

    task: Task
    times: int = 1
    after: int = 0
    deadline: int = 10
    zone: str = "UTC"
    debug: bool = False
    mishap: Mishap | None = None


@dataclass(frozen=True, slots=True)
class Wave:
    """Processes that run beside one another, and the faults in force meanwhile."""

    starts: tuple[Start, ...]
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """An instant of the simulated market, and options that are traded then."""

    market: str  # RFC 3339, with New York's offset
    expiry: date
    spot: int  # dollars
    is_open: bool = True
    daylight_saving: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """All that is decided beforehand. After the last wave the faults are over, and every order's
    job and whatever did not succeed is run once more, as cron would.
    """

    seed: int
    scene: Scene
    orders: tuple[Order, ...]
    waves: tuple[Wave, ...]


def plan_of(seed: int) -> Day:
    """The day of that seed."""
    from chaos.planning import Planner

    return Planner(seed).day()
