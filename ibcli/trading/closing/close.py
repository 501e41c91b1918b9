"""``close``: a position's protection is taken away, then exactly what remains of it is closed.

Between the two the position is bare. So whatever can be checked is checked before, and when the
close is not placed for certain the stop is put back; where even that fails the user is told so.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.contract_book import ContractBook
from ibcli.domain.changes import Closed, CloseRow, Closing
from ibcli.domain.orders import Bracket
from ibcli.errors import (
    ConfigurationError,
    GuardError,
    IbcliError,
    IncompleteError,
    RefusedError,
    UnreachableError,
)
from ibcli.trading.bare import (
    bare_positions,
    close_job,
    look_at_bare,
    note_bare,
    note_covered,
)
from ibcli.trading.closing import rows as told
from ibcli.trading.closing.protection import Restored, Taken, is_stop, put_back, take_away
from ibcli.trading.closing.survey import held_now, survey
from ibcli.trading.halt import check_halt
from ibcli.trading.outcome import Outcome
from ibcli.trading.placing.desk import LegState, Plan, PlannedLeg, Until, Wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.holdings import Holding
    from ibcli.domain.standing import Standing
    from ibcli.trading.closing.rows import Case
    from ibcli.trading.closing.wish import Manner, Positions
    from ibcli.trading.placing.desk import Desk

_LEAST_TIME = 10.0  # seconds that must be left before a stop is taken away
# In so many seconds a close at the market's price is usually filled; of more, the desk would look
# at the trades too, which it may only every five seconds.
_WATCH = 6.0
_COVERED = {
    Closed.FILLED: "closed",
    Closed.GONE: "closed meanwhile",
    Closed.REFUSED: "not closed, its stop put back",
}


def plan(client: BrokerClient, desk: Desk, which: Positions, manner: Manner) -> Outcome[Closing]:
    """What ``close`` would do; nothing is sent that writes. Raises as it does."""
    with ContractBook(client) as book:
        found = survey(book, desk, which, manner)
        rows = tuple(map(told.planned, found.cases))
        warnings = (*_noticed(book, desk), *found.notes)
        return Outcome(Closing(rows, dry_run=True), warnings, _first_error(rows) or found.left)


def close(client: BrokerClient, desk: Desk, which: Positions, manner: Manner) -> Outcome[Closing]:
    """Close what is meant, one position after another; a failure stops what has not begun.

    Raises GuardError, UsageError, NotFoundError, IncompleteError before anything is sent.
    """
    with ContractBook(client) as book:
        with desk.alone():
            found = survey(book, desk, which, manner)
            closer = _Closer(book, desk, manner, found.held)
            rows = closer.close_all(found.cases)
        rows = [closer.watched(row) for row in rows]
        _note_covered(desk, rows)
        notes = list(found.notes)
        left = [case.holding.words for case in found.cases[len(rows) :]]
        if left:
            notes.append(f"Not begun after that: {', '.join(left)}.")
        # Positions that other commands have left bare are told of too.
        alarm = look_at_bare(client, desk, found.orders, {row.conid for row in rows})
        return Outcome(
            Closing(tuple(rows)),
            (*_noticed(book, desk), *notes, *alarm.warnings),
            _first_error(rows) or found.left or alarm.error,
        )


def _noticed(book: ContractBook, desk: Desk) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*desk.warnings, *book.warnings)))


def _first_error(rows: Sequence[CloseRow]) -> IbcliError | None:
    return next((row.error for row in rows if row.error is not None), None)


def _note_covered(desk: Desk, rows: Sequence[CloseRow]) -> None:
    """Write down which positions need no stop, or have one again."""
    for row in rows:
        if row.closed in _COVERED and (row.restored or row.closed is not Closed.REFUSED):
            note_covered(desk, row.conid, _COVERED[row.closed])


class _Closer:
    """Closing on one desk. ``held``: all positions, as surveyed."""

    def __init__(
        self, book: ContractBook, desk: Desk, manner: Manner, held: Sequence[Holding]
    ) -> None:
        self.book = book
        self.desk = desk
        self.manner = manner
        self.client = book.client
        self._held = held
        self._placed: dict[int, Standing] = {}

    def close_all(self, cases: Sequence[Case]) -> list[CloseRow]:
        """A row each, as far as it comes."""
        rows: list[CloseRow] = []
        for case in cases:
            row = self._next(case, cases, rows)
            rows.append(row)
            alone = row.closed is Closed.KEPT or case.error is not None  # about that one position
            if row.error is not None and not alone:
                break
        return rows

    def watched(self, row: CloseRow) -> CloseRow:
        """The row after the close has been followed for a while."""
        standing = self._placed.get(row.conid)
        if standing is None:
            return row
        return told.placed(row, self.desk.watch(standing, Wait(Until.FILLED, _WATCH)))

    def _next(self, case: Case, cases: Sequence[Case], done: list[CloseRow]) -> CloseRow:
        """Close it, but not what covers a short position that is not closed for certain."""
        if case.error is not None:
            return told.left_alone(case)
        shorts = []
        for number, (row, other) in enumerate(zip(done, cases, strict=False)):
            if told.covers(case, other):
                done[number] = row = self.watched(row)
                shorts += [row] if row.closed not in {Closed.FILLED, Closed.GONE} else []
        return told.kept(case, shorts) if shorts else self._close(case)

    # -- one position --------------------------------------------------------------------------

    def _close(self, case: Case) -> CloseRow:
        """Take away what is in the way, look at what remains, and close exactly that."""
        if case.offer is None:
            return told.works_already(case)
        if case.orders and self.client.deadline.remaining < _LEAST_TIME / self._haste:
            return told.too_late(case)
        try:
            self._announce(case)
        except (GuardError, ConfigurationError) as exc:
            return case.row(Closed.REFUSED, text=exc.message, error=exc)
        taken = Taken()
        try:
            taken = self._take_away(case)
            if taken.ids:
                self.client.deadline.extend()  # it is bare until it is closed
            return told.stuck(case, taken) if taken.error is not None else self._finish(case, taken)
        except BaseException:  # whatever it is, nobody may think that all is as before
            self._cry(case)
            raise

    @property
    def _haste(self) -> float:
        return self.client.settings.haste

    def _announce(self, case: Case) -> None:
        """Write down that the stops are about to go; raises if nothing may be placed after it."""
        check_halt(self.client.settings)  # or a stop would be taken away for nothing
        position = case.holding.position
        stops = [r.order.order_id for r in case.orders if is_stop(r, case.holding)]
        if stops:
            words = case.holding.words
            note_bare(self.desk, case.day, position.conid, words, position.quantity, stops)

    def _take_away(self, case: Case) -> Taken:
        return take_away(self.client, self.desk, case.orders, case.holding.position.conid)

    def _finish(self, case: Case, taken: Taken) -> CloseRow:
        """The position is bare: close what is left of it."""
        remaining = case.holding.position.quantity + taken.traded
        try:
            remaining = remaining and self._remaining(case, taken)
            if not remaining:
                return told.gone(case, taken)
            standing = self._place(case, remaining)
        except IbcliError as exc:  # nothing was sent
            return self._failed(case, taken, remaining, exc)
        leg = standing.legs[0]
        if leg.state.is_placed:
            self._placed[case.holding.position.conid] = standing
            row = case.row(Closed.WORKING, cancelled=taken.ids, ticket=leg.bracket.entry)
            return told.placed(row, standing)
        error = standing.error or RefusedError(
            f"The close of {case.holding.words} was not placed ({leg.state}).",
            hint="ibcli journal tells its history.",
        )
        if leg.state is LegState.UNKNOWN:
            return told.unknown(case, taken, error)
        return self._failed(case, taken, remaining, error)

    def _remaining(self, case: Case, taken: Taken) -> Decimal:
        """What is left of the position now, by its orders' fills and by a fresh look.

        The broker's positions may lag behind: of two answers the smaller is taken, and none that
        would turn it around.
        """
        before = case.holding.position
        by_fills = before.quantity + taken.traded
        held = (row.position for row in held_now(self.book, self.desk))
        by_look = next((one.quantity for one in held if one.conid == before.conid), Decimal(0))
        same_way = [q for q in (by_fills, by_look) if q * before.quantity > 0]
        return min(same_way, key=abs) if len(same_way) == 2 else Decimal(0)

    def _place(self, case: Case, remaining: Decimal) -> Standing:
        if case.offer is None:
            raise ValueError("nothing to place")
        bracket = Bracket(replace(case.offer.ticket, quantity=int(abs(remaining))))
        job = close_job(case.holding.words)
        return self.desk.place(
            Plan(
                job=job,
                day=case.day,
                run=_run(self.desk.standing(job, case.day), bracket),
                command=self.manner.command,
                legs=(PlannedLeg(1, bracket, case.offer.within_band),),
                ask=self.manner.ask,
            )
        )

    # -- what can go wrong ---------------------------------------------------------------------

    def _failed(self, case: Case, taken: Taken, remaining: Decimal, error: IbcliError) -> CloseRow:
        """The close was not placed for certain: what protected the position is put back."""
        conid = case.holding.position.conid
        if any(is_stop(row, case.holding) for row in taken.rows):
            restored = self._restored(case, taken, remaining)
            if restored.error is not None or not restored.order_ids:
                return told.not_put_back(case, taken, restored, error)
            return told.refused(case, taken, restored, error)
        if any(one.conid == conid for one in bare_positions(self.desk)):
            return told.bare_before(case, taken, error)
        return told.refused(case, taken, Restored(), error)

    def _restored(self, case: Case, taken: Taken, remaining: Decimal) -> Restored:
        try:
            held = self._quantities() | {case.holding.position.conid: remaining}
            return put_back(self.desk, case.day, case.holding, taken.rows, held, self.manner.ask)
        except IbcliError as exc:
            return Restored(error=exc)

    def _quantities(self) -> dict[int, Decimal]:
        """What is held now; what was held before, if that cannot be told any more."""
        try:
            self._held = held_now(self.book, self.desk)
        except (RefusedError, UnreachableError, IncompleteError) as exc:
            self.desk.warnings.append(f"Positions are those of before: {exc.message}")
        return {row.position.conid: row.position.quantity for row in self._held}

    def _cry(self, case: Case) -> None:
        """Say at once that a position may have lost its protection."""
        if any(is_stop(row, case.holding) for row in case.orders):
            self.manner.tell(
                f"{case.holding.words}: closing it was cut short, and its stop may be cancelled. "
                "Look at once: ibcli orders; ibcli positions; ibcli close may be repeated."
            )


def _run(standing: Standing | None, bracket: Bracket) -> int:
    """An earlier close that was never placed is finished; else this is another one."""
    if standing is None:
        return 1
    leg = standing.legs[0]
    entry, wished = leg.bracket.entry, bracket.entry
    same = (entry.side, entry.quantity, entry.type) == (wished.side, wished.quantity, wished.type)
    return standing.run if leg.state.is_unfinished and same else standing.run + 1
