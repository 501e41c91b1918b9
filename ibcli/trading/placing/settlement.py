"""All doubts of an account, settled before anything else is done there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.ledger import Act, Entry, Kind
from ibcli.trading.placing.cancelling import settle_cancel
from ibcli.trading.placing.changes import Change
from ibcli.trading.placing.modifying import settle_modify_entry
from ibcli.trading.placing.settling import Settled, settle_leg

if TYPE_CHECKING:
    from ibcli.trading.placing.workplace import Workplace


def settle_all(work: Workplace) -> list[Settled]:
    """Settle what is in doubt, oldest first; inside the account's lock.

    Raises OutcomeUnknownError when one cannot be settled.
    """
    return [_settled(work, entry) for entry in work.journal.in_doubt(work.account)]


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
