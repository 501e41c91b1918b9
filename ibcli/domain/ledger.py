"""What the journal of orders holds: one entry for each thing meant, sent, answered or seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from pathlib import Path


class Act(StrEnum):
    """What an entry is about."""

    PLACE = "place"
    CANCEL = "cancel"
    MODIFY = "modify"
    KEEP = "keep"  # the journal and the kill switch themselves


class Kind(StrEnum):
    """What happened."""

    INTENT = "intent"  # written before anything is sent
    REPRICED = "repriced"  # a leg that was never placed is to be sent otherwise
    SENDING = "sending"  # written just before the request
    QUESTION = "question"  # the broker asks before it goes on
    ANSWERING = "answering"  # written just before the answer is sent
    DECLINED = "declined"
    ACKNOWLEDGED = "acknowledged"  # the broker has it, under these order ids
    REFUSED = "refused"
    DOUBT = "doubt"  # sent, and the answer did not come or cannot be trusted
    LOOKED = "looked"  # for what is in doubt, among orders and trades
    ABSENT = "absent"  # surely not at the broker
    INCOMPLETE = "incomplete"  # a bracket lacks an order
    ABANDONED = "abandoned"  # given up, because another leg of the job failed
    STATUS = "status"
    FILL = "fill"
    COMMISSION = "commission"  # of a fill that came without
    HALTED = "halted"
    RESUMED = "resumed"
    CORRECTED = "corrected"  # by ``reconcile --fix``
    BARED = "bared"  # a position's stop is about to be taken away, so that it can be closed
    COVERED = "covered"  # closed, gone, or protected again


IN_DOUBT = frozenset({Kind.SENDING, Kind.ANSWERING, Kind.DOUBT})
SETTLED = frozenset({Kind.QUESTION, Kind.DECLINED, Kind.ACKNOWLEDGED, Kind.REFUSED, Kind.ABSENT})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. ``at`` is this machine's clock, ``market_at`` the market's.

    They differ only where a simulator keeps a time of its own. Both are aware UTC. ``cause`` says
    in words why; ``detail`` carries what happened as plain values, without secrets.
    """

    number: int
    at: datetime
    market_at: datetime
    account: str = field(repr=False)
    day: date  # the trading day of its job, else New York's
    act: Act
    kind: Kind
    cause: str
    detail: Mapping[str, Any]
    intent: int | None = None
    order_id: int | None = None
    execution_id: str | None = None
    job: str | None = None
    run: int | None = None
    leg: int | None = None
    coid: str | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """What ``ibcli journal`` shows."""

    path: Path
    entries: tuple[Entry, ...]
    day: date | None = None
    job: str | None = None
    total: int = 0  # entries in the whole journal
