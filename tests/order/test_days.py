"""To which day an order belongs, and whether the market is open: by New York's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import pytest

from ibcli.domain.newyork import NEW_YORK
from ibcli.domain.terms import Session, TradingHours
from ibcli.domain.trading_day import trading_day
from ibcli.domain.wishes import parse_window
from ibcli.trading.limits import is_open
from tests.scenes.market import EVENING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.order.conftest import Trader


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2025-11-28T13:01:00-05:00", "Mon 01 Dec 09:30"),  # a half day
        ("2025-11-27T11:00:00-05:00", "Fri 28 Nov 09:30"),  # Thanksgiving
        ("2025-11-29T11:00:00-05:00", "Mon 01 Dec 09:30"),  # a Saturday
        ("2025-11-03T09:29:00-05:00", "Mon 03 Nov 09:30"),  # clocks went back the day before
        ("2026-03-08T11:00:00-04:00", "Mon 09 Mar 09:30"),  # clocks went forward in the night
    ],
)
def test_a_closed_day_or_hour(trader_at: Callable[..., Trader], at: str, until: str) -> None:
    ended = trader_at(at).order("SPY", "--side", "put", "--strike", "640")
    assert (ended.code, ended.failure["code"]) == (9, "guard-market"), ended.err
    assert f"closed until {until} New York" in ended.failure["message"]


@pytest.mark.parametrize("at", ["2025-11-28T12:58:00-05:00", "2026-03-09T09:31:00-04:00"])
def test_an_open_hour(trader_at: Callable[..., Trader], at: str) -> None:
    trader = trader_at(at)
    trader.limited(IBCLI_WINDOW=f"{at[11:16]}-{int(at[11:13]) + 1}:00")
    ended = trader.preview("SPY", "--side", "put", "--otm", "1", "--no-stop")
    assert ended.guards["guard-market"]["ok"], ended.err
    assert ended.guards["guard-window"]["ok"]
    assert ended.data["trading_day"] == at[:10]


def test_queued_in_the_evening_is_the_mornings_job(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at(EVENING)
    first = trader.order("SPY", "--side", "put", "--queue", job="daily")
    assert first.code == 0, first.err
    now = datetime.now(UTC).isoformat()
    trader.limited(IBCLI_MARKET_CLOCK=f"2025-08-19T11:00:00-04:00@{now}")
    trader.forget_requests()
    second = trader.order("SPY", "--side", "put", job="daily")
    assert (second.code, second.data["already"]) == (0, True), second.err
    assert second.data["trading_day"] == first.data["trading_day"] == "2025-08-19"
    assert trader.posts() == []


def session(day: date, closes: time = time(16)) -> tuple[Session, ...]:
    return (
        Session(
            datetime.combine(day, time(9, 30), NEW_YORK).astimezone(UTC),
            datetime.combine(day, closes, NEW_YORK).astimezone(UTC),
        ),
    )


AUTUMN = TradingHours(
    {
        date(2025, 10, 31): session(date(2025, 10, 31)),
        date(2025, 11, 1): (),
        date(2025, 11, 2): (),
        date(2025, 11, 3): session(date(2025, 11, 3)),
    }
)


@pytest.mark.parametrize(
    ("now", "day", "open_"),
    [
        ("2025-10-31T19:59:59+00:00", date(2025, 10, 31), True),  # 15:59:59 in summer time
        ("2025-10-31T20:00:00+00:00", date(2025, 11, 3), False),
        ("2025-11-02T05:30:00+00:00", date(2025, 11, 3), False),  # 01:30, the first time
        ("2025-11-02T06:30:00+00:00", date(2025, 11, 3), False),  # 01:30, the second time
        ("2025-11-03T14:29:59+00:00", date(2025, 11, 3), False),
        ("2025-11-03T14:30:00+00:00", date(2025, 11, 3), True),  # 09:30 in winter time
        ("2025-11-03T20:59:59+00:00", date(2025, 11, 3), True),
        ("2025-11-03T21:00:00+00:00", date(2025, 11, 4), False),
    ],
)
def test_days_around_a_change_of_clocks(now: str, day: date, open_: bool) -> None:
    instant = datetime.fromisoformat(now)
    assert trading_day(AUTUMN, instant) == day
    assert is_open(AUTUMN, instant) is open_


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        ("2025-11-03T15:59:59+00:00", False),
        ("2025-11-03T16:00:00+00:00", True),  # 11:00 in winter
        ("2026-03-09T15:00:00+00:00", True),  # 11:00 in summer
        ("2026-03-09T17:00:00+00:00", False),
    ],
)
def test_a_window_is_one_of_new_yorks(now: str, holds: bool) -> None:
    window = parse_window("11:00-13:00")
    assert window.holds(datetime.fromisoformat(now).astimezone(NEW_YORK)) is holds
