"""Where the journal and the broker do not say the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal


class DifferenceKind(StrEnum):
    """What kind of difference it is."""

    SETTLED = "unknown order settled"
    UNKNOWN = "order unknown"
    FILL_MISSED = "fill missed"
    STATUS_MISSED = "status missed"
    ORDER_GONE = "order gone"
    ORDER_NOT_OURS = "order not ours"
    FILL_NOT_OURS = "fill not ours"
    STOP_WITHOUT_ENTRY = "stop without entry"
    ENTRY_WITHOUT_STOP = "entry without stop"
    POSITION_DIFFERS = "position differs"
    POSITION_BARE = "position without stop"  # a close was cut short after its stop was cancelled

    @property
    def is_danger(self) -> bool:
        """Whether money is at risk as long as nothing is done about it."""
        return self in _DANGERS


_DANGERS = frozenset(
    {
        DifferenceKind.UNKNOWN,
        DifferenceKind.STOP_WITHOUT_ENTRY,
        DifferenceKind.ENTRY_WITHOUT_STOP,
        DifferenceKind.POSITION_BARE,
    }
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One of them. ``words`` name the contract, ``text`` says what differs.

    ``journal`` and ``broker`` are the two quantities of a position. ``fixed``: it is written into
    the journal now.
    """

    kind: DifferenceKind
    words: str
    text: str
    order_id: int | None = None
    conid: int | None = None
    execution_id: str | None = None
    job: str | None = None
    coid: str | None = None
    journal: Decimal | None = None
    broker: Decimal | None = None
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was compared, and every difference found."""

    account: str = field(repr=False)
    as_of: datetime  # aware UTC, the market's time
    differences: tuple[Difference, ...]
    fixing: bool
    jobs: int = 0
    orders: int = 0  # at the broker
    executions: int = 0
    positions: int = 0

    @property
    def remaining(self) -> tuple[Difference, ...]:
        """Those that the journal has not learned, or cannot."""
        return tuple(one for one in self.differences if not one.fixed)
