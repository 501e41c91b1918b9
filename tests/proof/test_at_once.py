"""Many processes of one job at once, as of crons that fire together: one order a leg."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.proof.scene import BOTH, CALL, PATIENCE, POSTS, REPLIES, Scene
from tests.scenes.ended import EndedOrder

MANY = 20


def at_once(scene: Scene, number: int, argv: list[str]) -> list[EndedOrder]:
    """So many at the same time."""
    return [scene.end(process) for process in [scene.start(argv) for _ in range(number)]]


def test_twenty_at_once(scene: Scene) -> None:
    ended = at_once(scene, MANY, BOTH)
    assert [each.code for each in ended] == [0] * MANY, ended
    assert sorted(each.already for each in ended) == [False] + [True] * (MANY - 1)
    scene.assert_once()
    assert scene.sent() == 2
    scene.assert_settled()


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (POSTS, {"cut": "after"}),
        (POSTS, {"status": 503, "body": {"error": "down"}}),
        (REPLIES, {"status": 500, "body": {"error": "down"}, "handled": True}),
    ],
)
def test_twenty_at_once_with_a_fault_on_the_first(
    scene: Scene, path: str, fault: dict[str, Any]
) -> None:
    scene.sim.faults.add(path, method="POST", **fault)
    ended = at_once(scene, MANY, CALL)
    assert [each.code for each in ended] == [0] * MANY, ended
    scene.assert_once(1)
    scene.assert_settled(CALL, 1)


def test_the_first_of_twenty_is_killed(scene: Scene) -> None:
    fault = scene.sim.faults.add(POSTS, method="POST", hold="after")
    first = scene.held(CALL, fault)
    others = [scene.start(CALL) for _ in range(MANY - 1)]
    scene.drop(first, signal.SIGKILL)
    fault.release()
    ended = [scene.end(process) for process in others]
    assert {each.code for each in ended} == {0}, ended
    scene.assert_once(1)
    scene.assert_settled(CALL, 1)


def test_the_first_is_stopped_and_goes_on_later(scene: Scene) -> None:
    """It sleeps with the account's lock in its hand: the others give up, and say so."""
    fault = scene.sim.faults.add(POSTS, method="POST", hold="after")
    first = scene.held(CALL, fault)
    first.send_signal(signal.SIGSTOP)
    second = scene.run([*CALL, "--deadline", "2"])
    assert (second.code, second.error) == (10, "orders-busy"), second
    first.send_signal(signal.SIGCONT)
    fault.release()
    assert scene.end(first).code == 0
    scene.assert_settled(CALL, 1)


def test_in_interpreters_of_their_own(scene: Scene) -> None:
    """Nothing of it is due to how the others are started."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "ibcli", *CALL],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=scene.environment(),
            cwd=scene.folder,
        )
        for _ in range(4)
    ]
    ended = []
    for process in processes:
        out, err = process.communicate(timeout=PATIENCE)
        ended.append(EndedOrder(process.returncode, out, err))
    assert [each.code for each in ended] == [0] * 4, ended
    assert sorted(each.already for each in ended) == [False, True, True, True]
    scene.assert_settled(CALL, 1)


def test_two_machines_at_once(scene: Scene) -> None:
    """Each with a state of its own: the broker takes a name once, and both learn what stands."""
    elsewhere = str(scene.folder / "elsewhere")
    ours = [scene.start(), scene.start(IBCLI_STATE_DIR=elsewhere)]
    ended = [scene.end(process) for process in ours]
    assert {each.code for each in ended} <= {0, 8}, ended
    scene.assert_never_twice()
    for state in (str(scene.state), elsewhere):
        again = scene.repeated(IBCLI_STATE_DIR=state)
        assert again.code == 0, again
        scene.assert_told_true(again)
    assert len(scene.entries()) == 2


@pytest.mark.proof
def test_another_job_waits_for_the_doubt_of_the_first(scene: Scene) -> None:
    """Nothing is sent for the account while an order of it is in doubt."""
    scene.sim.faults.add(POSTS, method="POST", cut="after")
    scene.sim.faults.add("/iserver/account/orders", count=None, status=500, body={"error": "down"})
    assert scene.run([*CALL, "--deadline", "4"]).code == 8
    other = scene.run([*CALL, "--job", "other", "--deadline", "4"])
    assert other.code == 8, other
    assert scene.sent() <= 1
    scene.sim.faults.clear()
    assert scene.run([*CALL, "--job", "other"]).code == 0
    assert scene.run(CALL).code == 0
    names = [entry.coid or "" for entry in scene.entries()]
    assert sorted(name.partition("-")[0] for name in names) == ["other", "spy"]
