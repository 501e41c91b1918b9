"""The differences between the journal and the broker; nothing is asked or written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.blotter import ExecutionSide, OrderStatus
from ibcli.domain.differences import Difference, DifferenceKind
from ibcli.domain.orders import OrderType, Role
from ibcli.domain.standing import LegState
from ibcli.trading.placing.wholeness import lacking
from ibcli.trading.reconciling.books import as_shown, expected_positions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ibcli.domain.blotter import Execution, LiveOrder
    from ibcli.domain.standing import StandingLeg, TicketState
    from ibcli.trading.reconciling.books import Kept, OwnLeg, Shown

_PROTECTS = frozenset({OrderType.STP, OrderType.STOP_LIMIT, OrderType.TRAIL, OrderType.TRAILLMT})


def differences(kept: Kept, shown: Shown, today: date) -> tuple[Difference, ...]:
    """Every difference, doubts and dangers first. ``today`` is the market's day in New York."""
    return (
        *_doubts(kept),
        *_protection(kept, shown, today),
        *_statuses(kept, shown, today),
        *_fills(kept, shown),
        *_strangers(kept, shown),
        *_positions(kept, shown, today),
    )


def is_ours(kept: Kept, execution: Execution) -> bool:
    """Whether an execution is of an order of ours, or ends what we traded."""
    if kept.owner(execution.order_id, execution.coid) is not None:
        return True
    if execution.side is ExecutionSide.EXPIRED:
        return execution.conid in kept.tradables()
    return is_assignment(kept, execution)


def is_assignment(kept: Kept, execution: Execution) -> bool:
    """Whether shares moved without any order, in what an option of ours stands for."""
    if execution.order_id is not None or execution.coid is not None:
        return False
    return execution.conid in {one.underlying_conid for one in kept.tradables().values()}


def unknown_executions(kept: Kept, shown: Shown) -> tuple[Execution, ...]:
    """Those that the journal does not hold, each once."""
    found = {e.execution_id: e for e in shown.executions if e.execution_id not in kept.executions}
    return tuple(found.values())


def _doubts(kept: Kept) -> Iterator[Difference]:
    for own in kept.legs:
        if own.leg.state is LegState.UNKNOWN:
            text = f"nobody knows whether it was placed: {own.leg.reason}"
            yield _of(DifferenceKind.UNKNOWN, own, text)


def _of(kind: DifferenceKind, own: OwnLeg, text: str, order_id: int | None = None) -> Difference:
    return Difference(
        kind,
        own.leg.bracket.entry.words,
        text,
        order_id=order_id,
        job=own.intent.job,
        coid=own.intent.coid,
    )


def _protection(kept: Kept, shown: Shown, today: date) -> Iterator[Difference]:
    for own in kept.legs:
        leg = as_shown(own, shown, today)
        missing = [c for c in lacking(leg) if c.role is Role.STOP]
        if missing and _is_open(leg, shown) and not _is_protected(leg, shown):
            text = f"its stop is {_named(missing[0])}, and the entry {_named(leg.entry)} stands"
            yield _of(DifferenceKind.ENTRY_WITHOUT_STOP, own, text, leg.entry.order_id)
        for child in leg.orders[1:]:
            if _is_alive(child) and child.role.is_protection and not _is_open(leg, shown):
                text = f"{child.role.value} {_named(child)} works, and there is nothing to protect"
                yield _of(DifferenceKind.STOP_WITHOUT_ENTRY, own, text, child.order_id)


def _named(order: TicketState) -> str:
    if order.order_id is None:
        return "not at the broker"
    return f"{order.order_id} ({order.status.value if order.status else 'not known'})"


def _is_alive(order: TicketState) -> bool:
    return order.order_id is not None and order.status is not None and order.status.is_working


def _is_open(leg: StandingLeg, shown: Shown) -> bool:
    """Whether the entry still works, or what it opened is still held."""
    if _is_alive(leg.entry):
        return True
    if not leg.entry.filled:
        return False
    entry = leg.bracket.entry
    return all(
        shown.quantity(part.tradable.conid) * part.ratio * entry.side.sign > 0
        for part in entry.legs
    )


