from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.sim.market import Market, MarketClock
from tests.sim_market.instants import ANCHOR, new_york

REAL = datetime(2026, 1, 5, 9, 0, 0, tzinfo=UTC)
instants = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_now_is_the_real_clock() -> None:
    assert MarketClock.parse("now").at(REAL) == REAL


@given(instants)
def test_a_day_is_always_inside_its_session(real: datetime) -> None:
    at = MarketClock.parse("2025-08-18").at(real)
    assert new_york(ANCHOR, 10) <= at < new_york(ANCHOR, 15, 30)


@given(instants)
def test_a_half_day_is_always_inside_its_shorter_session(real: datetime) -> None:
    at = MarketClock.parse("2025-11-28").at(real)
    assert Market().is_open(at)
    assert at < new_york(datetime(2025, 11, 28, tzinfo=UTC).date(), 12, 30)


def test_a_day_moves_with_the_real_clock() -> None:
    clock = MarketClock.parse("2025-08-18")
    start = datetime.fromtimestamp(19800 * 90_000, UTC)
    assert clock.at(start) == new_york(ANCHOR, 10)
    assert clock.at(start + timedelta(seconds=61.5)) == new_york(ANCHOR, 10, 1, 1) + timedelta(
        seconds=0.5
    )
    assert clock.at(start + timedelta(seconds=19800)) == new_york(ANCHOR, 10)


def test_an_anchored_clock_runs_on_from_its_instant() -> None:
    clock = MarketClock.parse("2025-08-18T13:45:00Z@2026-01-05T09:00:00Z")
    assert clock.at(REAL) == new_york(ANCHOR, 9, 45)
    assert clock.at(REAL + timedelta(hours=1)) == new_york(ANCHOR, 10, 45)
    assert clock.at(REAL - timedelta(hours=1)) == new_york(ANCHOR, 8, 45)


@pytest.mark.parametrize("text", ["2025-08-18T09:45", "2025-08-18T13:45:00Z"])
def test_a_market_instant_alone_is_anchored_to_a_real_one(text: str) -> None:
    clock = MarketClock.parse(text, real=REAL)
    assert clock == MarketClock.anchored(text, REAL)
    assert clock.at(REAL) == new_york(ANCHOR, 9, 45)


@pytest.mark.parametrize(
    "text", ["now", "2025-08-18", "2025-08-18T09:45:00.5-04:00@2026-01-05T09:00:00+01:00"]
)
def test_a_clock_written_down_is_read_back_the_same(text: str) -> None:
    clock = MarketClock.parse(text)
    assert MarketClock.parse(str(clock)) == clock


@given(instants.filter(lambda instant: 2020 <= instant.year <= 2038), instants)
def test_an_anchored_clock_written_down_is_read_back_the_same(
    market: datetime, real: datetime
) -> None:
    clock = MarketClock.anchored(market.isoformat(), real)
    assert MarketClock.parse(str(clock)) == clock


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tomorrow", "not understood"),
        ("", "not understood"),
        ("2025-02-30", "no date"),
        ("2025-08-17", "next trading day is 2025-08-18"),
        ("2025-07-04", "next trading day is 2025-07-07"),
        ("2019-12-31", "runs from 2020-01-01"),
        ("9999-12-31", "to 2038-12-31"),
        ("0001-01-01T09:45", "runs from"),
        ("2039-01-03T09:45:00Z@2026-01-05T09:00:00Z", "runs from"),
        ("2025-08-18T09:45", "real instant"),
        ("2025-08-18T09:45@", "not understood"),
        ("2025-08-18T25:00@2026-01-05T09:00:00Z", "not understood"),
    ],
)
def test_what_is_no_clock_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        MarketClock.parse(text)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        MarketClock.parse("now").at(REAL.replace(tzinfo=None))
