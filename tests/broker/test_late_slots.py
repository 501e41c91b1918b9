"""A slot that is not used in time is given back: what is sent late would come with others' too."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker import launch as launches
from ibcli.broker.deadline import Deadline
from ibcli.broker.launch import Launch
from ibcli.broker.pace import Pace, Turn
from ibcli.errors import UnreachableError
from tests.broker.orders import ORDERS, posts
from tests.broker.test_failures import stocks
from tests.broker.test_write import BODY, ready

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ibcli.broker.client import BrokerClient
    from tests.broker.conftest import Bench

CONNECT = "urllib3.util.connection.create_connection"


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """It happens once, while a connection is made."""
    really = socket.create_connection
    left = [happens]

    def slow(address: Any, *args: Any, **kwargs: Any) -> socket.socket:
        if left:
            left.pop()()
        return really(address)

    monkeypatch.setattr(CONNECT, slow)


def late(bench: Bench, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The next connection takes so long, and another process uses what is allowed meanwhile."""
    other = bench.client(IBCLI_MAX_RPS="1")
    stocks(other)

    def happens() -> None:
        bench.hurry.skipped += seconds
        stocks(other)

    meanwhile(monkeypatch, happens)


def read(client: BrokerClient) -> None:
    stocks(client)


def write(client: BrokerClient) -> None:
    assert client.write("POST", ORDERS, BODY, prove=False)


@pytest.mark.parametrize("send", [read, write])
def test_after_a_slow_connection_another_slot_is_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, send: Callable[[BrokerClient], None]
) -> None:
    ready(bench)
    client = bench.client(IBCLI_MAX_RPS="1")
    late(bench, monkeypatch, 3)
    bench.hurry.sleeps.clear()
    send(client)
    # a second for its first turn, and one after the other's for the second
    assert sum(bench.hurry.sleeps) > 1.9


@pytest.mark.parametrize("send", [read, write])
def test_a_slot_that_is_used_soon_stays(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, send: Callable[[BrokerClient], None]
) -> None:
    ready(bench)
    client = bench.client()
    meanwhile(monkeypatch, lambda: None)
    bench.hurry.sleeps.clear()
    send(client)
    assert bench.hurry.sleeps == []


def test_an_order_for_which_there_is_no_other_slot_in_time_was_not_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(bench)
    client = bench.client(bench.hurry.deadline(5))

    def happens() -> None:
        bench.hurry.skipped += 3
        client._exchange.pace.refused(60)

    meanwhile(monkeypatch, happens)
    with pytest.raises(UnreachableError) as caught:
        client.write("POST", ORDERS, BODY, prove=False)
    assert caught.value.code == "rate-limited"
    assert posts(bench) == 0


