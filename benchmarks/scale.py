"""Work that is ten times as large: time should follow the requests, memory should not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks import bounds
from benchmarks.broker import LATENCY
from benchmarks.outputs import asked_for, document, options
from benchmarks.process import BenchmarkError, Job, ibcli
from benchmarks.work import IBKR_RATE, RAISED_RATE, Row, Section, measured, prepare, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bounds import Plan
    from benchmarks.work import Bench, Results, Sample

_CONIDS = 500
_EXPIRY = ("--month", "SEP25", "--expiry", "2025-09-18")
_ALL = ("chain", "SPX", *_EXPIRY, "--all")
_SOON = ("chain", "ARM", "--dte", "0:60")
_LONG = ("--deadline", "240", "--json")
_RATES = ((IBKR_RATE, ""), (RAISED_RATE, ".raised"))

ROWS = tuple(
    Row(f"scale.{key}{suffix}", title, rate)
    for key, title in (
        ("quote", "`ibcli quote` of 500 options, cold"),
        ("again", "`ibcli quote` of the same options, warm"),
        ("all", "`ibcli chain SPX --all`, two trading classes, cold"),
        ("soon", "`ibcli chain ARM --dte 0:60`, cold"),
    )
    for rate, suffix in _RATES
)


def take(bench: Bench) -> Results:
    """Each once: they are long."""
    return _Scene(bench).take()


class _Scene:
    """What is to be quoted comes out of the large chain."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._conids: list[str] = []
        self._left: dict[int, Job] = {}  # what was quoted cold, by rate

    def take(self) -> Results:
        takes = {
            f"scale.{key}{suffix}": take
            for rate, suffix in _RATES
            for key, take in self._of(rate).items()
            if not self._bench.quick or (key == "soon" and rate == RAISED_RATE)
        }
        return self._bench.alternate(takes, 1)

    def _of(self, rate: int) -> dict[str, Callable[[], Sample]]:
        return {
            "soon": lambda: self._chain(rate, _SOON),
            "all": lambda: self._chain(rate, _ALL),
            "quote": lambda: self._quote(rate),
            "again": lambda: self._again(rate),
        }

    def _job(self, rate: int, words: tuple[str, ...]) -> Job:
        """In a home of its own."""
        return Job(ibcli(*words, *_LONG), self._bench.home().ours(self._bench.ours(rate)))

    def _chain(self, rate: int, words: tuple[str, ...]) -> Sample:
        broker = self._bench.ours(rate)
        broker.forget()
        sample, ran = measured(self._job(rate, words), broker)
        data = document(ran)
        self._note(data)
        return replace(sample, bound=self._plan(words[1], data).bound(rate, LATENCY))

    def _note(self, data: dict[str, Any]) -> None:
        conids = [str(contract["conid"]) for contract in options(data)]
        if len(conids) >= _CONIDS:
            self._conids = conids[:_CONIDS]

    def _quote(self, rate: int) -> Sample:
        if not self._conids:
            self._chain(RAISED_RATE, _ALL)
        broker = self._bench.ours(rate)
        broker.forget()
        job = self._left[rate] = self._job(rate, ("quote", *self._conids))
        sample, ran = measured(job, broker)
        _check(document(ran))
        return replace(sample, bound=bounds.quotes(_CONIDS, cold=True).bound(rate, LATENCY))

    def _again(self, rate: int) -> Sample:
        if rate not in self._left:
            self._quote(rate)
        quiet()
        sample, ran = measured(self._left.pop(rate), self._bench.ours(rate))
        _check(document(ran))
        plan = bounds.quotes(_CONIDS, cold=False, streaming=True)
        return replace(sample, bound=plan.bound(rate, LATENCY))

    def _plan(self, symbol: str, data: dict[str, Any]) -> Plan:
        """One info for each of a month's strikes where some were shown."""
        counts = []
        for month in dict.fromkeys(expiry["month"] for expiry in data["expiries"]):
            listed = prepare(self._job(RAISED_RATE, ("strikes", symbol, "--month", month)))
            counts.append(asked_for(data, month, document(listed)))
        return bounds.chain(counts, cold=True, contracts=len(list(options(data))))


def _check(data: dict[str, Any]) -> None:
    quoted = sum(row["quote"]["ask"] is not None for row in data["rows"])
    if quoted < 0.9 * _CONIDS:
        raise BenchmarkError(f"only {quoted} of {_CONIDS} options have an ask")


SECTION = Section(
    "scale",
    "Scale",
    "One process each. The terms of an option that is known by its conid alone cost a request "
    "(nothing else tells its trading class), as does each strike of a month (nothing else says "
    "which of them an expiry has).",
    ROWS,
    take,
)
