"""``modify``: an order is read, changed in what was asked, held against the limits, and sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.blotter import live_orders, order_status
from ibcli.broker.contract_book import ContractBook
from ibcli.broker.fields import Field
from ibcli.domain.changes import Modifying
from ibcli.errors import GuardError, IncompleteError, RefusedError, UnreachableError
from ibcli.trading.amending import Changes, changed, check_ticks, ticket_of
from ibcli.trading.blotter import rows_of, unknown_order
from ibcli.trading.change_guards import (
    band_distance,
    check_attended,
    check_band,
    check_quantity,
    check_symbols,
)
from ibcli.trading.halt import check_halt
from ibcli.trading.markets import markets
from ibcli.trading.outcome import Outcome

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import LiveOrder
    from ibcli.domain.order_list import OrderRow
    from ibcli.domain.orders import Ticket
    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import TickRules
    from ibcli.trading.placing.desk import Ask, Desk


def modify(
    client: BrokerClient,
    desk: Desk,
    order_id: int,
    changes: Changes,
    *,
    attended: bool = False,
    ask: Ask | None = None,
) -> Outcome[Modifying]:
    """Change an order, repeating all else that it is; one that stands so already is left alone.

    ``attended``: somebody is at a terminal; ``ask`` shows the broker's questions there. Raises
    UsageError, GuardError, NotFoundError ``unknown-order``, RefusedError, and
    OutcomeUnknownError when it is not known whether the change was made.
    """
    changes.check()
    with desk.alone(), ContractBook(client) as book:
        rows = _rows(book, desk, order_id)
        row = next(one for one in rows if one.order.order_id == order_id)
        before = _open_ticket(row)
        ticket, names = changed(row, before, changes)
        if not names:
            as_it_is = Modifying(row, ticket, (), already=True, now=row.order)
            return Outcome(as_it_is, (*book.warnings, *_uncovered(rows, row, ticket)))
        settings = client.settings
        check_halt(settings)
        check_attended(settings, paper=desk.paper, asked=attended)
        near = _check(book, ticket, names)
        outcome = desk.modify(row.order, ticket, ask, within_band=near)
        if outcome.error is not None:
            raise outcome.error
        now = _now(client, row)
        warnings = (*book.warnings, *_uncovered(rows, row, ticket))
        found = Modifying(row, ticket, names, already=outcome.already, now=now)
        return Outcome(found, warnings)


def _rows(book: ContractBook, desk: Desk, order_id: int) -> tuple[OrderRow, ...]:
    """The account's orders, this one surely among them."""
    blotter = live_orders(book.client, desk.account)
    desk.learn(blotter, ())
    listed = blotter.orders
    if all(one.order_id != order_id for one in listed):
        told = order_status(book.client, order_id)
        if told is None:
            raise unknown_order(order_id)
        listed = (*listed, told)
    return rows_of(book, desk, listed)


def _open_ticket(row: OrderRow) -> Ticket:
    if not row.is_open:
        raise RefusedError(
            f"Order {row.order.order_id} is {row.order.status}: there is nothing left to change.",
            hint=f"See it: ibcli orders {row.order.order_id}",
            code="order-over",
        )
    return ticket_of(row)


def _check(book: ContractBook, ticket: Ticket, names: tuple[str, ...]) -> bool:
    """Raise UsageError off the tick, GuardError beyond a limit; nothing was sent.

    Whether its limit, changed or not, lies within the price band.
    """
    settings = book.client.settings
    check_symbols(settings, ticket)
    if "quantity" in names:
        check_quantity(settings, ticket)
    rules = None
    if not ticket.is_combo:
        rules = book.rules(ticket.legs[0].tradable.conid, ticket.side)
        check_ticks(ticket, names, rules)
    band = settings.guards.price_band
    if ticket.limit is None or band is None:
        return False
    try:
        distance = _distance(book, ticket, ticket.limit, rules)
    except GuardError:
        if "limit" in names:
            raise
        return False
    if "limit" in names:
        check_band(settings, ticket.words, distance)
    return distance is not None and distance <= band


def _distance(
    book: ContractBook, ticket: Ticket, limit: Decimal, rules: TickRules | None
) -> Decimal | None:
    """How far a limit lies beyond the market; one behind a trigger, from that."""
    if rules is None:
        return _combo_distance(book, ticket, limit)
    if ticket.trigger:
        return abs(limit - ticket.trigger) / ticket.trigger
    bid, ask = _two_sided(ticket, _quotes(book, ticket).get(ticket.legs[0].tradable.conid))
    return band_distance(limit, bid, ask, rules)


def _combo_distance(book: ContractBook, ticket: Ticket, limit: Decimal) -> Decimal | None:
    """How far a combination's price lies beyond the market that its legs make."""
    quotes = _quotes(book, ticket)
    low = high = limit * 0
    for leg in ticket.legs:
        bid, ask = _two_sided(ticket, quotes.get(leg.tradable.conid))
        ends = sorted((leg.ratio * bid, leg.ratio * ask))
        low, high = low + ends[0], high + ends[1]
    if low <= limit <= high:
        return limit * 0
    mid = (low + high) / 2
    return abs(limit - mid) / abs(mid) if mid else None


def _quotes(book: ContractBook, ticket: Ticket) -> dict[int, Quote]:
    contracts = [leg.tradable for leg in ticket.legs]
    return markets(book, contracts, fields=(Field.BID, Field.ASK)).quotes


def _two_sided(ticket: Ticket, quote: Quote | None) -> tuple[Decimal, Decimal]:
    if quote is None or quote.bid is None or quote.ask is None:
        raise GuardError(
            f"{ticket.words} has no market to hold the limit against. Nothing was sent.",
            hint="Look at it (ibcli quote), and try again; or set IBCLI_PRICE_BAND=none.",
            code="guard-quote",
        )
    return quote.bid, quote.ask


def _now(client: BrokerClient, row: OrderRow) -> LiveOrder | None:
    """The order as the broker tells it now; None when it does not."""
    try:
        return order_status(client, row.order.order_id)
    except (RefusedError, UnreachableError, IncompleteError):
        return None


def _uncovered(rows: tuple[OrderRow, ...], row: OrderRow, ticket: Ticket) -> list[str]:
    """Sentences for stops that are for fewer contracts than the entry has by now."""
    return [
        f"Its {one.role or 'child'} {one.order.order_id} is for {one.order.quantity} of "
        f"{ticket.quantity} only: ibcli modify {one.order.order_id} --qty {ticket.quantity}"
        for one in rows
        if one.parent_id == row.order.order_id
        and one.is_open
        and one.order.quantity is not None
        and one.order.quantity < ticket.quantity
    ]
