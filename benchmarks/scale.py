"""Work that is ten times as large: time should follow the requests, memory should not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks import bounds
from benchmarks.broker import LATENCY
from benchmarks.outputs import document, options
from benchmarks.process import BenchmarkError, Job, ibcli
from benchmarks.work import IBKR_RATE, RAISED_RATE, Row, Section, measured, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bounds import Plan
    from benchmarks.work import Bench, Results, Sample

_TIMES = 1
_CONIDS = 500
_ALL = ("chain", "SPX", "--month", "SEP25", "--expiry", "2025-09-18", "--all")
_SOON = ("chain", "ARM", "--dte", "0:60")
_LONG = ("--deadline", "240", "--json")

ROWS = tuple(
    Row(f"scale.{key}{suffix}", title, rate)
    for key, title in (
        ("quote", "`ibcli quote` of 500 options"),
        ("all", "`ibcli chain SPX --all`, two trading classes"),
        ("soon", "`ibcli chain ARM --dte 0:60`"),
    )
    for rate, suffix in ((IBKR_RATE, ""), (RAISED_RATE, ".raised"))
)


def take(bench: Bench) -> Results:
    """All cold."""
    conids = _conids(bench)
    plain = ("quote", *map(str, conids), *_LONG)
    cases = {
        "soon": ((*_SOON, *_LONG), _plan_of_chains),
        "quote": (plain, lambda _: bounds.quotes(len(conids), cold=True)),
        "all": ((*_ALL, *_LONG), _plan_of_chains),
    }
    takes = {
        f"scale.{key}{suffix}": _cold(bench, rate, words, plan)
        for key, (words, plan) in cases.items()
        for rate, suffix in ((IBKR_RATE, ""), (RAISED_RATE, ".raised"))
        if not bench.quick or (key == "soon" and rate == RAISED_RATE)
    }
    return bench.alternate(takes, _TIMES)


def _cold(
    bench: Bench, rate: int, words: tuple[str, ...], plan: Callable[[dict[str, Any]], Plan]
) -> Callable[[], Sample]:
    def once() -> Sample:
        broker = bench.ours(rate)
        broker.forget()
        sample, ran = measured(Job(ibcli(*words), bench.home().ours(broker)), broker)
        return replace(sample, bound=plan(document(ran)).bound(rate, LATENCY))

    return once


def _conids(bench: Bench) -> list[int]:
    """The first so many options of a large chain."""
    if bench.quick or not any(bench.wants(f"scale.quote{end}") for end in ("", ".raised")):
        return []
    broker = bench.ours(RAISED_RATE)
    broker.forget()
    found = prepare(Job(ibcli(*_ALL, *_LONG), bench.home().ours(broker)))
    conids = [contract["conid"] for contract in options(document(found))][:_CONIDS]
    if len(conids) < _CONIDS:
        raise BenchmarkError(f"only {len(conids)} options to quote")
    return conids


def _plan_of_chains(data: dict[str, Any]) -> Plan:
    """One info for each month and strike that was shown."""
    strikes: dict[str, set[float]] = {}
    for expiry in data["expiries"]:
        shown = strikes.setdefault(expiry["month"], set())
        shown.update(row["strike"] for row in expiry["rows"])
    contracts = len(list(options(data)))
    counts = [len(shown) for shown in strikes.values()]
    return bounds.chain(counts, cold=True, contracts=contracts)


SECTION = Section(
    "scale",
    "Scale",
    "Cold, by one process each.",
    ROWS,
    take,
)
