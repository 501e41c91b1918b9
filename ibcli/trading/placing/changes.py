"""What changes of an order, ours or not, have in common: their entries, and a look at the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ibcli.broker.blotter import live_orders, order_status
from ibcli.domain.ledger import Act, Kind
from ibcli.errors import ConfigurationError, OutcomeUnknownError
from ibcli.trading.journal.journal import Note
from ibcli.trading.placing.finding import seen_of

if TYPE_CHECKING:
    from ibcli.domain.blotter import LiveOrder
    from ibcli.domain.standing import OwnOrder
    from ibcli.trading.placing.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Change:
    """One cancel or modification of one order. ``own`` is None for an order that is not ours."""

    work: Workplace
    act: Act
    order_id: int
    own: OwnOrder | None

    def note(self, kind: Kind, cause: str = "", **detail: Any) -> None:
        """Write down what happened to it."""
        own = self.own
        place = {"place": own.place} if own is not None else {}
        self._write(
            Note(
                self.work.account,
                own.day if own is not None else self.work.today,
                self.act,
                kind,
                cause,
                {name: value for name, value in (place | detail).items() if value is not None},
                intent=own.intent if own is not None else None,
                order_id=self.order_id,
            )
        )

    def look(self) -> LiveOrder | None:
        """The order as the broker shows it now; None: it shows none by this number.

        What is news of an order of ours is written down. Raises what reads raise.
        """
        order = order_status(self.work.client, self.order_id)
        if order is None:
            blotter = live_orders(self.work.client, self.work.account)
            order = next((o for o in blotter.orders if o.order_id == self.order_id), None)
        if order is not None:
            self.see(order)
        return order

    def see(self, order: LiveOrder) -> None:
        """Write down the status of an order of ours."""
        if self.own is None:
            return
        seen = seen_of(self.own.place, order)
        self._write(
            Note(
                self.work.account,
                self.own.day,
                Act.PLACE,
                Kind.STATUS,
                order.reason or "",
                {name: value for name, value in seen.document.items() if value is not None},
                intent=self.own.intent,
                order_id=self.order_id,
            )
        )

    def _write(self, note: Note) -> None:
        """A journal that takes no entry (a full disk) keeps nobody from cancelling."""
        try:
            self.work.journal.write(note)
        except ConfigurationError as error:
            if self.act is not Act.CANCEL:
                raise
            if error.message not in self.work.warnings:
                self.work.warnings.append(error.message)

    def unknown(self, why: str) -> OutcomeUnknownError:
        """The error for a change of which nobody knows whether it was made."""
        verb = "cancelled" if self.act is Act.CANCEL else "changed"
        return OutcomeUnknownError(
            f"Whether order {self.order_id} was {verb} is not known: {why}.",
            hint=f"Run the same command again, or look: ibcli orders {self.order_id}",
            retryable=True,
        )
