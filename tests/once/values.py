"""Orders to write down and to send."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from ibcli.domain.contracts import Right
from ibcli.domain.orders import Bracket, OrderType, Role, Side, Ticket, TicketLeg, Tif, Tradable

ACCOUNT = "DU1234567"
DAY = date(2025, 8, 18)
MOMENT = datetime(2025, 8, 18, 15, 0, tzinfo=UTC)


def option(conid: int, strike: str, right: Right = Right.PUT) -> Tradable:
    """An option on SPY that expires on the day."""
    return Tradable(
        conid=conid,
        sec_type="OPT",
        symbol="SPY",
        words=f"SPY 18AUG25 {strike} {right.value}",
        multiplier=Decimal(100),
        underlying_conid=756733,
        trading_class="SPY",
        expiry=DAY,
        strike=Decimal(strike),
        right=right,
    )


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
