"""Tickets for ARM's options, as the simulator lists them on 2025-08-18."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.domain.orders import (
    Bracket,
    OrderType,
    Role,
    Side,
    Ticket,
    TicketLeg,
    Tradable,
)

if TYPE_CHECKING:
    from tests.broker.conftest import Bench

ACCOUNT = "DU1234567"
ORDERS = f"/iserver/account/{ACCOUNT}/orders"
CALL_143 = Tradable(804155360, "OPT", "ARM", "ARM 22AUG25 143 C", Decimal(100), 653400472)
CALL_145 = Tradable(796812614, "OPT", "ARM", "ARM 22AUG25 145 C", Decimal(100), 653400472)
SPY = Tradable(756733, "STK", "SPY", "SPY", Decimal(1))


def entry(
    coid: str = "one",
    *,
    side: Side = Side.BUY,
    limit: str = "0.50",
    tradable: Tradable = CALL_143,
    quantity: int = 1,
    **changes: Any,
) -> Ticket:
    """A limit order, by default one that stays where it is: far below the market."""
    ticket = Ticket(
        role=Role.ENTRY,
        side=side,
        quantity=quantity,
        type=OrderType.LMT,
        legs=(TicketLeg(tradable),),
        coid=coid,
        limit=Decimal(limit),
    )
    return replace(ticket, **changes)


def alone(ticket: Ticket) -> Bracket:
    return Bracket(ticket)


def with_stop(ticket: Ticket, trigger: str = "0.10") -> Bracket:
    """The entry with a stop on the other side."""
    stop = Ticket(
        role=Role.STOP,
        side=ticket.side.opposite,
        quantity=ticket.quantity,
        type=OrderType.STP,
        legs=ticket.legs,
        trigger=Decimal(trigger),
    )
    return Bracket(ticket, (stop,)).named(ticket.coid or "")


def posts(bench: Bench, path: str = "/orders") -> int:
    """How many times an order was sent, as the simulator has seen it."""
    return sum(r.method == "POST" and r.path.endswith(path) for r in bench.sim.requests)
