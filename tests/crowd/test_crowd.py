"""A hundred processes that begin at once, a tenth of them killed: one login, and nothing lost."""

from __future__ import annotations

import json
import random
import shlex
import signal
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.holders import holder_of_lock
from ibcli.sim.embedded import SimServer
from ibcli.sim.options import Pacing, SimOptions
from tests.proof.scene import CALL, Scene
from tests.scenes.market import MORNING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proof.ready import Parent, Running
    from tests.scenes.ended import EndedOrder

INIT = "/iserver/auth/ssodh/init"
LOOKING = [
    shlex.split("quote SPY --json"),
    shlex.split("chain SPY --expiry 2025-08-22 --strikes 3 --json"),
    shlex.split("journal --all --json"),
    shlex.split("auth status --json"),
    shlex.split("orders --json"),
    shlex.split("quote ARM --json"),
]
STRIKES = 10  # the broker takes 15 working orders a side of one contract
SAME = [*CALL, "--job", "same"]
RECONCILE = ["reconcile", "--json"]


def job(number: int) -> list[str]:
    """An order of a job of its own."""
    words = f"order SPY --side call --expiry 2025-08-22 --strike {649 + number % STRIKES}"
    return shlex.split(f"{words} --job job{number} --json")


@dataclass
class Crowd:
    """Processes, and what was done to them."""

    scene: Scene
    dice: random.Random
    processes: list[tuple[list[str], Running]] = field(default_factory=list)
    killed: set[int] = field(default_factory=set)  # their numbers, of those that a signal ended
    stopped: list[int] = field(default_factory=list)
    signals: Counter[str] = field(default_factory=Counter)

    def begin(self, commands: list[list[str]], deadline: int) -> None:
        """All at once, in any order."""
        self.dice.shuffle(commands)
        for argv in commands:
            process = self.scene.start([*argv, "--deadline", str(deadline)])
            self.processes.append((argv, process))

    def disturb(self, plan: list[str]) -> None:
        """One signal after another, while the requests go on: each after some more of them."""
        seen = len(self.scene.sim.requests)
        for name in plan:
            seen += self.dice.randint(2, 12)
            self._wait_for(seen)
            running = [n for n, (_, one) in enumerate(self.processes) if one.wait(0) is None]
            free = [n for n in running if n not in self.killed and n not in self.stopped]
            if not free:
                break
            number = self.dice.choice(free)
            self._signal(name, number)
        for number in self.stopped:
            self.processes[number][1].send_signal(signal.SIGCONT)

    def _signal(self, name: str, number: int) -> None:
        self.processes[number][1].send_signal(getattr(signal, name))
        self.signals[name] += 1
        if name == "SIGSTOP":
            self.stopped.append(number)
            if len(self.stopped) > 1:  # the one before has slept for a while
                self.processes[self.stopped[-2]][1].send_signal(signal.SIGCONT)
        else:
            self.killed.add(number)

    def _wait_for(self, requests: int) -> None:
        """Until so many have come in, or none has for half a second."""
        quiet = Event()
        patience = time.monotonic() + 0.5
        seen = len(self.scene.sim.requests)
        while seen < requests and time.monotonic() < patience:
            quiet.wait(0.01)
            if len(self.scene.sim.requests) > seen:
                seen, patience = len(self.scene.sim.requests), time.monotonic() + 0.5

    def end(self) -> list[tuple[list[str], EndedOrder | None]]:
        """How each ended; None for those that were ended by a signal."""
        found: list[tuple[list[str], EndedOrder | None]] = []
        for number, (argv, process) in enumerate(self.processes):
            ended = self.scene.end(process)
            found.append((argv, None if number in self.killed else ended))
        return found


def crowded(
    scene: Scene, dice: random.Random, sizes: tuple[int, int, int, int], plan: list[str], by: int
) -> Crowd:
    """So many different jobs, the same job so often, look-ups and reconciles; then what must be
    true of them, whoever was ended."""
    jobs, same, looks, reconciles = sizes
    commands = [job(number) for number in range(jobs)]
    commands += [list(SAME) for _ in range(same)]
    commands += [list(LOOKING[number % len(LOOKING)]) for number in range(looks)]
    commands += [list(RECONCILE) for _ in range(reconciles)]
    crowd = Crowd(scene, dice)
    crowd.begin(commands, by)
    crowd.disturb(plan)
    for argv, ended in crowd.end():
        if ended is not None and argv[0] != "reconcile":  # that may find what was killed
            assert ended.code == 0, (argv, ended)
            assert "locked" not in ended.err
    return crowd


def assert_paced(scene: Scene, limit: int) -> None:
    """One login, one session, no second over the limit, by the instants at which requests left.

    Not by the simulator's: it shares the machine with a hundred processes, gets to some requests
    seconds after they were sent, and counts them then.
    """
    summary = scene.sim.summary()
    assert summary.logins == 1
    assert scene.sent(INIT) == 1
    assert scene.sends is not None
    left = sorted(float(line) for line in scene.sends.read_text().split())
    assert len(left) >= summary.requests
    assert all(later - one > 1 for one, later in zip(left, left[limit:], strict=False))
    assert summary.statuses.get(429, 0) == 0


