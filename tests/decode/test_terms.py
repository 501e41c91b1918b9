"""Price steps and trading hours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ibcli.broker.decode import decode_hours, decode_rules, decode_venue_hours
from ibcli.domain.terms import Session
from ibcli.errors import RefusedError
from tests.decode.order_answers import HOURS, RULES, VENUE

TUESDAY = date(2025, 9, 2)


def test_steps_come_by_rising_edge() -> None:
    rules = decode_rules(RULES)
    assert rules.steps == ((Decimal(0), Decimal("0.01")), (Decimal(3), Decimal("0.05")))
    assert rules.tick(Decimal("2.99")) == Decimal("0.01")
    assert rules.tick(Decimal(3)) == Decimal("0.05")
    assert rules.order_types == ("limit", "market")
    assert rules.size_increment == 1


@pytest.mark.parametrize(
    "steps",
    [None, [], "x", [{"lowerEdge": "?", "increment": 0.05}], [{"lowerEdge": 0, "increment": 0}]],
)
def test_without_steps_the_increment_holds(steps: Any) -> None:
    rules = decode_rules({**RULES, "incrementRules": steps, "increment": "0.1"})
    assert rules.steps == ((Decimal(0), Decimal("0.1")),)


@pytest.mark.parametrize("answer", [None, [], {}, {"increment": 0}, {"increment": "x"}])
def test_no_step_at_all_is_refused(answer: object) -> None:
    with pytest.raises(RefusedError):
        decode_rules(answer)


def test_hours() -> None:
    hours = decode_hours(HOURS)
    opens, closes = (datetime(2025, 9, 2, hour, minute, tzinfo=UTC) for hour, minute in HALF)
    assert hours.days[TUESDAY] == (Session(opens, closes),)
    assert hours.days[date(2025, 9, 1)] == ()


HALF = ((13, 30), (20, 0))


@pytest.mark.parametrize(
    "schedules",
    [
        None,
        {},
        [],
        {"x": {"liquid_hours": []}},
        {"20250902": None},
        {"20250902": {"liquid_hours": [{"opening": 1756819800}]}},
        {"20250902": {"liquid_hours": [{"opening": 1756843200, "closing": 1756819800}]}},
        {"20250902": {"liquid_hours": [{"opening": 1, "closing": 2}]}},
    ],
)
def test_hours_that_cannot_be_read_are_not_a_holiday(schedules: Any) -> None:
    with pytest.raises(RefusedError):
        decode_hours({"schedules": schedules})


def test_a_venues_weekdays_and_exceptions() -> None:
    days = [date(2025, 9, 1), TUESDAY, date(2025, 9, 9), date(2025, 9, 6)]
    hours = decode_venue_hours([VENUE], days)
    ends = {day: [session.closes for session in hours.days[day]] for day in days}
    assert ends == {
        days[0]: [],
        TUESDAY: [datetime(2025, 9, 2, 20, 0, tzinfo=UTC)],
        days[2]: [datetime(2025, 9, 9, 17, 0, tzinfo=UTC)],
        days[3]: [],
    }


@pytest.mark.parametrize("changes", [{"timezone": "Nowhere/City"}, {"schedules": None}])
def test_a_venue_that_tells_no_session_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        decode_venue_hours([{**VENUE, **changes}], [TUESDAY])
