"""The benchmark runs: one tiny piece of it, against the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import process, sections
from benchmarks.homes import dh_prime
from benchmarks.process import BenchmarkError, Job, python, run, run_together
from benchmarks.work import Bench, prepare

ENV = {"PATH": "/usr/bin:/bin"}


def test_a_process_is_measured() -> None:
    idle = run(Job(python("-c", "import time; time.sleep(0.2)"), ENV))
    busy = run(Job(python("-c", "sum(range(3_000_000)); x = bytearray(60_000_000)"), ENV))
    assert (idle.code, busy.code) == (0, 0)
    assert idle.wall >= 0.2
    assert idle.cpu < busy.cpu
    assert idle.memory < 60_000_000 <= busy.memory


def test_several_processes_run_at_once() -> None:
    sleeping = Job(python("-c", "import time; time.sleep(0.5); print('awake')"), ENV)
    first, second = run_together([sleeping, sleeping])
    assert [first.out, second.out] == ["awake\n", "awake\n"]
    assert abs(first.began - second.began) < 0.5


def test_a_process_that_fails_says_so() -> None:
    ran = run(Job(python("-c", "import sys; sys.exit('no')"), ENV))
    assert (ran.code, ran.err) == (1, "no\n")
    with pytest.raises(BenchmarkError, match="no"):
        prepare(Job(python("-c", "import sys; sys.exit('no')"), ENV))


def test_a_process_that_does_not_end_is_ended() -> None:
    with pytest.raises(BenchmarkError, match="not done"):
        run(Job(python("-c", "import time; time.sleep(60)"), ENV), seconds=0.5)


def test_the_launcher_is_small() -> None:
    """Else its memory would count for what it starts."""
    smallest = run(Job(("/bin/sh", "-c", "exit 0"), ENV))
    assert smallest.memory < run(Job(python("-c", "import click"), ENV)).memory


def test_a_quote_is_taken() -> None:
    """The shortest program of each side, each against its own broker."""
    with Bench(quick=True, only=("quote.peer", "quote.open")) as bench:
        taken = sections.BY_NAME["quote"].take(bench)
        keys = Path(bench.lenient.settings["IB_DH_PARAM_PATH"])
        assert int(dh_prime(keys), 16).bit_length() == 2048
    (ours,), (peer,) = taken["quote.open"], taken["quote.peer"]
    assert ours.failures == peer.failures == 0
    assert ours.asked is not None
    assert peer.asked is not None
    assert (ours.asked.requests, ours.asked.logins, ours.asked.refused) == (1, 0, 0)
    assert peer.asked.logins == 1
    assert peer.asked.requests > ours.asked.requests
    assert ours.wall > 0
    assert ours.cpu > 0


def test_every_peer_is_there() -> None:
    assert {path.stem for path in process.PEERS.glob("*.py")} == {
        "__init__",
        "quote",
        "chain",
        "order",
    }
