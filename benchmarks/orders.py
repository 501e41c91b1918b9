"""Placing two legs, each with a stop and a take-profit, against the same POSTs alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.outputs import document
from benchmarks.process import BenchmarkError, Job, ibcli, peer, python
from benchmarks.work import IBKR_RATE, RAISED_RATE, Row, Section, measured, prepare, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.work import Bench, Results, Sample

PARTS = Path(__file__).with_name("parts.py")
_TIMES = 4
_ORDERS_SECONDS = 5.2  # the list of orders may be asked for every 5 s
LEGS = 2
_ORDERS = 6
_WORDS = ("order", "ARM", "--side", "both", "--strike", "130,150", "--expiry", "2025-08-22")
_PROTECTED = ("--take-profit", "50%", "--json")

ROWS = (
    Row("order.peer", "ibind: login, accounts, the POSTs and replies", is_peer=True),
    Row("order.warm", "`ibcli order --yes`", IBKR_RATE, "order.peer"),
    Row("order.warm.raised", "`ibcli order --yes`", RAISED_RATE, "order.peer"),
    Row("order.parts", "`ibcli order --yes`, instrumented", IBKR_RATE, "order.peer"),
    Row("order.again", "the same command again", IBKR_RATE, "order.peer"),
)


def take(bench: Bench) -> Results:
    """In turns; the broker forgets all orders before each."""
    scene = _Scene(bench)
    return bench.alternate(
        {
            "order.warm": scene.placing(IBKR_RATE),
            "order.warm.raised": scene.placing(RAISED_RATE),
            "order.parts": scene.instrumented(),
            "order.again": scene.again(),
            "order.peer": scene.peer,
        },
        _TIMES,
    )


class _Scene:
    """The peer is given what ibcli has found and priced."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._legs: list[str] = []

    def _previewed(self, rate: int) -> dict[str, str]:
        """A home that knows the contracts and is logged in."""
        broker = self._bench.ours(rate)
        broker.forget()
        env = self._bench.home().ours(broker)
        preview = document(prepare(Job(ibcli(*_WORDS, *_PROTECTED, "--dry-run"), env)))
        self._legs = [word for order in preview["orders"] for word in _prices(order["tickets"])]
        quiet()
        return env

    def placing(self, rate: int) -> Callable[[], Sample]:
        """The first time that day."""

        def once() -> Sample:
            job = Job(ibcli(*_WORDS, *_PROTECTED, "--yes"), self._previewed(rate))
            sample, ran = measured(job, self._bench.ours(rate))
            _check(document(ran))
            return sample

        return once

    def instrumented(self) -> Callable[[], Sample]:
        """The same, in a process that times its own parts."""

        def once() -> Sample:
            env, file = self._previewed(IBKR_RATE), self._bench.folder / "parts.json"
            words = (str(PARTS), str(file), *_WORDS, *_PROTECTED, "--yes")
            sample, ran = measured(Job(python(*words), env), self._bench.ours(IBKR_RATE))
            _check(document(ran))
            return replace(sample, parts=json.loads(file.read_text(encoding="utf-8")))

        return once

    def again(self) -> Callable[[], Sample]:
        """The same words a second time: nothing is placed."""

        def once() -> Sample:
            job = Job(ibcli(*_WORDS, *_PROTECTED, "--yes"), self._previewed(IBKR_RATE))
            prepare(job)
            quiet(_ORDERS_SECONDS)
            sample, ran = measured(job, self._bench.ours(IBKR_RATE))
            _check(data := document(ran))
            if not data["already"]:
                raise BenchmarkError("placed twice")
            return sample

        return once

    def peer(self) -> Sample:
        """The POSTs alone, for the same contracts at the same prices."""
        if not self._legs:
            self._previewed(RAISED_RATE)
        broker = self._bench.lenient
        broker.forget()
        env = self._bench.home().peers(broker)
        sample, ran = measured(Job(peer("order", *self._legs), env), broker)
        placed = ran.out.count('"order_id"')
        if placed != _ORDERS:
            raise BenchmarkError(f"the peer placed {placed} of {_ORDERS}: {ran.err[-300:]}")
        return sample


def _prices(tickets: list[dict[str, Any]]) -> list[str]:
    """Conid, limit, stop and take-profit, as the peer takes them."""
    by_role = {ticket["role"]: ticket for ticket in tickets}
    entry = by_role["entry"]
    prices = entry["limit"], by_role["stop"]["trigger"], by_role["take profit"]["limit"]
    return [str(entry["legs"][0]["conid"]), *map(str, prices)]


def _check(data: dict[str, Any]) -> None:
    orders = [order for leg in data["legs"] for order in leg["orders"]]
    if len(data["legs"]) != LEGS or len(orders) != _ORDERS:
        raise BenchmarkError(f"{len(orders)} of {_ORDERS} orders are placed")


SECTION = Section(
    "order",
    "Placing orders",
    "Two legs, each an entry with its stop and its take-profit: six orders in two POSTs. ibcli "
    "looks up the legs, quotes them, checks its guards, has the broker preview margin and "
    "commission, writes its journal before and after each POST, and watches until the orders "
    "work. The ibind program is given contracts and prices and sends the POSTs, answering every "
    "question with yes: if its process dies in between, nobody knows what was sent.",
    ROWS,
    take,
)
