"""Whoever dies, is stopped or has a clock of his own: never too many a second, and in turn."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.pace import RULES
from ibcli.errors import UnreachableError
from tests.broker.pace_world import Journey, Mishaps, Trip, World

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

READ = "/trsrv/stocks"
SLOW = "/iserver/contract/rules"
ORDER = "/iserver/account/DU1/orders"
PATHS = (
    *[READ] * 8,
    "/iserver/marketdata/snapshot",
    "/iserver/marketdata/snapshot",
    "/iserver/marketdata/history",
    "/iserver/account/orders",
    "/tickle",
    "/fyi/unreadnumber",
)
SKEW = 0.004  # seconds by which a process's clock is off at most


def most_in(arrivals: Iterable[float], window: float) -> int:
    """The most that any window holds which begins with one of them."""
    seen, most, first = sorted(arrivals), 0, 0
    for last, at in enumerate(seen):
        while seen[first] <= at - window + 1e-6:  # what a float of today's instants can tell
            first += 1
        most = max(most, last - first + 1)
    return most


def assert_within_limits(trips: list[Trip], limit: int) -> None:
    assert most_in((trip.arrived for trip in trips), 1.0) <= limit
    for rule in RULES:
        here = [trip for trip in trips if trip.journey.path.startswith(rule.name)]
        if rule.window:
            assert most_in((trip.arrived for trip in here), rule.window) <= rule.count, rule
            continue
        ends = [(t.arrived, t.arrived + t.journey.back) for t in here if t.journey.back < 50]
        assert all(sum(a <= at < b for a, b in ends) <= rule.count for at, _ in ends), rule


def journeys(rng: random.Random, count: int) -> list[Journey]:
    slow = rng.choice([0.01, 0.05, 0.9])
    return [
        Journey(
            (path := rng.choice(PATHS)) if (write := rng.random() < 0.1) is False else ORDER,
            "POST" if write or path == "/tickle" else "GET",
            pause=rng.choice([0.0, 0.0, rng.uniform(0, 3)]),
            out=rng.uniform(0, slow),
            back=rng.uniform(0, slow),
        )
        for _ in range(count)
    ]


def course(folder: Path, seed: int) -> tuple[World, int]:
    """Some processes, some of which come to grief."""
    rng = random.Random(seed)
    mishaps = Mishaps(
        oversleeps=rng.choice([0.0, 0.003, 0.1]),
        stop=rng.choice([0.0, 0.05]),
        death=rng.choice([0.0, 0.02]),
    )
    world, limit = World(rng, mishaps), rng.choice([1, 3, 10, 10, 50])
    for _ in range(rng.randint(2, 12)):
        skew = rng.uniform(-SKEW, SKEW)
        own = rng.choice([limit, limit, max(1, limit // 2)])
        plans = [journeys(rng, rng.randint(1, 6)) for _ in range(rng.randint(1, 4))]
        world.process(world.pace(folder, own, skew), skew, plans)
    world.run()
    return world, limit


def judged(folder: Path, seed: int) -> World:
    world, limit = course(folder, seed)
    assert_within_limits(world.trips, limit)
    assert all(thread.made == len(thread.plan) for thread in world.threads if not thread.is_dead)
    return world


@pytest.mark.parametrize("block", range(4))
def test_never_more_than_allowed_and_nobody_starves(tmp_path: Path, block: int) -> None:
    worlds = [judged(tmp_path / str(seed), seed) for seed in range(block * 15, block * 15 + 15)]
    assert any(world.dead() for world in worlds)
    assert any(trip.disturbed for world in worlds for trip in world.trips)


@pytest.mark.parametrize(
    "path", [READ, "/tickle", "/iserver/account/orders", "/iserver/scanner/params"]
)
def test_the_worst_network_and_the_worst_clocks(tmp_path: Path, path: str) -> None:
    """One request comes in with its answer all but here, the next at once; clocks say too late."""
    world = World(random.Random(10))
    window = next((rule.window for rule in RULES if rule.name == path), 1.0)
    slow = [Journey(path, pause=window * n, out=0.4) for n in (0, 3)]
    quick = [Journey(path, pause=window * n + 0.1) for n in (0, 3)]
    world.process(world.pace(tmp_path, 1, -SKEW), -SKEW, [slow])
    world.process(world.pace(tmp_path, 1, SKEW), SKEW, [quick])
    with suppress(UnreachableError):  # a quarter of an hour is more than anybody waits here
        world.run()
    assert most_in((trip.arrived for trip in world.trips), window) == 1


@pytest.mark.proof
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("block", range(20))
def test_never_more_than_allowed_in_thousands_of_courses(tmp_path: Path, block: int) -> None:
    for seed in range(1000 + block * 150, 1150 + block * 150):
        judged(tmp_path / str(seed), seed)


def overtaken(trips: list[Trip]) -> int:
    """By how many that asked later the unluckiest was overtaken, among those of one kind."""
    most = 0
    for number, trip in enumerate(trips):
        before = (other for other in trips[:number] if other.sent < trip.sent)
        if not trip.disturbed:
            most = max(most, sum(other.asked > trip.asked for other in before))
    return most


def crowd(folder: Path, mishaps: Mishaps, seed: int, **journey: float) -> World:
    """Twenty processes of three threads, which ask for five each as soon as they can."""
    rng = random.Random(seed)
    world = World(rng, mishaps)
    plan = [Journey(READ, **journey)] * 5  # type: ignore[arg-type]
    for _ in range(20):
        own = [[Journey(READ, pause=rng.uniform(0, 0.5)), *plan] for _ in range(3)]
        world.process(world.pace(folder, 10), 0.0, own)
    world.run()
    return world


def test_turns_come_in_the_order_of_asking(tmp_path: Path) -> None:
    world = crowd(tmp_path, Mishaps(), 1, out=0.025, back=0.025)
    assert len(world.trips) == 360
    assert overtaken(world.trips) == 0


def test_who_sleeps_too_long_is_overtaken_by_few_and_loses_no_place(tmp_path: Path) -> None:
    world = crowd(tmp_path, Mishaps(oversleeps=0.02), 2, out=0.025, back=0.025)
    assert 0 < overtaken(world.trips) <= 10  # a second's worth at the most


def test_a_crowd_uses_what_is_allowed_and_wakes_seldom(tmp_path: Path) -> None:
    world = crowd(tmp_path, Mishaps(oversleeps=0.001), 3, out=0.025, back=0.025)
    took = world.trips[-1].sent - world.trips[0].sent
    assert took < 360 / 10 * 1.08  # a second, its margin and a round trip for every ten
    assert world.looks / len(world.trips) < 5


@pytest.mark.parametrize("processes", [1, 20])
def test_fifty_a_second_where_that_is_allowed(tmp_path: Path, processes: int) -> None:
    world = World(random.Random(7), Mishaps(oversleeps=0.001))
    plan = [Journey(READ, out=0.025, back=0.025)] * (500 // processes // 10)
    for _ in range(processes):
        world.process(world.pace(tmp_path, 50), 0.0, [plan] * 10)
    world.run()
    took = world.trips[-1].sent - world.trips[0].sent
    assert most_in((trip.arrived for trip in world.trips), 1.0) == 50
    assert (len(world.trips) - 50) / took > 45


def test_whom_his_own_limit_holds_holds_nobody_else_and_wakes_seldom(tmp_path: Path) -> None:
    world = World(random.Random(11))
    blotters = [Journey("/iserver/account/orders")]
    world.process(world.pace(tmp_path, 2), 0.0, [blotters] * 4)
    world.process(world.pace(tmp_path, 2), 0.0, [[Journey(READ, pause=0.1)] * 5] * 2)
    world.run()
    reads = [trip for trip in world.trips if trip.journey.path == READ]
    assert len(reads) == 10
    assert reads[-1].sent - reads[0].asked < 11 / 2 * 1.1
    assert world.trips[-1].sent - world.trips[0].sent < 3 * 5.1
    assert world.looks < 30  # of fourteen that waited, some for fifteen seconds


def test_who_allows_himself_less_keeps_to_it_and_gets_his_turns(tmp_path: Path) -> None:
    world = World(random.Random(8))
    plan = [Journey(READ, out=0.025, back=0.025)] * 5
    world.process(world.pace(tmp_path, 50), 0.0, [plan] * 40)
    world.process(world.pace(tmp_path, 4), 0.0, [[Journey(SLOW, pause=0.5, out=0.01)] * 5])
    world.run()
    assert len(world.trips) == 205
    for slow in (trip for trip in world.trips if trip.journey.path == SLOW):
        before = [trip for trip in world.trips if 0 <= slow.arrived - trip.arrived < 1]
        assert len(before) <= 4
        assert slow.sent - slow.asked < 2 * 1.1  # though others ask all the time


def test_a_folder_that_is_cleared_away_costs_no_turn(tmp_path: Path) -> None:
    world = World(random.Random(9))
    folder = tmp_path / "state"
    for _ in range(4):
        world.process(world.pace(folder, 1), 0.0, [[Journey(READ)] * 2])
    world.at(world.now + 2.5, lambda: shutil.rmtree(folder))
    world.run()
    assert len(world.trips) == 8
    assert overtaken(world.trips) <= 1
    assert_within_limits(world.trips, 2)  # what the file held is forgotten once


def test_the_dead_hold_nobody_for_long(tmp_path: Path) -> None:
    world = World(random.Random(4), Mishaps(death=1.0))
    for _ in range(10):
        world.process(world.pace(tmp_path, 10), 0.0, [[Journey(READ)]] * 3)

    def others_come() -> None:
        world.mishaps = Mishaps()
        world.process(world.pace(tmp_path, 10), 0.0, [[Journey(READ)]] * 10)

    world.at(world.now + 0.01, others_come)
    world.run()
    assert world.dead() == 30
    dead, living = world.trips[:10], world.trips[10:]
    assert len(living) == 10
    # the ten that were sent count for 3.02 s; then nobody waits for the twenty that never were
    assert living[-1].sent - dead[0].sent < 3.02 + 0.05


def test_the_stopped_hold_nobody_for_long_and_keep_their_place(tmp_path: Path) -> None:
    world = World(random.Random(5), Mishaps(stop=1.0, stopped_for=40.0))
    world.process(world.pace(tmp_path, 1), 0.0, [[Journey(READ)]] * 4)

    def others_come() -> None:
        world.mishaps = Mishaps()
        world.process(world.pace(tmp_path, 1), 0.0, [[Journey(READ, pause=1)] * 20] * 2)

    world.at(world.now + 0.01, others_come)
    world.run()
    late = [trip for trip in world.trips if trip.disturbed]
    prompt = [trip for trip in world.trips if not trip.disturbed]
    assert len(late) == 3
    assert len(prompt) == 41
    assert prompt[-1].sent - prompt[0].sent < 44 * 1.02 + 3 * 0.3
    assert_within_limits(world.trips, 1)


def test_orders_go_before_look_ups_which_do_not_starve(tmp_path: Path) -> None:
    world = World(random.Random(6))
    for _ in range(5):
        world.process(world.pace(tmp_path, 10), 0.0, [[Journey(READ)] * 10] * 10)
    order = Journey(ORDER, "POST", pause=2.5)
    for _ in range(2):
        world.process(world.pace(tmp_path, 10), 0.0, [[order, *[Journey(ORDER, "POST")] * 20]] * 10)
    world.run()
    orders = [trip for trip in world.trips if trip.journey.method == "POST"]
    assert orders[0].sent - orders[0].asked < 1.1  # though fifty look-ups wait, five seconds' worth
    assert 0.75 < _share(world.trips, orders) < 0.85  # four of five, as long as both wait
    assert overtaken([trip for trip in world.trips if trip.journey.method == "GET"]) == 0
    assert overtaken(orders) == 0


def _share(trips: list[Trip], some: list[Trip]) -> float:
    """Of these among all that were sent from the first of them to the last look-up or order."""
    reads = [trip for trip in trips if trip.journey.method == "GET"]
    until = min(reads[-1].sent, some[-1].sent)
    both = [trip for trip in trips if some[0].sent <= trip.sent <= until]
    return sum(trip in some for trip in both) / len(both)
