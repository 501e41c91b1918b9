"""A close that is cut short between its two halves is not forgotten, and can be finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.domain.orders import OrderType, Side
from tests.after.conftest import WORD, ticket
from tests.after.test_close import (
    POSITIONS,
    buy,
    condor,
    one,
    open_ids,
    refuse_close,
    ways,
)

if TYPE_CHECKING:
    from tests.after.conftest import Trader

SNAPSHOT = "/iserver/marketdata/snapshot"
REPLY = "/iserver/reply/*"
PATIENCE = 30


def killed_amid(trader: Trader) -> int:
    """SIGKILL a close after its stop is cancelled, before anything closes; the stop's id."""
    _, stop = trader.short()
    fault = trader.sim.faults.add(POSITIONS, method="GET", skip=1, hold="before")
    process = subprocess.Popen(
        [sys.executable, "-m", "ibcli", "close", WORD, "--market"],
        env={**os.environ, **trader.environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert fault.reached.wait(PATIENCE)
    process.send_signal(signal.SIGKILL)
    process.wait()
    fault.release()
    trader.sim.faults.clear()
    trader.pass_time()
    return stop


@pytest.mark.parametrize("words", [("orders",), ("positions", "--no-greeks"), ("reconcile",)])
def test_killed_without_a_stop(trader: Trader, words: tuple[str, ...]) -> None:
    stop = killed_amid(trader)
    assert open_ids_quietly(trader) == []
    said = trader(*words, "--json")
    assert said.code == 8, said
    assert "UNPROTECTED" in said.err or "position without stop" in said.err
    if words != ("reconcile",):
        assert said.error == "close-unfinished"
        assert str(stop) in said.err
    journal = trader("journal")
    assert "bared" in journal.out
    done = trader.json("close", WORD, "--market")
    assert ways(done) == {WORD: "filled"}
    trader.pass_time(70)
    for each in (("orders",), ("positions", "--no-greeks")):
        assert trader(*each).code == 0
    assert "covered" in trader("journal").out


def open_ids_quietly(trader: Trader) -> list[int]:
    return [row["order_id"] for row in trader("orders", "--json").data["orders"]]


def test_it_is_said_over_a_guard(trader: Trader) -> None:
    killed_amid(trader)
    trader("halt", "lunch")
    said = trader("close", WORD, "--json")
    assert said.code == 9
    assert "UNPROTECTED" in said.err


def test_a_stop_of_ones_own_ends_it(trader: Trader) -> None:
    killed_amid(trader)
    put = trader.option()
    trader.post(ticket(put, Side.BUY, OrderType.STP, coid="again", trigger="9.00"))
    assert trader("orders").code == 0
    assert "covered" in trader("journal").out


def test_refused_again_it_is_still_bare(trader: Trader) -> None:
    killed_amid(trader)
    refuse_close(trader)
    said = trader("close", WORD, "--json")
    assert (said.code, one(said)["closed"]) == (6, "unprotected")
    assert trader("orders").code == 8


def test_positions_that_fail_after_the_stop_is_gone(trader: Trader) -> None:
    """The stop is put back when what is left cannot be read."""
    _, stop = trader.short()
    trader.sim.faults.add(
        POSITIONS, method="GET", skip=1, count=None, status=500, body={"error": "down"}
    )
    said = trader("close", WORD, "--json")
    row = one(said)
    assert (row["closed"], row["cancelled"]) == ("refused", [stop]), said
    trader.sim.faults.clear()
    assert open_ids(trader) == row["restored"]


def test_a_halt_thrown_before_the_second_keeps_its_stop(
    trader: Trader,
) -> None:
    first, second = trader.option(days=4), trader.option("640", days=4)
    for put, coid in ((first, "one"), (second, "two")):
        trader.post(
            ticket(put, Side.SELL, OrderType.MKT, coid=coid),
            ticket(put, Side.BUY, OrderType.STP, parent=coid, trigger="30.00"),
        )
    trader.pass_time()
    before = open_ids(trader)
    fault = trader.sim.faults.add(REPLY, method="POST", hold="after")
    process = subprocess.Popen(
        [sys.executable, "-m", "ibcli", "close", "--all", "--market", "--json"],
        env={**os.environ, **trader.environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert fault.reached.wait(PATIENCE)
    trader("halt", "now")
    fault.release()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 9
    left = open_ids(trader)
    assert len(set(left) & set(before)) == 1  # the second one's stop


def no_bid(trader: Trader, short: int, wing: int) -> None:
    """Nobody bids for the wing."""
    found = []
    for conid in (short, wing):
        bid, ask = trader.market(str(conid))
        row = {"conid": conid, "conidEx": str(conid), "server_id": "q1", "_updated": 1, "6509": "R"}
        found.append(row | {"84": str(bid), "86": str(ask), "31": str(ask)})
    del found[1]["84"]
    trader.sim.faults.add(SNAPSHOT, count=None, status=200, body=found)


def test_a_worthless_wing_does_not_keep_its_short(trader: Trader) -> None:
    _, high, low = condor(trader)
    no_bid(trader, high.conid, low.conid)
    said = trader("close", "--symbol", "SPY", "--json")
    assert (said.code, said.error) == (9, "guard-quote"), said
    assert ways(said.data) == {high.words: "filled", low.words: "refused"}
    assert low.words in said.document["error"]["message"]
    assert "It is as it was" in said.err
    trader.sim.faults.clear()
    assert trader.held() == {low.words: 1}
    said = trader("close", low.words, "--dry-run", "--json")
    assert said.code == 0


def test_a_wing_is_not_sold_before_its_short_is_closed(trader: Trader) -> None:
    _, high, low = condor(trader)
    bid, _ = trader.market(str(high.conid))
    ask = (bid * Decimal("0.9")).quantize(Decimal("0.01"))
    assert trader("close", high.words, "--limit", str(ask)).code == 0  # it works on
    said = trader("close", "--symbol", "SPY", "--market", "--json")
    assert (said.code, said.error) == (7, "close-waits"), said
    assert ways(said.data) == {high.words: "already", low.words: "kept"}
    assert trader.held() == {high.words: -1, low.words: 1}


def test_alone_and_worthless_nothing_is_sent(trader: Trader) -> None:
    low = trader.option("640", days=4)
    buy(trader, low)
    no_bid(trader, trader.option().conid, low.conid)
    before = trader.writes()
    said = trader("close", low.words, "--json")
    assert (said.code, said.error) == (9, "guard-quote")
    assert "Nothing was sent" in said.err
    assert trader.writes() == before
