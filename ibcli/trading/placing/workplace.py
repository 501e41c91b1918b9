"""What everybody who places, settles and changes orders works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ibcli.domain.ledger import Act, Kind
from ibcli.domain.newyork import new_york_day
from ibcli.trading.journal.folding import legs_of, own_orders_of
from ibcli.trading.journal.journal import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ibcli.broker.client import BrokerClient
    from ibcli.config import Settings
    from ibcli.domain.standing import OwnOrder, StandingLeg
    from ibcli.trading.journal.journal import Journal
    from ibcli.trading.journal.reading import Intent

# IBKR gives up on a request itself after about 10 s (recorded: 503): later it books nothing more.
_HANDLED_BY = 12.0
_FEW = 50  # orders: more are not looked for one by one in a journal of years


@dataclass
class Workplace:
    """An account, the way to its broker, and the journal of what was done there."""

    client: BrokerClient
    journal: Journal
    account: str = field(repr=False)
    paper: bool
    warnings: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.client.settings

    @property
    def today(self) -> date:
        """The market's date in New York."""
        return new_york_day(self.settings.market_now())

    @property
    def handled_by(self) -> float:
        """Seconds after a request's end from which the broker does nothing more about it."""
        return _HANDLED_BY / self.settings.haste

    def pause(self, seconds: float) -> None:
        """Wait; a simulator's time runs faster."""
        self.client.deadline.sleep(seconds / self.settings.haste)

    def leg(self, intent: Intent) -> StandingLeg:
        """The leg as the journal knows it at this moment."""
        return self.legs([intent])[0]

    def legs(self, intents: Sequence[Intent]) -> list[StandingLeg]:
        """The legs as the journal knows them at this moment."""
        numbers = [intent.id for intent in intents]
        return legs_of(intents, self.journal.entries(account=self.account, intents=numbers))

    def own_orders(self, intents: Iterable[int] | None = None) -> tuple[OwnOrder, ...]:
        """Every order that ibcli placed in this account, or those of some intents."""
        numbers = None if intents is None else tuple(intents)
        claimed = self.journal.intents(self.account, numbers=numbers)
        telling = (Kind.ACKNOWLEDGED, Kind.REPRICED)  # of numbers, and of what was sent
        entries = self.journal.entries(account=self.account, intents=numbers, kinds=telling)
        return own_orders_of(claimed, entries)

    def owned(
        self, order_ids: Iterable[int], among: Iterable[int] | None = None
    ) -> dict[int, OwnOrder]:
        """Those of ours that have these numbers; ``among`` names intents that have them all."""
        wanted = set(order_ids)
        if among is None and len(wanted) <= _FEW:
            among = self.journal.naming(self.account, wanted)
        own = self.own_orders(among)
        return {one.order_id: one for one in own if one.order_id in wanted}

    def own(self, order_id: int) -> OwnOrder | None:
        """The order of ours that has this number."""
        return self.owned([order_id]).get(order_id)

    def note(self, intent: Intent, kind: Kind, cause: str = "", **detail: Any) -> None:
        """Write down what happened to a leg that is being placed."""
        self.journal.write(
            Note(
                self.account,
                intent.day,
                Act.PLACE,
                kind,
                cause,
                {name: value for name, value in detail.items() if value is not None},
                intent=intent.id,
            )
        )
