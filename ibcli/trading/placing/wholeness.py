"""A bracket is never left half: its stop is at the broker too, or that is said and dealt with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions, live_orders
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.ledger import Kind
from ibcli.domain.orders import Role
from ibcli.errors import IbcliError, OutcomeUnknownError, RefusedError
from ibcli.trading.placing.finding import find

if TYPE_CHECKING:
    from ibcli.domain.standing import StandingLeg, TicketState
    from ibcli.trading.journal.reading import Intent
    from ibcli.trading.placing.workplace import Workplace

_DEAD = frozenset({OrderStatus.INACTIVE, OrderStatus.CANCELLED, OrderStatus.FAILED})
_LOOKS = 2


def lacking(leg: StandingLeg) -> tuple[TicketState, ...]:
    """The children that should protect a leg's entry and do not; empty when all is well.

    Children die with an entry that dies unfilled, and one that was filled takes the others along.
    """
    entry = leg.entry
    children = leg.orders[1:]
    opened = (entry.filled or 0) > 0
    if (entry.status in _DEAD and not opened) or not leg.state.is_placed:
        return ()
    if any(child.status is OrderStatus.FILLED for child in children):
        return ()
    return tuple(c for c in children if c.order_id is None or c.status in _DEAD)


def see_whole(work: Workplace, intent: Intent) -> None:
    """See that a placed bracket has all its orders; look for those that were not told.

    Raises RefusedError ``stop-refused`` (the entry was cancelled again) or OutcomeUnknownError
    ``bracket-incomplete``.
    """
    leg = work.leg(intent)
    if not lacking(leg):
        return
    work.client.deadline.extend()  # what may be without its stop is not left for want of time
    if any(child.order_id is None and child.status not in _DEAD for child in leg.orders[1:]):
        leg = _looked_for(work, intent)
    missing = lacking(leg)
    if missing:
        _half(work, intent, leg, missing)


def _looked_for(work: Workplace, intent: Intent) -> StandingLeg:
    """The leg after its children were looked for twice."""
    for number in range(_LOOKS):
        try:
            if number:
                work.client.deadline.sleep(work.handled_by)
            blotter = live_orders(work.client, work.account)
            trades = executions(work.client, work.account, days=1)
        except IbcliError as error:
            raise _incomplete(work, intent, error.message.rstrip(".")) from None
        found = find(work.leg(intent).bracket, blotter.orders, trades.rows)
        if found is not None:
            work.note(
                intent,
                Kind.ACKNOWLEDGED,
                "its children were looked for",
                orders=[seen.document for seen in found.orders],
            )
        leg = work.leg(intent)
        if not lacking(leg):
            return leg
        if not blotter.complete or blotter.odd:
            raise _incomplete(work, intent, "the broker's list of orders cannot be read in full")
    return leg


def _half(
    work: Workplace, intent: Intent, leg: StandingLeg, missing: tuple[TicketState, ...]
) -> None:
    """An entry without its stop: cancel it again while it is not filled. Always raises."""
    from ibcli.trading.placing.cancelling import cancel_order

    names = " and ".join(child.role.value for child in missing)
    said = "; ".join(dict.fromkeys(child.text for child in missing if child.text))
    why = f"its {names} is not at the broker{f' ({said})' if said else ''}"
    work.note(intent, Kind.INCOMPLETE, why)
    if leg.entry.filled or leg.entry.order_id is None:
        raise _incomplete(work, intent, why)
    outcome = cancel_order(work, leg.entry.order_id)
    if not outcome.done or outcome.error is not None or outcome.status not in _DEAD:
        raise _incomplete(work, intent, why)
    raise RefusedError(
        f"The entry for {leg.bracket.entry.words} was taken, but {why}: "
        "the entry was cancelled again.",
        hint="ibcli orders shows what there is; --again places another.",
        code="stop-refused",
    )


def _incomplete(work: Workplace, intent: Intent, why: str) -> OutcomeUnknownError:
    leg = work.leg(intent)
    work.warnings.append(f"{leg.bracket.entry.words} may be without its {Role.STOP.value}.")
    return OutcomeUnknownError(
        f"The entry for {leg.bracket.entry.words} (order {leg.entry.order_id}) stands, but {why}.",
        hint=f"See to it now: ibcli orders {leg.entry.order_id}; then ibcli cancel "
        f"{leg.entry.order_id}, or ibcli close it if it is filled.",
        code="bracket-incomplete",
    )
