"""``close``: a position's protection is taken away, then exactly what remains of it is closed.

Between the two the position is bare. So whatever can be checked is checked before, and when the
close is not placed for certain the stop is put back; where even that fails the user is told so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions
from ibcli.broker.contract_book import ContractBook
from ibcli.broker.portfolio import positions
from ibcli.domain.changes import Closed, CloseRow, Closing
from ibcli.domain.holdings import Holding
from ibcli.domain.orders import Bracket
from ibcli.domain.trading_day import trading_day
from ibcli.domain.wishes import Limit, LimitWord
from ibcli.errors import (
    ConfigurationError,
    GuardError,
    IbcliError,
    IncompleteError,
    RefusedError,
    UnreachableError,
)
from ibcli.trading.bare import (
    Alarm,
    bare_positions,
    close_job,
    look_at_bare,
    note_bare,
    note_covered,
)
from ibcli.trading.blotter import listed, rows_of
from ibcli.trading.change_guards import check_attended, check_open, check_symbols
from ibcli.trading.closing_rows import (
    Case,
    bare,
    covers,
    kept,
    left_alone,
    notes_on,
    planned,
    told,
    with_message,
    works_already,
)
from ibcli.trading.halt import check_halt
from ibcli.trading.holdings import terms_of
from ibcli.trading.outcome import Outcome
from ibcli.trading.placing.desk import LegState, Plan, PlannedLeg, Until, Wait
from ibcli.trading.protection import (
    Restored,
    Taken,
    in_the_way,
    is_stop,
    own_close,
    put_back,
    take_away,
)
from ibcli.trading.targets import Positions, chosen, closing_quotes, offer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.order_list import OrderRow
    from ibcli.domain.quotes import Quote
    from ibcli.domain.standing import Standing
    from ibcli.trading.placing.desk import Ask, Desk
    from ibcli.trading.targets import Offer

_LAG = 60.0  # seconds for which the broker's positions may be old
_LEAST_TIME = 10.0  # seconds that must be left before a stop is taken away
# In so many seconds a close at the market's price is usually filled; of more, the desk would look
# at the trades too, which it may only every five seconds.
_WATCH = 6.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How positions are closed.

    ``limit`` None: at the market. ``attended``: somebody is at a terminal; ``ask`` shows him the
    broker's questions. ``tell`` speaks to the user at once, whatever follows. ``command`` is for
    the record.
    """

    limit: Limit | None = LimitWord.NATURAL
    dry_run: bool = False
    attended: bool = False
    ask: Ask | None = None
    tell: Callable[[str], None] = lambda _: None
    command: str = "close"


def plan(client: BrokerClient, desk: Desk, which: Positions, manner: Manner) -> Outcome[Closing]:
    """What ``close`` would do; nothing is sent that writes. Raises as it does."""
    with ContractBook(client) as book:
        work = _Work(book, desk, manner)
        cases, notes = work.survey(which)
        rows = tuple(map(planned, cases))
        error = next((row.error for row in rows if row.error is not None), work.left)
        return Outcome(Closing(rows, dry_run=True), (*work.warnings, *notes), error)


def close(client: BrokerClient, desk: Desk, which: Positions, manner: Manner) -> Outcome[Closing]:
    """Close what is meant, one position after another; a failure stops what has not begun.

    Raises GuardError, UsageError, NotFoundError, IncompleteError before anything is sent.
    """
    with ContractBook(client) as book:
        work = _Work(book, desk, manner)
        with desk.alone():
            cases, notes = work.survey(which)
            rows: list[CloseRow] = []
            for case in cases:
                rows.append(work.next(case, cases, rows))
                if rows[-1].error is not None and not work.goes_on(rows[-1], case):
                    break
        rows = [work.watched(row) for row in rows]
        work.note_covered(rows)
        left = [case.holding.words for case in cases[len(rows) :]]
        if left:
            notes.append(f"Not begun after that: {', '.join(left)}.")
        alarm = work.others_bare(rows)
        error = next((row.error for row in rows if row.error is not None), work.left)
        return Outcome(
            Closing(tuple(rows)), (*work.warnings, *notes, *alarm.warnings), error or alarm.error
        )


