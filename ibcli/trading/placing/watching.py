"""Following the orders of a job, and writing down what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions, order_status
from ibcli.domain.blotter import OrderStatus
from ibcli.errors import IbcliError, OutcomeUnknownError
from ibcli.trading.journal.folding import standing_of
from ibcli.trading.placing.learning import learn
from ibcli.trading.placing.made_good import is_made_good
from ibcli.trading.placing.plan import Until, Wait
from ibcli.trading.placing.wholeness import lacking

if TYPE_CHECKING:
    from ibcli.domain.blotter import LiveOrder
    from ibcli.domain.standing import Standing, StandingLeg
    from ibcli.trading.journal.reading import Reading
    from ibcli.trading.placing.workplace import Workplace

_PAUSE = 1.0  # seconds between two looks
_ON_THE_WAY = frozenset({OrderStatus.PENDING_SUBMIT, OrderStatus.UNKNOWN})
_BEFORE_THE_END = 0.5  # seconds of the deadline that are left for what comes after
_TRADES = 7.0  # seconds that a look at the trades may take: one is allowed every five


def watch(work: Workplace, standing: Standing, wait: Wait) -> Standing:
    """Follow a standing job as far as is wished; what it has come to.

    Reads that fail end the watch with a warning: nothing is lost by that.
    """
    clock = work.client.deadline.clock
    end = work.client.deadline.at - _BEFORE_THE_END
    if wait.seconds is not None:
        end = min(end, clock() + wait.seconds / work.settings.haste)
    before = standing
    try:
        while True:
            standing = _looked_at(work, standing)
            if all(_is_done(leg, wait.until) for leg in standing.legs) or clock() >= end:
                break
            work.pause(_PAUSE)
        if any(leg.entry.filled for leg in standing.legs) and end - clock() > _TRADES:
            learn(work, (), executions(work.client, work.account, days=1).rows)
    except IbcliError as error:
        return before.but(before.error, f"The orders could not be followed: {error.message}")
    now = _again(work, standing).but(before.error, *before.warnings)
    return with_stops_checked(work.journal, now)


def _looked_at(work: Workplace, standing: Standing) -> Standing:
    """Ask for the status of every order that may still change."""
    seen: list[LiveOrder] = []
    for leg in standing.legs:
        if not leg.state.is_placed:
            continue
        for order in leg.orders:
            if order.order_id is None or (order.status is not None and order.status.is_final):
                continue
            told = order_status(work.client, order.order_id)
            if told is not None:
                seen.append(told)
    learn(work, seen, ())
    return _again(work, standing)


def _again(work: Workplace, standing: Standing) -> Standing:
    intents = work.journal.intents(
        work.account, day=standing.day, job=standing.job, run=standing.run
    )
    return standing_of(work.journal, intents) or standing


def _is_done(leg: StandingLeg, until: Until) -> bool:
    if not leg.state.is_placed:
        return True
    status = leg.entry.status
    if status is not None and status.is_final:
        return True
    return until is Until.WORKING and status is not None and status not in _ON_THE_WAY


def with_stops_checked(journal: Reading, standing: Standing) -> Standing:
    """With an error over a stop that has gone, or never came, while its entry stands."""
    account, day = standing.account, standing.day
    for leg in standing.legs:
        missing = () if leg.leg in standing.closed else lacking(leg)
        if missing and standing.error is None and not is_made_good(journal, account, day, leg):
            names = " and ".join(child.role.value for child in missing)
            return standing.but(
                OutcomeUnknownError(
                    f"The {names} of {leg.bracket.entry.words} (entry {leg.entry.order_id}) is "
                    "not there, and the entry stands.",
                    hint=f"See to it now: ibcli orders {leg.entry.order_id}; then cancel or close.",
                    code="bracket-incomplete",
                )
            )
    return standing
