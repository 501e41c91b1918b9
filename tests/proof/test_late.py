"""Between pricing and sending the machine slept, or its clock jumped: nothing old is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.embedded import SimServer
from tests.proof.scene import CALL, Scene, some
from tests.scenes.market import simulated_day

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proof.ready import Parent

CLOSING_TIME = "2025-08-18T15:59:30-04:00"
BEFORE_SENDING = some([4], [1, 2, 3, 5])  # steps from the claim to the first byte


def slept(scene: Scene, step: int, by: timedelta) -> None:
    ended = scene.run_to(step, f"clock {by.total_seconds()}", CALL)
    assert (ended.code, ended.error) == (10, "order-late"), ended
    assert scene.orders() == []
    assert scene.kinds()[-1] == "absent"


@pytest.mark.parametrize("step", BEFORE_SENDING)
def test_prices_of_long_ago_are_not_sent(scene: Scene, step: int) -> None:
    slept(scene, step, timedelta(seconds=200))
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, 1)


@pytest.mark.proof
@pytest.mark.parametrize("step", BEFORE_SENDING)
def test_an_order_of_yesterday_is_not_sent(parent: Parent, tmp_path: Path, step: int) -> None:
    with SimServer(simulated_day(CLOSING_TIME)) as sim:
        scene = Scene(sim, parent, tmp_path)
        assert scene.run([*CALL, "--dry-run"]).code == 0
        slept(scene, step, timedelta(seconds=60))


@pytest.mark.proof
@pytest.mark.parametrize("step", [12, 16])  # the answer to the request is here, or being written
def test_no_question_is_answered_with_yes(scene: Scene, step: int) -> None:
    ended = scene.run_to(step, "clock 200", CALL)
    assert (ended.code, ended.error) == (6, "question-declined"), ended
    assert scene.orders() == []
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, 1)