def assert_lost_nothing(scene: Scene, jobs: int, same: int) -> None:
    """After cron's next round each job stands once, and the journal has what the books have."""
    for argv in [*(job(number) for number in range(jobs)), *([SAME] if same else [])]:
        ended = scene.run([*argv, "--deadline", "60"])
        assert ended.code == 0, ended
    expected = jobs + (same > 0)
    assert len(scene.entries()) == expected
    names = {entry.coid for entry in scene.entries()}
    assert len(names) == expected
    assert {name for (name,) in scene.journal("SELECT coid FROM intents")} == names
    told = scene.journal("SELECT detail FROM events WHERE kind IN ('acknowledged', 'status')")
    known = set()
    for (text,) in told:
        detail = json.loads(text)
        known |= {row["order_id"] for row in detail.get("orders", [detail]) if "order_id" in row}
    assert {order.id for order in scene.orders()} <= known
    (path,) = scene.state.glob("journal-*[0-9a-f].sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    scene.assert_reconciled()


def assert_free(state: Path) -> None:
    """Nobody holds anything any more."""
    locks = [*state.glob("*.lock"), *state.glob("pace-*")]
    assert len(locks) >= 3
    assert [path.name for path in locks if holder_of_lock(path) is not None] == []


def scene_of(sim: SimServer, parent: Parent, folder: Path, haste: int, limit: int) -> Scene:
    changes = {
        "IBCLI_HASTE": str(haste),
        "IBCLI_MAX_RPS": str(limit),
        "IBCLI_MAX_ORDERS_PER_DAY": "500",
        "IBCLI_MAX_CONTRACTS": "500",
    }
    scene = Scene(sim, parent, folder, changes)
    scene.sends = folder / "sends"
    return scene


def market(limit: int, pacing: Pacing) -> SimOptions:
    now = datetime.now(UTC).isoformat()
    return SimOptions(clock=f"{MORNING}@{now}", pacing=pacing, max_rps=limit)


def test_a_small_crowd(parent: Parent, tmp_path: Path) -> None:
    with SimServer(market(50, Pacing.RECORD)) as sim:
        scene = scene_of(sim, parent, tmp_path, 200, 50)
        crowd = crowded(scene, random.Random(5), (4, 4, 6, 1), ["SIGKILL", "SIGSTOP"], 60)
        assert_free(scene.state)
        assert_lost_nothing(scene, 4, 4)
        assert_paced(scene, 50)
        assert_free(scene.state)
    assert crowd.signals["SIGKILL"] == 1


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
def test_a_hundred(parent: Parent, tmp_path: Path, seed: int) -> None:
    """Cold, while a tenth is killed, some are terminated and some sleep for a while."""
    plan = ["SIGKILL"] * 10 + ["SIGTERM"] * 5 + ["SIGSTOP"] * 5
    dice = random.Random(seed)
    dice.shuffle(plan)
    with SimServer(market(50, Pacing.RECORD)) as sim:
        scene = scene_of(sim, parent, tmp_path, 200, 50)
        began = time.monotonic()
        crowd = crowded(scene, dice, (30, 20, 42, 8), plan, 300)
        took = time.monotonic() - began
        assert_free(scene.state)
        assert_lost_nothing(scene, 30, 20)
        assert_paced(scene, 50)
        assert_free(scene.state)
        told(scene, crowd, took)


@pytest.mark.proof
@pytest.mark.timeout(1500)
def test_a_hundred_before_a_strict_broker(parent: Parent, tmp_path: Path) -> None:
    """At the broker's own limits, in real time: one request too many shuts everybody out."""
    plan = ["SIGKILL"] * 10 + ["SIGTERM"] * 3 + ["SIGSTOP"] * 3
    dice = random.Random(1)
    dice.shuffle(plan)
    with SimServer(market(10, Pacing.STRICT)) as sim:
        scene = scene_of(sim, parent, tmp_path, 1, 10)
        scene.patience = 900.0
        began = time.monotonic()
        crowd = crowded(scene, dice, (10, 40, 46, 4), plan, 900)
        took = time.monotonic() - began
        assert_free(scene.state)
        assert_lost_nothing(scene, 10, 40)
        assert_paced(scene, 10)
        assert sim.summary().broke == 0
        told(scene, crowd, took)


def told(scene: Scene, crowd: Crowd, took: float) -> None:
    """The figures, for whoever looks (pytest -s)."""
    sys.stderr.write(
        f"\n{len(crowd.processes)} processes, {scene.sim.summary().requests} requests, at most "
        f"{scene.sim.peak_rate} a second, {dict(crowd.signals)}, {took:.0f} s\n"
    )
