"""Orders as they stand after ``order``: a row for each, protection under its entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render import numbers, order_preview
from ibcli.render.tickets import STATUS_STYLES, filled_of, ticket_document, ticket_terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from rich.console import RenderableType

    from ibcli.domain.ordered import OrderResult
    from ibcli.domain.orders import Ticket
    from ibcli.domain.standing import StandingLeg, TicketState

_HEADER = [
    *("leg", "state", "role", "side", "quantity", "contract", "type", "limit", "trigger"),
    *("order_id", "coid", "status", "filled", "average_price", "commission"),
]


def document(result: OrderResult) -> dict[str, Any]:
    """The job, each leg with its orders, and the preview that it was sent by."""
    standing = result.standing
    return {
        "already": result.already,
        "again": result.again,
        "account": standing.account,
        "trading_day": standing.day,
        "job": standing.job,
        "run": standing.run,
        "legs": [_leg_document(leg) for leg in standing.legs],
        "preview": order_preview.document(result.preview) if result.preview else None,
    }


def _leg_document(leg: StandingLeg) -> dict[str, Any]:
    return {
        "leg": leg.leg,
        "state": leg.state,
        "coid": leg.coid,
        "contract": leg.bracket.entry.words,
        "reason": leg.reason or None,
        "orders": [
            {
                **ticket_document(ticket),
                "order_id": order.order_id,
                "status": order.status,
                "filled": _filled(order),
                "average_price": order.average_price,
                "commission": order.commission,
                "text": order.text,
            }
            for order, ticket in _orders(leg)
        ],
    }


def _orders(leg: StandingLeg) -> Iterator[tuple[TicketState, Ticket]]:
    for order in leg.orders:
        yield order, leg.ticket_of(order)


def rows(result: OrderResult) -> tuple[list[str], Iterator[list[object]]]:
    """One row an order."""
    return _HEADER, (
        [
            *(leg.leg, leg.state, ticket.role, ticket.side, ticket.quantity, ticket.words),
            *(ticket.type, ticket.limit, ticket.trigger, order.order_id),
            *(leg.coid, order.status, _filled(order), order.average_price, order.commission),
        ]
        for leg in result.standing.legs
        for order, ticket in _orders(leg)
    )


def draw(result: OrderResult, width: int) -> Iterator[RenderableType]:
    """What stands, and what it may bring and cost."""
    from ibcli.render.grid import DIM, line, prose
    from ibcli.render.table import facts, table

    standing = result.standing
    yield prose(_headline(result), style="bold")
    yield prose(
        f"account {standing.account} · trading day {standing.day} · job {standing.job}, "
        f"run {standing.run}",
        style=DIM,
    )
    yield line()
    yield from table(_columns(result), width)
    for leg in standing.legs:
        if leg.reason:
            yield prose(f"Leg {leg.leg} ({leg.bracket.entry.words}): {leg.reason}")
    if result.preview is not None:
        yield line()
        yield from facts(_sums(result), width)
        for note in result.preview.notes:
            yield prose(note, style=DIM)


def _headline(result: OrderResult) -> str:
    standing = result.standing
    if result.already:
        return "Placed already: this is what stands. Nothing was sent; --again places another."
    if result.again and standing.run > 1:
        return f"Placed once more: run {standing.run} of this job today."
    if standing.error is not None:
        return "Not all of it was placed."
    return "Placed."


def _columns(result: OrderResult) -> list[Any]:
    from ibcli.render.grid import Cell
    from ibcli.render.table import Column, column

    shown = [(leg, order, ticket) for leg in result.standing.legs for order, ticket in _orders(leg)]
    statuses = tuple(
        Cell(_status(leg, order), STATUS_STYLES.get(order.status, "") if order.status else "", True)
        for leg, order, _ in shown
    )
    return [
        column("Leg", [str(leg.leg) for leg, _, _ in shown]),
        column("For", [_role(order) for _, order, _ in shown], left=True),
        column("Order", [_words(ticket) for _, _, ticket in shown], left=True, style="bold"),
        Column("Status", statuses, left=True),
        column("Filled", [filled_of(_filled(o), _quantity(t)) for _, o, t in shown]),
        column("Price", [numbers.price(order.average_price) for _, order, _ in shown], rank=2),
        column("Id", [str(order.order_id or numbers.MISSING) for _, order, _ in shown]),
        column("cOID", [_name(leg, order) for leg, order, _ in shown], rank=1, left=True),
    ]


def _role(order: TicketState) -> str:
    return order.role if order.place == 0 else f"  {order.role}"


def _words(ticket: Ticket) -> str:
    what = "combination" if ticket.is_combo else ticket.words
    return f"{ticket.side} {ticket.quantity} {what} {ticket_terms(ticket)}"


def _status(leg: StandingLeg, order: TicketState) -> str:
    return str(order.status) if order.status else leg.state if order.place == 0 else numbers.MISSING


def _filled(order: TicketState) -> Decimal | None:
    """Nothing yet, of an order that the broker has taken and says no more of."""
    from decimal import Decimal

    return Decimal(0) if order.filled is None and order.order_id is not None else order.filled


def _quantity(ticket: Ticket) -> Decimal:
    from decimal import Decimal

    return Decimal(ticket.quantity)


def _name(leg: StandingLeg, order: TicketState) -> str:
    return leg.coid if order.place == 0 else ""


def _sums(result: OrderResult) -> list[tuple[str, str]]:
    """What the orders sent just now may bring and cost."""
    from ibcli.render.preview_picture import sums

    return sums(result.preview) if result.preview is not None else []
