"""Ended at any instant, by any signal, and run again: one order a leg."""

from __future__ import annotations

import re
import signal

import pytest

from tests.proof.scene import BOTH, CALL, PATIENCE, POSTS, REPLIES, Scene, some

# The requests that write, in the order in which they are sent: each leg, then its two questions.
WRITES = [(POSTS, 0), (REPLIES, 0), (REPLIES, 1), (POSTS, 1), (REPLIES, 2), (REPLIES, 3)]
NAMES = ["post 1", "reply 1a", "reply 1b", "post 2", "reply 2a", "reply 2b"]
EVERY_WRITE = pytest.mark.parametrize(("path", "skip"), WRITES, ids=NAMES)
A_FEW = pytest.mark.parametrize(("path", "skip"), [WRITES[2]], ids=[NAMES[2]])


def test_undisturbed(scene: Scene) -> None:
    ended = scene.run()
    assert (ended.code, ended.already) == (0, False), ended
    scene.assert_once()
    scene.assert_settled()


def held_killed_and_repeated(scene: Scene, path: str, skip: int, hold: str, gone: str) -> None:
    """Killed while the broker has the request, and repeated after the broker is done with it."""
    fault = scene.sim.faults.add(path, method="POST", skip=skip, hold=hold, if_gone=gone)
    killed = scene.drop(scene.held(BOTH, fault), signal.SIGKILL)
    assert killed.code == -signal.SIGKILL
    fault.release()
    assert fault.done.wait(PATIENCE)
    scene.assert_never_twice()
    scene.assert_written_first()
    scene.repeated()
    scene.assert_settled()


@A_FEW
def test_killed_before_and_dropped(scene: Scene, path: str, skip: int) -> None:
    held_killed_and_repeated(scene, path, skip, "before", "drop")


@A_FEW
def test_killed_before_and_handled_all_the_same(scene: Scene, path: str, skip: int) -> None:
    held_killed_and_repeated(scene, path, skip, "before", "handle")


@pytest.mark.proof
@EVERY_WRITE
@pytest.mark.parametrize(
    ("hold", "gone"), [("before", "drop"), ("before", "handle"), ("after", "handle")]
)
def test_killed_at_every_request(scene: Scene, path: str, skip: int, hold: str, gone: str) -> None:
    held_killed_and_repeated(scene, path, skip, hold, gone)


def killed_and_handled_after_the_repeat(scene: Scene, path: str, skip: int) -> None:
    """The broker handles it long after everybody has given it up, and after it was sent again."""
    fault = scene.sim.faults.add(path, method="POST", skip=skip, hold="before")
    scene.drop(scene.held(BOTH, fault), signal.SIGKILL)
    scene.repeated()
    fault.release()
    assert fault.done.wait(PATIENCE)
    scene.assert_never_twice()
    scene.assert_settled()


@A_FEW
def test_killed_and_handled_after_the_repeat(scene: Scene, path: str, skip: int) -> None:
    killed_and_handled_after_the_repeat(scene, path, skip)


@pytest.mark.proof
@EVERY_WRITE
def test_killed_at_every_request_and_handled_after_the_repeat(
    scene: Scene, path: str, skip: int
) -> None:
    killed_and_handled_after_the_repeat(scene, path, skip)


def told_to_end(scene: Scene, path: str, skip: int, number: int) -> None:
    """It ends as it is told to, and never claims that nothing was sent."""
    fault = scene.sim.faults.add(path, method="POST", skip=skip, hold="after")
    process = scene.held(BOTH, fault)
    ended = scene.drop(process, number)
    assert ended.code == 128 + number, ended
    assert not ended.document["ok"]
    assert "othing was sent" not in ended.out + ended.err
    assert "looks for it" in " ".join(ended.document["warnings"]), ended
    fault.release()
    assert fault.done.wait(PATIENCE)
    scene.assert_never_twice()
    scene.repeated()
    scene.assert_settled()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end(scene: Scene, number: int) -> None:
    told_to_end(scene, *WRITES[2], number)


@pytest.mark.proof
@EVERY_WRITE
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_at_every_request(scene: Scene, path: str, skip: int, number: int) -> None:
    told_to_end(scene, path, skip, number)


def steps_of(scene: Scene) -> int:
    """How many steps an undisturbed run of one leg has."""
    ended = scene.run_to(0, argv=CALL)
    assert ended.code == 0, ended
    found = re.search(r"steps: (\d+)", ended.err)
    assert found
    return int(found[1])


def killed_at(scene: Scene, step: int, argv: list[str], legs: int) -> bool:
    """Killed at a step and repeated; False when the run has no such step."""
    ended = scene.run_to(step, argv=argv)
    if ended.code == 0:
        scene.assert_once(legs)
        return False
    assert ended.code == -signal.SIGKILL, ended
    scene.assert_never_twice(legs)
    scene.assert_written_first()
    scene.repeated(argv, legs=legs)
    scene.assert_settled(argv, legs)
    return True


@pytest.mark.parametrize("step", some([4, 9, 17, 25], [1, 6, 8, 13, 29]))
def test_killed_between_two_steps(scene: Scene, step: int) -> None:
    assert killed_at(scene, step, CALL, 1)


@pytest.mark.proof
@pytest.mark.parametrize("step", range(1, 101))
def test_killed_at_every_step(scene: Scene, step: int) -> None:
    """A run of two legs has some ninety steps; those beyond its last prove nothing, and pass."""
    killed_at(scene, step, BOTH, 2)


@pytest.mark.proof
@pytest.mark.parametrize("second", range(1, 25))
def test_killed_again_and_again(scene: Scene, second: int) -> None:
    """Each repeat is killed too, a little later in its own way, until one comes through."""
    for _ in range(12):
        ended = scene.run_to(second)
        scene.assert_never_twice()
        if ended.code == 0:
            break
        assert ended.code in {-signal.SIGKILL, 8}, ended
    scene.repeated()
    scene.assert_settled()
