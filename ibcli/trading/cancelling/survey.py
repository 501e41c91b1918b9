"""Which orders are to be cancelled, and what would be unprotected without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.broker.blotter import order_status
from ibcli.broker.portfolio import positions
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.order_list import OrderRow, in_families
from ibcli.domain.orders import Side
from ibcli.errors import (
    IncompleteError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from ibcli.trading.blotter import listed, rows_of, unknown_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.broker.client import BrokerClient
    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.blotter import LiveOrder
    from ibcli.trading.placing.desk import Desk


@dataclass(frozen=True, slots=True)
class Which:
    """Orders by exactly one of: their ids, their job, their underlying, or all that are open."""

    ids: tuple[int, ...] = ()
    job: str | None = None
    symbol: str | None = None
    everything: bool = False

    def check(self) -> None:
        """Raise UsageError unless they are named in exactly one way."""
        ways = bool(self.ids) + (self.job is not None) + (self.symbol is not None)
        if ways + self.everything != 1:
            raise UsageError(
                "Name the orders in exactly one way: ID..., --job, --symbol or --all.",
                hint="Example: ibcli cancel 912091175",
            )

    def takes(self, row: OrderRow) -> bool:
        """Whether a row is meant."""
        if self.ids:
            return row.order.order_id in self.ids
        if self.job is not None:
            return row.own is not None and row.own.job == self.job
        return self.everything or self.symbol in row.symbols


@dataclass(frozen=True, slots=True)
class Survey:
    """The orders that are meant, each entry's children with it; some of them named themselves."""

    rows: tuple[OrderRow, ...]
    named: frozenset[int]
    guarding: tuple[OrderRow, ...]  # without which something would be unprotected


def survey(book: ContractBook, desk: Desk, which: Which) -> Survey:
    """The orders that are meant. Raises NotFoundError ``unknown-order``, ``unknown-job``,
    IncompleteError when the account's orders are not known in full.
    """
    if which.job is not None and all(one.job != which.job for one in desk.own_orders()):
        raise NotFoundError(
            f"The journal knows no job {which.job!r}: nothing was cancelled.",
            hint="ibcli journal and ibcli orders name the jobs.",
            code="unknown-job",
        )
    rows = in_families(rows_of(book, desk, _listed(book.client, desk, which)))
    named = frozenset(
        row.order.order_id for row in rows if which.takes(row) and (which.ids or _works(row))
    )
    ending = {row.order.order_id for row in rows if row.is_open} & named
    meant = tuple(
        row
        for row in rows
        if row.order.order_id in named or (row.parent_id in ending and row.is_open)
    )
    return Survey(meant, named, _guarding(book, desk, rows, named))


def _works(row: OrderRow) -> bool:
    """Whether there is something to cancel: what was left at a question cannot be cancelled."""
    return row.is_open and row.order.status is not OrderStatus.INACTIVE


def _listed(client: BrokerClient, desk: Desk, which: Which) -> list[LiveOrder]:
    """The orders of today, and those that are named though they are not listed."""
    blotter = listed(client, desk)
    if not blotter.complete and not which.ids:
        raise IncompleteError(
            "The broker had not gathered the account's orders at the deadline; "
            "nothing was cancelled.",
            hint="Try again, or name the orders by their ids.",
            code="orders-incomplete",
            retryable=True,
        )
    known = list(blotter.orders)
    for order_id in which.ids:
        if all(one.order_id != order_id for one in known):
            told = order_status(client, order_id)
            if told is None:
                raise unknown_order(order_id)
            known.append(told)
    return known


def _guarding(
    book: ContractBook, desk: Desk, rows: Sequence[OrderRow], named: frozenset[int]
) -> tuple[OrderRow, ...]:
    """The named stops without which a short position, or an entry that stays, has none."""
    stops = [row for row in rows if row.order.order_id in named and may_guard(row)]
    if not stops:
        return ()
    staying = {row.order.order_id for row in rows if row.is_open} - named
    try:
        held = positions(book.client, desk.account)
        short = {one.conid for one in held.rows if one.quantity < 0}
    except (RefusedError, UnreachableError, IncompleteError) as exc:
        book.warnings.append(f"Whether these orders protect a position is not known: {exc.message}")
        return tuple(stops)
    return tuple(row for row in stops if short & set(row.order.conids) or row.parent_id in staying)


def may_guard(row: OrderRow) -> bool:
    """Whether it is a stop that buys, or may be one."""
    kind = row.order.type
    triggered = kind is None or kind.has_trigger
    buys = row.order.side is not Side.SELL or len(row.order.conids) > 1
    return row.is_open and triggered and buys
