"""Doubts: what may have been sent is looked for, among orders and trades, before anything else is.

Found: the journal learns it. Missing from two complete answers, the second one given when the
broker can do nothing more about the request: it is not there. Anything else stays in doubt, and
nothing is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions, live_orders
from ibcli.domain.ledger import Act, Entry, Kind
from ibcli.errors import IbcliError, IncompleteError, OutcomeUnknownError
from ibcli.trading.placing.finding import Found, find, namesake
from ibcli.trading.placing.learning import fill_notes

if TYPE_CHECKING:
    from ibcli.domain.blotter import LiveOrder
    from ibcli.domain.standing import StandingLeg
    from ibcli.trading.journal.reading import Intent
    from ibcli.trading.placing.workplace import Workplace

_LOOKS = 2
_DAYS = 7  # as far back as the broker tells of trades


@dataclass(frozen=True, slots=True)
class Settled:
    """What a doubt turned out to be, in words."""

    words: str
    result: str


def settle_leg(work: Workplace, intent: Intent) -> Settled:
    """Find out what became of a leg in doubt and write it down.

    Raises OutcomeUnknownError when that cannot be told.
    """
    doubt = _last_doubt(work, intent)
    leg = work.leg(intent)
    due = _second_look_due(work, doubt)
    for number in range(1, _LOOKS + 1):
        if number == _LOOKS and (wait := due - work.client.deadline.clock()) > 0:
            if wait >= work.client.deadline.remaining:
                raise unknown(leg, "there was no time left to look for it twice")
            work.client.deadline.sleep(wait)
        found, other = _look(work, leg, number)
        if other is not None:
            return _taken(work, intent, leg, other)
        # One that is held back may be waiting for an answer that is still on its way.
        if found is not None and (number == _LOOKS or not found.is_held_back):
            return _found(work, intent, leg, found, doubt)
    return _absent(work, intent, leg, doubt)


def _last_doubt(work: Workplace, intent: Intent) -> Entry | None:
    entries = work.journal.in_doubt(work.account)
    return next((e for e in entries if e.act is Act.PLACE and e.intent == intent.id), None)


def _second_look_due(work: Workplace, doubt: Entry | None) -> float:
    """The instant of the deadline's clock from which the broker does nothing more about it.

    The end of a request that was cut off is in the journal. A process that was killed while it
    sent has not written it: then the time counts from now.
    """
    clock = work.client.deadline.clock()
    if doubt is None or doubt.kind is not Kind.DOUBT:
        return clock + work.handled_by
    passed = (work.journal.now() - doubt.at) / timedelta(seconds=1)
    return clock + work.handled_by - max(0.0, passed)


def _look(work: Workplace, leg: StandingLeg, number: int) -> tuple[Found | None, LiveOrder | None]:
    """One look at orders and trades, and an order of its name that is for something else.

    Raises OutcomeUnknownError when it proves nothing.
    """
    try:
        blotter = live_orders(work.client, work.account)
        trades = executions(work.client, work.account, days=_DAYS)
        found = find(leg.bracket, blotter.orders, trades.rows)
        if found is None and (not blotter.complete or blotter.odd or trades.odd):
            raise IncompleteError("the broker's list of orders and trades cannot be read in full")
    except OutcomeUnknownError:
        raise
    except IbcliError as error:
        raise unknown(leg, error.message.rstrip(".")) from None
    what = "found" if found else "not found"
    work.note(
        _intent_of(work, leg),
        Kind.LOOKED,
        f"look {number}: {what} among {len(blotter.orders)} orders and {len(trades.rows)} trades",
    )
    return found, namesake(leg.bracket, blotter.orders) if found is None else None


def _taken(work: Workplace, intent: Intent, leg: StandingLeg, other: LiveOrder) -> Settled:
    """The broker takes a name once: ours was not placed, and never will be under it."""
    side = other.side.value if other.side is not None else ""
    what = " ".join(each for each in (side, other.words or other.symbol) if each)
    reason = (
        f"its name ({leg.coid}) is that of order {other.order_id}, {other.status.value}, for "
        f"something else ({what}), as after a loss of the journal; --again takes a new name"
    )
    work.note(intent, Kind.REFUSED, reason)
    return Settled(leg.bracket.entry.words, f"not placed: {reason}")


def _intent_of(work: Workplace, leg: StandingLeg) -> Intent:
    return work.journal.intents(work.account, numbers=[leg.intent])[0]


def _found(
    work: Workplace, intent: Intent, leg: StandingLeg, found: Found, doubt: Entry | None
) -> Settled:
    """The journal learns what the broker shows."""
    if found.is_held_back and _was_declined(doubt):  # whether or not the broker has heard it
        work.note(intent, Kind.DECLINED, "its question was declined, and it is not working")
        return Settled(leg.bracket.entry.words, "declined; it is not working")
    if found.is_held_back:
        work.note(
            intent,
            Kind.QUESTION,
            found.entry.text or "the broker holds it back, as one whose question was not answered",
            found=[seen.document for seen in found.orders],
        )
        return Settled(leg.bracket.entry.words, "left at a question; it is not working")
    work.note(
        intent,
        Kind.ACKNOWLEDGED,
        "found at the broker",
        orders=[seen.document for seen in found.orders],
    )
    work.journal.write_new(tuple(fill_notes(work, intent, found.fills)))
    status = found.entry.status.value
    return Settled(leg.bracket.entry.words, f"found: order {found.entry.order_id}, {status}")


def _absent(work: Workplace, intent: Intent, leg: StandingLeg, doubt: Entry | None) -> Settled:
    taken = doubt is not None and bool(doubt.detail.get("duplicate"))
    if taken and intent.day >= work.today:
        raise unknown(leg, "the broker says that its name is taken, but shows no such order")
    if _was_declined(doubt):
        work.note(intent, Kind.DECLINED, "its question was declined, and it is not there")
        return Settled(leg.bracket.entry.words, "declined; it is not there")
    work.note(intent, Kind.ABSENT, "twice looked for and not there")
    return Settled(leg.bracket.entry.words, "surely not placed")


def _was_declined(doubt: Entry | None) -> bool:
    """Whether a no was the last thing that was sent."""
    return doubt is not None and doubt.detail.get("confirmed") is False


def unknown(leg: StandingLeg, why: str) -> OutcomeUnknownError:
    """The error for a leg that stays in doubt."""
    return OutcomeUnknownError(
        f"Whether the order for {leg.bracket.entry.words} ({leg.coid}) was placed is not known: "
        f"{why}. Nothing more was sent.",
        hint="Run the same command again, or ibcli reconcile: both look for it before anything "
        "else. Nothing is sent for this account until it is settled.",
        retryable=True,
    )
