"""What a benchmark asks a simulator afterwards: how many requests came, how fast at most, and how
many of them broke a limit. Counted from the instants at which they arrive, each one, not sampled.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ibcli.sim.pacing import HISTORY_AT_ONCE, HISTORY_PATH, OVERALL, limits_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ibcli.sim.pacing import Limit

EVERYTHING = "all"  # the overall limit's name here
LOGIN = "/oauth/live_session_token"


@dataclass(frozen=True, slots=True)
class Greatest:
    """The most requests that arrived in any window of ``seconds`` (None: that were under way at
    once), what is allowed, and the instant at which there were as many for the first time.
    """

    requests: int
    limit: int
    seconds: float | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """What one server was asked from ``since`` until ``until``. Instants are aware UTC ones of the
    real clock.

    ``over`` counts the requests that came while a limit was full, by limit: those were answered
    429, or would have been where pacing is only recorded. One can break two limits. ``greatest``
    has the overall limit as "all", and each limited endpoint that was asked for.
    """

    since: datetime
    until: datetime
    requests: int
    logins: int
    paths: dict[str, int]  # by method and template, as "GET /iserver/account/order/status/{order}"
    statuses: dict[int, int]  # of the answers; 0: the connection was cut
    first: datetime | None
    last: datetime | None
    greatest: dict[str, Greatest]
    broke: int  # requests that came while one limit or more was full
    over: dict[str, int]
    refused: int  # 429, the penalty box's among them
    under_way: int  # arrived and not answered yet
    cpu_seconds: float  # of the server's process

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "since": _text(self.since),
            "until": _text(self.until),
            "requests": self.requests,
            "logins": self.logins,
            "paths": self.paths,
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "first": _text(self.first),
            "last": _text(self.last),
            "greatest": {
                name: {
                    "requests": one.requests,
                    "limit": one.limit,
                    "seconds": one.seconds,
                    "at": _text(one.at),
                }
                for name, one in self.greatest.items()
            },
            "broke": self.broke,
            "over": self.over,
            "refused": self.refused,
            "under_way": self.under_way,
            "cpu_seconds": self.cpu_seconds,
        }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds")


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class _Window:
    """The arrivals in the latest ``seconds``, and the most that ever were."""

    __slots__ = ("at", "most", "seconds", "times")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.times: deque[float] = deque()
        self.most = 0
        self.at = 0.0

    def arrives(self, now: float) -> None:
        times = self.times
        times.append(now)
        while times[0] <= now - self.seconds:
            times.popleft()
        if len(times) > self.most:
            self.most, self.at = len(times), now


@dataclass(slots=True)
class Period:
    """Counts since a mark. Whoever uses one holds the tally's lock."""

    since: float
    cpu: float
    requests: int = 0
    logins: int = 0
    broke: int = 0
    under_way: int = 0
    charts: int = 0
    most_charts: int = 0
    charts_at: float = 0.0
    first: float | None = None
    last: float | None = None
    paths: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    over: Counter[str] = field(default_factory=Counter)
    windows: dict[str, tuple[Limit, _Window]] = field(default_factory=dict)


class Tally:
    """The counts of one server; usable from several threads. ``real`` gives the seconds since the
    epoch.
    """

    def __init__(self, overall: Limit, real: Callable[[], float]) -> None:
        self._overall = overall
        self._real = real
        self._lock = threading.Lock()
        self._period = self._begun()

    def _begun(self) -> Period:
        return Period(since=self._real(), cpu=time.process_time())

    def arrives(self, now: float, path: str, template: str) -> Period:
        """A request for a path below /v1/api arrives; ``template`` is its method and the path with
        its variables. Its answer belongs to the same period.
        """
        with self._lock:
            period = self._period
            period.requests += 1
            period.under_way += 1
            period.paths[template] += 1
            period.last = now
            if period.first is None:
                period.first = now
            for name, limit in self._limits(path):
                if name not in period.windows:
                    period.windows[name] = limit, _Window(limit.seconds)
                period.windows[name][1].arrives(now)
            if path == HISTORY_PATH:
                period.charts += 1
                if period.charts > period.most_charts:
                    period.most_charts, period.charts_at = period.charts, now
            return period

    def _limits(self, path: str) -> Iterable[tuple[str, Limit]]:
        return ((EVERYTHING, self._overall), *((one.name, one) for one in limits_of(path)))

    def breaks(self, period: Period, names: Iterable[str]) -> None:
        """A request came while these limits were full."""
        with self._lock:
            period.broke += 1
            for name in names:
                period.over[EVERYTHING if name == OVERALL else name] += 1

    def answered(self, period: Period, path: str, status: int) -> None:
        """It has been answered; 0: the connection was cut."""
        with self._lock:
            period.under_way -= 1
            period.statuses[status] += 1
            if path == HISTORY_PATH:
                period.charts -= 1
            if path == LOGIN and status == 200:
                period.logins += 1

    def summary(self) -> Summary:
        """What has been counted since the mark."""
        with self._lock:
            return self._summed(self._period)

    def mark(self) -> Summary:
        """Begin anew; what was counted until now."""
        with self._lock:
            ended, self._period = self._period, self._begun()
            return self._summed(ended)

    def _summed(self, period: Period) -> Summary:
        return Summary(
            since=_instant(period.since),
            until=_instant(self._real()),
            requests=period.requests,
            logins=period.logins,
            paths=dict(sorted(period.paths.items())),
            statuses=dict(sorted(period.statuses.items())),
            first=None if period.first is None else _instant(period.first),
            last=None if period.last is None else _instant(period.last),
            greatest=_greatest(period),
            broke=period.broke,
            over=dict(period.over),
            refused=period.statuses[429],
            under_way=period.under_way,
            cpu_seconds=round(time.process_time() - period.cpu, 4),
        )


def _greatest(period: Period) -> dict[str, Greatest]:
    found = {
        name: Greatest(window.most, limit.count, limit.seconds, _instant(window.at))
        for name, (limit, window) in period.windows.items()
    }
    if period.most_charts:
        at = _instant(period.charts_at)
        found[HISTORY_PATH] = Greatest(period.most_charts, HISTORY_AT_ONCE, None, at)
    return found
