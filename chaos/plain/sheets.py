"""A plan's orders as the plain program takes them, and the words that tell it what to do."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chaos.plan import Order, Task, Verb

if TYPE_CHECKING:
    from chaos.plan import Leg


def leg_name(leg: Leg) -> str:
    """ "sell635P": what an order of one leg is called in the program's notes."""
    return f"{leg.side.lower()}{leg.strike}{leg.right}"


def sheet(order: Order) -> list[dict[str, Any]]:
    """The job's orders: one a leg, wings first, or all of them in one."""
    if not order.separate:
        return [_row(order, "all", order.legs)]
    legs = sorted(order.legs, key=lambda leg: leg.side != "BUY")
    return [_row(order, leg_name(leg), (leg,)) for leg in legs]


def _row(order: Order, name: str, legs: tuple[Leg, ...]) -> dict[str, Any]:
    sells = order.stop_multiple is not None and any(leg.side == "SELL" for leg in legs)
    profit = order.take_profit and sells
    return {
        "name": name,
        "symbol": order.symbol,
        "month": f"{legs[0].expiry:%b%y}".upper(),
        "expiry": f"{legs[0].expiry:%Y%m%d}",
        "legs": [[leg.side, leg.ratio, leg.right, str(leg.strike)] for leg in legs],
        "quantity": order.quantity,
        "limit": order.limit,
        "stop": str(order.stop_multiple) if sells else None,
        "profit": str(Decimal((order.take_profit or "0%").strip("%")) / 100) if profit else None,
    }


def deed_words(task: Task, order: Order) -> list[str]:
    """The program's command line for a task. It cannot compare notes with the broker: where ibcli
    would ``reconcile`` it looks at the orders.
    """
    match task.verb:
        case Verb.ORDER:
            return ["place", order.job, f"{order.job}.json"]
        case Verb.CANCEL:
            return ["cancel", order.job if task.words == "job" else "all"]
        case Verb.MODIFY:
            return ["modify", order.job, task.words]
        case Verb.CLOSE:
            by_leg = task.words == "contract" and order.separate
            return ["close", order.job, *([leg_name(order.legs[0])] if by_leg else [])]
        case Verb.RECONCILE:
            return ["read", order.job, "orders"]
        case Verb.READ:
            return ["read", order.job, task.words]
