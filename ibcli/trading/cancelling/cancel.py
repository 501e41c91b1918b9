"""Cancelling orders: entries take their protection with them, and what protects is not lost unsaid.

A cancel may come too late: each order is watched until it has ended, one way or the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ibcli.broker.contract_book import ContractBook
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.changes import Became, Cancelling, CancelRow
from ibcli.errors import (
    GuardError,
    IbcliError,
    IncompleteError,
    LoginError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from ibcli.trading.cancelling.following import followed, with_status
from ibcli.trading.cancelling.survey import may_guard, survey
from ibcli.trading.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.order_list import OrderRow
    from ibcli.trading.cancelling.survey import Survey, Which
    from ibcli.trading.placing.desk import Desk

_WITH_ENTRY = 5.0  # seconds in which the broker cancels the children of an entry


def plan(client: BrokerClient, desk: Desk, which: Which) -> Survey:
    """What ``cancel`` would cancel; nothing is sent. Raises as it does."""
    with ContractBook(client) as book:
        return survey(book, desk, which)


def cancel(
    client: BrokerClient, desk: Desk, which: Which, *, yes: bool = False
) -> Outcome[Cancelling]:
    """Cancel what is meant, and tell what became of each. Safe to repeat.

    What protects a short position, or an entry that stays, is cancelled only with ``yes``: else
    GuardError ``guard-protection``, and nothing is sent. Raises NotFoundError ``unknown-order``,
    ``unknown-job``.
    """
    with desk.alone(settled=False), ContractBook(client) as book:
        found = survey(book, desk, which)
        if found.guarding and not yes:
            raise _protection(found.guarding)
        rows = _cancel_all(client, desk, found)
        errors = filter(None, map(_error, rows))
        warnings = (*desk.warnings, *book.warnings)
        return Outcome(Cancelling(rows), warnings, next(errors, None))


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
    if over and named and (row in found.guarding or not may_guard(row)):
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
    seen = row if outcome.status is None else with_status(row, outcome.status)
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


def _protection(guarding: Sequence[OrderRow]) -> GuardError:
    named = ", ".join(f"{row.order.order_id} ({row.words})" for row in guarding)
    return GuardError(
        f"These orders protect what is sold short, or may yet be: {named}. Nothing was cancelled.",
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
