"""What was to be reached, held against what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.chains import WORKS
from benchmarks.figures import figures
from benchmarks.orders import LEGS
from benchmarks.scale import ROWS as SCALE_ROWS
from benchmarks.sections import ROWS
from benchmarks.work import IBKR_RATE, RAISED_RATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.work import Results

_HELP = 2.0
_QUOTE = 0.5
_QUOTE_REQUESTS = 2
_CHAIN = 1.10
_WARM = 10.0
_ORDER_CPU = 0.025
_MEMORY = 120e6
_CPU_SHARE = 0.15
_SCALE = tuple(  # what waits for the limit: a warm quote makes five requests at once
    row.key for row in SCALE_ROWS if row.rate == IBKR_RATE and row.key != "scale.again"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was measured, and whether that is good enough."""

    measured: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Target:
    """``judge`` raises KeyError where the rows that it needs are not taken; the figures of ``rows``
    say why it is missed.
    """

    name: str
    judge: Callable[[Results], Verdict]
    rows: tuple[str, ...]


def _ratio(results: Results, one: str, other: str) -> float:
    return figures(results[one]).wall / figures(results[other]).wall


def _help(results: Results) -> Verdict:
    times = _ratio(results, "startup.help", "startup.click")
    return Verdict(f"{times:.2f} times", times <= _HELP)


def _quote(results: Results) -> Verdict:
    share = _ratio(results, "quote.open", "quote.peer")
    return Verdict(f"{share:.2f} of it", share <= _QUOTE)


def _quote_requests(results: Results) -> Verdict:
    one, other = (figures(results[f"quote.{key}"]).requests or 0 for key in ("open", "opened"))
    met = one == 1 and other <= _QUOTE_REQUESTS
    return Verdict(f"{one:g} on an open stream, {other:g} where it has to be opened", met)


def _cold(strikes: int, suffix: str) -> Callable[[Results], Verdict]:
    def judge(results: Results) -> Verdict:
        found = figures(results[f"chain.{strikes}.cold{suffix}"])
        bound = found.bound or 0.0
        words = f"{found.wall:.2f} s against {bound:.2f} s: {found.wall / bound - 1:+.0%}"
        return Verdict(words, found.wall <= _CHAIN * bound)

    return judge


def _warm(results: Results) -> Verdict:
    times = _ratio(results, "chain.61.peer", "chain.61.warm")
    return Verdict(f"{times:.1f} times", times >= _WARM)


def _pacing(results: Results) -> Verdict:
    """Over all rows of ibcli's that ask the broker."""
    if not any(ROWS[key].rate for key in results):
        raise KeyError("paced")
    worst, late = 0.0, 0
    for key, samples in results.items():
        row = ROWS[key]
        if row.rate is not None:
            found = figures(samples)
            worst = max(worst, (found.peak or 0) / row.rate)
            late += found.refused or 0
    return Verdict(f"at most {worst:.0%} of the limit, {late} answers 429", worst <= 1 and not late)


def _failures(results: Results) -> Verdict:
    found = sum(figures(rows).failures for key, rows in results.items() if not ROWS[key].is_peer)
    return Verdict(f"{found}", found == 0)


def _order_cpu(results: Results) -> Verdict:
    """Of each of the two orders with its children."""
    totals = [
        sum(seconds for part, seconds in sample.parts.items() if part != "imported")
        for sample in results["order.parts"]
    ]
    each = median(totals) / LEGS
    return Verdict(f"{each * 1000:.1f} ms an order", each <= _ORDER_CPU)


def _memory(results: Results) -> Verdict:
    taken = [figures(results[row.key]).memory for row in SCALE_ROWS if row.key in results]
    if not taken:
        raise KeyError("scale")
    most = max(taken)
    return Verdict(f"{most / 1e6:.0f} MB", most <= _MEMORY)


def _cpu_share(results: Results) -> Verdict:
    """At the pace that IBKR documents, of what is cold."""
    shares = [
        found.cpu / found.wall
        for row in SCALE_ROWS
        if row.key in results and row.key in _SCALE
        for found in (figures(results[row.key]),)
    ]
    if not shares:
        raise KeyError("scale")
    return Verdict(f"at most {max(shares):.0%}", max(shares) <= _CPU_SHARE)


def _time_of_scale(results: Results) -> Verdict:
    ratios = [
        found.wall / found.bound
        for row in SCALE_ROWS
        if row.key in results and row.key in _SCALE
        for found in (figures(results[row.key]),)
        if found.bound
    ]
    if not ratios:
        raise KeyError("scale")
    return Verdict(f"{min(ratios):.2f} to {max(ratios):.2f} times", max(ratios) <= _CHAIN)


def _cold_targets() -> Iterator[Target]:
    for rate, suffix in ((IBKR_RATE, ""), (RAISED_RATE, ".raised")):
        for work in WORKS:
            name = f"Cold chain of {work.strikes} strikes at {rate}/s within 10 % of the bound"
            key = f"chain.{work.strikes}.cold{suffix}"
            yield Target(name, _cold(work.strikes, suffix), (key,))


TARGETS: tuple[Target, ...] = (
    Target("`--help` within 2 times `import click`", _help, ("startup.help", "startup.click")),
    Target("Warm quote at most half of the ibind program's time", _quote, ("quote.open",)),
    Target(
        "Warm quote: 1 request, 2 where the stream has to be opened",
        _quote_requests,
        ("quote.open", "quote.opened"),
    ),
    *_cold_targets(),
    Target(
        "Warm chain of 61 strikes at least 10 times faster than the ibind program",
        _warm,
        ("chain.61.warm",),
    ),
    Target("No second of any benchmark over the pacing limit, no 429", _pacing, ()),
    Target("No command of ibcli's fails", _failures, ()),
    Target("Journal, guards and pacing under 25 ms of CPU an order", _order_cpu, ("order.parts",)),
    Target("Scale: time within 10 % of the bound at 10/s", _time_of_scale, _SCALE),
    Target("Scale: peak memory under 120 MB", _memory, _SCALE),
    Target("Scale: CPU under 15 % of the time at 10/s", _cpu_share, _SCALE),
)