class _Work:
    """Closing on one desk."""

    def __init__(self, book: ContractBook, desk: Desk, manner: Manner) -> None:
        self.book = book
        self.desk = desk
        self.manner = manner
        self.client = book.client
        self.held: list[Holding] = []
        self.left: IbcliError | None = None  # about positions that cannot be closed here
        self.rows: tuple[OrderRow, ...] = ()  # the account's orders, as surveyed
        self._placed: dict[int, Standing] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What has been noticed so far."""
        return tuple(dict.fromkeys((*self.desk.warnings, *self.book.warnings)))

    # -- before anything is sent ---------------------------------------------------------------

    def survey(self, which: Positions) -> tuple[list[Case], list[str]]:
        """The positions that are meant, each with its closing order and what must go first."""
        try:
            return self._surveyed(which)
        except IbcliError as exc:  # what was cut short before is not to be forgotten over it
            for one in bare_positions(self.desk):
                exc.add_note(f"{one.sentence} IT MAY BE UNPROTECTED: ibcli orders tells.")
            raise

    def _surveyed(self, which: Positions) -> tuple[list[Case], list[str]]:
        settings = self.client.settings
        if not self.manner.dry_run:
            check_halt(settings)
            check_attended(settings, paper=self.desk.paper, asked=self.manner.attended)
        self.held = held = self._held()
        found = chosen(self.book, which, held)
        self.left = found.error
        meant = sorted(found.rows, key=lambda row: row.position.quantity > 0)  # wings last
        blotter = listed(self.client, self.desk)
        if not blotter.complete:
            raise IncompleteError(
                "The account's orders are not known in full: one of them may close the position "
                "too. Nothing was sent.",
                hint="Try again, or give it longer with --deadline SECONDS.",
                code="orders-incomplete",
                retryable=True,
            )
        self.rows = rows = rows_of(self.book, self.desk, blotter.orders)
        fresh = [row for row in meant if own_close(rows, row) is None]
        quotes = closing_quotes(self.book, fresh)
        cases = []
        for row in meant:
            priced, error = None, None
            if row in fresh:
                priced, error = self._offer(row, quotes.get(row.position.conid))
            if priced is not None:
                check_symbols(settings, priced.ticket)
            day = self._day(row)
            self._check_lag(row, day)
            cases.append(Case(row, priced, day, in_the_way(rows, row), error))
        if cases and all(case.error is not None for case in cases):
            error = cases[0].error or IbcliError("")
            raise with_message(error, f"{error.message} Nothing was sent.")
        return cases, [*found.notes, *notes_on(cases, rows, held)]

    def _offer(self, row: Holding, quote: Quote | None) -> tuple[Offer | None, IbcliError | None]:
        """How to close it; why not, if nobody makes a price: that need not keep the others."""
        try:
            return offer(self.book, row, quote, self.manner.limit), None
        except GuardError as exc:
            if exc.code != "guard-quote":
                raise
            return None, exc

    def _held(self) -> list[Holding]:
        told = positions(self.client, self.desk.account, fresh=True)
        held = [one for one in told.rows if one.quantity]
        terms = terms_of(self.book, held)
        return [Holding(one, terms.get(one.conid)) for one in held]

    def _day(self, row: Holding) -> date:
        """The trading day; raises GuardError ``guard-market`` while the market is closed."""
        terms = row.tradable
        conid = terms.underlying_conid if terms and terms.underlying_conid else row.position.conid
        hours, now = self.book.hours(conid), self.client.settings.market_now()
        if not self.manner.dry_run:
            check_open(row.words, hours, now)
        return trading_day(hours, now)

    def _check_lag(self, row: Holding, day: date) -> None:
        """Raise IncompleteError when just this was closed a moment ago: the broker's positions
        are kept for a while, and to close it again would turn it around.
        """
        standing = self.desk.standing(_job(row), day)
        leg = standing.legs[0] if standing is not None else None
        if leg is None or leg.state is not LegState.FILLED or leg.entry.order_id is None:
            return
        seen = max(entry.at for entry in self.desk.history(leg.entry.order_id))
        passed = (self.client.now() - seen).total_seconds()
        if leg.entry.filled != abs(row.position.quantity) or passed >= _LAG / self._haste:
            return
        if not self._opened_since(row, leg.entry.order_id):
            raise IncompleteError(
                f"{row.words} was closed a moment ago (order {leg.entry.order_id}), and the "
                "broker's positions do not show that yet. Nothing was sent.",
                hint=f"If it was opened again since, wait {_LAG:.0f} seconds.",
                code="positions-stale",
                retryable=True,
            )

    def _opened_since(self, row: Holding, order_id: int) -> bool:
        """Whether a later order than that has traded the position's way."""
        held = row.position
        return any(
            one.conid == held.conid
            and (one.order_id or 0) > order_id
            and (one.signed_size or Decimal(0)) * held.quantity > 0
            for one in executions(self.client, self.desk.account, days=1).rows
        )

    # -- one position --------------------------------------------------------------------------

    def next(self, case: Case, cases: Sequence[Case], done: list[CloseRow]) -> CloseRow:
        """Close it, but not what covers a short position that is not closed for certain."""
        if case.error is not None:
            return left_alone(case)
        shorts = []
        for number, (row, other) in enumerate(zip(done, cases, strict=False)):
            if covers(case, other):
                done[number] = row = self.watched(row)
                shorts += [row] if row.closed not in {Closed.FILLED, Closed.GONE} else []
        return kept(case, shorts) if shorts else self.close(case)

    def goes_on(self, row: CloseRow, case: Case) -> bool:
        """Whether an error is about that position alone."""
        return row.closed is Closed.KEPT or case.error is not None

    def close(self, case: Case) -> CloseRow:
        """Take away what is in the way, look at what remains, and close exactly that."""
        if case.offer is None:
            return works_already(case)
        if case.orders and self.client.deadline.remaining < _LEAST_TIME / self._haste:
            late = IncompleteError(
                f"There is too little time left to close {case.holding.words} safely. "
                "It is as it was.",
                hint="Give it longer with --deadline SECONDS.",
                code="deadline",
                retryable=True,
            )
            return case.row(Closed.REFUSED, text=late.message, error=late)
        taken, position = Taken(), case.holding.position
        stops = [r.order.order_id for r in case.orders if is_stop(r, case.holding)]
        try:
            check_halt(self.client.settings)  # or a stop would be taken away for nothing
            if stops:
                words = case.holding.words
                note_bare(self.desk, case.day, position.conid, words, position.quantity, stops)
        except (GuardError, ConfigurationError) as exc:
            return case.row(Closed.REFUSED, text=exc.message, error=exc)
        try:
            taken = take_away(self.client, self.desk, case.orders, position.conid)
            if taken.error is not None:
                return self._stuck(case, taken)
            return self._closed(case, taken)
        except BaseException:  # whatever it is, nobody may think that all is as before
            self._cry(case, taken)
            raise

    @property
    def _haste(self) -> float:
        return self.client.settings.haste

    def _closed(self, case: Case, taken: Taken) -> CloseRow:
        ids = tuple(row.order.order_id for row in taken.rows)
        remaining = case.holding.position.quantity + taken.traded
        try:
            remaining = remaining and self._remaining(case, taken)
            if not remaining:
                words = "Nothing was left to close: it has been closed meanwhile."
                return case.row(Closed.GONE, cancelled=ids, text=words)
            standing = self._place(case, remaining)
        except IbcliError as exc:  # nothing was sent
            return self._failed(case, taken, remaining, exc)
        leg = standing.legs[0]
        if leg.state.is_placed:
            self._placed[case.holding.position.conid] = standing
            row = case.row(Closed.WORKING, cancelled=ids, ticket=leg.bracket.entry)
            return told(row, standing)
        error = standing.error or RefusedError(
            f"The close of {case.holding.words} was not placed ({leg.state}).",
            hint="ibcli journal tells its history.",
        )
        if leg.state is LegState.UNKNOWN:
            words = f"{error.message}{bare(case, taken)}"
            unknown = with_message(error, words)
            return case.row(Closed.UNKNOWN, cancelled=ids, text=words, error=unknown)
        return self._failed(case, taken, remaining, error)

    def _remaining(self, case: Case, taken: Taken) -> Decimal:
        """What is left of the position now, by its orders' fills and by a fresh look.

        The broker's positions may lag behind: of two answers the smaller is taken, and none that
        would turn it around.
        """
        before = case.holding.position.quantity
        by_fills = before + taken.traded
        now = [row.position.quantity for row in self._held() if _is(row, case)]
        by_look = now[0] if now else Decimal(0)
        same_way = [q for q in (by_fills, by_look) if q * before > 0]
        return min(same_way, key=abs) if len(same_way) == 2 else Decimal(0)

    def _place(self, case: Case, remaining: Decimal) -> Standing:
        if case.offer is None:
            raise ValueError("nothing to place")
        ticket = replace(case.offer.ticket, quantity=int(abs(remaining)))
        job = _job(case.holding)
        leg = PlannedLeg(1, Bracket(ticket), case.offer.within_band)
        return self.desk.place(
            Plan(
                job=job,
                day=case.day,
                run=_run(self.desk.standing(job, case.day), Bracket(ticket)),
                command=self.manner.command,
                legs=(leg,),
                ask=self.manner.ask,
            )
        )

    # -- what can go wrong ---------------------------------------------------------------------

    def _failed(self, case: Case, taken: Taken, remaining: Decimal, error: IbcliError) -> CloseRow:
        """The close was not placed for certain: what protected the position is put back."""
        ids = tuple(row.order.order_id for row in taken.rows)
        restored = Restored()
        if any(is_stop(row, case.holding) for row in taken.rows):
            try:
                held = self._quantities()
                held[case.holding.position.conid] = remaining
                restored = put_back(
                    self.desk, case.day, case.holding, taken.rows, held, self.manner.ask
                )
            except IbcliError as exc:
                restored = Restored(error=exc)
            if restored.error is not None or not restored.order_ids:
                why = f" ({restored.error.message})" if restored.error else ""
                words = f"{error.message}{bare(case, taken)} It could not be put back{why}."
                return case.row(
                    Closed.BARE,
                    cancelled=ids,
                    restored=restored.order_ids,
                    text=words,
                    error=with_message(error, words),
                )
        elif self._is_marked(case.holding.position.conid):
            words = f"{error.message} An earlier close has cancelled its stop: UNPROTECTED."
            return case.row(
                Closed.BARE, cancelled=ids, text=words, error=with_message(error, words)
            )
        return case.row(
            Closed.REFUSED,
            cancelled=ids,
            restored=restored.order_ids,
            text=error.message,
            error=error,
        )

    def _quantities(self) -> dict[int, Decimal]:
        """What is held now; what was held before, if that cannot be told any more."""
        try:
            self.held = self._held()
        except (RefusedError, UnreachableError, IncompleteError) as exc:
            self.desk.warnings.append(f"Positions are those of before: {exc.message}")
        return {row.position.conid: row.position.quantity for row in self.held}

    def _stuck(self, case: Case, taken: Taken) -> CloseRow:
        """Something in the way has not ended for certain: nothing is closed."""
        ids = tuple(row.order.order_id for row in taken.rows if not row.is_open)
        error = taken.error or IbcliError("nothing is wrong")
        loss = bare(case, taken)
        closed = Closed.BARE if loss else Closed.REFUSED
        words = f"{error.message} {case.holding.words} was not closed.{loss}"
        return case.row(closed, cancelled=ids, text=words, error=with_message(error, words))

    def _cry(self, case: Case, taken: Taken) -> None:
        """Say at once that a position may have lost its protection."""
        if any(is_stop(row, case.holding) for row in case.orders):
            self.manner.tell(
                f"{case.holding.words}: closing it was cut short, and its stop may be cancelled. "
                "Look at once: ibcli orders; ibcli positions; ibcli close may be repeated."
            )

    # -- afterwards ----------------------------------------------------------------------------

    def watched(self, row: CloseRow) -> CloseRow:
        """The row after the close has been followed for a while."""
        standing = self._placed.get(row.conid)
        if standing is None:
            return row
        standing = self.desk.watch(standing, Wait(Until.FILLED, _WATCH))
        return told(row, standing)

    def note_covered(self, rows: Sequence[CloseRow]) -> None:
        """Write down which positions need no stop, or have one again."""
        ends = {
            Closed.FILLED: "closed",
            Closed.GONE: "closed meanwhile",
            Closed.REFUSED: "not closed, its stop put back",
        }
        for row in rows:
            if row.closed in ends and (row.restored or row.closed is not Closed.REFUSED):
                note_covered(self.desk, row.conid, ends[row.closed])

    def _is_marked(self, conid: int) -> bool:
        return any(one.conid == conid for one in bare_positions(self.desk))

    def others_bare(self, rows: Sequence[CloseRow]) -> Alarm:
        """Positions that other commands have left bare."""
        told = {row.conid for row in rows}
        return look_at_bare(self.client, self.desk, self.rows, told)


def _job(row: Holding) -> str:
    return close_job(row.words)


def _run(standing: Standing | None, bracket: Bracket) -> int:
    """An earlier close that was never placed is finished; else this is another one."""
    if standing is None:
        return 1
    leg = standing.legs[0]
    entry, wished = leg.bracket.entry, bracket.entry
    same = (entry.side, entry.quantity, entry.type) == (wished.side, wished.quantity, wished.type)
    return standing.run if leg.state.is_unfinished and same else standing.run + 1


def _is(row: Holding, case: Case) -> bool:
    return row.position.conid == case.holding.position.conid
