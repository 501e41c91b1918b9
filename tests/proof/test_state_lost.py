"""The journal lost, old, full, read-only, damaged: nothing is placed twice, nor told falsely."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.proof.scene import BOTH, CALL, PATIENCE, POSTS, REPLIES, Scene, some


def journals(scene: Scene) -> list[Path]:
    return sorted(scene.state.glob("journal-*"))


def lose_journal(scene: Scene) -> None:
    for path in journals(scene):
        path.unlink()


def test_the_journal_is_gone(scene: Scene) -> None:
    """The broker refuses a name that is taken: the repeat finds the orders, and sends none."""
    assert scene.run().code == 0
    before = [order.id for order in scene.orders()]
    lose_journal(scene)
    ended = scene.run()
    scene.assert_never_twice()
    assert ended.code == 0, ended
    scene.assert_told_true(ended)
    assert [order.id for order in scene.orders()] == before
    scene.assert_settled()


@pytest.mark.proof
def test_the_whole_state_is_gone(scene: Scene) -> None:
    assert scene.run().code == 0
    shutil.rmtree(scene.state)
    ended = scene.run()
    assert ended.code == 0, ended
    scene.assert_settled()


@pytest.mark.parametrize(
    ("path", "skip"),
    [
        (REPLIES, 1),
        pytest.param(POSTS, 0, marks=pytest.mark.proof),
        pytest.param(REPLIES, 0, marks=pytest.mark.proof),
        pytest.param(POSTS, 1, marks=pytest.mark.proof),
    ],
)
@pytest.mark.parametrize("hold", some(["after"], ["before"]))
def test_killed_and_the_journal_gone(scene: Scene, path: str, skip: int, hold: str) -> None:
    fault = scene.sim.faults.add(path, method="POST", skip=skip, hold=hold)
    scene.drop(scene.held(BOTH, fault), signal.SIGKILL)
    lose_journal(scene)
    fault.release()
    assert fault.done.wait(PATIENCE)
    scene.repeated()
    scene.assert_settled()


@pytest.mark.parametrize("step", some([9, 25], [0, 3, 17, 40]))
def test_the_journal_is_an_old_copy(scene: Scene, step: int) -> None:
    """As after a restore from a backup of some instant before."""
    scene.run_to(step)
    old = scene.folder / "old"
    old.mkdir()
    for path in journals(scene):
        shutil.copy2(path, old)
    scene.repeated()
    lose_journal(scene)
    for path in old.iterdir():
        shutil.copy2(path, scene.state)
    scene.repeated()
    scene.assert_settled()


@pytest.mark.proof
def test_again_after_the_journal_is_gone(scene: Scene) -> None:
    """``--again`` cannot know of the first run any more; still nothing is doubled unasked."""
    assert scene.run(CALL).code == 0
    lose_journal(scene)
    ended = scene.run([*CALL, "--again"])
    assert ended.code in {0, 8}, ended
    scene.assert_told_true(ended)
    assert len(scene.entries()) <= 2


def full_disk(scene: Scene, step: int, deed: str) -> bool:
    """From a step on nothing can be written; False when the run has no such step."""
    ended = scene.run_to(step, deed, CALL)
    scene.assert_never_twice(1)
    scene.assert_written_first()
    if ended.code == 0:
        scene.assert_told_true(ended)
    elif scene.sent():
        assert ended.code in {6, 8, 10}, ended
        assert "othing was sent" not in ended.out, ended
        scene.assert_told_true(ended)
    else:
        assert ended.code in {3, 9, 10}, ended
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, 1)
    return f"steps: {step}" not in ended.err


@pytest.mark.parametrize("step", some([5, 12], [1, 7, 10, 16]))
def test_the_disk_is_full(scene: Scene, step: int) -> None:
    full_disk(scene, step, "full")


@pytest.mark.proof
@pytest.mark.parametrize("deed", ["full", "hiccup"])
@pytest.mark.parametrize("step", range(1, 50))
def test_the_disk_is_full_at_every_step(scene: Scene, step: int, deed: str) -> None:
    full_disk(scene, step, deed)


@pytest.mark.proof
@pytest.mark.parametrize("deed", ["full", "hiccup"])
@pytest.mark.parametrize("step", range(1, 60))
def test_the_disk_is_full_when_an_answer_was_lost(scene: Scene, step: int, deed: str) -> None:
    """Two things at once: the order is booked, nobody is told, and nothing can be written."""
    scene.sim.faults.add(REPLIES, method="POST", skip=1, cut="after")
    full_disk(scene, step, deed)


@pytest.mark.parametrize("step", some([24], [22, 26, 28]))
def test_the_disk_is_full_and_an_answer_lost(scene: Scene, step: int) -> None:
    scene.sim.faults.add(REPLIES, method="POST", skip=1, cut="after")
    full_disk(scene, step, "full")


def test_a_folder_that_cannot_be_written(scene: Scene) -> None:
    """Nothing is sent: no order without its line in the journal."""
    blocked = scene.folder / "blocked"
    blocked.write_text("a file, not a folder")
    ended = scene.run(IBCLI_STATE_DIR=str(blocked))
    assert ended.code == 3, ended
    assert scene.sent() == 0
    scene.assert_told_true(ended)


def test_a_damaged_journal_is_kept_and_nothing_sent(scene: Scene) -> None:
    assert scene.run(CALL).code == 0
    (path,) = scene.state.glob("journal-*[0-9a-f].sqlite3")
    lose_journal(scene)
    path.write_bytes(b"not a database at all" * 500)
    for _ in range(2):
        ended = scene.run([*CALL, "--again"])
        assert (ended.code, ended.error) == (3, "journal-damaged"), ended
    assert scene.sent() == 1
    assert path.read_bytes().startswith(b"not a database")
    assert len(list(scene.state.glob("*damaged*"))) == 1


def test_the_kill_switch_is_thrown_between_preview_and_post(scene: Scene) -> None:
    fault = scene.sim.faults.add("/iserver/account/*/whatif", method="POST", hold="after")
    process = scene.held(CALL, fault)
    assert scene.run(["halt", "enough", "--json"]).code == 0
    fault.release()
    ended = scene.end(process)
    assert (ended.code, ended.error) == (9, "guard-halt"), ended
    assert "enough" in ended.message
    assert scene.sent() == 0
    assert scene.run(["resume", "--json"]).code == 0
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, 1)


def test_the_kill_switch_is_thrown_between_two_legs(scene: Scene) -> None:
    fault = scene.sim.faults.add(REPLIES, method="POST", skip=1, hold="after")
    process = scene.held(BOTH, fault)
    assert scene.run(["halt", "enough", "--json"]).code == 0
    fault.release()
    ended = scene.end(process)
    assert ended.code == 9, ended
    scene.assert_told_true(ended)
    assert len(scene.entries()) == 1
    again = scene.run()
    assert again.code == 9, again
    assert scene.run(["resume", "--json"]).code == 0
    scene.repeated()
    scene.assert_settled()


def test_the_kill_switch_is_thrown_at_a_question(scene: Scene) -> None:
    """It is answered with no: nothing comes of the order."""
    fault = scene.sim.faults.add(POSTS, method="POST", hold="after")
    process = scene.held(CALL, fault)
    assert scene.run(["halt", "enough", "--json"]).code == 0
    fault.release()
    ended = scene.end(process)
    assert ended.code in {6, 9}, ended
    scene.assert_told_true(ended)
    assert not scene.entries()


def test_the_journal_is_gone_and_the_strike_another(scene: Scene) -> None:
    """The same job would trade another strike by now: what stands under its name is told."""
    named = [*CALL, "--job", "lunch"]
    assert scene.run(named).code == 0
    before = [order.id for order in scene.orders()]
    lose_journal(scene)
    other = [word if word != "650" else "651" for word in named]
    for _ in range(2):
        ended = scene.run(other)
        assert ended.code in {6, 8}, ended
        assert str(before[0]) in ended.message, ended
    assert [order.id for order in scene.orders()] == before
    free = scene.run([*CALL, "--job", "dinner", "--side", "put", "--strike", "635"])
    assert free.code == 0, free  # other jobs need not wait for that


@pytest.mark.parametrize("step", some([7], [4, 10, 13, 16, 19]))
def test_stopped_for_longer_than_its_deadline(scene: Scene, step: int) -> None:
    """It wakes up when nobody waits for it any more; meanwhile others find the account busy."""
    environment = scene.environment()
    argv = [*CALL, "--deadline", "2"]
    first = scene.parent.begin(argv, environment, scene.folder, (step, "stop"))
    while not is_stopped(first.pid):
        assert first.wait(0.0) is None
    second = scene.run([*CALL, "--deadline", "2.5"])
    assert second.code == 10, second
    first.send_signal(signal.SIGCONT)
    ended = scene.end(first)
    assert ended.code in {0, 7, 8, 10}, ended
    scene.assert_told_true(ended)
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, 1)


def is_stopped(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state in "Tt"


def test_there_is_nowhere_to_print_it(scene: Scene) -> None:
    """The order is placed, its result lost: that is no success, and the repeat tells it."""
    with Path("/dev/full").open("w") as nowhere:
        ended = subprocess.run(
            [sys.executable, "-m", "ibcli", *CALL],
            stdin=subprocess.DEVNULL,
            stdout=nowhere,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=PATIENCE,
            env=scene.environment(),
            cwd=scene.folder,
        )
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    scene.assert_once(1)
    scene.assert_settled(CALL, 1)


@pytest.mark.proof
def test_several_contracts_partly_filled(scene: Scene) -> None:
    argv = [*CALL, "--qty", "8", "--limit", "natural", "--wait", "200"]
    ended = scene.run(argv)
    assert ended.code == 0, ended
    scene.assert_never_twice(1)
    scene.assert_told_true(ended)
    scene.assert_settled(argv, 1)


@pytest.mark.parametrize("minutes", some([20], [-20, 120]))
def test_the_clock_jumps(scene: Scene, minutes: int) -> None:
    """Within a trading day the job is the same, whatever the clock says."""
    assert scene.run(CALL).code == 0
    settings = scene.environment()["IBCLI_MARKET_CLOCK"]
    market, _, real = settings.partition("@")
    moved = datetime.fromisoformat(market) + timedelta(minutes=minutes)
    ended = scene.run(CALL, IBCLI_MARKET_CLOCK=f"{moved.isoformat()}@{real}")
    assert (ended.code, ended.already) == (0, True), ended
    assert scene.sent() == 1
