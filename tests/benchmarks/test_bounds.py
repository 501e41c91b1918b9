"""The lower bounds are those of an ideal client."""

from __future__ import annotations

import pytest

from benchmarks import bounds
from benchmarks.bounds import Plan

ROUND_TRIP = 0.05


def test_what_follows_from_nothing_takes_one_round_trip() -> None:
    plan = Plan()
    for _ in range(10):
        plan.ask()
    found = plan.bound(10, ROUND_TRIP)
    assert (found.requests, found.depth) == (10, 1)
    assert found.ideal == pytest.approx(0.05)


def test_the_eleventh_request_of_a_second_waits() -> None:
    plan = Plan()
    for _ in range(11):
        plan.ask()
    found = plan.bound(10, ROUND_TRIP)
    assert found.ideal == pytest.approx(1.05)
    assert found.attainable == pytest.approx(1.10)


def test_answers_that_are_needed_are_waited_for() -> None:
    plan = Plan()
    plan.ask(plan.ask(plan.ask()))
    found = plan.bound(10, ROUND_TRIP)
    assert found.depth == 3
    assert found.ideal == pytest.approx(0.15)


def test_a_stream_takes_its_time_where_it_is_attainable() -> None:
    plan = Plan()
    plan.ask(plan.ask(), delay=0.4)
    found = plan.bound(10, ROUND_TRIP)
    assert found.ideal == pytest.approx(0.10)
    assert found.attainable == pytest.approx(0.45)


def test_a_cold_chain_of_21_strikes() -> None:
    """Token, session, accounts, search, strikes, two for the price, 21 infos, two snapshots."""
    found = bounds.chain([21], cold=True).bound(10, ROUND_TRIP)
    assert (found.requests, found.depth) == (30, 8)
    assert found.seconds == pytest.approx(30 / 10 + 8 * ROUND_TRIP)
    assert 2.0 <= found.ideal <= found.attainable <= found.seconds


def test_a_cold_chain_needs_more_snapshots_when_it_is_large() -> None:
    assert bounds.chain([201], cold=True).bound(10, ROUND_TRIP).requests == 7 + 201 + 2 * 5
    assert bounds.chain([10, 10], cold=True, contracts=60).bound(10, 1).requests == 8 + 20 + 2


def test_a_warm_chain_needs_its_snapshots() -> None:
    assert bounds.chain([21], cold=False).bound(10, ROUND_TRIP).requests == 1
    assert bounds.chain([61], cold=False).bound(10, ROUND_TRIP).requests == 2


def test_quotes() -> None:
    assert bounds.quotes(1, cold=False, streaming=True).bound(10, ROUND_TRIP).requests == 1
    assert bounds.quotes(1, cold=False).bound(10, ROUND_TRIP).requests == 2
    assert bounds.quotes(500, cold=True).bound(10, ROUND_TRIP).requests == 4 + 500 + 10


def test_a_faster_limit_is_never_slower() -> None:
    slow, fast = (bounds.chain([61], cold=True).bound(rate, ROUND_TRIP) for rate in (10, 50))
    assert fast.seconds < slow.seconds
    assert fast.ideal < slow.ideal
    assert fast.attainable < slow.attainable
