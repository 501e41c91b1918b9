"""IBKR's pacing limits
(https://www.interactivebrokers.com/campus/ibkr-api-page/webapi-doc/#pacing), as of 2026-07.

Ten requests a second over everything (some users are allowed more); some endpoints less. Too fast
is 429 and, in earnest, fifteen minutes in the penalty box for the address. Windows slide, and lie
in the store, so that several servers share them.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.sim.errors import too_fast
from ibcli.sim.options import Pacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ibcli.sim.options import SimOptions
    from ibcli.sim.store import Store


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` requests in any ``seconds``. ``pattern`` matches the whole path below
    /v1/api. Where not to the letter, ``burst`` times as many come through in as many times as long.
    """

    name: str
    count: int
    seconds: float
    pattern: re.Pattern[str]
    burst: int = 1

    def allowed(self, pacing: Pacing) -> tuple[int, float]:
        """How many requests, in how many seconds."""
        times = 1 if pacing is Pacing.STRICT else self.burst
        return self.count * times, self.seconds * times


def _limit(path: str, count: int, seconds: float, burst: int = 1) -> Limit:
    return Limit(path, count, seconds, re.compile(path), burst)


OVERALL = ".*"  # the name of the limit over everything; SimOptions.max_rps says how many
HISTORY_AT_ONCE = 5
HISTORY_PATH = "/iserver/marketdata/history"
_QUARTER_HOUR = 900.0
LIMITS = (
    _limit("/iserver/marketdata/snapshot", 10, 1.0),
    _limit("/iserver/account/orders", 1, 5.0),
    _limit("/iserver/account/trades", 1, 5.0),
    _limit("/iserver/account/pnl/partitioned", 1, 5.0),
    _limit("/portfolio/accounts", 1, 5.0),
    _limit("/portfolio/subaccounts", 1, 5.0),
    _limit("/iserver/scanner/params", 1, _QUARTER_HOUR),
    _limit("/pa/performance", 1, _QUARTER_HOUR),
    _limit("/pa/summary", 1, _QUARTER_HOUR),
    _limit("/pa/transactions", 1, _QUARTER_HOUR),
    _limit("/iserver/scanner/run", 1, 1.0),
    _limit("/tickle", 1, 1.0, burst=5),  # ibind sends three at once before its socket, and lives
    _limit("/fyi/.*", 1, 1.0),
    _limit("/sso/validate", 1, 60.0),
)
_LONGEST = _QUARTER_HOUR
_SHORT_SECONDS = 5.0
_LONG = tuple(one.name for one in LIMITS if one.seconds * one.burst > _SHORT_SECONDS)


def limits_of(path: str) -> tuple[Limit, ...]:
    """The limits of a path below /v1/api, besides the overall one."""
    return tuple(limit for limit in LIMITS if limit.pattern.fullmatch(path))


def overall_limit(options: SimOptions) -> Limit:
    """The limit over everything."""
    return _limit(OVERALL, options.max_rps, 1.0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which limits were full when a request came, by name, and whether it is answered 429."""

    full: tuple[str, ...] = ()
    refused: bool = False
    penalty: float | None = None  # seconds left in the penalty box


class Pacer:
    """Admits requests. ``real`` gives the seconds since the epoch."""

    def __init__(self, store: Store, options: SimOptions, real: Callable[[], float]) -> None:
        self._store = store
        self._options = options
        self._real = real
        self._overall = overall_limit(options)
        self._forgot = 0.0
        self._charts = 0  # history requests under way in this server

    def admit(self, address: str, path: str) -> None:
        """``weigh``, and refuse.

        Raises:
            WireError: 429.
        """
        verdict = self.weigh(address, path)
        if verdict.refused:
            raise too_fast(verdict.penalty)

    def weigh(self, address: str, path: str) -> Verdict:
        """Count a request of an address.

        One that came too fast does not count towards the limits, but towards the rate that is
        recorded.
        """
        now = self._real()
        limits = (self._overall, *limits_of(path))
        pacing = self._options.pacing
        with self._store.transaction():
            self._forget(now)
            self._record(address, now)
            penalty = self._penalty_left(address, now)
            full = self._full(address, path, limits, now)
            if not (full or penalty):
                self._count(address, limits, now)
                return Verdict()
            if pacing is Pacing.STRICT and not penalty:
                until = now + self._options.penalty_seconds
                self._store.run("INSERT OR REPLACE INTO penalty VALUES (?, ?)", address, until)
        return Verdict(full, pacing is not Pacing.RECORD, penalty)

    def _full(
        self, address: str, path: str, limits: Iterable[Limit], now: float
    ) -> tuple[str, ...]:
        full = [limit.name for limit in limits if self._is_full(address, limit, now)]
        if path == HISTORY_PATH and self._charts > HISTORY_AT_ONCE:
            full.append(HISTORY_PATH)
        return tuple(full)

    def _penalty_left(self, address: str, now: float) -> float | None:
        if self._options.pacing is not Pacing.STRICT:
            return None
        row = self._store.row("SELECT until FROM penalty WHERE address = ?", address)
        return row["until"] - now if row is not None and row["until"] > now else None

    def _is_full(self, address: str, limit: Limit, now: float) -> bool:
        count, seconds = limit.allowed(self._options.pacing)
        return self._hits(address, limit.name, now - seconds) >= count

    def _hits(self, address: str, rule: str, after: float) -> int:
        row = self._store.row(
            "SELECT count(*) AS n FROM hit WHERE address = ? AND rule = ? AND at > ?",
            address,
            rule,
            after,
        )
        return 0 if row is None else int(row["n"])

    def _forget(self, now: float) -> None:
        """What no window reaches back to; once a second is enough."""
        if 0 <= now - self._forgot < 1:
            return
        self._forgot = now
        marks = ",".join("?" * len(_LONG))
        self._store.run(
            f"DELETE FROM hit WHERE at < ? AND rule NOT IN ({marks})",  # noqa: S608 - marks alone
            now - _SHORT_SECONDS,
            *_LONG,
        )
        self._store.run("DELETE FROM hit WHERE at < ?", now - _LONGEST)

    @property
    def remembered(self) -> int:
        """How many entries are kept."""
        row = self._store.row("SELECT count(*) AS n FROM hit")
        return 0 if row is None else int(row["n"])

    def _count(self, address: str, limits: Iterable[Limit], now: float) -> None:
        with self._store.transaction() as db:
            db.executemany(
                "INSERT INTO hit VALUES (?, ?, ?)", [(address, limit.name, now) for limit in limits]
            )

    def _record(self, address: str, now: float) -> None:
        """Every request that came, refused or not, for ``peak_rate``."""
        self._store.run("INSERT INTO hit VALUES (?, 'any', ?)", address, now)
        rate = self._hits(address, "any", now - 1.0)
        if rate > self.peak_rate:
            self._store.set_setting("peak_rate", rate)

    @property
    def peak_rate(self) -> int:
        """The greatest number of requests of one address in any second so far."""
        return int(self._store.setting("peak_rate", 0))

    def forgive(self) -> None:
        """Empty the penalty box and all windows."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM penalty")
            db.execute("DELETE FROM hit")

    @contextmanager
    def under_way(self, path: str) -> Iterator[None]:
        """From a request's arrival to its answer: history is limited to five requests at once."""
        charts = int(path == HISTORY_PATH)
        self._charts += charts
        try:
            yield
        finally:
            self._charts -= charts
