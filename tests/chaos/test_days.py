"""A few days of the campaign, and what the plans of all of them come to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from chaos.kinds import Kind
from chaos.outcome import Outcome, outcomes_in
from chaos.plan import Structure, Verb, plan_of
from chaos.worker import run_day

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.desk import Desk
    from chaos.plan import Day

DAYS = 2000
SEEDS = ((592, 806), (323, 205, 738))  # nearly every kind of fault, in two scenes: cheap


@pytest.mark.timeout(400)  # a busy machine is no bug
@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_days_of_faults(desk: Desk, tmp_path: Path, seeds: tuple[int, ...]) -> None:
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir(mode=0o700)
        outcome, _ = run_day(desk, seed, folder)
        assert outcome.good, (seed, outcome.findings)


def kinds_of(day: Day) -> list[Kind]:
    troubles = [trouble.kind for wave in day.waves for trouble in wave.troubles]
    mishaps = [start.mishap.kind for wave in day.waves for start in wave.starts if start.mishap]
    return troubles + mishaps + [Kind.DAYLIGHT_SAVING] * day.scene.daylight_saving


def test_a_seed_is_a_day() -> None:
    assert plan_of(7) == plan_of(7)
    assert plan_of(7) != plan_of(8)


def test_the_days_of_a_campaign_bring_everything() -> None:
    days = [plan_of(seed) for seed in range(1, DAYS + 1)]
    kinds = Counter(kind for day in days for kind in kinds_of(day))
    assert min(kinds[kind] for kind in Kind) >= 200, kinds  # some come to nothing
    structures = {order.structure for day in days for order in day.orders}
    verbs = {start.task.verb for day in days for wave in day.waves for start in wave.starts}
    assert (structures, verbs) == (set(Structure), set(Verb))
    assert {start.times for day in days for wave in day.waves for start in wave.starts} == {1, 2, 3}


def test_no_two_orders_of_a_day_trade_one_contract() -> None:
    for day in map(plan_of, range(1, 300)):
        legs = [(leg.strike, leg.right) for order in day.orders for leg in order.legs]
        assert len(set(legs)) == len(legs), day


def test_a_campaign_that_was_broken_off_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ibcli.jsonl"
    first, second = Outcome(1, orders=2), Outcome(2, findings=("lost: x",), lost=1)
    path.write_text(f"{first.line()}\n{second.line()}\n{first.line()[:40]}")
    assert list(outcomes_in(path)) == [first, second]
