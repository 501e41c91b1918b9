"""No sliding second at the server holds more requests than allowed, whatever the network does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibcli.broker.deadline import Deadline
from ibcli.broker.pace import RULES, Pace, Slot
from ibcli.errors import UnreachableError


@dataclass
class Network:
    """Time and a network: requests arrive and are answered while others wait for their slot."""

    pace: Pace = field(init=False)
    now: float = 1_800_000_000.0
    under_way: list[tuple[float, Slot]] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        for answered, key in sorted(self.under_way):
            if answered <= until:
                self.now = answered
                self.pace.leave(key)
                self.under_way.remove((answered, key))
        self.now = until

    def request(self, path: str, out: float, back: float) -> None:
        """Send; it arrives after ``out`` seconds, and the answer is here ``back`` seconds later."""
        deadline = Deadline(self.now + 600, clock=self.clock, sleeper=self.sleep)
        key = self.pace.enter("GET", path, deadline)
        self.arrivals.append(self.now + out)
        self.under_way.append((self.now + out + back, key))

    def busiest(self, window: float) -> int:
        """The most requests that any window at the server holds."""
        seen = sorted(self.arrivals)
        return max(sum(first <= at < first + window for at in seen) for first in seen)


latency = st.floats(0, 0.9)


@settings(max_examples=40, deadline=None)
@given(
    journeys=st.lists(st.tuples(latency, latency), min_size=5, max_size=40),
    limit=st.integers(1, 10),
)
def test_never_more_in_a_second_than_allowed(
    tmp_path_factory: pytest.TempPathFactory, journeys: list[tuple[float, float]], limit: int
) -> None:
    network = Network()
    network.pace = Pace(tmp_path_factory.mktemp("pace"), "x", limit, network.clock)
    for out, back in journeys:
        network.request("/x", out, back)
    assert network.busiest(1.0) <= limit


def test_a_quick_network_is_used_fully(tmp_path: Path) -> None:
    network = Network()
    network.pace = Pace(tmp_path, "x", 10, network.clock)
    began = network.now
    for _ in range(100):
        network.request("/x", 0.002, 0.002)
    assert network.now - began < 9.6  # 9 full waits; an even 10 a second would be 9.9


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.window], ids=lambda r: r.name)
def test_slower_endpoints_have_limits_of_their_own(tmp_path: Path, rule: object) -> None:
    (found,) = [each for each in RULES if each is rule]
    path = "/fyi/unreadnumber" if found.name == "/fyi/" else found.name
    network = Network()
    network.pace = Pace(tmp_path, "x", 10, network.clock)
    for _ in range(2 * found.count + 1):
        if found.window < 600:
            network.request(path, 0.01, 0.01)
    if found.window < 600:
        assert network.busiest(min(found.window, 60) - 0.03) <= found.count
    else:
        network.request(path, 0.01, 0.01)
        network.sleep(1)
        with pytest.raises(UnreachableError) as caught:
            network.request(path, 0.01, 0.01)
        assert caught.value.code == "pacing"
        assert path in caught.value.message
        assert caught.value.retryable


def test_five_histories_at_once(tmp_path: Path) -> None:
    network = Network()
    network.pace = Pace(tmp_path, "x", 50, network.clock)
    for _ in range(12):
        network.request("/iserver/marketdata/history", 0.5, 9.5)
        assert len(network.under_way) <= 5
    assert 19 < network.now - 1_800_000_000.0 < 20.3


def test_a_killed_process_does_not_hold_a_slot_for_long(tmp_path: Path) -> None:
    network = Network()
    killed, network.pace = (Pace(tmp_path, "x", 2, network.clock) for _ in range(2))
    for _ in range(2):
        killed.enter("GET", "/x", Deadline(network.now + 9, clock=network.clock))
    began = network.now
    network.request("/x", 0.0, 0.0)
    assert 1 < network.now - began < 3.2


def test_a_429_closes_the_gate_for_everybody(tmp_path: Path) -> None:
    network = Network()
    one, network.pace = (Pace(tmp_path, "x", 10, network.clock) for _ in range(2))
    one.refused(30)
    began = network.now
    network.request("/x", 0.0, 0.0)
    assert 30 <= network.now - began < 30.2


def test_a_gate_closed_beyond_the_deadline_says_when_it_opens(tmp_path: Path) -> None:
    network = Network()
    network.now = 1_800_000_000.0  # 2027-01-15T08:00:00Z
    pace = Pace(tmp_path, "x", 10, network.clock)
    pace.refused(900)
    with pytest.raises(UnreachableError) as caught:
        pace.enter("GET", "/x", Deadline(network.now + 60, clock=network.clock))
    assert caught.value.code == "rate-limited"
    assert caught.value.retryable
    assert "2027-01-15T08:15:00Z" in caught.value.message


def test_the_account_is_masked_in_what_a_closed_gate_says(tmp_path: Path) -> None:
    network = Network()
    pace = Pace(tmp_path, "x", 10, network.clock)
    pace.refused(900)
    path = "/iserver/account/DU1234567/orders/whatif"
    with pytest.raises(UnreachableError) as caught:
        pace.enter("POST", path, Deadline(network.now + 60, clock=network.clock))
    assert "/iserver/account/DU***67/orders/whatif" in caught.value.message


@pytest.mark.parametrize("said", [0.0, 0.5, 1.0])
def test_a_429_that_says_at_once_is_not_taken_at_its_word(tmp_path: Path, said: float) -> None:
    network = Network()
    network.pace = Pace(tmp_path, "x", 10, network.clock)
    network.pace.refused(said)
    began = network.now
    network.request("/x", 0.0, 0.0)
    assert network.now - began >= 2


def test_a_gate_is_not_closed_for_longer_when_the_clock_is_set_back(tmp_path: Path) -> None:
    network = Network()
    network.pace = Pace(tmp_path, "x", 10, network.clock)
    network.pace.refused(30)
    network.now -= 3600
    began = network.now
    network.request("/x", 0.0, 0.0)
    assert 30 <= network.now - began < 30.2


def test_refusals_without_a_time_wait_ever_longer(tmp_path: Path) -> None:
    network = Network()
    network.pace = Pace(tmp_path, "x", 10, network.clock)
    waits = []
    for _ in range(3):
        network.pace.refused(None)
        network.pace.refused(None)  # another request under way met the same refusal
        began = network.now
        network.request("/x", 0.0, 0.0)
        waits.append(round(network.now - began))
    assert waits == [2, 15, 120]


@pytest.mark.parametrize("content", [b"[[0.0, 0, 0.0], [[", b"{}", b"\x00\xff", b"[1]", b"null"])
def test_a_torn_file_counts_as_a_full_second(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pace-x").write_bytes(content)
    network = Network()
    network.pace = Pace(tmp_path, "x", 3, network.clock)
    began = network.now
    network.request("/x", 0.0, 0.0)
    assert 1 <= network.now - began < 1.2


def test_a_clock_set_back_does_not_shut_the_gate(tmp_path: Path) -> None:
    network = Network()
    network.pace = Pace(tmp_path, "x", 1, network.clock)
    network.request("/x", 0.0, 0.0)
    network.sleep(0.01)
    network.now -= 3600
    began = network.now
    network.request("/x", 0.0, 0.0)
    assert network.now - began < 1.1


def test_a_slot_costs_little_also_after_a_busy_minute(tmp_path: Path) -> None:
    network = Network()
    network.pace = Pace(tmp_path, "x", 10, network.clock)
    for _ in range(600):
        network.request("/x", 0.0, 0.1)
    began = time.process_time()
    for _ in range(100):
        network.request("/x", 0.0, 0.1)
    assert (time.process_time() - began) / 100 < 0.002  # measured: 0.0002
    assert (tmp_path / "pace-x").stat().st_size < 2000


def test_a_process_that_is_stopped_in_the_midst_holds_nobody_beyond_the_deadline(
    tmp_path: Path,
) -> None:
    pace = Pace(tmp_path, "x", 10)
    key = pace.enter("GET", "/x", Deadline.after(5))
    path = tmp_path / "pace-x"
    code = (
        f"import fcntl; f = open({str(path)!r}); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True)"
    )
    code += "; import signal; signal.pause()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        with holder.stdout:
            holder.stdout.readline()
        holder.send_signal(signal.SIGSTOP)
        os.waitpid(holder.pid, os.WUNTRACED)
        began = time.monotonic()
        with pytest.raises(UnreachableError) as caught:
            pace.enter("GET", "/x", Deadline.after(0.2))
        pace.leave(key)
        assert time.monotonic() - began < 2
    finally:
        holder.kill()
        holder.wait()
    assert caught.value.code == "state-busy"
    if Path("/proc/locks").exists():
        assert f"process {holder.pid}, which is stopped" in caught.value.message
        assert f"kill -CONT {holder.pid}" in caught.value.hint


def test_haste_shortens_long_windows_and_no_others(tmp_path: Path) -> None:
    taken = {}
    for haste in (1, 50):
        network = Network()
        pace = Pace(tmp_path / str(haste), "k", 2, network.clock, haste)
        network.pace = pace
        began = network.now
        for _ in range(2):
            network.request("/iserver/account/orders", 0.001, 0.001)
        orders = network.now - began
        for _ in range(2):
            network.request("/trsrv/stocks", 0.001, 0.001)
        taken[haste] = (orders, network.now - began)
    assert taken[1][0] >= 5
    assert taken[50][0] < 0.2
    assert taken[50][1] >= 1  # all requests together still keep to two a second
