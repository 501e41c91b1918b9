"""Where things stand, folded out of what happened."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.domain.blotter import OrderStatus
from ibcli.domain.ledger import Act, Entry, Kind
from ibcli.domain.standing import LegState, OwnOrder, Standing, StandingLeg, TicketState
from ibcli.trading.journal.coded import bracket_from, decimal_from, ticket_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ibcli.domain.orders import Bracket, Ticket
    from ibcli.trading.journal.reading import Intent, Reading

_STATES = {
    Kind.SENDING: LegState.UNKNOWN,
    Kind.ANSWERING: LegState.UNKNOWN,
    Kind.DOUBT: LegState.UNKNOWN,
    Kind.QUESTION: LegState.QUESTIONED,
    Kind.DECLINED: LegState.DECLINED,
    Kind.REFUSED: LegState.REFUSED,
    Kind.ABSENT: LegState.ABSENT,
    Kind.ABANDONED: LegState.ABANDONED,
    Kind.ACKNOWLEDGED: LegState.WORKING,
}
_OVER = frozenset({OrderStatus.CANCELLED, OrderStatus.FAILED, OrderStatus.INACTIVE})


def standing_of(journal: Reading, intents: Sequence[Intent]) -> Standing | None:
    """The run that these intents, all of one run, are the legs of; None: there are none."""
    if not intents:
        return None
    first = intents[0]
    entries = journal.entries(account=first.account, intents=[intent.id for intent in intents])
    return Standing(
        account=first.account,
        day=first.day,
        job=first.job,
        run=first.run,
        command=first.command,
        legs=tuple(sorted(legs_of(intents, entries), key=lambda leg: leg.leg)),
        begun=entries[0].market_at if entries else None,
    )


def legs_of(intents: Iterable[Intent], entries: Iterable[Entry]) -> list[StandingLeg]:
    """Each intent with what became of it."""
    by_intent: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.intent is not None:
            by_intent[entry.intent].append(entry)
    return [_Leg(intent).after(by_intent[intent.id]) for intent in intents]


def own_orders_of(intents: Sequence[Intent], entries: Iterable[Entry]) -> tuple[OwnOrder, ...]:
    """Every order of these intents, also those that have no number yet."""
    owned = []
    for intent, leg in zip(intents, legs_of(intents, entries), strict=True):
        for order, ticket in zip(leg.orders, leg.bracket.tickets, strict=True):
            owned.append(
                OwnOrder(
                    job=intent.job,
                    day=intent.day,
                    run=intent.run,
                    leg=intent.leg,
                    coid=intent.coid,
                    place=order.place,
                    ticket=ticket,
                    intent=intent.id,
                    order_id=order.order_id,
                )
            )
    return tuple(owned)


class _Leg:
    """One leg while its entries are gone through, oldest first."""

    def __init__(self, intent: Intent) -> None:
        self.intent = intent
        self.state = LegState.INTENDED
        self.reason = ""
        self.sent = 0
        self.fills: dict[str, Mapping[str, Any]] = {}
        self.commissions: dict[str, Decimal] = {}
        self.bracket: Bracket = intent.bracket
        self.orders = _unnumbered(self.bracket)

    def after(self, entries: Iterable[Entry]) -> StandingLeg:
        """What it is after all these."""
        for entry in entries:
            if entry.act is Act.PLACE:
                self._placing(entry)
            elif entry.act is Act.MODIFY and entry.kind is Kind.ACKNOWLEDGED:
                self._modified(entry)
        orders = tuple(self._with_fills(order) for order in self.orders)
        return StandingLeg(
            leg=self.intent.leg,
            bracket=self.bracket,
            state=self._final(orders[0]),
            orders=orders,
            reason=self.reason or (orders[0].text or ""),
            sent=self.sent,
            intent=self.intent.id,
        )

    def _placing(self, entry: Entry) -> None:
        if entry.kind in _STATES:
            self.state = _STATES[entry.kind]
            self.reason = "" if entry.kind is Kind.ACKNOWLEDGED else entry.cause
        if entry.kind is Kind.SENDING:
            self.sent += 1
        elif entry.kind is Kind.REPRICED:
            self.bracket = bracket_from(entry.detail["orders"])
            self.orders = _unnumbered(self.bracket)
        elif entry.kind is Kind.ACKNOWLEDGED:
            for row in entry.detail["orders"]:
                self._see(row)
        elif entry.kind is Kind.STATUS:
            self._see(entry.detail)
        elif entry.kind is Kind.INCOMPLETE:
            self.reason = entry.cause
        elif entry.execution_id is not None:
            self._fill(entry, entry.execution_id)

    def _see(self, row: Mapping[str, Any]) -> None:
        place = row["place"]
        if place >= len(self.orders):
            return
        before = self.orders[place]
        status = row.get("status")
        self.orders[place] = replace(
            before,
            order_id=row.get("order_id") or before.order_id,
            status=OrderStatus(status) if status else before.status,
            filled=_newer(row.get("filled"), before.filled),
            average_price=_newer(row.get("average_price"), before.average_price),
            text=row.get("text") or (before.text if not status else None),
        )

    def _fill(self, entry: Entry, execution_id: str) -> None:
        if entry.kind is Kind.FILL:
            self.fills[execution_id] = entry.detail
        commission = decimal_from(entry.detail.get("commission"))
        if commission is not None:
            self.commissions[execution_id] = commission

    def _modified(self, entry: Entry) -> None:
        place, ticket = entry.detail.get("place"), entry.detail.get("order")
        if place is None or ticket is None or place >= len(self.orders):
            return
        tickets = list(self.bracket.tickets)
        # What is sent as a change bears no names: those of the order stay.
        before, after = tickets[place], ticket_from(ticket)
        tickets[place] = replace(after, coid=before.coid, parent_coid=before.parent_coid)
        self.bracket = type(self.bracket)(tickets[0], tuple(tickets[1:]))

    def _with_fills(self, order: TicketState) -> TicketState:
        mine = {name: fill for name, fill in self.fills.items() if fill["place"] == order.place}
        if not mine:
            return order
        ticket = self.bracket.tickets[order.place]
        filled = max(_units(ticket, mine.values()), order.filled or Decimal(0))
        known = [self.commissions[name] for name in mine if name in self.commissions]
        return replace(
            order,
            filled=filled,
            average_price=order.average_price
            if ticket.is_combo
            else _average(mine.values()) or order.average_price,
            commission=sum(known, Decimal(0)) if len(known) == len(mine) else None,
            status=OrderStatus.FILLED if filled >= ticket.quantity else order.status,
        )

    def _final(self, entry: TicketState) -> LegState:
        if self.state is not LegState.WORKING:
            return self.state
        if entry.status is OrderStatus.FILLED:
            return LegState.FILLED
        return LegState.CANCELLED if entry.status in _OVER else LegState.WORKING


def _unnumbered(bracket: Bracket) -> list[TicketState]:
    return [TicketState(place, ticket.role) for place, ticket in enumerate(bracket.tickets)]


def _newer(text: str | None, before: Decimal | None) -> Decimal | None:
    return before if text is None else Decimal(text)


def _units(ticket: Ticket, fills: Iterable[Mapping[str, Any]]) -> Decimal:
    """How many units of the ticket the fills make up: of a combination, its least filled leg."""
    sizes: dict[int, Decimal] = defaultdict(Decimal)
    for fill in fills:
        sizes[fill["conid"]] += Decimal(fill["size"])
    return min(sizes[leg.tradable.conid] / abs(leg.ratio) for leg in ticket.legs)


def _average(fills: Iterable[Mapping[str, Any]]) -> Decimal | None:
    priced = [(Decimal(f["size"]), Decimal(f["price"])) for f in fills if f.get("price")]
    size = sum((size for size, _ in priced), Decimal(0))
    return sum((size * price for size, price in priced), Decimal(0)) / size if size else None
