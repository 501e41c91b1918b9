"""What a desk is asked to do, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from ibcli.domain.wishes import IfLegFails

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from ibcli.broker.decode import Asked
    from ibcli.domain.blotter import OrderStatus
    from ibcli.domain.orders import Bracket
    from ibcli.errors import IbcliError

# Shows the question to the user; True accepts it.
Ask: TypeAlias = "Callable[[Asked, Bracket], bool]"


@dataclass(frozen=True, slots=True)
class PlannedLeg:
    """A leg to be placed. ``within_band``: its limit lies inside our own price band."""

    leg: int
    bracket: Bracket
    within_band: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A job to be placed. ``command`` is what the user typed, for the record.

    ``ask`` shows a broker's question on a terminal; None where nobody is there to be asked.
    ``check`` raises an IbcliError when what was planned is out of date: then nothing more is sent.
    """

    job: str
    day: date
    run: int
    command: str
    legs: tuple[PlannedLeg, ...]
    if_leg_fails: IfLegFails = IfLegFails.KEEP
    ask: Ask | None = None
    check: Callable[[], None] | None = None


class Until(StrEnum):
    """How far to watch an order."""

    WORKING = "working"  # the broker has taken it in, or it is over
    FILLED = "filled"  # it is filled, or over


@dataclass(frozen=True, slots=True)
class Wait:
    """How far to watch, and for how many seconds at most; None: until the deadline."""

    until: Until = Until.WORKING
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ChangeOutcome:
    """How a cancel, or a change of an order's terms, went.

    ``done``: the order can no longer be filled, or soon cannot; it stands as was wished.
    ``already``: so it did before. ``status`` is the last one seen.
    """

    order_id: int
    done: bool
    already: bool = False
    status: OrderStatus | None = None
    text: str = ""
    error: IbcliError | None = None
