"""What becomes of the legs that were placed when another one was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.ledger import Kind
from ibcli.domain.orders import Bracket, OrderType, Role, Ticket, Tif
from ibcli.domain.standing import CLOSING, LegState
from ibcli.domain.wishes import IfLegFails
from ibcli.errors import IbcliError, OutcomeUnknownError, RefusedError
from ibcli.trading.halt import check_halt
from ibcli.trading.placing.cancelling import cancel_order
from ibcli.trading.placing.claiming import claimed
from ibcli.trading.placing.learning import learn
from ibcli.trading.placing.plan import Plan, PlannedLeg
from ibcli.trading.placing.posting import Shot, post_leg

if TYPE_CHECKING:
    from ibcli.domain.standing import Standing, StandingLeg
    from ibcli.trading.placing.workplace import Workplace

_DONE = frozenset({OrderStatus.CANCELLED, OrderStatus.FAILED, OrderStatus.FILLED})


@dataclass(frozen=True, slots=True)
class Failure:
    """A leg that was not placed, and why."""

    leg: PlannedLeg
    error: IbcliError


def after_failures(
    work: Workplace, plan: Plan, failures: list[Failure], placed: list[StandingLeg]
) -> IbcliError:
    """Do to the placed legs what the plan says; the error to report, never none."""
    if len(failures) == 1 and not placed:
        return failures[0].error
    if placed and plan.if_leg_fails is not IfLegFails.KEEP:
        _abandon(work, plan)
    done = [_undone(work, plan, leg) for leg in placed if plan.if_leg_fails is not IfLegFails.KEEP]
    words = [failure.error.message for failure in failures]
    words += [each.words for each in done]
    if placed and plan.if_leg_fails is IfLegFails.KEEP:
        names = ", ".join(leg.bracket.entry.words for leg in placed)
        words.append(f"Kept as --if-leg-fails says: {names}.")
    first = failures[0].error
    if any(each.in_doubt for each in done) and not isinstance(first, OutcomeUnknownError):
        return _not_undone(words)
    error = type(first)(" ".join(words), hint=first.hint, code=first.code)
    error.retryable = first.retryable
    return error


def _not_undone(words: list[str]) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        " ".join(words),
        hint="The same command goes on undoing it. Or see to it now: ibcli orders, ibcli "
        "positions.",
        code="leg-not-undone",
        retryable=True,
    )


def _abandon(work: Workplace, plan: Plan) -> None:
    """Give up what was not placed, before the rest is undone: a repeat must not send it alone."""
    for intent in work.journal.intents(work.account, day=plan.day, job=plan.job, run=plan.run):
        leg = work.leg(intent)
        if leg.state.is_unfinished:
            work.note(intent, Kind.ABANDONED, leg.reason, way=plan.if_leg_fails.value)


def undo_rest(work: Workplace, standing: Standing) -> IbcliError:
    """Finish undoing a run that was given up, as it was said then; the error to report.

    A process may have been ended while it undid it; what is undone already is left as it is.
    """
    plan = Plan(
        job=standing.job,
        day=standing.day,
        run=standing.run,
        command=standing.command,
        legs=(),
        if_leg_fails=_way(work, standing),
    )
    _abandon(work, plan)
    left = [leg for leg in standing.legs if _is_left(leg, standing, plan.if_leg_fails)]
    done = [_undone(work, plan, leg) for leg in left]
    words = ["A leg of this job failed, and it was given up.", *(each.words for each in done)]
    if any(each.in_doubt for each in done):
        return _not_undone(words)
    return RefusedError(" ".join(words), hint="--again begins it anew.", code="job-given-up")


def _way(work: Workplace, standing: Standing) -> IfLegFails:
    """What was said when it was given up."""
    numbers = [leg.intent for leg in standing.legs]
    entries = work.journal.entries(account=work.account, intents=numbers, kinds=[Kind.ABANDONED])
    ways = [entry.detail["way"] for entry in entries if "way" in entry.detail]
    return IfLegFails(ways[-1]) if ways else IfLegFails.CANCEL


def _is_left(leg: StandingLeg, standing: Standing, way: IfLegFails) -> bool:
    """Whether something of a leg is still to be undone."""
    if leg.leg > CLOSING or not leg.state.is_placed or leg.leg in standing.closed:
        return False
    if any(child.status is OrderStatus.FILLED for child in leg.orders[1:]):
        return False  # its own stop has closed it
    if leg.state is LegState.WORKING:
        return True
    return way is IfLegFails.UNWIND and bool(leg.entry.filled)


@dataclass(frozen=True, slots=True)
class Undone:
    """What was done to a placed leg, in words."""

    words: str
    in_doubt: bool = False


def _undone(work: Workplace, plan: Plan, leg: StandingLeg) -> Undone:
    """Cancel the entry while it is not filled; what is filled stays, or is closed."""
    name = leg.bracket.entry.words
    try:
        left = _cancelled(work, leg)
        if not left.entry.filled:
            return Undone(f"{name} was cancelled.")
        if plan.if_leg_fails is IfLegFails.CANCEL:
            return Undone(f"{name} was filled before it could be cancelled, and stays.")
        _closed(work, plan, left)
    except IbcliError as error:
        return Undone(f"{name} could not be undone: {error.message}", in_doubt=True)
    return Undone(f"{name} was filled and is being closed at the market.")


def _cancelled(work: Workplace, leg: StandingLeg) -> StandingLeg:
    """The leg after its entry was cancelled, or found filled."""
    intent = work.journal.intents(work.account, numbers=[leg.intent])[0]
    entry = leg.entry
    if entry.order_id is not None and entry.status not in _DONE:
        outcome = cancel_order(work, entry.order_id)
        if outcome.error is not None and not _is_filled(outcome.error):
            raise outcome.error
        if outcome.status not in _DONE:
            raise OutcomeUnknownError(f"its cancel is on the way ({outcome.status}).")
    if work.leg(intent).entry.filled is None:
        learn(work, (), executions(work.client, work.account, days=1).rows)
    return work.leg(intent)


def _is_filled(error: IbcliError) -> bool:
    return isinstance(error, RefusedError) and error.code == "already-filled"


def _closed(work: Workplace, plan: Plan, leg: StandingLeg) -> None:
    """Cancel the leg's children, then close at the market what it opened."""
    check_halt(work.settings)  # while the stop still stands
    for child in leg.orders[1:]:
        if child.order_id is None or child.status in _DONE:
            continue
        outcome = cancel_order(work, child.order_id)
        if outcome.error is not None or outcome.status not in _DONE:
            raise outcome.error or OutcomeUnknownError("its stop is still being cancelled.")
    filled = int(leg.entry.filled or 0)
    entry = leg.bracket.entry
    ticket = Ticket(
        role=Role.CLOSE,
        side=entry.side.opposite,
        quantity=filled,
        type=OrderType.MKT,
        legs=entry.legs,
        tif=Tif.DAY,
    )
    planned = PlannedLeg(CLOSING + leg.leg, Bracket(ticket))
    intent = claimed(work, plan, planned)
    post_leg(Shot(work, intent, planned, plan.ask))
