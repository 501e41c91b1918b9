from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.market.sessions import moment, session_ticks
from tests.sim_market.instants import ANCHOR, new_york

if TYPE_CHECKING:
    from ibcli.sim.market import Market

INDEPENDENCE_DAY = date(2025, 7, 4)
AFTER_THANKSGIVING = date(2025, 11, 28)


def test_a_full_day_has_its_liquid_and_extended_hours(market: Market) -> None:
    (day,) = market.trading_days(ANCHOR, ANCHOR)
    assert day.liquid == (new_york(ANCHOR, 9, 30), new_york(ANCHOR, 16))
    assert day.extended == (new_york(ANCHOR, 4), new_york(ANCHOR, 20))
    assert not day.half_day
    assert session_ticks(ANCHOR) == 6.5 * 3600 * 2


@pytest.mark.parametrize("day", [AFTER_THANKSGIVING, date(2025, 7, 3), date(2025, 12, 24)])
def test_a_half_day_closes_at_one(market: Market, day: date) -> None:
    (hours,) = market.trading_days(day, day)
    assert hours.half_day
    assert hours.liquid == (new_york(day, 9, 30), new_york(day, 13))
    assert hours.extended == (new_york(day, 4), new_york(day, 17))


@pytest.mark.parametrize(
    ("day", "name"),
    [(INDEPENDENCE_DAY, "Independence Day"), (date(2025, 4, 18), "Good Friday")],
)
def test_a_holiday_has_a_name_and_no_hours(market: Market, day: date, name: str) -> None:
    (hours,) = market.trading_days(day, day)
    assert hours.liquid is None
    assert hours.extended is None
    assert hours.holiday == name


def test_every_date_of_a_range_is_there(market: Market) -> None:
    days = market.trading_days(date(2025, 8, 15), date(2025, 8, 18))
    assert [day.liquid is not None for day in days] == [True, False, False, True]
    assert market.trading_days(date(2025, 8, 18), date(2025, 8, 17)) == []


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (new_york(ANCHOR, 9, 29, 59), False),
        (new_york(ANCHOR, 9, 30), True),
        (new_york(ANCHOR, 15, 59, 59), True),
        (new_york(ANCHOR, 16), False),
        (new_york(AFTER_THANKSGIVING, 13, 1), False),
        (new_york(INDEPENDENCE_DAY, 11), False),
        (new_york(date(2025, 8, 17), 11), False),
        (new_york(date(2025, 1, 15), 9, 31), True),  # winter time
    ],
)
def test_open_is_within_liquid_hours(market: Market, at: datetime, *, is_open: bool) -> None:
    assert market.is_open(at) is is_open


def test_outside_the_session_the_last_one_shows() -> None:
    before = moment(new_york(ANCHOR, 9, 29))
    assert (before.day, before.tick, before.live) == (date(2025, 8, 15), before.ticks, False)
    after = moment(new_york(ANCHOR, 18))
    assert (after.day, after.tick, after.live) == (ANCHOR, after.ticks, False)


def test_a_moment_counts_half_seconds() -> None:
    opening = new_york(ANCHOR, 9, 30)
    assert moment(opening + timedelta(seconds=0.49)).tick == 0
    assert moment(opening + timedelta(seconds=0.5)).tick == 1
    assert moment(opening + timedelta(seconds=10.99)).tick == 21
