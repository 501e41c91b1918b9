"""``--deadline`` bounds a command's whole life, whoever does not answer, read or let go."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.deadline import Deadline
from ibcli.cli import COMMANDS
from ibcli.commands.signals import GRACE, LATE
from tests.proof.scene import BOTH, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.proof.ready import Running

SECONDS = 1.0
SLACK = 8.0  # seconds, where 20 processes share two cores, and others with them
LINES = """
    auth test / auth status / auth logout / auth check / search AAPL / expiries NVDA
    strikes NVDA --month SEP25 / chain NVDA --month SEP25 / quote SPY / order SPY --side both
    orders / trades / positions / cancel 1 / modify 1 --limit 1 / close --all / journal
    reconcile / halt x / resume / config show / config path
"""
WORDS = [line.strip() for line in LINES.replace("\n", "/").split("/") if line.strip()]
OF_THIS_MACHINE = {"auth status", "journal", "halt x", "resume", "config show", "config path"}
FEW = ["order SPY --side both", "journal"]
# Of a server, whose life is not a wait; and what a deadline means nothing to.
UNBOUNDED = {"sim", "cron"}


def test_every_command_is_among_them() -> None:
    assert {line.split()[0] for line in WORDS} == set(COMMANDS) - UNBOUNDED


def all_ended(scene: Scene, lines: list[str]) -> dict[str, int]:
    """Begin them at once; how each has ended, none of them late."""
    began = time.monotonic()
    at_once: dict[str, Running] = {
        line: scene.start([*shlex.split(line), "--json", "--deadline", str(SECONDS)])
        for line in lines
    }
    codes = {line: scene.end(process).code for line, process in at_once.items()}
    took = time.monotonic() - began
    assert took < SECONDS + LATE + GRACE + SLACK, took
    return codes


def assert_late(codes: dict[str, int]) -> None:
    """What needs the broker or what is held says that it was too late, and nothing else."""
    for line, code in codes.items():
        late = {7, 10} | ({0} if line in OF_THIS_MACHINE | {"auth logout", "auth check"} else set())
        assert code in late, (line, code)


@pytest.mark.parametrize(
    "lines", [FEW, pytest.param(WORDS, marks=pytest.mark.proof)], ids=["few", "all"]
)
@pytest.mark.parametrize("way", ["silent", pytest.param("trickles", marks=pytest.mark.proof)])
def test_a_broker_that_does_not_answer(scene: Scene, way: str, lines: list[str]) -> None:
    if way == "silent":
        scene.sim.faults.add("*", hold="before", count=None)
    else:
        scene.sim.faults.add("*", slow_body=60, count=None)
    assert_late(all_ended(scene, lines))


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a lock as another process does that does not go on."""
    if path.suffix == ".sqlite3":
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            yield
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@pytest.mark.proof
def test_any_lock_that_is_held(scene: Scene) -> None:
    assert scene.run().code == 0
    for path in sorted(scene.folder.glob("*/*")):
        if path.is_file() and not path.name.endswith(("-wal", "-shm")):
            with held(path):
                for line in FEW:
                    (code,) = all_ended(scene, [line]).values()
                    assert code in {0, 7, 10}, (path, line)


def test_the_lock_of_the_account_that_is_held(scene: Scene) -> None:
    assert scene.run().code == 0
    (lock,) = scene.state.glob("orders-*.lock")
    with held(lock):
        assert all_ended(scene, [shlex.join(BOTH[:-1])]) == {shlex.join(BOTH[:-1]): 10}


@pytest.mark.parametrize("seconds", ["0.001"])
def test_a_deadline_that_has_passed_before_anything_began(scene: Scene, seconds: str) -> None:
    ended = scene.run(["quote", "SPY", "--json", "--deadline", seconds])
    assert ended.code in {7, 10}
    assert ended.document["error"]["retryable"] is True


def test_what_has_been_sent_gets_its_time_once() -> None:
    now = [100.0]
    deadline = Deadline(101.0, clock=lambda: now[0])
    deadline.extend()
    assert deadline.remaining == 40.0
    now[0] += 30
    deadline.extend()
    assert deadline.remaining == 10.0