def _is_protected(leg: StandingLeg, shown: Shown) -> bool:
    """Whether another order at the broker does what the missing stop was to do."""
    entry = leg.bracket.entry
    conids = {part.tradable.conid for part in entry.legs}
    return any(
        order.status.is_working
        and order.type in _PROTECTS
        and order.side is entry.side.opposite
        and set(order.conids) == conids
        for order in shown.orders
    )


def _statuses(kept: Kept, shown: Shown, today: date) -> Iterator[Difference]:
    """What ended, and how much was filled, without the journal knowing."""
    missed = {execution.order_id for execution in unknown_executions(kept, shown)}
    for own in kept.legs:
        if not own.leg.state.is_placed:
            continue
        now = as_shown(own, shown, today)
        for before, after in zip(own.leg.orders, now.orders, strict=True):
            if before.order_id is None or before.order_id in missed:
                continue
            more = (after.filled or 0) != (before.filled or 0)
            if more or _has_ended(after) != _has_ended(before):
                text = f"order {_named(after)}, in the journal {_named(before)}"
                yield _of(DifferenceKind.STATUS_MISSED, own, text, before.order_id)
            elif not _has_ended(before) and shown.order(before.order_id) is None:
                text = f"the broker does not list order {_named(before)}"
                yield _of(DifferenceKind.ORDER_GONE, own, text, before.order_id)


def _has_ended(order: TicketState) -> bool:
    return order.status is not None and (
        order.status.is_final or order.status is OrderStatus.INACTIVE
    )


def _fills(kept: Kept, shown: Shown) -> Iterator[Difference]:
    known = kept.tradables()
    for execution in unknown_executions(kept, shown):
        ours = is_ours(kept, execution)
        own = kept.owner(execution.order_id, execution.coid) if ours else None
        yield Difference(
            DifferenceKind.FILL_MISSED if ours else DifferenceKind.FILL_NOT_OURS,
            known[execution.conid].words
            if execution.conid in known
            else execution.words or execution.symbol or f"conid {execution.conid}",
            _told(kept, execution),
            order_id=execution.order_id,
            conid=execution.conid,
            execution_id=execution.execution_id,
            job=own.intent.job if own else None,
            coid=execution.coid,
        )


def _told(kept: Kept, execution: Execution) -> str:
    did = {"B": "bought", "S": "sold", "X": "expired"}[execution.side.value]
    price = f" at {execution.price}" if execution.price is not None else ""
    why = ", exercised or assigned" if is_assignment(kept, execution) else ""
    return f"{did} {execution.size.normalize():f}{price}{why}"


def _strangers(kept: Kept, shown: Shown) -> Iterator[Difference]:
    for order in shown.orders:
        known = order.order_id in kept.noted_orders or kept.owner(order.order_id, order.coid)
        if known or not (order.status.is_working or order.filled):
            continue
        yield Difference(
            DifferenceKind.ORDER_NOT_OURS,
            order.words or order.symbol or "?",
            _order_words(order),
            order_id=order.order_id,
            coid=order.coid,
        )


def _order_words(order: LiveOrder) -> str:
    told = (order.side, order.quantity, order.type, order.limit or order.trigger)
    words = " ".join(str(word) for word in told if word is not None)
    return f"order {order.order_id} {words}, {order.status.value}"


def _positions(kept: Kept, shown: Shown, today: date) -> Iterator[Difference]:
    expected = expected_positions(kept, unknown_executions(kept, shown))
    ours = kept.tradables()
    names = {one.conid: one.words for one in shown.positions}
    names |= {conid: tradable.words for conid, tradable in ours.items()}
    for conid in dict.fromkeys((*expected, *(one.conid for one in shown.positions))):
        should, held = expected.get(conid, 0), shown.quantity(conid)
        expiry = ours[conid].expiry if conid in ours else None
        if should == held or (held == 0 and expiry is not None and expiry < today):
            continue
        yield Difference(
            DifferenceKind.POSITION_DIFFERS,
            names.get(conid, f"conid {conid}"),
            f"held: {held.normalize():f}, by the journal: {should:f}",
            conid=conid,
            journal=held * 0 + should,
            broker=held,
        )
