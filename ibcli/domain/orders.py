"""What is sent: tickets, and the brackets they form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ibcli.domain.order_terms import OrderType, Side, Tif

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from ibcli.domain.contracts import OptionContract, Right

__all__ = [
    "LONGEST_COID", "Bracket", "OrderType", "Role", "Side", "Ticket", "TicketLeg", "Tif",
    "Tradable",
]  # fmt: skip

LONGEST_COID = 64  # characters; the broker takes no more


class Role(StrEnum):
    """What an order is for."""

    ENTRY = "entry"
    STOP = "stop"
    TAKE_PROFIT = "take profit"
    CLOSE = "close"

    @property
    def is_protection(self) -> bool:
        """Whether it is a child that closes what its entry opens."""
        return self in {Role.STOP, Role.TAKE_PROFIT}


@dataclass(frozen=True, slots=True)
class Tradable:
    """Something an order can be for: an option, or a stock (assigned, say).

    ``words`` name it for people (``SPY 18AUG25 640 P``; a stock's are its symbol). ``multiplier``
    is the number of units that one contract stands for; 1 for a stock.
    """

    conid: int
    sec_type: str  # OPT or STK, as on the wire
    symbol: str
    words: str
    multiplier: Decimal
    underlying_conid: int | None = None
    trading_class: str | None = None
    expiry: date | None = None
    strike: Decimal | None = None
    right: Right | None = None

    @classmethod
    def of(cls, contract: OptionContract) -> Tradable:
        """An option. Raises ValueError when the broker has not told its multiplier."""
        if contract.multiplier is None:
            raise ValueError(f"the multiplier of {contract.words} is not known")
        return cls(
            conid=contract.conid,
            sec_type="OPT",
            symbol=contract.symbol,
            words=contract.words,
            multiplier=contract.multiplier,
            underlying_conid=contract.underlying_conid,
            trading_class=contract.trading_class,
            expiry=contract.expiry,
            strike=contract.strike,
            right=contract.right,
        )


@dataclass(frozen=True, slots=True)
class TicketLeg:
    """A part of an order: bought (``ratio`` > 0) or sold (< 0) when the order's side is BUY.

    An order for a single contract has one leg of ratio 1.
    """

    tradable: Tradable
    ratio: int = 1


@dataclass(frozen=True, slots=True)
class Ticket:
    """One order as it is sent. Prices are per unit in the contract's currency.

    A combination's price is that of all its legs together, each times its ratio: negative for a
    credit when bought. ``trail`` is an amount, or percent with ``trail_is_percent``. A child names
    its parent's ``coid`` in ``parent_coid`` and has no name of its own.
    """

    role: Role
    side: Side
    quantity: int  # contracts, shares, or units of the combination
    type: OrderType
    legs: tuple[TicketLeg, ...]
    tif: Tif = Tif.DAY
    coid: str | None = None
    parent_coid: str | None = None
    limit: Decimal | None = None
    trigger: Decimal | None = None
    trail: Decimal | None = None
    trail_is_percent: bool = False
    outside_rth: bool = False
    single_group: bool = False  # one cancels all: a take-profit and a stop

    @property
    def is_combo(self) -> bool:
        """Whether several contracts trade as one."""
        return len(self.legs) > 1

    @property
    def words(self) -> str:
        """What it is for: ``SPY 18AUG25 640 P``; a combination's legs one after another."""
        if not self.is_combo:
            return self.legs[0].tradable.words
        return " ".join(f"{leg.ratio:+d} {leg.tradable.words}" for leg in self.legs)


@dataclass(frozen=True, slots=True)
class Bracket:
    """An entry and the children that live and die with it, sent in one request."""

    entry: Ticket
    children: tuple[Ticket, ...] = ()

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """All of them, the parent first, in the order in which they are sent."""
        return (self.entry, *self.children)

    def named(self, coid: str) -> Bracket:
        """The same under this name: the entry's own, and what its children call their parent."""
        return Bracket(
            replace(self.entry, coid=coid),
            tuple(replace(child, coid=None, parent_coid=coid) for child in self.children),
        )
