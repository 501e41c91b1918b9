"""Time passes in a book: from the beat it has come to, up to another.

The market is looked at on set beats only - when an order arrives, and every five seconds - so the
result does not depend on who looks, when, or how often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.sim.books import matching
from ibcli.sim.books.ledger import book_deal
from ibcli.sim.books.lifecycle import Lifecycle
from ibcli.sim.books.order import NOUGHT, Order, Status, Tif
from ibcli.sim.books.settlement import settle_at_close, settle_at_open
from ibcli.sim.books.timeline import Boundary, Edge
from ibcli.sim.books.valuation import net_liquidation
from ibcli.sim.market import sessions

if TYPE_CHECKING:
    from datetime import datetime

    from ibcli.sim.books.contracts import Contracts
    from ibcli.sim.books.matching import Face
    from ibcli.sim.books.records import Records
    from ibcli.sim.books.timeline import Timeline
    from ibcli.sim.market import Quote
    from ibcli.sim.market.noise import Noise

LOOK = 10  # beats between two looks at the market
_CLOSED = "Day order: the session is over"
_AT_ONCE = "Immediate or cancel: nothing more to be had"
_NO_OPENING = "Not filled at the open"
_EXPIRED = "The contract has expired"


class Passage:
    """One passing of time; ``through`` does it. The caller holds the transaction."""

    def __init__(
        self, records: Records, contracts: Contracts, timeline: Timeline, noise: Noise
    ) -> None:
        self._records = records
        self._contracts = contracts
        self._timeline = timeline
        self._noise = noise
        self._life = Lifecycle(records)
        self._calm = False  # after a whole lap in which nothing happened: the next is the same
        self._trailed = False
        self._quoted_at: datetime | None = None
        self._quotes: dict[int, Quote | None] = {}

    def through(self, upto: int) -> None:
        """Everything until and on a beat."""
        first = int(self._records.value("beat")) + 1
        for boundary in self._timeline.boundaries(first - 1, upto):
            if not (self._calm and self._timeline.is_lap(first, boundary.beat - 1)):
                self._stretch(first, boundary.beat - 1)
            self._cross(boundary)
            first = boundary.beat
        self._stretch(first, upto)
        self._records.set("beat", upto)

    # Between boundaries.

    def _stretch(self, first: int, last: int) -> None:
        """Beats between two boundaries, over which the market is open or closed throughout."""
        if first > last:
            return
        is_open = self._contracts.market.is_open(self._timeline.at(first))
        before, self._trailed = self._records.last_event(), False
        beat = self._due(first, is_open)
        while beat is not None and beat <= last:
            for order in self._life.working:
                if order.working:  # the one before it may have ended it
                    self._visit(order, beat, is_open)
            beat = self._due(beat + 1, is_open)
        changed = self._trailed or self._records.last_event() != before
        self._calm = not changed and (self._calm or self._timeline.is_lap(first, last))

    def _due(self, first: int, is_open: bool) -> int | None:
        """The next beat on which something may happen."""
        beats: list[int] = []
        for order in self._life.working:
            beats.extend(b for b in (order.active, order.cancels) if b is not None and b >= first)
            if (is_open or order.outside_rth) and order.tif is not Tif.OPG:
                beats.append(-(-first // LOOK) * LOOK)
        return min(beats, default=None)

    def _visit(self, order: Order, beat: int, is_open: bool) -> None:
        at = self._timeline.at(beat)
        trades = self._trades_at(order, at, is_open) and order.tif is not Tif.OPG
        if order.active is None or beat < order.active:
            trades = False
        elif order.status is Status.PENDING_SUBMIT:
            self._life.set_status(order, self._resting(order, is_open=trades), beat)
        if trades and (beat == order.active or beat % LOOK == 0):
            self._look(order, beat, at)
        if not order.working:
            return
        if order.cancels is not None and beat >= order.cancels:
            self._life.end(order, beat, order.reason)
        elif order.tif is Tif.IOC and trades and self._life.allowance(order) > NOUGHT:
            self._life.end(order, beat, _AT_ONCE)

    def _trades_at(self, order: Order, at: datetime, is_open: bool) -> bool:
        """Whether the order's market is open: stocks may trade on outside the session."""
        if is_open or not order.outside_rth or order.is_combo:
            return is_open
        if self._contracts.get(order.legs[0].conid).sec_type != "STK":
            return False
        hours = sessions.trading_day(sessions.new_york_date(at)).extended
        return hours is not None and hours[0] <= at < hours[1]

    def _resting(self, order: Order, *, is_open: bool) -> Status:
        """The status of an order that has arrived and not traded."""
        held = self._life.allowance(order) <= NOUGHT
        waits = held or not is_open or (order.type.has_stop and not order.triggered)
        return Status.PRE_SUBMITTED if waits else Status.SUBMITTED

    def _look(self, order: Order, beat: int, at: datetime) -> None:
        """Trigger, then trade, if the market is so."""
        allowed = self._life.allowance(order)
        if allowed <= NOUGHT:
            return
        quotes = [self._quote(leg.conid, at) for leg in order.legs]
        face = matching.face_of(order.legs, quotes)
        if face is None or not self._set_off(order, face, beat):
            return
        self._life.set_status(order, Status.SUBMITTED, beat)
        conids = ",".join(str(leg.conid) for leg in order.legs)
        luck = self._noise.uniforms(1, "met", conids, at.isoformat(), order.buy)[0]
        deal = matching.deal(order, face, allowed, luck)
        if deal is not None:
            book_deal(self._records, self._contracts, order, deal, (beat, at))
            self._life.filled(order, deal.quantity, beat)

    def _quote(self, conid: int, at: datetime) -> Quote | None:
        """The market in a contract; orders of one moment share it."""
        if at != self._quoted_at:
            self._quoted_at = at
            self._quotes = {}
        if conid not in self._quotes:
            self._quotes[conid] = self._contracts.quote(conid, at)
        return self._quotes[conid]

    def _set_off(self, order: Order, face: Face, beat: int) -> bool:
        """Whether the order needs no trigger, or has it."""
        if not order.type.has_stop or order.triggered:
            return True
        stock = not order.is_combo and self._contracts.get(order.conid).sec_type == "STK"
        at = matching.reference(order, face, stock=stock)
        if at is None:
            return False
        order.triggered = matching.is_triggered(order, at)
        if not order.triggered and order.type.is_trailing and matching.follow(order, at):
            self._trailed = True
            self._records.save(order, event=False)
        return order.triggered

    # Boundaries.

    def _cross(self, boundary: Boundary) -> None:
        if boundary.edge is Edge.OPEN:
            settle_at_open(self._records, self._contracts, boundary)
            self._open(boundary)
        else:
            self._close(boundary)

    def _open(self, boundary: Boundary) -> None:
        """Orders that waited reach the market; those for the open trade now or never."""
        at = self._timeline.at(boundary.beat)
        for order in self._life.working:
            if order.active is None or order.active > boundary.beat:
                continue
            order.active = boundary.beat
            self._life.set_status(order, self._resting(order, is_open=True), boundary.beat)
            if order.working and order.tif is Tif.OPG:
                self._look(order, boundary.beat, at)
                if order.working:
                    self._life.end(order, boundary.beat, _NO_OPENING)
            else:
                self._records.save(order, event=False)

    def _close(self, boundary: Boundary) -> None:
        """Day orders end, contracts expire, and the day's value is noted."""
        for order in self._life.unanswered:
            self._records.forget(order)
        for order in self._life.working:
            if not order.working:
                continue
            if self._expires(order, boundary):
                self._life.end(order, boundary.beat, _EXPIRED)
            elif order.tif is Tif.DAY or order.status is Status.PENDING_CANCEL:
                self._life.end(order, boundary.beat, order.reason or _CLOSED)
            else:
                self._life.set_status(order, Status.PRE_SUBMITTED, boundary.beat)
        settle_at_close(self._records, self._contracts, boundary)
        value = net_liquidation(self._records, self._contracts, boundary.at)
        self._records.note_value(boundary.beat, boundary.day.strftime("%Y%m%d"), value)
        self._records.set("opening_value", value)

    def _expires(self, order: Order, boundary: Boundary) -> bool:
        options = (self._contracts.get(leg.conid).option for leg in order.legs)
        return any(option is not None and option.expiry <= boundary.day for option in options)
