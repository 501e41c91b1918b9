"""``order`` from its words to orders that stand: found, priced, judged, and placed once."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ibcli.broker.contract_book import ContractBook, Progress
from ibcli.domain.newyork import new_york_day
from ibcli.domain.orders import OrderType
from ibcli.domain.standing import LegState
from ibcli.domain.trading_day import trading_day
from ibcli.errors import (
    GuardError,
    IbcliError,
    IncompleteError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from ibcli.trading.orders import guards
from ibcli.trading.orders.amount_guards import is_within_band
from ibcli.trading.orders.draft import Draft, Setting, again, draft
from ibcli.trading.orders.finding import Found, find, underlying_of
from ibcli.trading.orders.market_guards import feeds_allowed
from ibcli.trading.orders.mismatch import mismatch
from ibcli.trading.orders.shapes import Shape
from ibcli.trading.placing.desk import Ask, Desk, Plan, PlannedLeg, Standing, Wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.order_preview import OrderPreview
    from ibcli.domain.terms import TradingHours
    from ibcli.trading.orders.request import OrderRequest

_GOOD_FOR = timedelta(minutes=2)  # from pricing to the first byte; longer than any usual deadline
_OWN_NAME = "Another order needs another name: --job"


@dataclass(frozen=True, slots=True)
class Conduct:
    """How an order is to be gone about.

    ``attended``: somebody is at a terminal. ``again``: place it although the job ran before.
    ``ask`` shows the broker's questions; None: nobody can be asked. ``command`` is for the record.
    """

    job: str
    command: str
    wait: Wait
    attended: bool = False
    again: bool = False
    queue: bool = False
    dry_run: bool = False
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be placed. ``standing``: what the job has placed before, if it ran today.

    ``draft`` None: nothing is left to place.
    """

    standing: Standing | None
    found: Found | None = None
    draft: Draft | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordered:
    """What came of it. ``already``: everything stood before, nothing was sent."""

    standing: Standing | None
    preview: OrderPreview | None
    already: bool = False
    warnings: tuple[str, ...] = ()
    error: IbcliError | None = None


def propose(
    client: BrokerClient,
    request: OrderRequest,
    conduct: Conduct,
    progress: Progress | None = None,
) -> Proposal:
    """Everything up to the moment of sending; nothing that writes is sent.

    Raises GuardError where a limit leaves nothing to show, UsageError, NotFoundError, and what
    ``BrokerClient.read`` raises.
    """
    writing = not conduct.dry_run
    with _at_work(client, request, conduct, progress, writing=writing) as work:
        standing = work.desk.standing(conduct.job, work.setting.day)
        if work.is_done(standing) and not conduct.dry_run:
            return Proposal(standing, warnings=work.warnings)
        found, drafted = work.draft(None if work.is_done(standing) else standing)
        return Proposal(standing, found, drafted, work.warnings)


def carry_out(
    client: BrokerClient,
    request: OrderRequest,
    conduct: Conduct,
    confirmed: Proposal | None = None,
    progress: Progress | None = None,
) -> Ordered:
    """Place what has not been placed yet, alone at the account: a repeat finds it standing.

    ``confirmed`` is what the user said yes to: placed at its prices, if the limits still allow it.
    Raises as ``propose`` does, ConfigurationError and OutcomeUnknownError.
    """
    with _at_work(client, request, conduct, progress, writing=True) as work:
        with work.desk.alone():
            work.look()  # the day may be another by now
            standing = work.desk.standing(conduct.job, work.setting.day)
            if standing is not None and standing.is_given_up:
                undone = work.desk.undo_rest(standing)
                if not conduct.again or isinstance(undone.error, OutcomeUnknownError):
                    return Ordered(undone, None, warnings=work.warnings, error=undone.error)
            done = standing if standing is not None and work.is_done(standing) else None
            if done is None:
                drafted = work.drafted(standing, confirmed)
                if drafted.error is not None:
                    return Ordered(None, drafted.preview, False, work.warnings, drafted.error)
                placed = work.desk.place(work.plan(drafted))
        if done is not None:
            return work.as_it_stands(done)
        watched = work.desk.watch(placed, conduct.wait)
        warnings = tuple(dict.fromkeys((*work.warnings, *placed.warnings, *watched.warnings)))
        error = placed.error or watched.error or _ended_at_once(watched, drafted)
        return Ordered(watched, drafted.preview, warnings=warnings, error=error)


