"""Orders to write down and to send."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from ibcli.domain.contracts import Right
from ibcli.domain.orders import Bracket, OrderType, Role, Side, Ticket, TicketLeg, Tif, Tradable
from tests.scenes.contracts import option

ACCOUNT = "DU1234567"
MOMENT = datetime(2025, 8, 18, 15, 0, tzinfo=UTC)


PUT = option(101, "630")
CALL = option(202, "650", Right.CALL)


def short(
    tradable: Tradable = PUT,
    *,
    limit: str = "0.50",
    stop: str | None = "1.75",
    quantity: int = 1,
) -> Bracket:
    """A sale, with a stop that buys back."""
    entry = Ticket(
        role=Role.ENTRY,
        side=Side.SELL,
        quantity=quantity,
        type=OrderType.LMT,
        legs=(TicketLeg(tradable),),
        limit=Decimal(limit),
    )
    if stop is None:
        return Bracket(entry)
    child = Ticket(
        role=Role.STOP,
        side=Side.BUY,
        quantity=quantity,
        type=OrderType.STP,
        legs=(TicketLeg(tradable),),
        tif=Tif.DAY,
        trigger=Decimal(stop),
    )
    return Bracket(entry, (child,))
