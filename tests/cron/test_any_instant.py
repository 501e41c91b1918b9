"""SIGTERM at any instant of what sends: gone, the journal right, and a repeat does the rest."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.proof.scene import BOTH, CALL, PATIENCE, POSTS, Scene, some

if TYPE_CHECKING:
    from tests.scenes.ended import EndedOrder

STEPS = 60  # more than any of them has


def terminated(scene: Scene, step: int, argv: list[str]) -> EndedOrder | None:
    """How it ended; None when it was done before that step."""
    began = time.monotonic()
    ended = scene.run_to(step, "term", argv)
    assert time.monotonic() - began < PATIENCE
    if ended.code != 143:
        assert f"steps: {step}" not in ended.err, ended
        return None
    assert "Traceback" not in ended.err
    document = json.loads(ended.out)
    assert document["ok"] is False or document["data"]
    assert "[terminated]" in ended.err
    assert not list(scene.state.glob(".*")), "a temporary file was left"
    scene.assert_written_first()
    return ended


@pytest.mark.parametrize("step", some([7], [n for n in range(1, STEPS) if n != 7]))
def test_an_order_of_two_legs(scene: Scene, step: int) -> None:
    terminated(scene, step, BOTH)
    scene.assert_never_twice()
    scene.repeated()
    scene.assert_settled()


@pytest.mark.proof
@pytest.mark.parametrize("step", range(1, 20))
@pytest.mark.parametrize("how", ["cancel", "modify", "close"])
def test_what_changes_an_order(scene: Scene, how: str, step: int) -> None:
    assert scene.run(CALL).code == 0
    number = scene.entries()[0].id
    words = {
        "cancel": ["cancel", str(number), "--yes", "--json"],
        "modify": ["modify", str(number), "--limit", "0.60", "--json"],
        "close": ["close", "--all", "--market", "--yes", "--json"],
    }
    if how == "close":
        scene.fill_first()
    terminated(scene, step, words[how])
    for _ in range(3):
        again = scene.run(words[how])
        if again.code == 0:
            break
    assert "Traceback" not in again.err
    scene.assert_reconciled()


def test_while_the_broker_has_the_order(scene: Scene) -> None:
    """Whether he has taken it is found out by the next."""
    fault = scene.sim.faults.add(POSTS, method="POST", hold="after")
    process = scene.held(CALL, fault)
    process.send_signal(15)
    ended = scene.end(process)
    fault.release()
    assert fault.done.wait(PATIENCE)
    assert ended.code == 143
    assert "sending" in scene.kinds()
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, legs=1)
