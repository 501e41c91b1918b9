"""A desk for the days of a worker, and a calm day that anyone may doctor."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from chaos.day import DayRun
from chaos.desk import Desk
from chaos.plan import Day, Order, Start, Structure, Task, Verb, Wave
from chaos.planning import SCENES, Planner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.evidence import Evidence


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for all days."""
    with Desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture(scope="session")
def calm(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What is known of a day on which two puts and calls are sold and nothing goes wrong."""
    planner = Planner(1)
    planner.scene = SCENES[0]
    order: Order = replace(
        planner.order(0, 0),
        structure=Structure.BOTH,
        legs=planner.legs(Structure.BOTH, 0),
        job="job1-both",
        quantity=2,
        limit="natural",
        stop_multiple=Decimal("3.5"),
        take_profit=None,
        separate=True,
        queue=False,
    )
    wave = Wave((Start(Task(Verb.ORDER), times=2, debug=True),))
    day = Day(0, SCENES[0], (order,), (wave,))
    return DayRun(desk, day, tmp_path_factory.mktemp("calm")).run()
