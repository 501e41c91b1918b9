"""What a read has shown of our own orders, written into the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.blotter import ExecutionSide, OrderStatus
from ibcli.domain.ledger import Act, Kind
from ibcli.trading.journal.coded import decimal_from
from ibcli.trading.journal.folding import legs_of
from ibcli.trading.journal.journal import Note
from ibcli.trading.placing.finding import seen_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from ibcli.domain.blotter import Execution, LiveOrder
    from ibcli.domain.standing import OwnOrder, TicketState
    from ibcli.trading.journal.reading import Intent
    from ibcli.trading.placing.finding import Seen
    from ibcli.trading.placing.workplace import Workplace

ENDED = "without an order: expired, exercised or assigned"


def fill_notes(
    work: Workplace, intent: Intent, fills: Iterable[tuple[int, Execution]]
) -> Iterator[Note]:
    """Entries for fills of a leg's orders; those already in the journal are left out there."""
    for place, execution in fills:
        yield from execution_notes(
            work.account, intent.day, execution, intent=intent.id, place=place
        )


def execution_notes(
    account: str,
    day: date,
    execution: Execution,
    *,
    intent: int | None = None,
    place: int | None = None,
    cause: str = "",
    act: Act = Act.PLACE,
) -> Iterator[Note]:
    """A fill; and its commission, which may come later than the fill itself."""
    detail = execution_document(execution) | {"place": place}
    words = cause or _words(execution)
    about = {"intent": intent, "order_id": execution.order_id}
    known = {name: value for name, value in detail.items() if value is not None}
    name = execution.execution_id
    yield Note(account, day, act, Kind.FILL, words, known, execution_id=name, **about)
    if execution.commission is not None:
        paid = {"commission": execution.commission}
        yield Note(
            account, day, act, Kind.COMMISSION, "told later", paid, execution_id=name, **about
        )


def execution_document(execution: Execution) -> dict[str, Any]:
    """An execution as plain values, without its commission: that has an entry of its own."""
    return {
        "conid": execution.conid,
        "side": execution.side.value,
        "size": execution.size,
        "price": execution.price,
        "at": execution.at,
        "coid": execution.coid,
        "symbol": execution.symbol,
        "sec_type": execution.sec_type,
        "words": execution.words,
    }


def _words(execution: Execution) -> str:
    named = execution.words or execution.symbol or f"conid {execution.conid}"
    price = f" at {execution.price}" if execution.price is not None else ""
    return f"{execution.side.value} {execution.size} {named}{price}"


def learn(
    work: Workplace,
    orders: Sequence[LiveOrder],
    executions: Sequence[Execution],
    among: Iterable[int] | None = None,
) -> int:
    """Write what is new of our own orders: statuses, fills, and the end of what they traded.

    ``among``: the intents whose orders these are, where that is known. Returns the number of
    entries.

    An order that is in doubt is left to be settled by who holds the account's lock.
    """
    ids = {order.order_id for order in orders}
    ids |= {each.order_id for each in executions if each.order_id is not None}
    owned = work.owned(ids, among)
    traded = _traded(work) if any(e.side is ExecutionSide.EXPIRED for e in executions) else set()
    legs = _states(work, {one.intent for one in owned.values()})
    notes: list[Note] = []
    for order in orders:
        own = owned.get(order.order_id)
        if own is not None:
            notes += status_notes(work.account, own, legs[own.intent][own.place], order)
    for execution in executions:
        own = owned.get(execution.order_id) if execution.order_id is not None else None
        if own is not None:
            notes += execution_notes(
                work.account, own.day, execution, intent=own.intent, place=own.place
            )
        elif execution.side is ExecutionSide.EXPIRED and execution.conid in traded:
            notes += execution_notes(work.account, work.today, execution, cause=ENDED, act=Act.KEEP)
    return work.journal.write_new(notes) if notes else 0


def _traded(work: Workplace) -> set[int]:
    """The conids of all that ibcli ever ordered in this account."""
    return {leg.tradable.conid for one in work.own_orders() for leg in one.ticket.legs}


def _states(work: Workplace, numbers: set[int]) -> dict[int, tuple[TicketState, ...]]:
    """What the journal knows of the orders of these intents."""
    intents = work.journal.intents(work.account, numbers=numbers)
    entries = work.journal.entries(account=work.account, intents=numbers)
    return {leg.intent: leg.orders for leg in legs_of(intents, entries)}


def status_notes(
    account: str, own: OwnOrder, known: TicketState, order: LiveOrder
) -> Iterator[Note]:
    """An entry if the status, or how much is filled, is another than the journal has."""
    seen = seen_of(own.place, order)
    if is_news(known, seen):
        yield Note(
            account,
            own.day,
            Act.PLACE,
            Kind.STATUS,
            order.reason or "",
            {name: value for name, value in seen.document.items() if value is not None},
            intent=own.intent,
            order_id=order.order_id,
        )


def is_news(known: TicketState, seen: Seen) -> bool:
    """Whether what is seen says more than what is known; a filled order stays one."""
    if seen.status is OrderStatus.UNKNOWN or known.status is OrderStatus.FILLED:
        return False
    filled = decimal_from(str(seen.filled)) if seen.filled is not None else known.filled
    return seen.status is not known.status or (filled or 0) > (known.filled or 0)
