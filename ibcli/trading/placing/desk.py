"""The one place from which orders are sent: an account, its journal, and its lock."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from ibcli.broker.lock_order import Rank
from ibcli.broker.locks import locked
from ibcli.broker.private import private_folder
from ibcli.domain.orders import Role
from ibcli.domain.standing import LegState, OwnOrder, Standing, StandingLeg, TicketState
from ibcli.domain.wishes import IfLegFails
from ibcli.errors import ConfigurationError, OutcomeUnknownError
from ibcli.stopping import LastWords, Overdue, Uninterrupted, ending
from ibcli.trading.journal.folding import legs_of, standing_of
from ibcli.trading.journal.journal import Journal
from ibcli.trading.placing.account import check_account, chosen_account
from ibcli.trading.placing.cancelling import cancel_order
from ibcli.trading.placing.failing import undo_rest
from ibcli.trading.placing.learning import learn
from ibcli.trading.placing.modifying import modify_order
from ibcli.trading.placing.plan import (
    Ask,
    ChangeOutcome,
    Plan,
    PlannedLeg,
    Until,
    Wait,
)
from ibcli.trading.placing.running import place
from ibcli.trading.placing.settlement import settle_all
from ibcli.trading.placing.watching import watch, with_stops_checked
from ibcli.trading.placing.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import Blotter, Execution, LiveOrder
    from ibcli.domain.ledger import Entry
    from ibcli.domain.orders import Ticket
    from ibcli.trading.placing.settling import Settled

__all__ = [
    "Ask",
    "ChangeOutcome",
    "Desk",
    "IfLegFails",
    "LegState",
    "OwnOrder",
    "Plan",
    "PlannedLeg",
    "Standing",
    "StandingLeg",
    "TicketState",
    "Until",
    "Wait",
]


_PATIENCE = 10.0  # seconds in all to wait for the journal where it is not all that matters
_CUT_SHORT = (
    "An order may have been on its way. The same command, run again, looks for it before it sends "
    "anything; so does ibcli reconcile."
)


_OVERDUE = LastWords(
    OutcomeUnknownError.exit_code,
    OutcomeUnknownError.default_code,
    "The deadline passed while orders were being changed: what became of the last is not known.",
    "Run the same command again, or ibcli reconcile: both look for it before anything else.",
)


class Desk:
    """Sends orders of one account, each once. A context manager; for one thread.

    ``account`` is the account's id, ``paper`` whether the broker calls it a paper account,
    ``journal`` what was done, ``warnings`` sentences for the user, ``settled`` what doubts of
    earlier turned out to be.
    """

    def __init__(self, work: Workplace, broken: ConfigurationError | None = None) -> None:
        self._work = work
        self._broken = broken  # why the journal is a makeshift one
        self._is_alone = False
        self.settled: list[Settled] = []

    @classmethod
    def open(cls, client: BrokerClient, *, writing: bool) -> Self:
        """The desk of the account that the settings name, else of the one the broker selects.

        Raises LoginError ``account-unknown``; with ``writing`` ConfigurationError
        ``journal-damaged`` or ``journal-unwritable``, and GuardError ``guard-account`` when
        IB_IS_LIVE contradicts what the broker says of the account. Without ``writing`` an unusable
        journal is a warning: one may look and cancel all the same.
        """
        settings = client.settings
        account, paper = chosen_account(client)
        if writing:
            check_account(settings, paper=paper)
        try:
            journal = Journal.open(
                settings, client.now, client.deadline, None if writing else _PATIENCE
            )
            return cls(Workplace(client, journal, account, paper))
        except ConfigurationError as error:
            if writing:
                raise
            journal = Journal.makeshift(settings, client.now)
            work = Workplace(client, journal, account, paper, [f"{error.message} {error.hint}"])
            return cls(work, error)

    def check_journal(self) -> None:
        """Raise ConfigurationError when the journal's file is not in use."""
        if self._broken is not None:
            raise self._broken

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the journal."""
        self._work.journal.close()

    @property
    def account(self) -> str:
        """The account's id."""
        return self._work.account

    @property
    def paper(self) -> bool:
        """Whether the broker calls it a paper account."""
        return self._work.paper

    @property
    def journal(self) -> Journal:
        """What was done."""
        return self._work.journal

    @property
    def warnings(self) -> list[str]:
        """Sentences for the user."""
        return self._work.warnings

    @contextmanager
    def alone(self, *, settled: bool = True) -> Iterator[None]:
        """Be the only process that changes this account's orders; whatever is in doubt is settled.

        Raises UnreachableError ``orders-busy`` when another still works at the deadline, and
        OutcomeUnknownError when a doubt cannot be settled; with ``settled`` false (to cancel) that
        becomes a warning.
        """
        deadline, busy = self._work.client.deadline, "this account"
        with (
            locked(
                self._lock_path(),
                deadline,
                Rank.ACCOUNT,
                busy=busy,
                code="orders-busy",
                noted=True,
            ),
            Uninterrupted(),
        ):
            before, ending.at_deadline = ending.at_deadline, _OVERDUE
            ending.warning = _CUT_SHORT
            self._is_alone = True
            try:
                try:
                    self.settled += settle_all(self._work)
                except (OutcomeUnknownError, ConfigurationError) as error:
                    if settled:
                        raise
                    self.warnings.append(error.message)
                yield
                ending.warning = ""
            except BaseException as exc:
                if isinstance(exc, Overdue):
                    raise OutcomeUnknownError(
                        _OVERDUE.message, hint=_OVERDUE.hint, retryable=True
                    ) from None
                if not isinstance(exc, Exception):  # Ctrl-C, SIGTERM
                    exc.add_note(_CUT_SHORT)
                raise
            finally:
                self._is_alone = False
                ending.at_deadline = before

    def _lock_path(self) -> Path:
        settings = self._work.settings
        name = hashlib.sha256(f"{settings.pace_key}\n{self.account}".encode()).hexdigest()[:16]
        return private_folder(settings.base_state_dir) / f"orders-{name}.lock"

    def standing(self, job: str, day: date, run: int | None = None) -> Standing | None:
        """A run of a job on a trading day, as the journal knows it; the latest by default.

        Its ``error`` tells of a stop that is not there, if so.
        """
        run = run or self.journal.latest_run(self.account, day, job)
        if run is None:
            return None
        intents = self.journal.intents(self.account, day=day, job=job, run=run)
        standing = standing_of(self.journal, intents)
        return None if standing is None else with_stops_checked(self.journal, standing)

    def orders_today(self, day: date) -> int:
        """Entries sent by all jobs of this account for that trading day, or being sent.

        Those that the broker surely refused, and orders that close positions, do not count.
        """
        intents = self.journal.intents(self.account, day=day)
        entries = self.journal.entries(account=self.account, day=day)
        return sum(
            leg.bracket.entry.role is Role.ENTRY
            and (leg.state.is_placed or leg.state is LegState.UNKNOWN)
            for leg in legs_of(intents, entries)
        )

    def own_orders(self) -> tuple[OwnOrder, ...]:
        """Every order that ibcli placed in this account, with its job: by order id or cOID."""
        return self._work.own_orders()

    def may_work(self) -> tuple[int, ...]:
        """The numbers of today's orders of ours that, as far as the journal knows, still work."""
        intents = self.journal.intents(self.account, since=self._work.today)
        numbers = [intent.id for intent in intents]
        entries = self.journal.entries(account=self.account, intents=numbers)
        return tuple(
            order.order_id
            for leg in legs_of(intents, entries)
            for order in leg.orders
            if order.order_id is not None and not (order.status and order.status.is_final)
        )

    def history(self, order_id: int) -> tuple[Entry, ...]:
        """What the journal holds of one order, oldest first; empty when it knows none."""
        own = self._work.own(order_id)
        entries = self.journal.entries(account=self.account)
        return tuple(
            entry
            for entry in entries
            if entry.order_id == order_id or (own is not None and entry.intent == own.intent)
        )

    def place(self, plan: Plan) -> Standing:
        """Place what the job has not placed yet; inside ``alone()``. See ``Standing.error``.

        Raises ConfigurationError when the journal takes no claim: nothing was sent then.
        """
        self._must_be_alone()
        self.check_journal()
        return place(self._work, plan)

    def undo_rest(self, standing: Standing) -> Standing:
        """Finish undoing a run that was given up; inside ``alone()``. See ``Standing.error``.

        Raises ConfigurationError when the journal takes no entry.
        """
        self._must_be_alone()
        self.check_journal()
        error = undo_rest(self._work, standing)
        now = self.standing(standing.job, standing.day, standing.run) or standing
        return now.but(error)

    def watch(self, standing: Standing, wait: Wait) -> Standing:
        """Follow the orders of a standing job; no error when the time is over before."""
        return watch(self._work, standing, wait)

    def cancel(self, order_id: int) -> ChangeOutcome:
        """Cancel an order, ours or not; inside ``alone(settled=False)``. Safe to repeat.

        Raises NotFoundError ``unknown-order``, and what reads raise.
        """
        self._must_be_alone()
        return cancel_order(self._work, order_id)

    def modify(
        self,
        order: LiveOrder,
        ticket: Ticket,
        ask: Ask | None = None,
        *,
        within_band: bool = False,
    ) -> ChangeOutcome:
        """Make an order be as ``ticket``, all its fields; inside ``alone()``. Safe to repeat.

        ``within_band``: the new limit lies inside our own price band.

        Raises RefusedError ``order-refused``, ``question-declined``, ``order-over`` or
        ``change-lost``, GuardError ``guard-halt``, OutcomeUnknownError.
        """
        self._must_be_alone()
        self.check_journal()
        return modify_order(self._work, order, ticket, ask, within_band=within_band)

    def learn(
        self, blotter: Blotter | None, executions: Iterable[Execution], *, strictly: bool = False
    ) -> None:
        """Write into the journal what a read has shown of our own orders.

        That it cannot be written is a warning; ``strictly``: ConfigurationError.
        """
        orders = blotter.orders if blotter is not None else ()
        try:
            learn(self._work, orders, tuple(executions))
        except ConfigurationError as error:
            if strictly:
                raise
            self.warnings.append(error.message)

    def _must_be_alone(self) -> None:
        if not self._is_alone:
            raise RuntimeError("orders are changed inside alone() only")
