"""What the work needs at least: its requests at the pacing limit, and the round trips that follow
from each other.

The server's own work, the interpreter's start, and what a stream takes to have data are in none of
it, but for ``attainable``.
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
PRICES_AFTER = 0.1  # seconds from a stream's opening, as the simulator has it
GREEKS_AFTER = 0.4


@dataclass(frozen=True, slots=True)
class Bound:
    """Requests needed, how many of them follow from each other, and ``seconds``: the requests
    divided by the limit, and a round trip for each that follows from another.

    ``ideal``: when the last answer comes to a client whose requests leave as soon as the answers
    that they need are there and fewer than the limit have left in the second before. It is less, as
    the first requests need not wait for each other.

    ``attainable``: the same for a client that cannot see when its requests arrive, and so counts
    each until a second after its answer, lest any second at the server holds too many; and that
    waits for what a stream takes to have data.
    """

    requests: int
    depth: int
    seconds: float
    ideal: float
    attainable: float


class Plan:
    """Requests, and which answers each needs. ``ask`` gives the new request's number."""

    def __init__(self) -> None:
        self._needs: list[tuple[int, ...]] = []
        self._delays: list[float] = []

    def ask(self, *after: int, delay: float = 0.0) -> int:
        """One more, after the answers to these. ``delay``: seconds until a stream that was asked
        for with them has its data.
        """
        self._needs.append(after)
        self._delays.append(delay)
        return len(self._needs) - 1

    def bound(self, rate: int, round_trip: float) -> Bound:
        """At so many requests in any second, with answers after so many seconds."""
        requests, depth = len(self._needs), self._depth()
        return Bound(
            requests,
            depth,
            requests / rate + depth * round_trip,
            _finish(self._needs, [0.0] * len(self._needs), rate, round_trip, window=1.0),
            _finish(self._needs, self._delays, rate, round_trip, window=1.0 + round_trip),
        )

    def _depth(self) -> int:
        depths: list[int] = []
        for needs in self._needs:
            depths.append(1 + max((depths[n] for n in needs), default=0))
        return max(depths, default=0)


def _finish(
    needs: Sequence[tuple[int, ...]],
    delays: Sequence[float],
    rate: int,
    round_trip: float,
    *,
    window: float,
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
        answered = sent + round_trip
        end = max(end, answered)
        for follower in followers[number]:
            missing[follower] -= 1
            if missing[follower] == 0:
                due = answered + max(0.0, delays[follower] - round_trip)
                heapq.heappush(ready, (due, follower))
    return end


def login(plan: Plan) -> int:
    """Live session token, brokerage session."""
    return plan.ask(plan.ask())


def chain(strikes: Sequence[int], *, cold: bool, contracts: int | None = None) -> Plan:
    """A chain of so many strikes in each contract month; ``contracts`` counts its options where
    they are not two a strike.

    Cold: a login, accounts, search, each month's strikes, the underlying's price (one request opens
    the stream, another reads it), one info a strike, and two snapshots for each hundred options.
    Warm: all of these are known, the streams are open, and the price comes with the options'.
    """
    total = sum(strikes) * SIDES if contracts is None else contracts
    plan = Plan()
    if not cold:
        for _ in range(0, total + 1, CONIDS_AT_ONCE):
            plan.ask()
        return plan
    session = login(plan)
    accounts, search = plan.ask(session), plan.ask(session)
    listed = [plan.ask(search) for _ in strikes]
    price = plan.ask(plan.ask(accounts, search), delay=PRICES_AFTER)
    known = [
        plan.ask(price, month)
        for month, count in zip(listed, strikes, strict=True)
        for _ in range(count)
    ]
    sources = [known[number * len(known) // total] for number in range(total)]
    for start in range(0, total, CONIDS_AT_ONCE):
        opened = plan.ask(*sources[start : start + CONIDS_AT_ONCE])
        plan.ask(opened, delay=GREEKS_AFTER)
    return plan


def quotes(conids: int, *, cold: bool, streaming: bool = False) -> Plan:
    """Snapshots of so many options; cold: with a login, accounts, a search of the underlying, and
    each contract's terms (``/iserver/contract/{conid}/info``: nothing else tells its class).
    """
    plan = Plan()
    first: tuple[int, ...] = ()
    if cold:
        session = login(plan)
        first = (plan.ask(session), plan.ask(session))
        for _ in range(conids):
            plan.ask(session)
    for _ in range(0, conids, CONIDS_AT_ONCE):
        opened = plan.ask(*first)
        if not streaming:
            plan.ask(opened, delay=GREEKS_AFTER)
    return plan
