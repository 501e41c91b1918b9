"""A quote of one option: warm, against the shortest honest ibind program."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks import bounds
from benchmarks.broker import LATENCY
from benchmarks.outputs import document
from benchmarks.process import BenchmarkError, Job, ibcli, peer
from benchmarks.work import IBKR_RATE, RAISED_RATE, Row, Section, measured, prepare, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.process import Ran
    from benchmarks.work import Bench, Results, Sample

_TIMES = 5
_CONID = 804155360  # ARM 22AUG25 143 C
_NEIGHBOUR = 796812614  # its 145 C
_EXPIRY = "2025-08-22"

ROWS = (
    Row("quote.peer", "ibind: login, accounts, search, snapshots", is_peer=True),
    Row("quote.open", "`ibcli quote`, stream open", IBKR_RATE, "quote.peer"),
    Row("quote.opened", "`ibcli quote`, stream to be opened", IBKR_RATE, "quote.peer"),
    Row("quote.open.raised", "`ibcli quote`, stream open", RAISED_RATE, "quote.peer"),
)


def take(bench: Bench) -> Results:
    """All in turns."""
    takes: dict[str, Callable[[], Sample]] = {"quote.peer": lambda: _peer(bench)}
    for rate, suffix in ((IBKR_RATE, ""), (RAISED_RATE, ".raised")):
        takes[f"quote.open{suffix}"] = _open(bench, rate)
    takes["quote.opened"] = _opened(bench)
    return bench.alternate(takes, _TIMES)


def _peer(bench: Bench) -> Sample:
    broker = bench.lenient
    broker.forget()
    env = bench.home().peers(broker)
    sample, ran = measured(Job(peer("quote", "ARM", str(_CONID)), env), broker)
    if str(_CONID) not in ran.out:
        raise BenchmarkError(f"the peer did not quote: {ran.err[-300:]}")
    return sample


def _open(bench: Bench, rate: int) -> Callable[[], Sample]:
    """The same contract a second time."""
    bound = bounds.quotes(1, cold=False, streaming=True).bound(rate, LATENCY)

    def once() -> Sample:
        broker = bench.ours(rate)
        broker.forget()
        job = Job(ibcli("quote", str(_CONID), "--json"), bench.home().ours(broker))
        prepare(job)
        quiet()
        sample, ran = measured(job, broker)
        _check(ran)
        return replace(sample, bound=bound)

    return once


def _opened(bench: Bench) -> Callable[[], Sample]:
    """Its terms are known from ``strikes``, which opens no stream of an option, and another option
    has been quoted in the session.
    """
    bound = bounds.quotes(1, cold=False).bound(IBKR_RATE, LATENCY)

    def once() -> Sample:
        broker = bench.ours(IBKR_RATE)
        broker.forget()
        env = bench.home().ours(broker)
        prepare(Job(ibcli("strikes", "ARM", "--expiry", _EXPIRY), env))
        prepare(Job(ibcli("quote", str(_NEIGHBOUR)), env))
        quiet()
        sample, ran = measured(Job(ibcli("quote", str(_CONID), "--json"), env), broker)
        _check(ran)
        return replace(sample, bound=bound)

    return once


def _check(ran: Ran) -> None:
    """It has all that the peer waited for."""
    (row,) = document(ran)["rows"]
    if row["instrument"]["conid"] != _CONID or row["quote"]["delta"] is None:
        raise BenchmarkError(f"not quoted: {row}")


SECTION = Section(
    "quote",
    "A warm quote",
    "One option by its conid, with bid, ask, last and delta. ibcli has logged in earlier that day; "
    "ibind logs in each time, as its client does unless a program keeps the token. It asks "
    "without a pause until the values are there.",
    ROWS,
    take,
)
