"""Option chains: cold and warm, small and large, against a program that asks one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks import bounds
from benchmarks.broker import LATENCY
from benchmarks.outputs import asked_for, chain_of_ours, chain_of_peer, compare, document
from benchmarks.process import BenchmarkError, Job, ibcli, peer
from benchmarks.work import IBKR_RATE, RAISED_RATE, Row, Section, measured, prepare, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.outputs import Printed
    from benchmarks.process import Ran
    from benchmarks.work import Bench, Results, Sample


@dataclass(frozen=True, slots=True)
class Work:
    """A chain of the nearest expiry in a month: so many strikes around the money."""

    strikes: int
    symbol: str
    month: str
    times: int

    @property
    def words(self) -> tuple[str, ...]:
        """As ibcli is asked for it."""
        each_way = str(self.strikes // 2)
        asked = ("chain", self.symbol, "--month", self.month, "--strikes", each_way)
        return (*asked, "--deadline", "180", "--json")


WORKS = (Work(21, "ARM", "AUG25", 5), Work(61, "ARM", "AUG25", 4), Work(201, "SPX", "SEP25", 3))


def _rows(work: Work) -> tuple[Row, ...]:
    n, theirs = work.strikes, f"chain.{work.strikes}.peer"
    return (
        Row(theirs, f"{n} strikes, ibind: one request a strike and right", is_peer=True),
        Row(f"chain.{n}.cold", f"{n} strikes, ibcli, cold", IBKR_RATE, theirs),
        Row(f"chain.{n}.warm", f"{n} strikes, ibcli, warm", IBKR_RATE, theirs),
        Row(f"chain.{n}.cold.raised", f"{n} strikes, ibcli, cold", RAISED_RATE, theirs),
        Row(f"chain.{n}.warm.raised", f"{n} strikes, ibcli, warm", RAISED_RATE, theirs),
    )


ROWS = tuple(row for work in WORKS for row in _rows(work))


def take(bench: Bench) -> Results:
    """One size after another, all programs of a size in turns."""
    results: Results = {}
    for work in WORKS[:1] if bench.quick else WORKS:
        results |= _Scene(bench, work).take()
    return results


class _Scene:
    """One size. What ibcli printed last is what the peer is held against."""

    def __init__(self, bench: Bench, work: Work) -> None:
        self._bench = bench
        self._work = work
        self._printed: Printed | None = None
        self._listed: dict[str, Any] = {}
        self._range: tuple[str, ...] = ()

    def take(self) -> Results:
        n = self._work.strikes
        takes: dict[str, Callable[[], Sample]] = {}
        for rate, suffix in ((IBKR_RATE, ""), (RAISED_RATE, ".raised")):
            cold, warm = self._pair(rate)
            takes[f"chain.{n}.cold{suffix}"], takes[f"chain.{n}.warm{suffix}"] = cold, warm
        takes[f"chain.{n}.peer"] = self._peer
        return self._bench.alternate(takes, self._work.times)

    def _pair(self, rate: int) -> tuple[Callable[[], Sample], Callable[[], Sample]]:
        n = self._work.strikes

        left: list[Job] = []  # what cold runs remember, for a warm run each

        def cold() -> Sample:
            broker = self._bench.ours(rate)
            broker.forget()
            job = self._job(rate)
            sample, ran = measured(job, broker)
            self._note(ran)
            left[:] = [job]
            needed = asked_for(document(ran), self._work.month, self._strikes())
            return replace(
                sample,
                bound=bounds.chain([needed], cold=True, contracts=2 * n).bound(rate, LATENCY),
            )

        def warm() -> Sample:
            broker = self._bench.ours(rate)
            if not left:
                cold()
            job = left.pop()
            quiet()
            sample, ran = measured(job, broker)
            self._note(ran)
            bound = bounds.chain([n], cold=False).bound(rate, LATENCY)
            return replace(sample, bound=bound)

        return cold, warm

    def _strikes(self) -> dict[str, Any]:
        """The month's."""
        if not self._listed:
            words = ("strikes", self._work.symbol, "--month", self._work.month, "--json")
            env = self._bench.home().ours(self._bench.ours(RAISED_RATE))
            self._listed = document(prepare(Job(ibcli(*words), env)))
        return self._listed

    def _job(self, rate: int) -> Job:
        """In a home of its own."""
        return Job(ibcli(*self._work.words), self._bench.home().ours(self._bench.ours(rate)))

    def _note(self, ran: Ran) -> None:
        data = document(ran)
        (expiry,) = data["expiries"]
        strikes = [row["strike"] for row in expiry["rows"]]
        if len(strikes) != self._work.strikes:
            raise BenchmarkError(f"{len(strikes)} strikes instead of {self._work.strikes}")
        self._range = (expiry["expiry"].replace("-", ""), str(strikes[0]), str(strikes[-1]))
        self._printed = chain_of_ours(data)

    def _peer(self) -> Sample:
        """The same expiry, from the lowest to the highest strike that ibcli has shown."""
        if self._printed is None:
            self._bench.ours(RAISED_RATE).forget()
            self._note(prepare(self._job(RAISED_RATE)))
        broker, work = self._bench.lenient, self._work
        broker.forget()
        words = (work.symbol, work.month, *self._range)
        env = self._bench.home().peers(broker)
        sample, ran = measured(Job(peer("chain", *words), env), broker)
        if self._printed is not None:
            compare(self._printed, chain_of_peer(ran), f"{work.strikes} strikes")
        return sample


SECTION = Section(
    "chain",
    "Option chains",
    "Cold: nothing is remembered, nobody is logged in. Warm: the same chain a moment later, by a "
    "new process. The ibind program asks search, strikes, one info a strike and right, one after "
    "another, then a snapshot, sleeps a second, and a snapshot; it remembers nothing, so it has no "
    "warm run. It gets the strikes to ask for; ibcli finds the money by itself. Both print the "
    "same contracts, and prices for as many of them.",
    ROWS,
    take,
)
