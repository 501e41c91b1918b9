"""The books of a server: opened on first use, brought up to now by whoever looks."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.sim.books.contracts import Contracts
from ibcli.sim.books.passage import Passage
from ibcli.sim.books.records import Records
from ibcli.sim.books.timeline import Timeline
from ibcli.sim.market import sessions
from ibcli.sim.market.noise import Noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ibcli.sim.market import Market, MarketClock
    from ibcli.sim.options import SimOptions
    from ibcli.sim.store import Store


@dataclass(frozen=True, slots=True)
class Present:
    """A book that is up to date, and the moment that it is at. Valid within its transaction."""

    records: Records
    contracts: Contracts
    timeline: Timeline
    beat: int

    @property
    def at(self) -> datetime:
        """The market's instant, aware UTC."""
        return self.timeline.at(self.beat)


class Books:
    """``real`` gives the seconds since the epoch."""

    def __init__(
        self,
        store: Store,
        market: Market,
        clock: MarketClock,
        options: SimOptions,
        real: Callable[[], float],
    ) -> None:
        self.store = store
        self.contracts = Contracts(market)
        self.timeline = Timeline(clock)
        self.options = options
        self._noise = Noise(options.seed)
        self._real = real

    @contextmanager
    def present(self, account: str) -> Iterator[Present]:
        """The account's book, in one transaction in which time has passed up to now first."""
        with self.store.transaction():
            records = Records(self.store, f"{account} {self.options.seed} {self.timeline.name}")
            beat = self.timeline.beat(self._real())
            day = sessions.new_york_date(self.timeline.at(beat)).strftime("%Y%m%d")
            records.open(beat, self.options.cash, day)
            beat = max(beat, int(records.value("beat")))  # the real clock may be set back
            Passage(records, self.contracts, self.timeline, self._noise).through(beat)
            yield Present(records, self.contracts, self.timeline, beat)