@contextmanager
def _at_work(
    client: BrokerClient,
    request: OrderRequest,
    conduct: Conduct,
    progress: Progress | None,
    *,
    writing: bool,
) -> Iterator[_Work]:
    """A desk, a book of contracts, and the underlying with its hours."""
    with (
        Desk.open(client, writing=writing) as desk,
        ContractBook(client, progress) as book,
    ):
        yield _Work(desk, book, request, conduct)


class _Work:
    """One order on one desk."""

    def __init__(
        self, desk: Desk, book: ContractBook, request: OrderRequest, conduct: Conduct
    ) -> None:
        self.desk = desk
        self.book = book
        self.request = request
        self.conduct = conduct
        listing = underlying_of(book, request)
        self.now = book.client.settings.market_now
        self.setting = Setting(
            book=book,
            request=request,
            listing=listing,
            hours=book.hours(listing.conid),
            day=new_york_day(self.now()),
            account=desk.account,
            paper=desk.paper,
            job=conduct.job,
            run=1,
            sent_today=0,
            asked=conduct.attended,
            # Of the open nothing is known yet: only a limit cannot be filled at worse than it.
            queue=conduct.queue and request.type is OrderType.LMT,
            dry_run=conduct.dry_run,
        )
        self.look()

    def look(self) -> None:
        """See which trading day it is."""
        self.setting = replace(self.setting, day=trading_day(self.setting.hours, self.now()))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What has been noticed so far."""
        return tuple(dict.fromkeys((*self.desk.warnings, *self.book.warnings)))

    def is_done(self, standing: Standing | None) -> bool:
        """Whether there is nothing left to place."""
        if standing is None or self.conduct.again:
            return False
        return standing.is_given_up or not standing.unfinished

    def as_it_stands(self, standing: Standing) -> Ordered:
        """What was placed before, as the broker has it by now."""
        seen = self.desk.watch(standing, self.conduct.wait)
        other = mismatch(standing, self.request, self.setting.listing)
        told = (f"{other} {_OWN_NAME}",) if other else ()
        warnings = tuple(dict.fromkeys((*self.warnings, *told, *seen.warnings)))
        return Ordered(seen, None, already=True, warnings=warnings, error=seen.error)

    def _run(self, standing: Standing | None) -> int:
        if standing is None:
            return 1
        return standing.run + 1 if self.conduct.again else standing.run

    def draft(self, standing: Standing | None) -> tuple[Found, Draft]:
        """What to place now: the contracts of an unfinished run, or new ones."""
        setting = self._setting(standing)
        try:
            if standing is None or self.conduct.again:
                feeds = feeds_allowed(setting.hours, self.now(), queue=setting.queue)
                found = find(self.book, setting.listing, self.request, setting.day, feeds)
            else:
                found = self._left_of(standing)
            return found, draft(setting, found)
        except (IncompleteError, GuardError) as exc:
            raise self._reason(exc) from None

    def _left_of(self, standing: Standing) -> Found:
        """What the job has not placed yet; not by words that mean something else."""
        other = mismatch(standing, self.request, self.setting.listing)
        if other:
            raise GuardError(
                f"{other} It is not finished, and cannot be by these words.",
                hint=f"Finish it by its own words. {_OWN_NAME}",
                code="guard-changed",
            )
        return _left_of(standing)

    def drafted(self, standing: Standing | None, confirmed: Proposal | None) -> Draft:
        """What to place: what was confirmed, else what is found now."""
        if confirmed is not None:
            return self.draft_again(standing, confirmed)
        return self.draft(standing)[1]

    def draft_again(self, standing: Standing | None, confirmed: Proposal) -> Draft:
        """What was confirmed, unless another process has placed of this job since."""
        if (
            confirmed.found is None
            or confirmed.draft is None
            or confirmed.draft.preview.trading_day != self.setting.day
            or _mark(standing) != _mark(confirmed.standing)
        ):
            raise GuardError(
                f"What is left of the job {self.conduct.job} is not what you were shown.",
                hint="Run the same command again: it shows what stands and what is left.",
                code="guard-changed",
            )
        return again(self._setting(standing), confirmed.found, confirmed.draft)

    def _setting(self, standing: Standing | None) -> Setting:
        """With what has been sent by now; nobody else sends meanwhile where the account is ours."""
        sent = self.desk.orders_today(self.setting.day)
        return replace(self.setting, run=self._run(standing), sent_today=sent)

    def _reason(self, exc: IbcliError) -> IbcliError:
        """Why there is nothing to draft: a closed market, say, has no quotes."""
        nothing = Found(())
        return guards.refusal(guards.check_circumstances(self.setting.facts(nothing))) or exc

    def plan(self, drafted: Draft) -> Plan:
        """What the desk is to place, soon: see ``check_in_time``."""
        drafted_at, setting = self.now(), self.setting
        settings = self.book.client.settings
        legs = tuple(
            PlannedLeg(one.shape.number, one.bracket, is_within_band(one, settings))
            for one in drafted.priced
        )
        return Plan(
            job=self.conduct.job,
            day=self.setting.day,
            run=drafted.preview.run,
            command=self.conduct.command,
            legs=legs,
            if_leg_fails=self.request.if_leg_fails,
            ask=self.conduct.ask,
            check=lambda: check_in_time(setting.hours, setting.day, drafted_at, self.now()),
        )


def check_in_time(hours: TradingHours, day: date, drafted_at: datetime, now: datetime) -> None:
    """Raise UnreachableError ``order-late`` when what was drafted must not be sent any more.

    The machine may have slept, or the pacing have closed for long: then the prices and the limits
    are those of another market, and after the session the order would be another day's.
    """
    if trading_day(hours, now) != day:
        why = f"the trading day {day} is over"
    elif now - drafted_at > _GOOD_FOR:
        why = f"it was priced {(now - drafted_at).total_seconds():.0f} s ago"
    else:
        return
    raise UnreachableError(
        f"The order could not be sent in time: {why}.",
        hint="Run the same command again: it prices anew. Did this machine sleep?",
        code="order-late",
        retryable=True,
    )


def _ended_at_once(standing: Standing, drafted: Draft) -> RefusedError | None:
    """The error over an order that was placed just now and is over, unfilled."""
    numbers = {one.shape.number for one in drafted.priced}
    for leg in standing.legs:
        if leg.leg in numbers and leg.state is LegState.CANCELLED:
            said = f": {leg.reason.rstrip('.')}" if leg.reason else ""
            return RefusedError(
                f"The order for {leg.bracket.entry.words} ({leg.entry.order_id}) was taken, and is "
                f"{leg.entry.status} already{said}.",
                hint="Nothing of it works any more; --again places another.",
                code="order-ended",
            )
    return None


def _mark(standing: Standing | None) -> object:
    """What of a job's standing decides what is left to place."""
    if standing is None:
        return None
    return standing.run, tuple(leg.leg for leg in standing.unfinished)


def _left_of(standing: Standing) -> Found:
    """The legs of a run that were never placed, their contracts as they were."""
    left = standing.unfinished
    placed = [leg for leg in standing.legs if leg not in left]
    notes = []
    if placed:
        words = ", ".join(f"{leg.leg} ({leg.bracket.entry.words})" for leg in placed)
        notes.append(f"Placed before, and not sent again: {words}.")
    notes.append("This finishes a run that was begun before: its contracts stay.")
    shapes = tuple(Shape.of_bracket(leg.leg, leg.bracket) for leg in left)
    return Found(shapes, notes=tuple(notes))
