"""The one place from which orders are sent: an account, its journal, and its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ibcli.domain.standing import LegState, OwnOrder, Standing, StandingLeg, TicketState
from ibcli.trading.placing.plan import (
    Ask,
    CancelOutcome,
    IfLegFails,
    ModifyOutcome,
    Plan,
    PlannedLeg,
    Until,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from datetime import date

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import Blotter, Execution, LiveOrder
    from ibcli.domain.orders import Ticket

__all__ = [
    "Ask",
    "CancelOutcome",
    "Desk",
    "IfLegFails",
    "LegState",
    "ModifyOutcome",
    "OwnOrder",
    "Plan",
    "PlannedLeg",
    "Standing",
    "StandingLeg",
    "TicketState",
    "Until",
    "Wait",
]


class Desk:
    """Sends orders of one account, each once. A context manager; for one thread.

    ``account`` is the account's id, ``paper`` whether the broker calls it a paper account,
    ``warnings`` sentences for the user.
    """

    account: str
    paper: bool
    warnings: list[str]

    @classmethod
    def open(cls, client: BrokerClient, *, writing: bool) -> Self:
        """The desk of the account that the settings name, else of the one the broker selects.

        Raises ConfigurationError ``account-unknown``, ``journal-damaged`` or
        ``journal-unwritable``; with ``writing`` GuardError ``guard-account`` when IB_IS_LIVE
        contradicts what the broker says of the account.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the journal."""

    def alone(self, *, settled: bool = True) -> AbstractContextManager[None]:
        """Be the only process that changes this account's orders; whatever is in doubt is settled.

        Raises UnreachableError ``orders-busy`` when another still works at the deadline, and
        OutcomeUnknownError when a doubt cannot be settled; with ``settled`` false (to cancel) that
        becomes a warning.
        """
        raise NotImplementedError

    def standing(self, job: str, day: date) -> Standing | None:
        """The latest run of a job on a trading day, as the journal knows it."""
        raise NotImplementedError

    def orders_today(self, day: date) -> int:
        """Entries sent by all jobs of this account for that trading day, or being sent."""
        raise NotImplementedError

    def own_orders(self) -> tuple[OwnOrder, ...]:
        """Every order that ibcli placed in this account, with its job: by order id or cOID."""
        raise NotImplementedError

    def place(self, plan: Plan) -> Standing:
        """Place what the job has not placed yet; inside ``alone()``. See ``Standing.error``."""
        raise NotImplementedError

    def watch(self, standing: Standing, wait: Wait) -> Standing:
        """Follow the orders of a standing job; no error when the time is over before."""
        raise NotImplementedError

    def cancel(self, order_id: int) -> CancelOutcome:
        """Cancel an order, ours or not; inside ``alone(settled=False)``. Safe to repeat."""
        raise NotImplementedError

    def modify(self, order: LiveOrder, ticket: Ticket, ask: Ask | None = None) -> ModifyOutcome:
        """Make an order be as ``ticket``, all its fields; inside ``alone()``. Safe to repeat."""
        raise NotImplementedError

    def learn(self, blotter: Blotter | None, executions: Iterable[Execution]) -> None:
        """Write into the journal what a read has shown of our own orders; it never fails."""
        raise NotImplementedError
