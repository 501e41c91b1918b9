"""What comes back: orders as the broker holds them, executions, positions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from ibcli.domain.orders import OrderType, Side, Tif, Tradable


class OrderStatus(StrEnum):
    """Where an order stands, spelled as on the wire; ``UNKNOWN`` for a word not listed."""

    INACTIVE = "Inactive"  # left at a question, or held back by the broker
    PENDING_SUBMIT = "PendingSubmit"
    PRE_SUBMITTED = "PreSubmitted"  # held by the broker: a stop, a child, a closed market
    SUBMITTED = "Submitted"
    FILLED = "Filled"
    PENDING_CANCEL = "PendingCancel"
    PRE_CANCELLED = "PreCancelled"
    CANCELLED = "Cancelled"
    WARN_STATE = "WarnState"
    FAILED = "Failed"
    UNKNOWN = "Unknown"

    @property
    def is_working(self) -> bool:
        """Whether it can still be filled."""
        return self in _WORKING

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self in {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.FAILED}


_WORKING = frozenset(
    {
        OrderStatus.PENDING_SUBMIT,
        OrderStatus.PRE_SUBMITTED,
        OrderStatus.SUBMITTED,
        OrderStatus.PENDING_CANCEL,
        OrderStatus.PRE_CANCELLED,
        OrderStatus.WARN_STATE,
    }
)


@dataclass(frozen=True, slots=True)
class LiveOrder:
    """An order as the broker lists it. ``None`` means that it did not say.

    ``coid`` is the name that its sender gave it; a bracket's child has none. ``conids`` are those
    of its legs (one, unless it is a combination); ``trigger`` is a stop's price.
    """

    order_id: int
    coid: str | None
    account: str | None
    conids: tuple[int, ...]
    conidex: str | None
    sec_type: str | None
    symbol: str | None
    words: str | None  # the broker's own description of the contract
    side: Side | None
    type: OrderType | None
    status: OrderStatus
    quantity: Decimal | None
    filled: Decimal | None
    remaining: Decimal | None
    limit: Decimal | None
    trigger: Decimal | None
    average_price: Decimal | None
    tif: Tif | None
    outside_rth: bool | None = None
    updated: datetime | None = None  # aware UTC
    reason: str | None = None  # what the broker says of a status, if anything
    odd: tuple[str, ...] = ()  # values that could not be read


@dataclass(frozen=True, slots=True)
class Blotter:
    """The orders of an account. ``complete`` is false when the broker had not gathered them yet:

    its first answer of a session is empty, and an empty one proves nothing.
    """

    orders: tuple[LiveOrder, ...]
    complete: bool
    odd: tuple[str, ...] = ()


class ExecutionSide(StrEnum):
    """What an execution did; the wire's letters."""

    BOUGHT = "B"
    SOLD = "S"
    EXPIRED = "X"


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill, or an expiry. ``commission`` arrives late: None until then.

    ``signed_size`` is what it did to the position; None for an expiry, which does not say.
    """

    execution_id: str
    conid: int
    side: ExecutionSide
    size: Decimal
    price: Decimal | None
    at: datetime | None  # aware UTC
    account: str | None = None
    order_id: int | None = None
    coid: str | None = None
    symbol: str | None = None
    sec_type: str | None = None
    words: str | None = None
    commission: Decimal | None = None
    net_amount: Decimal | None = None  # as the wire gives it
    exchange: str | None = None

    @property
    def signed_size(self) -> Decimal | None:
        """Positive when bought, negative when sold."""
        if self.side is ExecutionSide.EXPIRED:
            return None
        return self.size if self.side is ExecutionSide.BOUGHT else -self.size


@dataclass(frozen=True, slots=True)
class Position:
    """What an account holds of one contract; ``quantity`` is negative when short.

    ``average_price`` is per unit, ``average_cost`` per contract, ``mark`` per unit; ``value`` and
    the profits are in the contract's currency.
    """

    conid: int
    account: str | None
    quantity: Decimal
    words: str
    sec_type: str | None
    tradable: Tradable | None  # None when the row does not tell enough to trade it
    average_price: Decimal | None = None
    average_cost: Decimal | None = None
    mark: Decimal | None = None
    value: Decimal | None = None
    unrealized: Decimal | None = None
    realized: Decimal | None = None
    currency: str | None = None
    underlying_conid: int | None = None
    odd: tuple[str, ...] = ()
