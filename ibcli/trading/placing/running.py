"""A run of a job: its legs one after another, and what happens when one is not placed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ibcli.domain.standing import LegState
from ibcli.domain.wishes import IfLegFails
from ibcli.errors import GuardError, IbcliError, RefusedError
from ibcli.trading.journal.folding import standing_of
from ibcli.trading.journal.journal import JobTakenError
from ibcli.trading.placing.claiming import claim_all, claimed
from ibcli.trading.placing.failing import Failure, after_failures
from ibcli.trading.placing.posting import Shot, post_leg

if TYPE_CHECKING:
    from ibcli.domain.standing import Standing
    from ibcli.trading.placing.plan import Plan
    from ibcli.trading.placing.workplace import Workplace


def place(work: Workplace, plan: Plan) -> Standing:
    """Place what the run has not placed yet; inside the account's lock.

    What goes wrong with a leg stands in the result's ``error``. Raises ConfigurationError when the
    journal takes no claim: nothing was sent then.
    """
    if not work.journal.intents(work.account, day=plan.day, job=plan.job, run=plan.run):
        with suppress(JobTakenError):
            claim_all(work, plan, plan.legs)
    failures = _placed(work, plan)
    error = _error(work, plan, failures) if failures else None
    standing = standing_of(
        work.journal,
        work.journal.intents(work.account, day=plan.day, job=plan.job, run=plan.run),
    )
    if standing is None:
        raise ValueError("a plan without legs")
    return standing.but(error)


def _placed(work: Workplace, plan: Plan) -> list[Failure]:
    """Send what is not finished, until something says that the rest must wait."""
    failures: list[Failure] = []
    for planned in plan.legs:
        intent = claimed(work, plan, planned)
        if not work.leg(intent).state.is_unfinished:
            continue
        try:
            post_leg(Shot(work, intent, planned, plan.ask, plan.check))
        except IbcliError as error:
            failures.append(Failure(planned, error))
            is_refusal = isinstance(error, RefusedError)
            if not is_refusal or plan.if_leg_fails is not IfLegFails.KEEP:
                break
    return failures


def _error(work: Workplace, plan: Plan, failures: list[Failure]) -> IbcliError:
    """What to report, after the placed legs were dealt with as the plan says.

    While a leg is in doubt nothing is undone: what stands is protected, and it may yet be whole.
    """
    intents = work.journal.intents(work.account, day=plan.day, job=plan.job, run=plan.run)
    legs = [work.leg(intent) for intent in intents]
    first = failures[0].error
    if any(leg.state is LegState.UNKNOWN for leg in legs):
        return first
    if len(failures) == 1 and not isinstance(first, RefusedError | GuardError):
        return first
    placed = [leg for leg in legs if leg.state in {LegState.WORKING, LegState.FILLED}]
    return after_failures(work, plan, failures, placed)
