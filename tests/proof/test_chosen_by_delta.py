"""An order whose strikes are chosen by the market's deltas, disturbed at each of its requests."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.proof.scene import PATIENCE, Scene, some

CHOSEN = ["order", "SPY", "--side", "both", "--limit", "ask", "--json"]
REQUESTS = 19  # of a client who is logged in; a few more than there are
DEEDS: list[dict[str, Any]] = [
    {"cut": "after"},
    {"status": 503, "body": {"error": "Service Unavailable"}, "handled": True},
    {"truncate": 5},
]


def settled(scene: Scene) -> None:
    """Nothing is there twice, and the repeat finds what is there."""
    scene.assert_never_twice()
    if scene.has_journal:
        scene.assert_written_first()
    scene.sim.faults.clear()
    scene.repeated(CHOSEN)
    scene.assert_settled(CHOSEN)


@pytest.mark.parametrize("deed", DEEDS, ids=str)
@pytest.mark.parametrize("request_number", some([13], [n for n in range(REQUESTS) if n != 13]))
def test_answered_oddly(scene: Scene, request_number: int, deed: dict[str, Any]) -> None:
    scene.sim.faults.add("/*", skip=request_number, **deed)
    ended = scene.run(CHOSEN)
    scene.assert_told_true(ended)
    settled(scene)


@pytest.mark.proof
@pytest.mark.parametrize("hold", ["before", "after"])
@pytest.mark.parametrize("request_number", range(REQUESTS))
def test_killed(scene: Scene, request_number: int, hold: str) -> None:
    fault = scene.sim.faults.add("/*", skip=request_number, hold=hold)
    process = scene.start(CHOSEN)
    while not fault.reached.wait(0.05):
        if process.wait(0.0) is not None:
            pytest.skip("it has fewer requests")
    assert scene.drop(process, signal.SIGKILL).code == -signal.SIGKILL
    fault.release()
    assert fault.done.wait(PATIENCE)
    settled(scene)
