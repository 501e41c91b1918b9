"""A worker's desk: one simulator and one parent of processes, used day after day.

Each day finds the broker's books empty, his clock at its scene, and folders of a client who is
logged in and has looked up what he trades: copied, as to make them takes as long as a day.
"""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from chaos.processes import Parent
from chaos.striking import BrokerClock
from ibcli.sim.books.books import Books
from ibcli.sim.books.schema import TABLES
from ibcli.sim.embedded import SimServer
from ibcli.sim.market.clock import MarketClock
from ibcli.sim.options import Pacing, SimOptions

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.plan import Day, Leg, Scene

_WARMING = (("5", "6"), ("8", "9"), ("11", "12"))  # dollars out of the money, as in plans
_PATIENCE = 60.0
_LASTS = 12 * 3600.0  # seconds that a warm login may be old


class Desk:
    """A context manager; for one thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = BrokerClock()
        self.sim = SimServer(SimOptions(pacing=Pacing.RECORD), real=self.clock)
        self.parent = Parent()
        self._warm: dict[Scene, Path] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sim.__enter__()
        self.parent.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.parent.__exit__()
        self.sim.__exit__()

    def begin(self, day: Day, folder: Path) -> None:
        """Set the broker to the day's scene, and lay a warm client's folders there."""
        warm = self._warm.get(day.scene)
        if warm is None:
            warm = self._warm[day.scene] = self._warmed(day.scene)
        self._open(day.scene)
        for name in ("state", "cache"):
            shutil.copytree(warm / name, folder / name)

    def environment(self, folder: Path, zone: str = "UTC") -> dict[str, str]:
        """All that a process is told."""
        return {
            **self.sim.env(),
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "TZ": zone,
            "IBCLI_STATE_DIR": str(folder / "state"),
            "IBCLI_CACHE_DIR": str(folder / "cache"),
            "IBCLI_MAX_RPS": "50",
            "IBCLI_HASTE": "200",
            "IBCLI_ORDER_WAIT": "1",
            "IBCLI_MAX_CONTRACTS": "60",
            "IBCLI_MAX_ORDERS_PER_DAY": "60",
        }

    def conids(self, day: Day) -> dict[Leg, int]:
        """The contracts of a day's plan."""
        market, now = self.sim.sim.market, self.sim.sim.now
        (underlying, *_) = market.search(day.orders[0].symbol, now)
        found = {}
        for month in {leg.expiry.strftime("%b%y").upper() for o in day.orders for leg in o.legs}:
            for option in market.options(underlying.conid, month, now):
                found[option.expiry, option.strike, str(option.right.value)[0]] = option.conid
        legs = {leg for order in day.orders for leg in order.legs}
        return {leg: found[leg.expiry, leg.strike, leg.right] for leg in legs}

    def _open(self, scene: Scene) -> None:
        """Empty books, a clock that begins to run now, and a user to whom nothing has happened."""
        sim = self.sim.sim
        self.sim.faults.clear()
        self.clock.ahead = 0.0
        self.sim.session.another_session(False)
        self.sim.session.token_active(True)
        with sim.store.transaction() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        sim.log.clear()
        sim.clock = MarketClock.anchored(scene.market, datetime.now(UTC))
        sim.books = Books(sim.store, sim.market, sim.clock, sim.options, time.time)

    def _warmed(self, scene: Scene) -> Path:
        """Folders of a client who has looked at what may be traded there."""
        self._open(scene)
        folder = self.folder / f"warm-{len(self._warm)}"
        folder.mkdir(parents=True)
        expiry = scene.expiry.isoformat()
        for call, put in _WARMING:
            strikes = f"{scene.spot - int(put)},{scene.spot + int(call)}"
            words = ["order", "SPY", "--side", "both", "--expiry", expiry, "--strike", strikes]
            words += ["--width", "2", "--dry-run", *([] if scene.is_open else ["--queue"])]
            process = self.parent.begin([*words, "--json"], self.environment(folder), folder)
            code = process.wait(_PATIENCE)
            if code not in (0, 9):
                raise RuntimeError(f"warming up ended with {code}: {process.said}")
        for journal in (folder / "state").glob("journal-*"):
            journal.unlink()
        return folder
