"""A broker who never answers: who holds a lock meanwhile is gone by his own deadline."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.crowd.conftest import stop
from tests.proof.scene import CALL, ORDERS, PATIENCE, POSTS, REPLIES, some

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ibcli.sim.faults import Fault
    from tests.proof.ready import Running
    from tests.proof.scene import Scene
    from tests.scenes.ended import EndedOrder

    Program = Callable[..., AbstractContextManager[subprocess.Popen[str]]]

LST, INIT = "/oauth/live_session_token", "/iserver/auth/ssodh/init"
# After the deadline: an order that was sent is heard out (12 s, here a second), and a machine that
# is busy with other tests.
HEARING = 1.0
SLOW = 6.0
QUOTE = ("quote", "SPY", "--json")


def gone(scene: Scene, process: Running, began: float, deadline: float) -> EndedOrder:
    """It ends, and no later than its deadline allows."""
    ended = scene.end(process)
    assert time.monotonic() - began < deadline + HEARING + SLOW, ended
    assert "held" not in ended.err or "process" in ended.err
    return ended


def hang(scene: Scene, path: str) -> Fault:
    """All such requests stay without an answer, until the scene ends."""
    method = "GET" if path == ORDERS else "POST"
    return scene.sim.faults.add(path, method=method, hold="after", count=None)


@pytest.mark.parametrize("path", some([POSTS], [REPLIES, ORDERS]))
def test_the_holder_of_the_accounts_lock_hangs(scene: Scene, path: str) -> None:
    """A second job with less time says who is in its way and sends nothing; one with more goes on
    as soon as the first is gone, and looks for its order before anything else."""
    fault = hang(scene, path)
    if path == ORDERS:
        scene.sim.faults.add(POSTS, method="POST", cut="after")
    began = time.monotonic()
    first = scene.held([*CALL, "--deadline", "4"], fault)
    hurried = scene.run([*CALL, "--job", "hurried", "--deadline", "1"])
    assert (hurried.code, hurried.error) == (10, "orders-busy"), hurried
    assert f"process {first.pid}: " in hurried.err
    assert "--deadline 4" in hurried.err
    status = scene.run(["auth", "status", "--offline", "--json"])
    (lock,) = status.data["locks"]
    assert (lock["name"], lock["process"], lock["overdue"]) == ("orders", first.pid, False)
    ended = gone(scene, first, began, 4)
    assert ended.code == 8, ended
    assert scene.run(["auth", "status", "--offline", "--json"]).data["locks"] == []
    fault.release()
    scene.sim.faults.clear()
    assert scene.run([*CALL, "--job", "hurried"]).code == 0
    assert scene.run(CALL).code == 0
    assert len(scene.entries()) == 2
    scene.assert_reconciled()


@pytest.mark.parametrize("path", some([LST], [INIT]))
def test_the_holder_of_the_login_lock_hangs(cold: Scene, path: str) -> None:
    """The others say so at their own deadlines, or are the next to try."""
    fault = cold.sim.faults.add(path, hold="before", if_gone="drop")
    began = time.monotonic()
    first = cold.held([*QUOTE, "--deadline", "3"], fault)
    others = [cold.start([*QUOTE, "--deadline", "1"]) for _ in range(3)]
    patient = [cold.start([*QUOTE, "--deadline", "30"]) for _ in range(3)]
    known = {process.pid for process in (first, *others, *patient)}
    for other in others:
        ended = gone(cold, other, began, 3)
        assert (ended.code, ended.error) == (10, "login-busy"), ended
        assert int(ended.err.partition("(process ")[2].partition(":")[0]) in known
    ended = gone(cold, first, began, 3)
    assert ended.code in {4, 10}, ended
    for other in patient:  # the fault was for one request: who comes next gets in
        assert cold.end(other).code == 0
    assert (cold.sent(LST), cold.sent(INIT)) == (1, 1)  # without what never arrived


def test_the_next_goes_on_at_once_when_the_holder_is_killed(cold: Scene) -> None:
    """Killed while it logs in, while a dozen wait: one of them logs in, in their place."""
    fault = cold.sim.faults.add(LST, hold="before", if_gone="drop")
    first = cold.held([*QUOTE], fault)
    others = [cold.start([*QUOTE, "--deadline", "30"]) for _ in range(12)]
    began = time.monotonic()
    cold.drop(first, signal.SIGKILL)
    assert [cold.end(other).code for other in others] == [0] * 12
    assert time.monotonic() - began < PATIENCE / 2
    assert (cold.sent(LST), cold.sent(INIT)) == (1, 1)  # one for all


def test_a_holder_that_outlives_its_deadline_is_told_as_one(scene: Scene) -> None:
    """Stopped with the account's lock in its hand, until its deadline is long over."""
    fault = scene.sim.faults.add(POSTS, method="POST", hold="after")
    first = scene.held([*CALL, "--deadline", "1"], fault)
    first.send_signal(signal.SIGSTOP)
    ended = scene.run([*CALL, "--deadline", "2"])
    assert (ended.code, ended.error) == (10, "orders-busy"), ended
    status = scene.run(["auth", "status", "--offline", "--json"])
    (lock,) = status.data["locks"]
    assert (lock["process"], lock["overdue"]) == (first.pid, True)
    assert "past its own deadline" in ended.err
    assert "past its own deadline" in status.err
    if sys.platform == "linux":
        assert "which is stopped" in ended.err
        assert f"kill -CONT {first.pid}" in ended.err
    first.send_signal(signal.SIGCONT)
    fault.release()
    assert scene.end(first).code in {0, 8}
    assert scene.run(CALL).code == 0
    scene.assert_once(1)


HOLD = """
import fcntl, os, signal, sys
held = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(held, fcntl.LOCK_EX)
print("there", flush=True)
signal.pause()
"""


def test_a_process_stopped_with_the_pacing_in_its_hand_is_seen(
    scene: Scene, program: Program
) -> None:
    """Every request needs it: who only looks at the state is told, and asks nothing."""
    (path,) = scene.state.glob("pace-*")
    with program(HOLD, str(path)) as holder:
        stop(holder)
        status = scene.run(["auth", "status", "--json"])
        assert status.code == 0
        assert status.data["session"] == "not asked"
        ended = scene.run([*QUOTE, "--deadline", "1"])
        assert (ended.code, ended.error) == (10, "state-busy"), ended
        if sys.platform == "linux":
            assert [lock["name"] for lock in status.data["locks"]] == ["pacing"]
            assert f"kill -CONT {holder.pid}" in status.err
            assert f"kill -CONT {holder.pid}" in ended.err
    assert scene.run(["auth", "status", "--json"]).data["session"] == "established"
