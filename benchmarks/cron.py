"""Twenty jobs of one crontab at the same minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.process import Job, ibcli, peer
from benchmarks.work import IBKR_RATE, RAISED_RATE, Row, Section, measured_together

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.broker import Broker
    from benchmarks.homes import Home
    from benchmarks.work import Bench, Results, Sample

_TIMES = 3
_QUOTES = (804155360, 796812614) * 5
_CHAINS = ("AUG25", "SEP25") * 3
_STRIKES = (135, 137, 141, 143)  # of the orders: ARM 22AUG25
_QUICK = 2

ROWS = (
    Row("cron.peer", "20 ibind programs", is_peer=True),
    Row("cron.ours", "20 ibcli commands, one state folder", IBKR_RATE, "cron.peer"),
    Row("cron.ours.raised", "20 ibcli commands, one state folder", RAISED_RATE, "cron.peer"),
)


def take(bench: Bench) -> Results:
    """Nobody is logged in when they start."""
    return bench.alternate(
        {
            "cron.ours": _ours(bench, IBKR_RATE),
            "cron.ours.raised": _ours(bench, RAISED_RATE),
            "cron.peer": lambda: _peers(bench),
        },
        _TIMES,
    )


def _ours(bench: Bench, rate: int) -> Callable[[], Sample]:
    def once() -> Sample:
        broker = bench.ours(rate)
        broker.forget()
        jobs = _commands(bench.home(), broker)
        return measured_together(jobs[:_QUICK] if bench.quick else jobs, broker)[0]

    return once


def _commands(home: Home, broker: Broker) -> list[Job]:
    env = home.ours(broker, IBCLI_MAX_DELTA="none", IBCLI_DEADLINE="120")
    chain = ("chain", "ARM", "--strikes", "5", "--json", "--month")
    order = ("order", "ARM", "--side", "put", "--expiry", "2025-08-22")
    protected = ("--take-profit", "50%", "--yes", "--json")
    return [
        *(Job(ibcli("quote", str(conid), "--json"), env) for conid in _QUOTES),
        *(Job(ibcli(*chain, month), env) for month in _CHAINS),
        *(Job(ibcli(*order, *protected, "--strike", str(strike)), env) for strike in _STRIKES),
    ]


def _peers(bench: Bench) -> Sample:
    """The plain programs, at the same instant."""
    broker = bench.lenient
    broker.forget()
    env = bench.home().peers(broker)
    jobs = [
        *(Job(peer("quote", "ARM", str(conid)), env) for conid in _QUOTES),
        *(Job(peer("chain", "ARM", month, *_WINDOW[month]), env) for month in _CHAINS),
        *(Job(peer("order", *_ORDER_OF_PEER), env) for _ in _STRIKES),
    ]
    return measured_together(jobs[:_QUICK] if bench.quick else jobs, broker)[0]


_WINDOW = {"AUG25": ("20250822", "134", "144"), "SEP25": ("20250905", "134", "144")}
_ORDER_OF_PEER = ("804155360", "1.60", "5.60", "0.80")

SECTION = Section(
    "cron",
    "Twenty cron jobs at once",
    "Ten quotes, six chains of eleven strikes and four orders start at the same instant, with "
    "nobody logged in. The ibcli commands share one state folder, and so one login and the "
    "pacing limit. The ibind programs know nothing of each other: each logs in, and logs out when "
    "it ends, which ends the session under all others.",
    ROWS,
    take,
)
