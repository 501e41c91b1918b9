"""What became of a position whose stop is gone: closed, protected otherwise, or expired."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.blotter import ExecutionSide
from ibcli.domain.ledger import Act, Kind
from ibcli.domain.orders import Role
from ibcli.domain.standing import LegState
from ibcli.trading.journal.folding import legs_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ibcli.domain.standing import StandingLeg
    from ibcli.trading.journal.reading import Reading


def is_made_good(journal: Reading, account: str, day: date, leg: StandingLeg) -> bool:
    """Whether, as far as the journal knows, what a leg opened is closed or has another stop.

    Never while its entry still works: what it opens next would have none.
    """
    if leg.state is LegState.WORKING:
        return False
    later = _later(journal, account, day, leg)
    if any(
        one.bracket.entry.role is Role.STOP
        and one.state in {LegState.WORKING, LegState.FILLED}
        and _conids(one) == _conids(leg)
        for one in later
    ):
        return True
    entry = leg.bracket.entry
    closed = _closed(journal, account, leg, later)
    return all(
        closed[part.tradable.conid] >= (leg.entry.filled or 0) * abs(part.ratio)
        for part in entry.legs
    )


def _later(journal: Reading, account: str, day: date, leg: StandingLeg) -> list[StandingLeg]:
    """What was claimed after it, from its trading day on."""
    intents = [one for one in journal.intents(account, since=day) if one.id > leg.intent]
    entries = journal.entries(account=account, intents=[one.id for one in intents])
    return legs_of(intents, entries)


def _conids(leg: StandingLeg) -> set[int]:
    return {part.tradable.conid for part in leg.bracket.entry.legs}


def _closed(
    journal: Reading, account: str, leg: StandingLeg, later: list[StandingLeg]
) -> dict[int, Decimal]:
    """By conid, how much was traded the other way since, or has expired."""
    entry = leg.bracket.entry
    way = {part.tradable.conid: part.ratio * entry.side.sign for part in entry.legs}
    closed: dict[int, Decimal] = defaultdict(Decimal)
    for conid, signed in (*_by_orders(later), *_elsewhere(journal, account, leg)):
        if conid in way and (signed is None or signed * way[conid] < 0):
            closed[conid] += abs(signed) if signed is not None else Decimal("Infinity")
    return closed


def _by_orders(later: list[StandingLeg]) -> Iterator[tuple[int, Decimal | None]]:
    for one in later:
        ticket = one.bracket.entry
        if ticket.role is Role.CLOSE:
            for part in ticket.legs:
                units = (one.entry.filled or Decimal(0)) * part.ratio * ticket.side.sign
                yield part.tradable.conid, units


def _elsewhere(
    journal: Reading, account: str, leg: StandingLeg
) -> Iterator[tuple[int, Decimal | None]]:
    """Fills without an order of ours; None for an expiry, after which nothing is left."""
    entries = journal.entries(account=account)
    first = next((one.number for one in entries if one.intent == leg.intent), 0)
    for one in entries:
        if one.act is Act.KEEP and one.kind is Kind.FILL and one.number > first:
            size, side = Decimal(one.detail["size"]), one.detail["side"]
            if side == ExecutionSide.EXPIRED.value:
                yield one.detail["conid"], None
            else:
                yield one.detail["conid"], -size if side == ExecutionSide.SOLD.value else size
