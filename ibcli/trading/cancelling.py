"""Cancelling orders: entries take their protection with them, and what protects is not lost unsaid.

A cancel may come too late: each order is watched until it has ended, one way or the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ibcli.broker.blotter import order_status
from ibcli.broker.contract_book import ContractBook
from ibcli.broker.portfolio import positions
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.changes import Became, Cancelling, CancelRow
from ibcli.domain.order_list import OrderRow, in_families
from ibcli.domain.orders import Side
from ibcli.errors import (
    GuardError,
    IbcliError,
    IncompleteError,
    LoginError,
    NotFoundError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from ibcli.trading.blotter import listed, rows_of, unknown_order
from ibcli.trading.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import LiveOrder
    from ibcli.trading.placing.desk import Desk

PAUSE = 0.5  # seconds between looks at an order that is being cancelled
_WITH_ENTRY = 5.0  # seconds in which the broker cancels the children of an entry


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


def survey(client: BrokerClient, desk: Desk, which: Which) -> Survey:
    """What ``cancel`` would cancel; nothing is sent. Raises as it does."""
    with ContractBook(client) as book:
        return _survey(book, desk, which)


def cancel(
    client: BrokerClient, desk: Desk, which: Which, *, yes: bool = False
) -> Outcome[Cancelling]:
    """Cancel what is meant, and tell what became of each. Safe to repeat.

    What protects a short position, or an entry that stays, is cancelled only with ``yes``: else
    GuardError ``guard-protection``, and nothing is sent. Raises NotFoundError ``unknown-order``,
    ``unknown-job``.
    """
    with desk.alone(settled=False), ContractBook(client) as book:
        found = _survey(book, desk, which)
        if found.guarding and not yes:
            raise _protection(found.guarding)
        rows = _cancel_all(client, desk, found)
        errors = filter(None, map(_error, rows))
        warnings = (*desk.warnings, *book.warnings)
        return Outcome(Cancelling(rows), warnings, next(errors, None))


def _survey(book: ContractBook, desk: Desk, which: Which) -> Survey:
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
    stops = [row for row in rows if row.order.order_id in named and _may_guard(row)]
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


def _may_guard(row: OrderRow) -> bool:
    """Whether it is a stop that buys, or may be one."""
    kind = row.order.type
    triggered = kind is None or kind.has_trigger
    buys = row.order.side is not Side.SELL or len(row.order.conids) > 1
    return row.is_open and triggered and buys


def _cancel_all(client: BrokerClient, desk: Desk, found: Survey) -> tuple[CancelRow, ...]:
    """Entries first; a child is cancelled by itself only if it outlives its entry."""
    done: dict[int, CancelRow] = {}
    for row in sorted(found.rows, key=lambda row: row.parent_id is not None):
        order_id = row.order.order_id
        entry = done.get(row.parent_id) if row.parent_id is not None else None
        gone = _with_entry(client, row, entry, found) if entry is not None else None
        done[order_id] = gone or _cancelled(client, desk, row)
    return tuple(done[row.order.order_id] for row in found.rows)


def _with_entry(
    client: BrokerClient, row: OrderRow, entry: CancelRow, found: Survey
) -> CancelRow | None:
    """What became of a child by its entry's cancel; None: it must be cancelled by itself.

    A stop stays while its entry may be filled, and if it has been filled unforeseen.
    """
    worked = {one.order.order_id for one in found.rows if one.is_open}
    if not row.is_open or entry.order_id not in worked:
        return None
    filled = entry.row.order.filled if entry.row else None
    over = entry.row is not None and not entry.row.is_open
    named = row.order.order_id in found.named
    if over and not filled:
        row = followed(client, row, seconds=_WITH_ENTRY / client.settings.haste)
        return None if row.is_open else _row(row, entry.order_id)
    if over and named and (row in found.guarding or not _may_guard(row)):
        return None
    row = followed(client, row, seconds=0)
    words = f"It protects the {filled} that were filled."
    if not over:
        words = f"It stays while its entry {entry.order_id} may be filled."
    error = _stays(row, words) if named else None
    return CancelRow(row.order.order_id, Became.STAYS, row, entry.order_id, words, error)


def _stays(row: OrderRow, words: str) -> GuardError:
    return GuardError(
        f"Order {row.order.order_id} was not cancelled. {words}",
        hint=f"To cancel it all the same: ibcli cancel {row.order.order_id} --yes",
        code="guard-protection",
    )


def _cancelled(client: BrokerClient, desk: Desk, row: OrderRow) -> CancelRow:
    order_id = row.order.order_id
    if not row.is_open:
        words = "It had been filled." if row.order.status is OrderStatus.FILLED else ""
        return CancelRow(order_id, Became.ALREADY, row, text=words)
    try:
        outcome = desk.cancel(order_id)
    except (UnreachableError, IncompleteError, RefusedError, LoginError) as exc:
        return CancelRow(order_id, Became.NOT_SENT, row, text=exc.message, error=exc)
    seen = row if outcome.status is None else _with_status(row, outcome.status)
    if isinstance(outcome.error, OutcomeUnknownError):
        words = outcome.error.message
        return CancelRow(order_id, Became.UNKNOWN, seen, text=words, error=outcome.error)
    if not outcome.done and seen.is_open:
        words = outcome.text or (outcome.error.message if outcome.error else "")
        return CancelRow(order_id, Became.REFUSED, seen, text=words, error=outcome.error)
    found = _row(followed(client, seen))
    return replace(found, became=Became.ALREADY) if outcome.already else found


def _row(row: OrderRow, with_id: int | None = None) -> CancelRow:
    """What an order has come to after its cancel was taken in."""
    order_id, status = row.order.order_id, row.order.status
    if status is OrderStatus.FILLED:
        words = "It was filled before the cancel reached it."
        return CancelRow(order_id, Became.FILLED, row, with_id, words)
    if status.is_final:
        part = f"{row.order.filled} were filled before." if row.order.filled else ""
        return CancelRow(order_id, Became.CANCELLED, row, with_id, part)
    words = "The broker has taken in the cancel and not carried it out yet."
    return CancelRow(order_id, Became.PENDING, row, with_id, words)


def followed(client: BrokerClient, row: OrderRow, seconds: float | None = None) -> OrderRow:
    """The row as the broker tells it once the order has ended, or after so many seconds.

    None: until the deadline. A look that fails leaves it as it was.
    """
    deadline = client.deadline
    end = deadline.clock() + (deadline.remaining if seconds is None else seconds)
    while True:
        try:
            told = order_status(client, row.order.order_id)
        except (RefusedError, UnreachableError, IncompleteError):
            return row
        if told is not None:
            row = _with_status(row, told.status, told.filled, told.average_price)
        if not row.is_open or deadline.clock() >= end or deadline.passed:
            return row
        deadline.sleep(PAUSE / client.settings.haste)


def _with_status(row: OrderRow, status: OrderStatus, *filled: object) -> OrderRow:
    changes: dict[str, object] = {"status": status}
    if filled:
        known = zip(("filled", "average_price"), filled, strict=True)
        changes |= {name: value for name, value in known if value is not None}
    return replace(row, order=replace(row.order, **changes))  # type: ignore[arg-type]


def _protection(guarding: Sequence[OrderRow]) -> GuardError:
    named = ", ".join(f"{row.order.order_id} ({row.words})" for row in guarding)
    return GuardError(
        f"These orders protect what is sold short: {named}. Nothing was cancelled.",
        hint="Add --yes to cancel them all the same, or close the positions: ibcli close",
        code="guard-protection",
    )


def _error(row: CancelRow) -> IbcliError | None:
    """What to report beside the rows."""
    if row.error is not None:
        return row.error
    if row.became is Became.REFUSED:
        return RefusedError(
            f"Order {row.order_id} was not cancelled: {row.text or 'the broker refuses'}",
            hint=f"See where it stands: ibcli orders {row.order_id}",
            code="cancel-refused",
        )
    if row.became is Became.PENDING:
        return IncompleteError(
            f"Order {row.order_id} is not cancelled yet: it may still be filled.",
            hint="Look again: ibcli orders; ibcli cancel may be repeated.",
            code="cancel-pending",
            retryable=True,
        )
    return None
