"""The orders of an account, each with its contract's terms and what the journal knows of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from ibcli.broker.blotter import live_orders, order_status
from ibcli.broker.contract_book import ContractBook
from ibcli.domain.ledger import Act
from ibcli.domain.order_list import (
    OrderDetail,
    OrderEvent,
    OrderList,
    OrderRow,
    in_families,
)
from ibcli.errors import IncompleteError, NotFoundError
from ibcli.trading.bare import look_at_bare
from ibcli.trading.families import owners, parents, role_of
from ibcli.trading.outcome import Outcome
from ibcli.trading.tradables import legs_of, ratios, tradables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import Blotter, LiveOrder
    from ibcli.domain.ledger import Entry
    from ibcli.trading.placing.desk import Desk


class Shown(StrEnum):
    """Which orders are listed."""

    OPEN = "open"
    FILLED = "filled"
    ALL = "all"

    def takes(self, row: OrderRow) -> bool:
        """Whether a row is among them."""
        if self is Shown.OPEN:
            return row.is_open
        return row.is_filled if self is Shown.FILLED else True


def orders(client: BrokerClient, desk: Desk, shown: Shown = Shown.OPEN) -> Outcome[OrderList]:
    """The orders of today, protection under its entry; what was seen goes into the journal.

    A list that may not be whole is an IncompleteError beside it. Raises what ``BrokerClient.read``
    raises.
    """
    blotter = listed(client, desk)
    with ContractBook(client) as book:
        rows = rows_of(book, desk, blotter.orders)
        kept = in_families(tuple(row for row in rows if shown.takes(row)))
        found = OrderList(kept, shown.value, client.settings.market_now(), blotter.complete)
        alarm = look_at_bare(client, desk, rows)
        warnings = (*book.warnings, *alarm.warnings, *_unreadable(blotter))
    error = None if blotter.complete and not blotter.odd else _incomplete(blotter)
    return Outcome(found, warnings, alarm.error or error)


def listed(client: BrokerClient, desk: Desk) -> Blotter:
    """The orders of today; what was seen goes into the journal.

    The broker's list lags behind at times, and may be empty (reported): what it leaves out of
    orders that the journal knows to work is asked for by number.
    """
    blotter = live_orders(client, desk.account)
    desk.learn(blotter, ())
    shown = {one.order_id for one in blotter.orders}
    told = [order_status(client, number) for number in desk.may_work() if number not in shown]
    more = tuple(one for one in told if one is not None)
    if not more:
        return blotter
    blotter = replace(blotter, orders=(*more, *blotter.orders))
    desk.learn(blotter, ())
    return blotter


def order(client: BrokerClient, desk: Desk, order_id: int) -> Outcome[OrderDetail]:
    """One order in full. Raises NotFoundError ``unknown-order`` when nobody knows it."""
    blotter = listed(client, desk)
    known = blotter.orders
    if all(one.order_id != order_id for one in known):
        told = order_status(client, order_id)
        known = (*known, told) if told is not None else known
    with ContractBook(client) as book:
        rows = rows_of(book, desk, known)
        row = next((one for one in rows if one.order.order_id == order_id), None)
        own = next((one for one in desk.own_orders() if one.order_id == order_id), None)
        if row is None and own is None:
            raise unknown_order(order_id) if blotter.complete else _incomplete(blotter)
        detail = OrderDetail(
            order_id,
            row,
            own or (row.own if row else None),
            tuple(one for one in rows if one.parent_id == order_id),
            tuple(_event(one) for one in desk.history(order_id) if _is_about(one, order_id)),
            client.settings.market_now(),
        )
        alarm = look_at_bare(client, desk, rows)
        return Outcome(detail, (*book.warnings, *alarm.warnings), alarm.error)


def _is_about(entry: Entry, order_id: int) -> bool:
    """Whether it is not about another order of the same bracket."""
    return entry.order_id in {None, order_id}


def _event(entry: Entry) -> OrderEvent:
    """A line of the journal; what is not about placing says what it is about."""
    what = entry.kind.value if entry.act is Act.PLACE else f"{entry.act.value} {entry.kind.value}"
    status = entry.detail.get("status")
    words = " ".join(str(each) for each in (status, entry.cause) if each)
    return OrderEvent(entry.market_at, what, words)


def rows_of(book: ContractBook, desk: Desk, listed: Sequence[LiveOrder]) -> tuple[OrderRow, ...]:
    """A row for each order, in the order given."""
    own = desk.own_orders()
    owned = owners(listed, own)
    above = parents(listed, owned, own)
    known = tradables(book, (conid for one in listed for conid in ratios(one)))
    now = book.client.settings.market_now()
    return tuple(
        OrderRow(
            order=one,
            legs=legs_of(one, known),
            own=owned.get(one.order_id),
            parent_id=above.get(one.order_id),
            role=role_of(one, owned.get(one.order_id), above.get(one.order_id)),
            age=_age(one, now),
        )
        for one in listed
    )


def unknown_order(order_id: int) -> NotFoundError:
    """The error for an order id that neither the broker nor the journal knows."""
    return NotFoundError(
        f"There is no order {order_id} in this account.",
        hint="ibcli orders --all lists those of today; ibcli journal those of other days.",
        code="unknown-order",
    )


def _age(order: LiveOrder, now: datetime) -> Decimal | None:
    if order.updated is None:
        return None
    return max(Decimal(0), Decimal(round((now - order.updated).total_seconds() * 1000)) / 1000)


def _unreadable(blotter: Blotter) -> list[str]:
    rows = [(f"Order {one.order_id}", reason) for one in blotter.orders for reason in one.odd]
    return [f"{name}: {reason} could not be read." for name, reason in rows] + [
        f"An order could not be read: {reason}" for reason in blotter.odd
    ]


def _incomplete(blotter: Blotter) -> IncompleteError:
    if blotter.odd:
        return IncompleteError(
            f"{len(blotter.odd)} of the account's orders could not be read.",
            hint="The warnings say why; look at them in Client Portal.",
            code="orders-incomplete",
        )
    return IncompleteError(
        "The broker had not gathered the account's orders at the deadline: there may be more.",
        hint="Try again, or give it longer with --deadline SECONDS.",
        code="orders-incomplete",
        retryable=True,
    )
