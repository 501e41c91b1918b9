"""The parts of one running simulator, put together."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ibcli.sim import keys
from ibcli.sim.environment import environment
from ibcli.sim.faults import Faults
from ibcli.sim.market.clock import MarketClock
from ibcli.sim.market.market import Market
from ibcli.sim.options import BASE_PATH
from ibcli.sim.pacing import Pacer, overall_limit
from ibcli.sim.registry import Registry
from ibcli.sim.reqlog import RequestLog
from ibcli.sim.sessions import Sessions
from ibcli.sim.store import SERVER, Store
from ibcli.sim.streams import Streams
from ibcli.sim.summary import Tally
from ibcli.sim.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.sim.books.books import Books
    from ibcli.sim.options import SimOptions
    from ibcli.sim.replay import Replay

LAST_PORT = "last_port"
_TICK = timedelta(milliseconds=500)  # IBKR: snapshot data refreshes about every 500 ms


@dataclass(frozen=True, slots=True)
class Who:
    """The user a request comes from."""

    username: str
    account: str
    session_id: str = field(repr=False)
    consumer_key: str | None = None  # None through the gateway
    access_token: str | None = field(default=None, repr=False)

    @property
    def oauth(self) -> bool:
        """Whether he came through OAuth rather than the gateway."""
        return self.consumer_key is not None


def _replay(options: SimOptions) -> Replay | None:
    if not options.replay:
        return None
    from ibcli.sim.replay import Replay

    return Replay.read(options.replay, real_time=options.real_time, say=options.say)


class Simulator:
    """Everything but HTTP. ``real`` gives the seconds since the epoch; ``close`` it."""

    def __init__(self, options: SimOptions, real: Callable[[], float] = time.time) -> None:
        self.replay = _replay(options)
        if self.replay is not None:
            clock = self.replay.clock(datetime.fromtimestamp(real(), UTC))
            options = replace(options, account=self.replay.account, clock=clock)
        self.options = options
        self.real = real
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.store = Store(options.state)
        self.keys = keys.load_or_make(self._keys_folder())
        self.registry = Registry(self.store, options.account, real)
        self.registry.register(self.keys)
        self.sessions = Sessions(self.store, options, real)
        self.streams = Streams(self.store, options, real)
        self.pacer = Pacer(self.store, options, real)
        self.tally = Tally(overall_limit(options), real)
        self.faults = Faults()
        self.log = RequestLog(options.log)
        self.market = Market(options.seed)
        self.clock = self._market_clock()
        self.public_url = (options.public_url or "").rstrip("/")
        self.port: int | None = None
        if options.gateway:  # whoever started the gateway has logged in to it in a browser
            self.sessions.begin(keys.USERNAME, compete=True)

    @cached_property
    def books(self) -> Books:
        """The accounts' books, whose many parts are imported when somebody looks into them."""
        from ibcli.sim.books.books import Books

        return Books(self.store, self.market, self.clock, self.options, self.real)

    def _keys_folder(self) -> Path:
        if self.options.keys is not None:
            return self.options.keys
        if self.options.state is not None:
            return self.options.state / "keys"
        self._temporary = tempfile.TemporaryDirectory(prefix="ibcli-sim-")
        return Path(self._temporary.name)

    def _market_clock(self) -> MarketClock:
        """A market instant alone starts to run with the first server of a state folder that is
        given it.
        """
        text = self.options.clock
        clock = MarketClock.parse(text, datetime.fromtimestamp(self.real(), UTC))
        if clock.anchor is None or "@" in text:
            return clock
        with self.store.transaction():
            started = self.store.setting(f"clock:{text}")
            if started is None:
                self.store.set_setting(f"clock:{text}", str(clock))
        return clock if started is None else MarketClock.parse(started)

    def listening(self, port: int) -> None:
        """The port is known now, and with it the address that clients sign."""
        self.port = port
        scheme = "https" if self.options.tls else "http"
        self.public_url = self.public_url or f"{scheme}://{self.options.host}:{port}{BASE_PATH}"
        self.store.set_setting(LAST_PORT, port)
        self.describe()

    def describe(self) -> None:
        """Tell other processes with which settings a client comes here."""
        self.store.set_setting(
            f"{SERVER}{self.port}",
            {"url": self.public_url, "account": self.options.account, **self._circumstances()},
        )

    def _circumstances(self) -> dict[str, Any]:
        if self.replay is None:
            return {"clock": str(self.clock)}
        return {"market": self.replay.market, "more": self.replay.settings()}

    @property
    def now(self) -> datetime:
        """The market's present, aware UTC."""
        return self.clock.at(datetime.fromtimestamp(self.real(), UTC))

    @property
    def tick(self) -> datetime:
        """The market's present as its data shows it: it refreshes twice a second."""
        now = self.now
        return now - timedelta(microseconds=now.microsecond % (_TICK // timedelta(microseconds=1)))

    @property
    def switches(self) -> Switches:
        """The circumstances at the moment."""
        return Switches.load(self.store)

    def switch(self, **changes: object) -> Switches:
        """Change circumstances. Another session of the user ends this one.

        Raises:
            TypeError: for a switch that does not exist.
        """
        with self.store.transaction():
            changed = self.switches.saved(self.store, **changes)
            if changes.get("another_session") or changes.get("read_only"):
                self.sessions.end()
        return changed

    def environment(self, consumer_key: str = keys.CONSUMER_KEY) -> dict[str, str]:
        """The settings of a client of this server, once it listens."""
        return environment(
            self.keys,
            url=self.public_url,
            clock=self._clients_clock(),
            account=self.options.account,
            consumer_key=consumer_key,
            more={} if self.replay is None else self.replay.settings(),
        )

    def _clients_clock(self) -> str:
        """A recording's market begins anew with each client."""
        if self.replay is None:
            return str(self.clock)
        return self.replay.clock(datetime.fromtimestamp(self.real(), UTC))

    def reset(self) -> None:
        """Forget sessions, tokens, orders, faults and rates; the keys stay, so clients need no new
        settings.
        """
        with self.store.transaction():
            self.store.clear()
            self.registry.register(self.keys)
        self.faults.clear()

    def close(self) -> None:
        """Give files back."""
        if self.port is not None:
            self.store.set_setting(f"{SERVER}{self.port}", None)
        self.log.close()
        self.store.close()
        if self._temporary is not None:
            self._temporary.cleanup()
