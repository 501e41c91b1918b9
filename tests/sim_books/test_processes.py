"""Several processes on one state folder, some of them killed: every fill is booked once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.sim_books.conftest import SPY, START, OpenFloor, order
from tests.sim_books.test_balance import books_of

if TYPE_CHECKING:
    from pathlib import Path

# Steps through an hour in its own pace; a victim kills itself within a transaction, before and
# after its time has passed.
_LOOKER = """
import os, signal, sys
from decimal import Decimal
from pathlib import Path
from ibcli.sim.books.books import Books
from ibcli.sim.market import Market, MarketClock
from ibcli.sim.options import SimOptions
from ibcli.sim.store import Store

folder, start, step, account, victim = sys.argv[1:]
now = float(start)
options = SimOptions(cash=Decimal(10**8))
books = Books(Store(Path(folder)), Market(), MarketClock.parse("now"), options, lambda: now)
while now < float(start) + 900:
    now += float(step)
    with books.present(account):
        if victim == "victim" and now > float(start) + 300:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_share_the_books(open_floor: OpenFloor, tmp_path: Path) -> None:
    shared, alone = tmp_path / "shared", tmp_path / "alone"
    found = []
    for folder, steps in ((shared, (1.0, 3.5, 0.5, 10.0)), (alone, (900.0,))):
        floor = open_floor(state=folder, cash=10**8)
        floor.hands.to(START)
        call, put = floor.near("C", days=4), floor.near("P", days=4)
        floor.place(order(call, "BUY", 2000, price=floor.ask(call), cOID="a"))
        floor.place(
            order(put, "SELL", 900, price=floor.bid(put), cOID="b"),
            order(put, "BUY", 900, price=floor.bid(put) - floor.bid(put) % 1, parentId="b"),
        )
        start = str(floor.hands.seconds)
        arguments = [
            [str(folder), start, str(step), floor.account, "victim" if step == 3.5 else ""]
            for step in steps
        ]
        processes = [
            subprocess.Popen([sys.executable, "-c", _LOOKER, *given]) for given in arguments
        ]
        codes = [process.wait(60) for process in processes]
        assert codes == [-9 if step == 3.5 else 0 for step in steps]
        floor.hands.forward(901)
        found.append(books_of(floor))
    assert found[0] == found[1]
    assert len(found[0]["executions"]) > 10


def test_a_name_is_booked_once_by_whoever_comes_first(
    open_floor: OpenFloor, tmp_path: Path
) -> None:
    """Twenty at once, over two servers: one bracket, and nineteen are told so."""
    floors = [open_floor(state=tmp_path), open_floor(state=tmp_path)]
    body = {"messageIds": ["o163", "o10331", "o10152"]}
    floors[0].client.post("/iserver/questions/suppress", body)
    entry = order(SPY, "BUY", price=600, cOID="once")
    stop = order(SPY, "SELL", orderType="STP", price=500, parentId="once")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: floors[n % 2].post(entry, stop).body, range(20)))
    assert sum(isinstance(answer, list) for answer in answers) == 1
    refused = [answer["error"] for answer in answers if isinstance(answer, dict)]
    assert all("already registered" in text for text in refused)
    assert [len(floor.orders()) for floor in floors] == [2, 2]
