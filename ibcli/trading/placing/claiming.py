"""Claims: a leg of a run of a job on a trading day belongs to one process, for ever."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from ibcli.domain.ledger import Kind
from ibcli.domain.orders import LONGEST_COID
from ibcli.trading.journal.coded import bracket_document
from ibcli.trading.journal.journal import Claim, JobTakenError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ibcli.domain.orders import Bracket
    from ibcli.trading.journal.reading import Intent
    from ibcli.trading.placing.plan import Plan, PlannedLeg
    from ibcli.trading.placing.workplace import Workplace

_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST_JOB = 30  # characters of it in a name


def coid(account: str, day: date, job: str, run: int, leg: int) -> str:
    """The name of a leg's entry: ``order-spy-both-250818-1-5f0c2b7a91-1``.

    The same for the same leg on any machine at any time: should the journal be lost, the broker
    still refuses a name that is taken.
    """
    words = _OTHER.sub("-", job.lower()).strip("-")[:_LONGEST_JOB].strip("-") or "job"
    told = "\n".join((account, day.isoformat(), job, str(run), str(leg)))
    mark = hashlib.sha256(told.encode()).hexdigest()[:10]
    name = f"{words}-{day:%y%m%d}-{run}-{mark}-{leg}"
    if len(name) > LONGEST_COID:
        raise ValueError("a run or leg of more digits than a name can hold")
    return name


def claim_all(work: Workplace, plan: Plan, legs: Sequence[PlannedLeg]) -> None:
    """Claim these legs together; those of an earlier claim are left as they are."""
    work.journal.claim(
        Claim(
            work.account,
            plan.day,
            plan.job,
            plan.run,
            plan.command,
            [
                (
                    one.leg,
                    one.bracket.named(coid(work.account, plan.day, plan.job, plan.run, one.leg)),
                )
                for one in legs
            ],
        )
    )


def claimed(work: Workplace, plan: Plan, planned: PlannedLeg) -> Intent:
    """The claim on a leg, made if there is none, and at the prices that are planned now.

    Raises ValueError when it stands for something else: other contracts, or another way.
    """
    intent = _intent(work, plan, planned.leg)
    if intent is None:
        with suppress(JobTakenError):  # by a process that has died since: it is ours to finish
            claim_all(work, plan, [planned])
        intent = _intent(work, plan, planned.leg)
    if intent is None:
        raise ValueError("a claim that cannot be found again")
    wanted = planned.bracket.named(intent.coid)
    held = work.leg(intent).bracket
    if held != wanted:
        if _contracts(held) != _contracts(wanted):
            raise ValueError("a job's leg cannot become another contract's")
        work.note(intent, Kind.REPRICED, "priced anew", orders=bracket_document(wanted))
    return intent


def _intent(work: Workplace, plan: Plan, leg: int) -> Intent | None:
    found = work.journal.intents(work.account, day=plan.day, job=plan.job, run=plan.run)
    return next((intent for intent in found if intent.leg == leg), None)


def _contracts(bracket: Bracket) -> tuple[object, ...]:
    """What is traded and which way."""
    entry = bracket.entry
    return entry.side, *((leg.tradable.conid, leg.ratio) for leg in entry.legs)
