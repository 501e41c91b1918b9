"""All doubts of an account, settled before anything else is done there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.ledger import Act, Entry, Kind
from ibcli.errors import IbcliError
from ibcli.trading.placing.cancelling import settle_cancel
from ibcli.trading.placing.changes import Change
from ibcli.trading.placing.modifying import settle_modify_entry
from ibcli.trading.placing.settling import Settled, settle_leg
from ibcli.trading.placing.wholeness import lacking, see_whole

if TYPE_CHECKING:
    from ibcli.trading.journal.reading import Intent
    from ibcli.trading.placing.workplace import Workplace


def settle_all(work: Workplace) -> list[Settled]:
    """Settle what is in doubt, oldest first; inside the account's lock.

    Raises OutcomeUnknownError when one cannot be settled.
    """
    settled = [_settled(work, entry) for entry in work.journal.in_doubt(work.account)]
    _see_whole(work)
    return settled


def _see_whole(work: Workplace) -> None:
    """Look for the stops of those who were killed between an answer and the look at it."""
    intents = work.journal.intents(work.account, since=work.today)
    for intent, leg in zip(intents, work.legs(intents), strict=True):
        if not lacking(leg) or leg.is_whole or _is_known_half(work, intent):
            continue
        try:
            see_whole(work, intent)
        except IbcliError as error:  # no other job has to wait for that
            work.warnings.append(error.message)


def _is_known_half(work: Workplace, intent: Intent) -> bool:
    entries = work.journal.entries(account=work.account, intents=[intent.id])
    return any(entry.kind is Kind.INCOMPLETE for entry in entries)


def _settled(work: Workplace, entry: Entry) -> Settled:
    if entry.act is Act.PLACE:
        if entry.intent is None:
            raise ValueError("an order without its intent")
        return settle_leg(work, work.journal.intents(work.account, numbers=[entry.intent])[0])
    if entry.order_id is None:
        raise ValueError("a change without its order")
    change = Change(work, entry.act, entry.order_id, work.own(entry.order_id))
    if entry.act is Act.CANCEL:
        return Settled(f"order {entry.order_id}", settle_cancel(change))
    return Settled(f"order {entry.order_id}", settle_modify_entry(change, _wish(work, entry)))


def _wish(work: Workplace, entry: Entry) -> dict[str, object] | None:
    """What the order was to become, as the last request about it was written down."""
    if entry.kind is Kind.ANSWERING and entry.detail.get("confirmed") is False:
        return None
    entries = work.journal.entries(account=work.account)
    of_order = [e for e in entries if e.act is entry.act and e.order_id == entry.order_id]
    return next((e.detail["order"] for e in reversed(of_order) if "order" in e.detail), None)
