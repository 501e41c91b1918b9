"""Both sides as they are compared: what the journal holds, and what the broker shows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.domain.blotter import ExecutionSide, OrderStatus
from ibcli.domain.ledger import Act, Kind
from ibcli.trading.journal.folding import legs_of
from ibcli.trading.placing.finding import seen_of
from ibcli.trading.placing.learning import is_news

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from ibcli.domain.blotter import Execution, LiveOrder, Position
    from ibcli.domain.orders import Tradable
    from ibcli.domain.standing import StandingLeg, TicketState
    from ibcli.trading.journal.reading import Intent, Reading

COMBINATION = "BAG"  # an execution of it stands beside those of its legs
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class OwnLeg:
    """A leg of a job, with its claim."""

    intent: Intent
    leg: StandingLeg


@dataclass(frozen=True, slots=True)
class Kept:
    """What the journal holds of an account."""

    legs: tuple[OwnLeg, ...]
    executions: frozenset[str]  # known by their ids
    fills: tuple[Mapping[str, Any], ...]
    noted_orders: frozenset[int]  # not ours, and known to be so
    held_apart: Mapping[int, Decimal]  # by conid: positions that did not come from known fills

    def owner(self, order_id: int | None, coid: str | None) -> OwnLeg | None:
        """The leg that an order belongs to."""
        for own in self.legs:
            ids = {order.order_id for order in own.leg.orders}
            if (order_id is not None and order_id in ids) or (coid and coid == own.intent.coid):
                return own
        return None

    def tradables(self) -> dict[int, Tradable]:
        """Every contract that ibcli ordered, by conid."""
        return {
            part.tradable.conid: part.tradable
            for own in self.legs
            for part in own.leg.bracket.entry.legs
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """What the broker shows of an account."""

    orders: tuple[LiveOrder, ...]
    executions: tuple[Execution, ...]
    positions: tuple[Position, ...]

    def order(self, order_id: int | None) -> LiveOrder | None:
        """The order of this number."""
        return next((one for one in self.orders if one.order_id == order_id), None)

    def quantity(self, conid: int) -> Decimal:
        """What is held of a contract; nothing when it is not among the positions."""
        held = (one.quantity for one in self.positions if one.conid == conid)
        return sum(held, _NOTHING)


def kept_by(journal: Reading, account: str) -> Kept:
    """The journal's side."""
    intents = journal.intents(account)
    entries = journal.entries(account=account)
    held: dict[int, Decimal] = defaultdict(Decimal)
    noted: set[int] = set()
    for entry in entries:
        if entry.act is Act.KEEP and entry.kind is Kind.CORRECTED:
            if entry.detail.get("what") == "position":
                held[entry.detail["conid"]] += Decimal(entry.detail["quantity"])
            elif entry.order_id is not None:
                noted.add(entry.order_id)
    return Kept(
        tuple(map(OwnLeg, intents, legs_of(intents, entries))),
        frozenset(entry.execution_id for entry in entries if entry.execution_id is not None),
        tuple(entry.detail for entry in entries if entry.kind is Kind.FILL),
        frozenset(noted),
        dict(held),
    )


def expected_positions(kept: Kept, unknown: Iterable[Execution]) -> dict[int, Decimal]:
    """By conid what should be held: by all fills, the journal's and those it does not know yet.

    An expiry takes what is held towards nothing, whichever side that is.
    """
    total: dict[int, Decimal] = defaultdict(Decimal, kept.held_apart)
    expired: dict[int, Decimal] = defaultdict(Decimal)
    told = [(fill["conid"], fill["side"], Decimal(fill["size"])) for fill in _of_one(kept.fills)]
    told += [
        (each.conid, each.side.value, each.size) for each in unknown if each.sec_type != COMBINATION
    ]
    for conid, side, size in told:
        if side == ExecutionSide.EXPIRED.value:
            expired[conid] += size
        else:
            total[conid] += size if side == ExecutionSide.BOUGHT.value else -size
    for conid, size in expired.items():
        left = max(_NOTHING, abs(total[conid]) - size)
        total[conid] = left.copy_sign(total[conid])
    return dict(total)


def _of_one(fills: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    return (fill for fill in fills if fill.get("sec_type") != COMBINATION)


def as_shown(own: OwnLeg, shown: Shown, today: date) -> StandingLeg:
    """The leg with its orders as the broker shows them; what ended with its day has ended."""
    orders = tuple(_now(order, own, shown, today) for order in own.leg.orders)
    return replace(own.leg, orders=orders)


def _now(order: TicketState, own: OwnLeg, shown: Shown, today: date) -> TicketState:
    live = shown.order(order.order_id)
    if live is not None:
        seen = seen_of(order.place, live)
        if is_news(order, seen):
            filled = max(seen.filled or _NOTHING, order.filled or _NOTHING)
            return replace(order, status=seen.status, filled=filled)
        return order
    ended = order.status is not None and order.status.is_final
    if order.order_id is None or ended or own.intent.day >= today:
        return order
    return replace(order, status=OrderStatus.CANCELLED)
