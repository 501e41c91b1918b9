"""When a crontab's line fires, and how it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ibcli.domain.crontab import Schedule, crontab_command, is_new_york, new_york_words
from ibcli.domain.newyork import NEW_YORK

FRIDAY = datetime(2025, 8, 15, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "zone", "moment"),
    [
        ("0 11 * * 1-5", NEW_YORK, "2025-08-18T15:00:00+00:00"),
        ("0 11 * * 1-5", UTC, "2025-08-18T11:00:00+00:00"),
        ("0 11 * * mon-fri", NEW_YORK, "2025-08-18T15:00:00+00:00"),
        ("*/10 9-15 * * *", NEW_YORK, "2025-08-16T13:00:00+00:00"),
        ("0,5,10 16 * * 5", NEW_YORK, "2025-08-15T20:05:00+00:00"),
        ("5/20 * * * *", UTC, "2025-08-15T20:05:00+00:00"),
        ("0 0 * * 7", UTC, "2025-08-17T00:00:00+00:00"),
        ("0 0 20 aug 0", UTC, "2025-08-17T00:00:00+00:00"),  # the day or the weekday
        ("0 0 20 8 *", UTC, "2025-08-20T00:00:00+00:00"),
        ("0 9 1 * *", UTC, "2025-09-01T09:00:00+00:00"),
        ("0 0 1 jan *", ZoneInfo("Asia/Kolkata"), "2025-12-31T18:30:00+00:00"),
    ],
)
def test_when_it_fires(fields: str, zone: ZoneInfo, moment: str) -> None:
    found = Schedule.parse(fields).first(FRIDAY, zone)
    assert found is not None
    assert found.astimezone(UTC).isoformat() == moment


def test_what_does_not_fire_within_a_year() -> None:
    assert Schedule.parse("0 0 31 2 *").first(FRIDAY, UTC) is None


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "@daily",
        "0 11 * *",
        "0 11 * * 8",
        "60 * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "x * * * *",
    ],
)
def test_what_is_none(fields: str) -> None:
    with pytest.raises(ValueError, match=r"number|between|fields"):
        Schedule.parse(fields)


def test_the_session() -> None:
    def words(hour: int, minute: int, day: int = 18) -> str:
        return new_york_words(datetime(2025, 8, day, hour, minute, tzinfo=NEW_YORK))

    assert words(9, 30) == "Mon 18 Aug 09:30 New York, in the regular session"
    assert [" in " in w for w in (words(9, 29), words(15, 59), words(16, 0), words(11, 0, 17))] == [
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("zone", "same"),
    [("America/New_York", True), ("America/Toronto", True), ("UTC", False), ("EST", False)],
)
def test_new_yorks_time(zone: str, same: bool) -> None:
    assert is_new_york(ZoneInfo(zone), 2025) is same


def test_quotes_and_per_cents() -> None:
    words = ["ibcli", "order", "--leg", "sell 1 SPY", "--take-profit", "50%"]
    assert crontab_command(words) == "ibcli order --leg 'sell 1 SPY' --take-profit 50\\%"
