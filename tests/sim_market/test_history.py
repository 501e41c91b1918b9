from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.sim_market.instants import ANCHOR, ARM, ARM_143_CALL, NOON, SPX, SPY, new_york

if TYPE_CHECKING:
    from ibcli.sim.market import Market

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CLOSING = new_york(ANCHOR, 16)


def test_a_session_of_minutes_closes_at_the_quotes(market: Market) -> None:
    bars = market.bars(SPY, CLOSING, DAY, MINUTE)
    assert len(bars) == 390
    assert bars[0].start == new_york(ANCHOR, 9, 30)
    assert bars[-1].start == new_york(ANCHOR, 15, 59)
    for bar in bars:
        assert bar.low <= min(bar.open, bar.close)
        assert max(bar.open, bar.close) <= bar.high
    for bar in bars[::13]:
        closing = market.quote(SPY, bar.start + MINUTE)
        opening = market.quote(SPY, bar.start)
        inside = market.quote(SPY, bar.start + timedelta(seconds=31.5))
        assert closing is not None
        assert opening is not None
        assert inside is not None
        assert inside.last is not None
        assert (bar.open, bar.close) == (opening.last, closing.last)
        assert bar.low <= inside.last <= bar.high


def test_bars_of_a_day_agree_with_its_quote(market: Market) -> None:
    (bar,) = market.bars(SPY, CLOSING, DAY, DAY)
    minutes = market.bars(SPY, CLOSING, DAY, MINUTE)
    quote = market.quote(SPY, CLOSING)
    assert quote is not None
    assert (bar.open, bar.high, bar.low, bar.close) == (
        quote.open,
        quote.high,
        quote.low,
        quote.last,
    )
    assert bar.volume == quote.volume == sum(minute.volume for minute in minutes)
    assert bar.high == max(minute.high for minute in minutes)
    assert bar.low == min(minute.low for minute in minutes)


def test_the_bar_in_progress_ends_now(market: Market) -> None:
    at = NOON + timedelta(seconds=10)
    bars = market.bars(SPY, at, HOUR, timedelta(minutes=5))
    quote = market.quote(SPY, at)
    assert quote is not None
    assert bars[-1].start == NOON
    assert bars[-1].close == quote.last
    assert len(bars) == 12


def test_there_are_no_bars_outside_sessions(market: Market) -> None:
    weekend = new_york(date(2025, 8, 17), 12)
    assert market.bars(SPY, weekend, HOUR, MINUTE) == []
    over_the_weekend = market.bars(SPY, new_york(ANCHOR, 10), 3 * DAY, HOUR, outside_rth=True)
    assert {bar.start.date() for bar in over_the_weekend} == {date(2025, 8, 15), ANCHOR}
    half_day = market.bars(SPX, new_york(date(2025, 11, 28), 20), timedelta(hours=11), MINUTE)
    assert len(half_day) == 210


def test_at_most_a_thousand_bars_the_latest(market: Market) -> None:
    bars = market.bars(ARM, CLOSING, 30 * DAY, MINUTE)
    assert len(bars) == 1000
    assert bars[-1].start == new_york(ANCHOR, 15, 59)


@pytest.mark.parametrize(("length", "count"), [(DAY, 22), (7 * DAY, 6), (30 * DAY, 2)])
def test_days_make_weeks_and_months(market: Market, length: timedelta, count: int) -> None:
    days = market.bars(ARM, CLOSING, 32 * DAY, DAY)
    bars = market.bars(ARM, CLOSING, 32 * DAY, length)
    assert len(bars) == count
    assert (bars[0].open, bars[-1].close) == (days[0].open, days[-1].close)
    assert max(bar.high for bar in bars) == max(day.high for day in days)
    assert sum(bar.volume for bar in bars) == sum(day.volume for day in days)


def test_an_option_has_bars_from_its_listing_to_its_expiry(market: Market) -> None:
    bars = market.bars(ARM_143_CALL, new_york(date(2025, 9, 12), 16), 90 * DAY, DAY)
    days = [bar.start.date() for bar in bars]
    assert days[0] == date(2025, 7, 3)
    assert days[-1] == date(2025, 8, 22)
    assert all(bar.low <= bar.close <= bar.high for bar in bars)


def test_a_future_has_bars_until_it_expires(market: Market) -> None:
    bars = market.bars(649180678, new_york(date(2026, 6, 26), 16), 10 * DAY, DAY)
    assert bars[-1].start.date() == date(2026, 6, 18)


def test_what_is_unknown_has_no_bars(market: Market) -> None:
    assert market.bars(1, CLOSING, DAY, MINUTE) == []
    assert market.bars(SPY, CLOSING, DAY, timedelta(0)) == []
