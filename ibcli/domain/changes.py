"""What `cancel`, `modify` and `close` answer: what became of orders and positions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.domain.blotter import LiveOrder, OrderStatus
    from ibcli.domain.order_list import OrderRow
    from ibcli.domain.orders import Ticket
    from ibcli.errors import IbcliError


class Became(StrEnum):
    """What a cancel has led to."""

    CANCELLED = "cancelled"
    ALREADY = "already"  # it was over before
    FILLED = "filled"  # it was filled before the cancel reached it
    PENDING = "pending"  # the broker had not said the last word at the deadline
    STAYS = "stays"  # it protects what its entry has filled
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"  # nothing sure is known of the order


@dataclass(frozen=True, slots=True)
class CancelRow:
    """One order that was to be cancelled. ``row`` is None when the broker does not list it.

    ``with_id`` is the entry whose cancel took this child with it; ``error`` is what stood in the
    way.
    """

    order_id: int
    became: Became
    row: OrderRow | None = None
    with_id: int | None = None
    text: str = ""
    error: IbcliError | None = None


@dataclass(frozen=True, slots=True)
class Cancelling:
    """All of them. ``already``: nothing needed to be sent."""

    rows: tuple[CancelRow, ...]

    @property
    def already(self) -> bool:
        """Whether all was over before."""
        return all(row.became is Became.ALREADY for row in self.rows)


@dataclass(frozen=True, slots=True)
class Modifying:
    """An order as it stood, as it was asked to be, and as the broker lists it now.

    ``already``: it stood like that before, and nothing was sent.
    """

    before: OrderRow
    ticket: Ticket
    changed: tuple[str, ...]  # names of the fields that differ
    already: bool
    now: LiveOrder | None = None


class Closed(StrEnum):
    """What has come of closing a position."""

    PLANNED = "planned"  # --dry-run
    WORKING = "working"
    FILLED = "filled"
    ALREADY = "already"  # an earlier close of it works still
    GONE = "gone"  # there is nothing left: its protection was filled meanwhile
    REFUSED = "refused"  # the position stands, and has its protection (again)
    BARE = "unprotected"  # the position stands without the stop that it had
    KEPT = "kept"  # it covers a short position that is not closed yet
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CloseRow:
    """One position and its closing order.

    ``quantity`` is what was to be closed, negative for a short position; ``cancelled`` are the
    orders that were taken away first, ``restored`` those that replace them when the close failed.
    ``error`` is what stood in the way.
    """

    words: str
    conid: int
    quantity: Decimal
    closed: Closed
    ticket: Ticket | None = None
    order_id: int | None = None
    status: OrderStatus | None = None
    filled: Decimal | None = None
    average_price: Decimal | None = None
    cancelled: tuple[int, ...] = ()
    restored: tuple[int, ...] = ()
    bid: Decimal | None = None
    ask: Decimal | None = None
    text: str = ""
    error: IbcliError | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """All positions that were to be closed."""

    rows: tuple[CloseRow, ...]
    dry_run: bool = False

    @property
    def already(self) -> bool:
        """Whether nothing needed to be sent."""
        return all(row.closed in {Closed.ALREADY, Closed.GONE} for row in self.rows)
