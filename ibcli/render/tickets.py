"""How orders are written wherever they stand: their price, their legs, their document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.blotter import OrderStatus
from ibcli.render import numbers

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.domain.order_list import OrderRow
    from ibcli.domain.orders import OrderType, Ticket, TicketLeg, Tradable
    from ibcli.domain.standing import OwnOrder

STATUS_STYLES = {
    OrderStatus.FILLED: "bold green",
    OrderStatus.SUBMITTED: "green",
    OrderStatus.INACTIVE: "bold yellow",
    OrderStatus.PENDING_CANCEL: "yellow",
    OrderStatus.WARN_STATE: "bold yellow",
    OrderStatus.CANCELLED: "dim",
    OrderStatus.FAILED: "bold red",
    OrderStatus.UNKNOWN: "bold red",
}


def terms(
    kind: OrderType | None, limit: Decimal | None, trigger: Decimal | None, trail: str = ""
) -> str:
    """``LMT 0.52``, ``STP @1.85``, ``STOP_LIMIT @1.85 1.90``, ``MKT``."""
    parts = [kind.value if kind else "?"]
    if trail:
        parts.append(f"by {trail}")
    if trigger is not None:
        parts.append(f"@{numbers.price(trigger)}")
    if limit is not None:
        parts.append(numbers.price(limit))
    return " ".join(parts)


def ticket_terms(ticket: Ticket) -> str:
    """The same of what is sent."""
    trail = ""
    if ticket.trail is not None:
        unit = "%" if ticket.trail_is_percent else ""
        trail = f"{numbers.price(ticket.trail)}{unit}"
    return terms(ticket.type, ticket.limit, ticket.trigger, trail)


def row_terms(row: OrderRow) -> str:
    """The same of what the broker lists."""
    return terms(row.order.type, row.order.limit, row.order.trigger)


def filled_of(filled: Decimal | None, quantity: Decimal | None) -> str:
    """``1/2``: contracts filled and all of them."""
    return f"{numbers.count(filled)}/{numbers.count(quantity)}"


def role_word(row: OrderRow) -> str:
    """What the order is for, where that is known."""
    return row.role.value if row.role else ""


def order_document(row: OrderRow) -> dict[str, Any]:
    """Everything that is known of an order."""
    order = row.order
    return {
        "order_id": order.order_id,
        "coid": order.coid,
        "account": order.account,
        "job": row.own.job if row.own else None,
        "own": own_document(row.own),
        "role": row.role,
        "parent_id": row.parent_id,
        "side": order.side,
        "type": order.type,
        "contract": row.words,
        "conids": list(order.conids),
        "conidex": order.conidex,
        "legs": [leg_document(leg) for leg in row.legs],
        "symbol": order.symbol,
        "sec_type": order.sec_type,
        "broker_words": order.words,
        "limit": order.limit,
        "trigger": order.trigger,
        "quantity": order.quantity,
        "filled": order.filled,
        "remaining": order.remaining,
        "average_price": order.average_price,
        "tif": order.tif,
        "outside_rth": order.outside_rth,
        "status": order.status,
        "open": row.is_open,
        "reason": order.reason,
        "updated": order.updated,
        "age_seconds": row.age,
        "unreadable": list(order.odd),
    }


def own_document(own: OwnOrder | None) -> dict[str, Any] | None:
    """To which job of the journal an order belongs."""
    if own is None:
        return None
    return {
        "job": own.job,
        "day": own.day,
        "run": own.run,
        "leg": own.leg,
        "role": own.role,
        "coid": own.coid,
    }


def leg_document(leg: TicketLeg) -> dict[str, Any]:
    """A leg: its ratio and its contract's terms."""
    return {"ratio": leg.ratio, **tradable_document(leg.tradable)}


def tradable_document(tradable: Tradable) -> dict[str, Any]:
    """A contract's terms; those of an option are null for a stock."""
    return {
        "conid": tradable.conid,
        "sec_type": tradable.sec_type,
        "symbol": tradable.symbol,
        "contract": tradable.words,
        "trading_class": tradable.trading_class,
        "expiry": tradable.expiry,
        "strike": tradable.strike,
        "right": tradable.right,
        "multiplier": tradable.multiplier,
        "underlying_conid": tradable.underlying_conid,
    }


def ticket_document(ticket: Ticket) -> dict[str, Any]:
    """An order as it was or would be sent."""
    return {
        "role": ticket.role,
        "side": ticket.side,
        "quantity": ticket.quantity,
        "type": ticket.type,
        "contract": ticket.words,
        "legs": [leg_document(leg) for leg in ticket.legs],
        "limit": ticket.limit,
        "trigger": ticket.trigger,
        "trail": ticket.trail,
        "trail_is_percent": ticket.trail_is_percent,
        "tif": ticket.tif,
        "outside_rth": ticket.outside_rth,
        "coid": ticket.coid,
        "parent_coid": ticket.parent_coid,
    }
