"""Positions whose stop was taken away to close them: written down before, and not forgotten.

Whoever is killed between the two leaves a mark in the journal; those who come later look whether
the position is closed, or protected again, and say so as long as it is neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.portfolio import positions
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.ledger import Act, Kind
from ibcli.domain.standing import LegState
from ibcli.errors import IbcliError, OutcomeUnknownError
from ibcli.trading.journal.journal import Note
from ibcli.trading.tradables import ratios

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.ledger import Entry
    from ibcli.domain.order_list import OrderRow
    from ibcli.trading.placing.desk import Desk

_LAG = timedelta(seconds=60)  # for which the broker's positions may be old
_GOING = frozenset(
    {OrderStatus.PENDING_CANCEL, OrderStatus.PRE_CANCELLED, OrderStatus.INACTIVE}
)  # neither protects nor closes


@dataclass(frozen=True, slots=True)
class Bare:
    """A position without the stops that it had. ``number`` and ``day`` are those of the entry."""

    number: int
    day: date
    conid: int
    words: str
    quantity: Decimal
    stops: tuple[int, ...]
    since: timedelta  # how long ago

    @property
    def sentence(self) -> str:
        """What may be so."""
        stops = ", ".join(map(str, self.stops))
        return (
            f"{self.quantity.normalize():f} {self.words}: closing it was cut short after its stop "
            f"({stops}) was to be cancelled."
        )


@dataclass(frozen=True, slots=True)
class Alarm:
    """Sentences on bare positions, and the error while one of them is not seen to."""

    warnings: tuple[str, ...] = ()
    error: OutcomeUnknownError | None = None
    found: tuple[tuple[Bare, str], ...] = ()  # each that is at risk, with a sentence


def close_job(words: str) -> str:
    """The name of the job that closes a position."""
    return f"close {words}"


def note_bare(
    desk: Desk, day: date, conid: int, words: str, quantity: Decimal, stops: Sequence[int]
) -> None:
    """Write down that stops are about to be taken away. Raises ConfigurationError."""
    named = ", ".join(map(str, stops))
    cause = f"the stop ({named}) of {quantity.normalize():f} {words} is taken away to close it"
    detail = {"conid": conid, "words": words, "quantity": quantity, "stops": list(stops)}
    desk.journal.write(Note(desk.account, day, Act.KEEP, Kind.BARED, cause, detail))


def note_covered(desk: Desk, conid: int, why: str) -> None:
    """Write down that a bare position is so no more; that it cannot be written is a warning."""
    for one in bare_positions(desk):
        if one.conid == conid:
            cause = f"{one.words}: {why}"
            note = Note(desk.account, one.day, Act.KEEP, Kind.COVERED, cause, {"conid": conid})
            try:
                desk.journal.write(note)
            except IbcliError as error:
                desk.warnings.append(error.message)


def bare_positions(desk: Desk) -> tuple[Bare, ...]:
    """Those that nobody has seen closed or protected again."""
    found: dict[int, Entry] = {}
    for entry in desk.journal.entries(account=desk.account, kinds=(Kind.BARED, Kind.COVERED)):
        if entry.kind is Kind.BARED:
            found[entry.detail["conid"]] = entry
        else:
            found.pop(entry.detail["conid"], None)
    now = desk.journal.now()
    return tuple(
        Bare(
            number=entry.number,
            day=entry.day,
            conid=entry.detail["conid"],
            words=entry.detail["words"],
            quantity=Decimal(entry.detail["quantity"]),
            stops=tuple(entry.detail["stops"]),
            since=now - entry.at,
        )
        for entry in found.values()
    )


def look_at_bare(
    client: BrokerClient, desk: Desk, rows: Sequence[OrderRow], but: Iterable[int] = ()
) -> Alarm:
    """Look at each, ``but`` some conids, by the account's orders (``rows``) and positions.

    What is seen to is written down.
    """
    left_out = set(but)
    marks = [one for one in bare_positions(desk) if one.conid not in left_out]
    if not marks:
        return Alarm()
    warnings: list[str] = []
    found: list[tuple[Bare, str]] = []
    try:
        held = {one.conid: one.quantity for one in positions(client, desk.account, fresh=True).rows}
    except IbcliError as error:
        warnings.append(f"What is left of positions is not known: {error.message}")
        held = {one.conid: one.quantity for one in marks}
    for one in marks:
        left = held.get(one.conid, Decimal(0))
        why = _covered(client, desk, one, left, rows)
        if why is not None:
            if why:
                note_covered(desk, one.conid, why)
        elif closing := _closing(one, left, rows):
            warnings.append(f"{one.words} has no stop until its close (order {closing}) is filled.")
        else:
            found.append((one, f"{one.sentence} {left.normalize():f} STAND UNPROTECTED."))
            warnings.append(found[-1][1])
    return Alarm(tuple(warnings), _unprotected(found) if found else None, tuple(found))


def _covered(
    client: BrokerClient, desk: Desk, one: Bare, left: Decimal, rows: Sequence[OrderRow]
) -> str | None:
    """Why nothing is at risk any more, empty while that may be an error; None: it is at risk."""
    if _closed_since(desk, one):
        return "closed"
    if left * one.quantity <= 0:
        is_sure = one.since >= _LAG / client.settings.haste
        return "nothing of it is left" if is_sure else ""
    guards = [row for row in rows if _works_against(row, one.conid, left) and _has_trigger(row)]
    if sum((_units(row, one.conid) for row in guards), Decimal(0)) >= abs(left):
        return f"order {guards[0].order.order_id} protects it"
    return None


def _closed_since(desk: Desk, one: Bare) -> bool:
    """Whether a close of ours that was sent after the mark is filled."""
    standing = desk.standing(close_job(one.words), one.day)
    if standing is None or standing.legs[0].state is not LegState.FILLED:
        return False
    entries = desk.journal.entries(account=desk.account, intents=[standing.legs[0].intent])
    return any(each.kind is Kind.SENDING and each.number > one.number for each in entries)


def _closing(one: Bare, left: Decimal, rows: Sequence[OrderRow]) -> int | None:
    works = (row for row in rows if _works_against(row, one.conid, left) and not _has_trigger(row))
    single = (row.order.order_id for row in works if len(row.order.conids) == 1)
    return next(single, None)


def _works_against(row: OrderRow, conid: int, left: Decimal) -> bool:
    order = row.order
    if not row.is_open or order.status in _GOING or order.side is None:
        return False
    return ratios(order).get(conid, 0) * order.side.sign * left < 0


def _has_trigger(row: OrderRow) -> bool:
    return row.order.type is not None and row.order.type.has_trigger


def _units(row: OrderRow, conid: int) -> Decimal:
    order = row.order
    quantity = order.remaining if order.remaining is not None else order.quantity
    return (quantity or Decimal(0)) * abs(ratios(order).get(conid, 0))


def _unprotected(found: Sequence[tuple[Bare, str]]) -> OutcomeUnknownError:
    named = " ".join(f'"{one.words}"' for one, _ in found)
    return OutcomeUnknownError(
        " ".join(sentence for _, sentence in found),
        hint=f"Finish it: ibcli close {named}; or give it a stop.",
        code="close-unfinished",
    )