def test_a_read_that_nobody_waits_for_any_more_is_not_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its slot has been left by then."""
    ready(bench)
    client = bench.client(Deadline.after(0.2))
    go_on, ended = threading.Event(), threading.Event()

    def happens() -> None:
        assert go_on.wait(10)

    meanwhile(monkeypatch, happens)
    close = socket.socket.close
    before = len(bench.sim.requests)
    with pytest.raises(UnreachableError) as caught:
        stocks(client)
    assert caught.value.code == "timeout"

    def closing(this: socket.socket) -> None:
        close(this)
        ended.set()

    monkeypatch.setattr(socket.socket, "close", closing)
    go_on.set()
    assert ended.wait(10)
    assert len(bench.sim.requests) == before


def test_what_stood_first_stands_first_again(tmp_path: Path) -> None:
    """Stopped with its slot in hand, it does not go to the end of the queue."""
    now = 2e9
    order: list[str] = []

    def deadline(then: Callable[[float], None]) -> Deadline:
        return Deadline(now + 60, clock=lambda: now, sleeper=then)

    def pass_time(seconds: float) -> None:
        nonlocal now
        now += seconds

    def then_the_stopped_one(seconds: float) -> None:
        pass_time(seconds)
        if not order:
            order.append("stopped")
            stopped.renew(deadline(pass_time))

    paces = [Pace(tmp_path, "x", 1, lambda: now) for _ in range(2)]
    stopped = Turn(paces[0], "GET", "/x", deadline(pass_time))
    now += 1.9  # it still counts, and may be sent no more
    Turn(paces[1], "GET", "/x", deadline(then_the_stopped_one))
    order.append("other")
    assert order == ["stopped", "other"]
    assert now - 2e9 < 1.9 + 4.5


def test_a_slot_that_was_not_used_is_everybodys(tmp_path: Path) -> None:
    now = 2e9
    pace = Pace(tmp_path, "x", 1, lambda: now)
    soon = Deadline(now + 60, clock=lambda: now, sleeper=lambda _: pytest.fail("it waits"))
    turn = Turn(pace, "GET", "/x", soon)
    now += 1.6
    turn.renew(soon)  # its own slot is free again: no need to wait for it


def test_the_beginning_of_an_answer_ends_the_turn_of_all_but_charts(tmp_path: Path) -> None:
    for path, waits in (("/x", False), ("/iserver/marketdata/history", True)):
        now = 2e9
        pace = Pace(tmp_path, path.replace("/", "-"), 50, lambda: now)  # noqa: B023
        turns = [
            Turn(pace, "GET", path, Deadline(now + 9, clock=lambda: now))  # noqa: B023
            for _ in range(5)
        ]
        for turn in turns:
            turn.heard()
        slept: list[float] = []

        def sleeper(seconds: float, slept: list[float] = slept) -> None:
            slept.append(seconds)
            for turn in turns:  # noqa: B023
                turn.end()

        Turn(pace, "GET", path, Deadline(now + 9, clock=lambda: now, sleeper=sleeper))  # noqa: B023
        assert bool(slept) is waits


class Stop:
    """A process that is stopped in the gap between a look at the clock and the sending."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.now = 2e9
        self.sent: list[float] = []
        self.waited = 0.0
        self.others: list[threading.Thread] = []
        self.pace = Pace(folder, "x", threads, lambda: self.now)
        self.launches = [self.launch() for _ in range(threads)]

    def launch(self) -> Launch:
        return Launch(Turn(self.pace, "GET", "/x", self.deadline()), self.deadline())

    def deadline(self) -> Deadline:
        return Deadline(self.now + 60, clock=lambda: self.now, sleeper=self.wait)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.waited += seconds

    def send(self) -> None:
        self.sent.append(self.now)

    def stopped(self) -> None:
        """All others come as near to the sending as they can, and the process sleeps."""
        for launch in self.launches:
            self.others.append(threading.Thread(target=launch.send, args=(None, self.send)))
        for other in self.others:
            other.start()
        for other in self.others:
            other.join(0.05)  # where nothing held it, it would be through
        self.now += 3.5
        self.send()


def test_of_a_stopped_process_one_request_at_most_goes_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its other threads were about to send waits for its turn once more."""
    monkeypatch.setattr(launches, "_JAMMED", 60)
    process = Stop(tmp_path, 5)
    other = Pace(tmp_path, "x", 5, lambda: process.now)
    first = process.launches.pop()

    def stopped() -> None:
        process.stopped()
        for _ in range(5):  # as many as may be, by another process
            Turn(other, "GET", "/x", process.deadline())

    first.send(None, stopped)
    went_on = process.now
    for thread in process.others:
        thread.join(10)
    assert len(process.sent) == 5
    late = [instant for instant in process.sent if instant < went_on + 1]
    assert len(late) == 1


def test_what_was_sent_too_late_counts_from_then_on(tmp_path: Path) -> None:
    process = Stop(tmp_path, 1)
    (launch,) = process.launches

    def stopped() -> None:
        process.now += 3.5

    launch.send(None, stopped)
    process.launch()
    assert process.waited > 1
    launch.heard()
    assert process.pace.enter("GET", "/x", process.deadline()).taken == process.now


def test_a_socket_that_takes_no_bytes_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launches, "_JAMMED", 0.01)
    process = Stop(tmp_path, 2)
    first, second = process.launches
    first.send(None, lambda: second.send(None, process.send))
    assert len(process.sent) == 1
