"""One bracket on its way: written, sent once, asked about, acknowledged.

Before each request stands an entry that makes the doubt visible if the process ends there, and
after it one that resolves it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ibcli.broker import order_entry
from ibcli.broker.decode import Asked, Placed, PlacedRow, Prompted, Refused
from ibcli.broker.doubt import DoubtError
from ibcli.domain.blotter import OrderStatus
from ibcli.domain.ledger import Kind
from ibcli.domain.standing import LegState
from ibcli.errors import (
    ConfigurationError,
    IbcliError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from ibcli.trading.halt import check_halt
from ibcli.trading.placing.consent import Verdict, judge, words_of
from ibcli.trading.placing.finding import Seen
from ibcli.trading.placing.settling import settle_leg
from ibcli.trading.placing.wholeness import see_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ibcli.broker.decode import Reply
    from ibcli.domain.orders import Bracket
    from ibcli.trading.journal.reading import Intent
    from ibcli.trading.placing.plan import Ask, PlannedLeg
    from ibcli.trading.placing.workplace import Workplace

_SENDS = 3  # of one leg in one run: once, and again when it surely was not there
_QUESTIONS = 12  # one after another; more than the broker has kinds of
_DEAD = frozenset({OrderStatus.INACTIVE, OrderStatus.CANCELLED, OrderStatus.FAILED})
_NOT_WORKING = frozenset({LegState.ABSENT, LegState.QUESTIONED})
_VOID = "reply id"  # "reply id not found": what the question belonged to may be there or not


@dataclass(frozen=True, slots=True)
class Shot:
    """One leg being placed."""

    work: Workplace
    intent: Intent
    planned: PlannedLeg
    ask: Ask | None
    check: Callable[[], None] | None = None  # raises when what was planned is out of date

    @property
    def bracket(self) -> Bracket:
        """What is sent, under its name."""
        return self.planned.bracket.named(self.intent.coid)

    @property
    def words(self) -> str:
        """What it is for."""
        return self.planned.bracket.entry.words


def post_leg(shot: Shot) -> None:
    """Place a leg that is not at the broker; inside the account's lock.

    Raises RefusedError ``order-refused``, ``question-declined``, ``stop-refused``; GuardError
    ``guard-halt``; OutcomeUnknownError when it is in doubt, or ``bracket-incomplete``; other
    errors of ibcli.errors when nothing was sent.
    """
    for _ in range(_SENDS):
        _send(shot)
        state = shot.work.leg(shot.intent).state
        if state.is_placed:
            with _recorded(shot):
                see_whole(shot.work, shot.intent)
            return
        if state not in _NOT_WORKING:
            break
    raise _not_placed(shot)


def _send(shot: Shot) -> None:
    """One POST, its questions, and what came of it, all of it in the journal."""
    work, intent = shot.work, shot.intent
    work.note(intent, Kind.SENDING, shot.words)
    try:
        check_halt(work.settings)
        reply = order_entry.post(work.client, work.account, shot.bracket, shot.check)
    except DoubtError as doubt:
        with _recorded(shot):
            _doubt(shot, doubt)
        return
    except (IbcliError, ValueError) as error:
        work.note(intent, Kind.ABSENT, f"nothing was sent: {error}")
        raise
    with _recorded(shot):
        _conclude(shot, reply)


@contextmanager
def _recorded(shot: Shot) -> Iterator[None]:
    """Go on after a request. That it cannot be written down must not look like nothing sent."""
    try:
        yield
    except ConfigurationError as error:
        raise OutcomeUnknownError(
            f"The order for {shot.words} ({shot.intent.coid}) was sent, but what became of it "
            f"could not be written down: {error.message}",
            hint="Make the journal writable, then run the same command again: it looks for the "
            "order before anything else.",
            code="outcome-unrecorded",
        ) from None


def _conclude(shot: Shot, reply: Reply) -> None:
    confirmed: bool | None = None
    for _ in range(_QUESTIONS):
        if not isinstance(reply, Asked):
            break
        answered = _answered(shot, reply)
        if answered is None:
            return  # in doubt, and settled since
        confirmed, reply = answered
    if isinstance(reply, Placed):
        _acknowledge(shot, reply.rows)
    elif isinstance(reply, Refused):
        _refused(shot, reply, confirmed)
    elif isinstance(reply, Prompted):
        options = f" (options: {', '.join(reply.options)})" if reply.options else ""
        _looked_at(shot, f"{reply.text}{options}", message_id=reply.message_id)
    else:
        shot.work.note(shot.intent, Kind.REFUSED, "the broker asks and asks")


def _answered(shot: Shot, asked: Asked) -> tuple[bool, Reply] | None:
    """Answer one question; None when that left a doubt, which is then settled."""
    work, intent = shot.work, shot.intent
    messages = [{"id": message.id, "text": message.text} for message in asked.messages]
    work.note(intent, Kind.QUESTION, words_of(asked), messages=messages, reply_id=asked.reply_id)
    verdict, why = _verdict(shot, asked)
    work.note(intent, Kind.ANSWERING, why, confirmed=verdict, reply_id=asked.reply_id)
    try:
        reply = order_entry.answer(work.client, asked.reply_id, confirmed=verdict)
    except DoubtError as doubt:
        _doubt(shot, doubt, confirmed=verdict)
        return None
    except IbcliError as error:
        work.note(intent, Kind.QUESTION, f"the answer was not sent: {error.message}")
        raise
    return verdict, reply


def _verdict(shot: Shot, asked: Asked) -> tuple[bool, str]:
    """Yes or no, and why. A kill switch thrown meanwhile says no; so do prices out of date."""
    try:
        check_halt(shot.work.settings)
        if shot.check is not None:
            shot.check()
    except IbcliError as error:
        return False, error.message
    verdict: Verdict = judge(
        asked,
        shot.bracket,
        within_band=shot.planned.within_band,
        confirm=shot.work.settings.confirm,
    )
    if verdict.accepted:
        return True, "accepted by IBCLI_CONFIRM"
    why = "; ".join(verdict.objections)
    if shot.ask is None or not verdict.may_be_asked:
        return False, why
    if shot.ask(asked, shot.bracket):
        return True, "accepted on the terminal"
    return False, f"declined on the terminal ({why})"


def _refused(shot: Shot, reply: Refused, confirmed: bool | None) -> None:
    work, intent = shot.work, shot.intent
    is_void = confirmed is not None and _VOID in reply.reason.lower()
    if reply.duplicate or is_void:
        declined = _last_words(shot) if confirmed is False else ""
        work.note(intent, Kind.DOUBT, reply.reason, duplicate=reply.duplicate or None)
        settle_leg(work, intent)
        if declined and work.leg(intent).state in _NOT_WORKING:
            work.note(intent, Kind.DECLINED, declined, said=reply.reason)
    elif confirmed is False:
        work.note(intent, Kind.DECLINED, _last_words(shot), said=reply.reason)
    elif not reply.is_plain:
        _looked_at(shot, reply.reason)
    else:
        work.note(intent, Kind.REFUSED, reply.reason)


def _looked_at(shot: Shot, said: str, **detail: Any) -> None:
    """A no that speaks of an order: it is looked for before it is called refused."""
    work, intent = shot.work, shot.intent
    work.note(intent, Kind.DOUBT, said, **detail)
    settle_leg(work, intent)
    if work.leg(intent).state in _NOT_WORKING:
        work.note(intent, Kind.REFUSED, said)


def _last_words(shot: Shot) -> str:
    """The question that was declined, and why."""
    entries = shot.work.journal.entries(account=shot.work.account, intents=[shot.intent.id])
    asked = next((e.cause for e in reversed(entries) if e.kind is Kind.QUESTION), "")
    why = next((e.cause for e in reversed(entries) if e.kind is Kind.ANSWERING), "")
    return f"{asked} ({why})"


def _doubt(shot: Shot, doubt: DoubtError, *, confirmed: bool | None = None) -> None:
    """Write it down, and settle it at once if the deadline allows."""
    shot.work.note(
        shot.intent, Kind.DOUBT, doubt.cause.message, code=doubt.cause.code, confirmed=confirmed
    )
    settle_leg(shot.work, shot.intent)


def _acknowledge(shot: Shot, rows: Sequence[PlacedRow]) -> None:
    """The broker has taken the orders; or so it says of each."""
    seen = _placed(shot, rows)
    entry = next((each for each in seen if each.place == 0), None)
    if entry is None:  # rows, but none that has a number: nobody can tell what was taken
        shot.work.note(shot.intent, Kind.DOUBT, "the answer names no order")
        settle_leg(shot.work, shot.intent)
    elif entry.status in _DEAD:
        told = next((each.text for each in seen if each.text), None)
        words = told or f"the broker took the order in as {entry.status.value}"
        _looked_at(shot, words, orders=[each.document for each in seen])
    else:
        shot.work.note(shot.intent, Kind.ACKNOWLEDGED, "", orders=[each.document for each in seen])


def _placed(shot: Shot, rows: Sequence[PlacedRow]) -> list[Seen]:
    """Which row is which order: in the order in which they were sent, the entry by its name."""
    told = list(rows)
    named = next((n for n, row in enumerate(told) if row.coid == shot.intent.coid), 0)
    told.insert(0, told.pop(named))
    places = range(len(shot.bracket.tickets))
    return [
        Seen(place, row.order_id or 0, row.status, text=row.text)
        for place, row in zip(places, told, strict=False)
        if row.order_id is not None or row.status in _DEAD
    ]


def _not_placed(shot: Shot) -> IbcliError:
    """The error for a leg that is not at the broker, in the words of the journal."""
    leg = shot.work.leg(shot.intent)
    reason = leg.reason.rstrip(".")
    if leg.state is LegState.DECLINED:
        return RefusedError(
            f"The broker's question about {shot.words} was declined: {reason}.",
            hint="Run it on a terminal to be asked, or list the id in IBCLI_CONFIRM.",
            code="question-declined",
        )
    if leg.state is LegState.REFUSED:
        return RefusedError(
            f"The broker refused the order for {shot.words}: {reason}.",
            hint="The words are the broker's own. The same command sends the order again.",
            code="order-refused",
        )
    return UnreachableError(
        f"The order for {shot.words} ({shot.intent.coid}) did not get through in {leg.sent} "
        f"attempts: {reason}. It is not working.",
        hint="Try again later: the same command sends it again.",
        code="order-not-placed",
    )
