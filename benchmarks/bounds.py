"""What no client can beat: the requests that the work needs, at the pacing limit and with the
round trips that depend on each other.

A bound is the time of an ideal client's last answer: each request leaves as soon as the answers
that it needs are there and fewer than the limit have left in the second before it; an answer takes
one round trip. The server's own work, the interpreter's start, and what a stream takes to have data
are not in it.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONIDS_AT_ONCE = 100  # in one snapshot
SIDES = 2  # info without a right brings the call and the put


@dataclass(frozen=True, slots=True)
class Bound:
    """Requests needed, how many of them follow from each other, and seconds.

    ``cautious``: the seconds of a client that cannot see when its requests arrive, and so counts
    each until a second after its answer, lest any second at the server holds too many.
    """

    requests: int
    depth: int
    seconds: float
    cautious: float


class Plan:
    """Requests, and which answers each needs. ``ask`` gives the new request's number."""

    def __init__(self) -> None:
        self._needs: list[tuple[int, ...]] = []

    def ask(self, *after: int) -> int:
        """One more, after the answers to these."""
        self._needs.append(after)
        return len(self._needs) - 1

    def bound(self, rate: int, round_trip: float) -> Bound:
        """At so many requests in any second, with answers after so many seconds."""
        return Bound(
            len(self._needs),
            self._depth(),
            _finish(self._needs, rate, round_trip, window=1.0),
            _finish(self._needs, rate, round_trip, window=1.0 + round_trip),
        )

    def _depth(self) -> int:
        depths: list[int] = []
        for needs in self._needs:
            depths.append(1 + max((depths[n] for n in needs), default=0))
        return max(depths, default=0)


def _finish(
    needs: Sequence[tuple[int, ...]], rate: int, round_trip: float, *, window: float
) -> float:
    """When the last answer comes, in seconds from the start: ``rate`` requests in any window."""
    followers: list[list[int]] = [[] for _ in needs]
    missing = [len(set(each)) for each in needs]
    for number, each in enumerate(needs):
        for needed in set(each):
            followers[needed].append(number)
    ready = [(0.0, number) for number, count in enumerate(missing) if count == 0]
    latest: deque[float] = deque(maxlen=rate)
    end = 0.0
    while ready:
        at, number = heapq.heappop(ready)
        sent = max(at, latest[0] + window) if len(latest) == rate else at
        latest.append(sent)
        end = sent + round_trip
        for follower in followers[number]:
            missing[follower] -= 1
            if missing[follower] == 0:
                heapq.heappush(ready, (end, follower))
    return end


def login(plan: Plan) -> int:
    """Live session token, brokerage session."""
    return plan.ask(plan.ask())


def chain(
    strikes: Sequence[int], *, cold: bool, streaming: bool = False, contracts: int | None = None
) -> Plan:
    """A chain of so many strikes in each contract month.

    Cold: a login, accounts, search, each month's strikes, the underlying's price (a stream is
    opened by one request and read by another), one info a strike. Warm: the price. Then the
    snapshots of 100, two of each, or one where the streams are open (``streaming``). ``contracts``
    counts the options where it is not two a strike.
    """
    plan = Plan()
    if cold:
        session = login(plan)
        accounts, search = plan.ask(session), plan.ask(session)
        listed = [plan.ask(search) for _ in strikes]
        price = plan.ask(plan.ask(accounts, search))
        known = [
            plan.ask(price, month)
            for month, count in zip(listed, strikes, strict=True)
            for _ in range(count)
        ]
    else:
        price = plan.ask() if streaming else plan.ask(plan.ask())
        known = [price] * sum(strikes)
    total = len(known) * SIDES if contracts is None else contracts
    sources = [known[number * len(known) // total] for number in range(total)]
    for start in range(0, total, CONIDS_AT_ONCE):
        opened = plan.ask(*sources[start : start + CONIDS_AT_ONCE])
        if not streaming:
            plan.ask(opened)
    return plan


def quotes(conids: int, *, cold: bool, streaming: bool = False) -> Plan:
    """Snapshots of so many contracts; cold: with a login, accounts, a search of the underlying,
    and the contracts' terms in batches of 200 (``/trsrv/secdef``).
    """
    plan = Plan()
    first: tuple[int, ...] = ()
    if cold:
        session = login(plan)
        first = (plan.ask(session), plan.ask(session))
        for _ in range(0, conids, 200):
            plan.ask(session)
    for _ in range(0, conids, CONIDS_AT_ONCE):
        opened = plan.ask(*first)
        if not streaming:
            plan.ask(opened)
    return plan
