"""The request rate, kept by all processes of the user together.

IBKR allows 10 requests a second over all endpoints and fewer on some; beyond that it answers 429
and shuts the address out for 15 minutes, and for good when it goes on
(https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#pacing-limitations).

A request counts from its sending until a second after its *answer*: it reached the server somewhere
in between, so whatever the network does to the order and spacing of requests, no sliding second at
the server ever holds more than were allowed. A request without an answer (a killed process, a slow
endpoint) is taken to have arrived two seconds after it was sent.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ibcli.broker.deadline import Deadline
from ibcli.broker.locks import locked, private_folder, written
from ibcli.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SECOND = 1.02  # a second, and what two machines' clocks may differ over one
_ARRIVED = 2.0  # seconds after which an unanswered request is taken to have arrived
_PATIENCE = 1.0  # seconds in which to note an answer, also after the deadline
_LOOK_AGAIN = 0.02  # seconds; while what holds us up is a request under way
_QUIET = 900.0  # seconds after which a 429 is forgotten
_BACK_OFF = (2.0, 15.0, 120.0, 900.0)  # seconds, when a 429 does not say how long


@dataclass(frozen=True, slots=True)
class Rule:
    """At most ``count`` requests in ``window`` seconds, or under way at once (window 0).

    A name that ends in a slash stands for all paths below it.
    """

    name: str
    count: int
    window: float


_FIVE_SECONDS = 5.0
_QUARTER_HOUR = 900.0
RULES = (
    Rule("/iserver/marketdata/snapshot", 10, _SECOND),
    Rule("/iserver/marketdata/history", 5, 0.0),
    Rule("/iserver/account/orders", 1, _FIVE_SECONDS),
    Rule("/iserver/account/trades", 1, _FIVE_SECONDS),
    Rule("/iserver/account/pnl/partitioned", 1, _FIVE_SECONDS),
    Rule("/portfolio/accounts", 1, _FIVE_SECONDS),
    Rule("/portfolio/subaccounts", 1, _FIVE_SECONDS),
    Rule("/iserver/scanner/params", 1, _QUARTER_HOUR),
    Rule("/pa/performance", 1, _QUARTER_HOUR),
    Rule("/pa/summary", 1, _QUARTER_HOUR),
    Rule("/pa/transactions", 1, _QUARTER_HOUR),
    Rule("/iserver/scanner/run", 1, _SECOND),
    Rule("/tickle", 1, _SECOND),
    Rule("/fyi/", 1, _SECOND),
    Rule("/sso/validate", 1, 60.0),
)


_WINDOWS = {rule.name: max(_SECOND, rule.window) for rule in RULES}
_AT_ONCE = {rule.name for rule in RULES if rule.window == 0}
_OF_ONE_PATH = {rule.name: rule for rule in RULES if not rule.name.endswith("/")}
_OF_FOLDERS = [rule for rule in RULES if rule.name.endswith("/")]


def rule_for(path: str) -> Rule | None:
    """The rule that a request to this path counts under, beside that for all of them."""
    found = _OF_ONE_PATH.get(path)
    return found or next((each for each in _OF_FOLDERS if path.startswith(each.name)), None)


@dataclass(slots=True)
class _Entry:
    """One request: the instants (seconds since 1970) of its sending and of its answer."""

    key: str
    rule: str
    sent: float
    answered: float | None = None

    def arrived_by(self) -> float:
        """The latest instant at which it can have reached the server."""
        latest = self.sent + _ARRIVED
        return latest if self.answered is None else min(self.answered, latest)


@dataclass(slots=True)
class _Book:
    """What the shared file holds."""

    entries: list[_Entry] = field(default_factory=list)
    closed_until: float = 0.0
    refusals: int = 0
    refused_at: float = 0.0

    def prune(self, now: float) -> None:
        """Forget what no rule can still count; also what a clock set back left in the future."""
        self.entries = [
            entry
            for entry in self.entries
            if now < entry.arrived_by() + _WINDOWS.get(entry.rule, _SECOND)
            or (entry.answered is None and entry.rule in _AT_ONCE and now < entry.sent + _UNDER_WAY)
            if entry.sent < now + _ARRIVED
        ]
        if self.refused_at > now + _ARRIVED:  # the clock was set back: the pause counts from now
            self.closed_until = now + min(self.closed_until - self.refused_at, _LONGEST)
            self.refused_at = now

    def wait(self, now: float, limits: tuple[tuple[str, int, float], ...]) -> float:
        """Seconds until a request may go, as far as can be told now; 0 when it may go at once."""
        waits = [self.closed_until - now]
        for name, count, window in limits:
            mine = [entry for entry in self.entries if name in {"", entry.rule}]
            waits.append(_until_free(mine, count, window, now))
        return max(0.0, *waits)


_UNDER_WAY = 60.0
_LONGEST = 86400.0


def _until_free(entries: list[_Entry], count: int, window: float, now: float) -> float:
    if window == 0:
        under_way = [e for e in entries if e.answered is None and now - e.sent < _UNDER_WAY]
        return _LOOK_AGAIN if len(under_way) >= count else 0.0
    counted = sorted((e for e in entries if e.arrived_by() + window > now), key=_Entry.arrived_by)
    if len(counted) < count:
        return 0.0
    first_to_go = counted[len(counted) - count]
    if first_to_go.answered is None:
        return _LOOK_AGAIN  # its answer will say more
    return max(_LOOK_AGAIN / 10, first_to_go.arrived_by() + window - now)


class Pace:
    """The gate before the wire. ``clock`` gives seconds since 1970, alike in all processes.

    ``haste`` shortens the windows that are longer than a second: for a simulator.
    """

    def __init__(
        self,
        folder: Path,
        key: str,
        max_rps: int,
        clock: Callable[[], float] = time.time,
        haste: int = 1,
    ) -> None:
        self._folder = folder
        self._path = folder / f"pace-{key}.json"
        self._max_rps = max_rps
        self._haste = haste
        self._clock = clock
        self._turn = threading.Lock()  # one thread of a process asks for a slot at a time
        self._number = 0
        self._ready = False  # whether the folder has been made and looked at

    def enter(self, method: str, path: str, deadline: Deadline) -> str:
        """Wait for a slot and take it; give the returned key to ``leave`` when the answer is there.

        Raises UnreachableError when the slot comes only after the deadline: ``rate-limited`` if the
        broker has closed the gate with a 429, ``pacing`` if we keep within its limits ourselves.
        """
        del method
        rule = rule_for(path)
        limits: tuple[tuple[str, int, float], ...] = (("", self._max_rps, _SECOND),)
        if rule is not None:
            limits = (*limits, (rule.name, rule.count, self._hurried(rule.window)))
        with self._turn:
            while True:
                key, wait, closed = self._take(rule.name if rule else "", limits, deadline)
                if key:
                    return key
                if wait > deadline.remaining or deadline.passed:
                    raise self._too_late(path, wait, closed=closed)
                deadline.sleep(wait)

    def _hurried(self, window: float) -> float:
        return window if window <= _SECOND else window / self._haste

    def leave(self, key: str) -> None:
        """The answer is there, or will not come."""

        def answered(book: _Book, now: float) -> None:
            for entry in book.entries:
                if entry.key == key:
                    entry.answered = now

        with suppress(UnreachableError):  # counted as arrived in two seconds then
            self._change(answered, Deadline.after(_PATIENCE))

    def refused(self, retry_after: float | None) -> None:
        """A 429 came: close the gate for everybody, for as long as it says or ever longer."""

        def close(book: _Book, now: float) -> None:
            if now - book.refused_at > _QUIET:
                book.refusals = 0
            if retry_after is None and now < book.closed_until:
                return  # several requests under way met the same refusal
            step = _BACK_OFF[min(book.refusals, len(_BACK_OFF) - 1)]
            book.refusals += 1
            book.refused_at = now
            # a "0" or "1" would have us knock again at once, which is what shuts one out for good
            pause = step if retry_after is None else min(max(retry_after, _BACK_OFF[0]), _LONGEST)
            book.closed_until = max(book.closed_until, now + pause)

        self._change(close, Deadline.after(_PATIENCE))

    def _take(
        self, rule: str, limits: tuple[tuple[str, int, float], ...], deadline: Deadline
    ) -> tuple[str, float, bool]:
        """The key of a slot, or the seconds to wait and whether a 429 is why."""
        found: list[tuple[str, float, bool]] = []

        def take(book: _Book, now: float) -> None:
            wait = book.wait(now, limits)
            if wait > 0:
                found.append(("", wait, book.closed_until > now))
                return
            self._number += 1
            key = f"{os.getpid()}.{id(self)}.{self._number}"
            book.entries.append(_Entry(key, rule, now))
            found.append((key, 0.0, False))

        self._change(take, deadline)
        return found[0]

    def _change(self, change: Callable[[_Book, float], None], deadline: Deadline) -> None:
        if not self._ready:
            private_folder(self._folder)
            self._ready = True
        with locked(self._path, deadline, busy="the request pacing") as descriptor:
            now = self._clock()
            content = os.pread(descriptor, 1 << 20, 0)
            book = _decoded(content, now, self._max_rps)
            book.prune(now)
            change(book, now)
            after = _encoded(book)
            if not content.startswith(after):
                with written(self._path):
                    os.pwrite(descriptor, after, 0)  # what is left of a longer line is not read

    def _too_late(self, path: str, wait: float, *, closed: bool) -> UnreachableError:
        opens = datetime.fromtimestamp(self._clock() + wait, UTC)
        if closed:
            return UnreachableError(
                f"The broker's rate limit holds requests to {path} back until "
                f"{opens:%Y-%m-%dT%H:%M:%SZ}, which is after the deadline.",
                hint="It answered 429 to this machine. Try again then; a lower IBCLI_MAX_RPS "
                "helps if other programs use the same address.",
                code="rate-limited",
            )
        return UnreachableError(
            f"{path} was still waiting for its turn at the deadline: ibcli keeps within "
            f"the broker's limits ({self._max_rps} requests a second, fewer on some).",
            hint="Give it longer with --deadline SECONDS, or run fewer commands at a time.",
            code="pacing",
        )


def _encoded(book: _Book) -> bytes:
    entries = [[e.key, e.rule, e.sent, e.answered] for e in book.entries]
    gate = [book.closed_until, book.refusals, book.refused_at]
    return json.dumps([gate, entries]).encode() + b"\n"


def _decoded(content: bytes, now: float, max_rps: int) -> _Book:
    """The book; a torn one (a machine that went down) counts as a second full of requests."""
    if not content:
        return _Book()
    try:
        line = content[: content.index(b"\n")]
        (closed_until, refusals, refused_at), entries = json.loads(line)
        return _Book(
            [_Entry(str(k), str(r), float(s), None if a is None else float(a))
             for k, r, s, a in entries],
            float(closed_until),
            int(refusals),
            float(refused_at),
        )  # fmt: skip
    except (ValueError, TypeError, RecursionError):
        return _Book([_Entry(f"torn.{n}", "", now, now) for n in range(max_rps)])
