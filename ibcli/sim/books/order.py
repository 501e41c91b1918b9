"""An order as the books know it, with its legs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum

NOUGHT = Decimal(0)


class Status(StrEnum):
    """As the wire spells them."""

    INACTIVE = "Inactive"  # waits for the answer to a question
    PENDING_SUBMIT = "PendingSubmit"
    PRE_SUBMITTED = "PreSubmitted"  # held back here: a stop, a child, or the market is closed
    SUBMITTED = "Submitted"
    FILLED = "Filled"
    PENDING_CANCEL = "PendingCancel"
    CANCELLED = "Cancelled"


ENDED = frozenset({Status.FILLED, Status.CANCELLED})
WORKING = frozenset(
    {Status.PENDING_SUBMIT, Status.PRE_SUBMITTED, Status.SUBMITTED, Status.PENDING_CANCEL}
)


class OrderType(StrEnum):
    """As requests spell them."""

    LMT = "LMT"
    MKT = "MKT"
    STP = "STP"
    STOP_LIMIT = "STOP_LIMIT"
    MIDPRICE = "MIDPRICE"
    TRAIL = "TRAIL"
    TRAILLMT = "TRAILLMT"

    @property
    def has_limit(self) -> bool:
        """Whether ``price`` is a limit."""
        return self in (OrderType.LMT, OrderType.STOP_LIMIT, OrderType.TRAILLMT)

    @property
    def has_stop(self) -> bool:
        """Whether it waits for a trigger."""
        return self.is_trailing or self in (OrderType.STP, OrderType.STOP_LIMIT)

    @property
    def is_trailing(self) -> bool:
        """Whether its trigger follows the market."""
        return self in (OrderType.TRAIL, OrderType.TRAILLMT)


class Tif(StrEnum):
    """Times in force that are simulated."""

    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    OPG = "OPG"


@dataclass(frozen=True, slots=True)
class Leg:
    """``ratio`` is negative where buying the order sells the leg."""

    conid: int
    ratio: int


@dataclass(slots=True)
class Order:
    """``price``, ``stop`` and ``trail`` are per unit, quantities in units of the instrument (or of
    the combination). Beats are the timeline's.
    """

    id: int
    account: str
    username: str
    coid: str | None
    conidex: str
    legs: tuple[Leg, ...]
    buy: bool
    type: OrderType
    total: Decimal
    tif: Tif
    placed: int
    changed: int  # latest execution or change of status
    status: Status = Status.INACTIVE
    price: Decimal | None = None  # limit (or cap of a midprice order)
    stop: Decimal | None = None  # trigger; of a trailing order the one it has come to
    trail: Decimal | None = None
    trail_percent: bool = False
    outside_rth: bool = False
    adaptive: bool = False
    parent: int | None = None
    group: str | None = None  # one cancels the others
    filled: Decimal = NOUGHT
    paid: Decimal = NOUGHT  # sum of price times quantity, negative for credits
    due: Decimal = NOUGHT  # commission before minimum
    charged: Decimal = NOUGHT
    triggered: bool = False
    active: int | None = None  # the beat on which it reaches the market
    cancels: int | None = None  # the beat on which a cancellation takes effect
    reason: str = ""

    @property
    def is_combo(self) -> bool:
        """Whether it trades several legs, or one through a combination."""
        return ";;;" in self.conidex

    @property
    def conid(self) -> int:
        """The contract, or that of combinations."""
        return int(self.conidex.split(";")[0].split("@")[0])

    @property
    def sign(self) -> int:
        """1 for buying, -1 for selling."""
        return 1 if self.buy else -1

    @property
    def remaining(self) -> Decimal:
        """What is left to fill."""
        return self.total - self.filled

    @property
    def average(self) -> Decimal | None:
        """Of all fills, per unit."""
        return self.paid / self.filled if self.filled else None

    @property
    def working(self) -> bool:
        """Whether it may still trade."""
        return self.status in WORKING

    def dumped(self) -> str:
        """As the store keeps it."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def loaded(cls, text: str) -> Order:
        """The inverse of ``dumped``."""
        facts = json.loads(text)
        for name in _AMOUNTS:
            if facts[name] is not None:
                facts[name] = Decimal(facts[name])
        facts["legs"] = tuple(Leg(**leg) for leg in facts["legs"])
        facts["type"] = OrderType(facts["type"])
        facts["tif"] = Tif(facts["tif"])
        facts["status"] = Status(facts["status"])
        return cls(**facts)


_AMOUNTS = ("total", "price", "stop", "trail", "filled", "paid", "due", "charged")
