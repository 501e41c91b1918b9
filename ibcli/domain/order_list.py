"""What `orders` answers: the broker's rows, each with what the journal knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.domain.blotter import OrderStatus

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from ibcli.domain.blotter import LiveOrder
    from ibcli.domain.orders import Role, TicketLeg
    from ibcli.domain.standing import OwnOrder


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """A line of an order's history in the journal."""

    at: datetime  # aware UTC
    what: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order, its legs by the contracts' own terms, and where it came from.

    ``legs`` is empty when the broker no longer tells what its conids stand for; ``own`` is None for
    an order that ibcli did not send. ``age`` is the time in seconds since the broker last had
    anything to do with it; None when it did not say.
    """

    order: LiveOrder
    legs: tuple[TicketLeg, ...] = ()
    own: OwnOrder | None = None
    parent_id: int | None = None
    role: Role | None = None
    age: Decimal | None = None

    @property
    def words(self) -> str:
        """``SPY 18AUG25 640 P``; a combination's legs in short; else what the broker calls it."""
        if self.legs:
            return legs_words(self.legs)
        if self.order.words:
            return self.order.words
        return self.order.symbol or ", ".join(map(str, self.order.conids)) or "?"

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols of its underlyings."""
        told = {leg.tradable.symbol for leg in self.legs}
        return frozenset(told or ({self.order.symbol} if self.order.symbol else ()))

    @property
    def is_open(self) -> bool:
        """Whether something may still happen to it."""
        return not self.order.status.is_final

    @property
    def is_filled(self) -> bool:
        """Whether it was filled, in part at least."""
        return self.order.status is OrderStatus.FILLED or bool(self.order.filled)


@dataclass(frozen=True, slots=True)
class OrderList:
    """The rows that were asked for, protection under its entry. ``shown``: open, filled or all.

    ``complete`` is false when the broker had not gathered its orders: more may be there.
    """

    rows: tuple[OrderRow, ...]
    shown: str
    as_of: datetime  # aware UTC, by the market's clock
    complete: bool = True


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """One order in full. ``row`` is None when only the journal knows of it."""

    order_id: int
    row: OrderRow | None
    own: OwnOrder | None
    children: tuple[OrderRow, ...]
    events: tuple[OrderEvent, ...]
    as_of: datetime  # aware UTC, by the market's clock


def in_families(rows: tuple[OrderRow, ...]) -> tuple[OrderRow, ...]:
    """Rows by rising order id, each child directly after its parent."""
    ordered = sorted(rows, key=lambda row: row.order.order_id)
    there = {row.order.order_id for row in ordered}
    found: list[OrderRow] = []
    for row in ordered:
        if row.parent_id in there:
            continue
        found.append(row)
        found += [child for child in ordered if child.parent_id == row.order.order_id]
    return tuple(found)


def legs_words(legs: tuple[TicketLeg, ...]) -> str:
    """``SPY 18AUG25 640 P``; of several on one day ``SPY 18AUG25 -640P +635P``, else all in full.

    A leg's sign is that of its ratio when the whole is bought.
    """
    if len(legs) == 1:
        return legs[0].tradable.words
    common = {(leg.tradable.trading_class, leg.tradable.expiry) for leg in legs}
    trading_class, expiry = next(iter(common))
    if len(common) > 1 or expiry is None:
        return " ".join(f"{leg.ratio:+d} {leg.tradable.words}" for leg in legs)
    return " ".join((f"{trading_class} {expiry:%d%b%y}".upper(), *map(_short, legs)))


def _short(leg: TicketLeg) -> str:
    """``-640P``, ``+2x635P``."""
    times = f"{abs(leg.ratio)}x" if abs(leg.ratio) != 1 else ""
    sign = "-" if leg.ratio < 0 else "+"
    return f"{sign}{times}{leg.tradable.strike:f}{leg.tradable.right}"
