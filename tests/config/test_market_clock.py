"""The market's clock: real, a fixed day's, or moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.config import load_settings
from ibcli.config.market_clock import market_clock
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

NEW_YORK = ZoneInfo("America/New_York")
BEYOND = "9999-12-31T23:59:59Z@2025-01-01T00:00:00Z"  # no later instant is a date
SIMULATOR = "http://127.0.0.1:5080/v1/api"


@given(st.integers(1_500_000_000, 2_500_000_000))
def test_a_bare_day_is_always_inside_its_session(seconds: int) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    market = market_clock("2025-08-18", lambda: now)()
    local = market.astimezone(NEW_YORK)
    assert market.tzinfo is UTC
    assert local.date().isoformat() == "2025-08-18"
    assert "10:00" <= f"{local:%H:%M}" < "15:30"


def test_a_bare_day_moves_with_the_seconds() -> None:
    now = datetime.fromtimestamp(19800 * 90000 + 60, UTC)
    local = market_clock("2025-08-18", lambda: now)().astimezone(NEW_YORK)
    assert f"{local:%H:%M:%S}" == "10:01:00"


def test_a_moved_clock_keeps_its_distance() -> None:
    real = datetime(2026, 1, 2, 12, tzinfo=UTC)
    moved = market_clock("2025-08-18T09:30:00-04:00@2026-01-02T11:00:00Z", lambda: real)
    assert moved() == datetime(2025, 8, 18, 14, 30, tzinfo=UTC)


def test_it_is_honoured_on_this_machine_alone(tmp_path: Path) -> None:
    there = load_settings(environ={"IBCLI_MARKET_CLOCK": "2025-08-18"}, cwd=tmp_path)
    assert abs(there.market_now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert "IBCLI_MARKET_CLOCK is ignored" in there.warnings[0]
    here = load_settings(
        environ={"IBCLI_MARKET_CLOCK": "2025-08-18", "IB_API_URL": SIMULATOR}, cwd=tmp_path
    )
    assert here.market_now().date().isoformat() == "2025-08-18"


@pytest.mark.parametrize(
    "written", ["yesterday", "2025-13-01", "2025-08-18T10:00:00@now", "@", BEYOND]
)
def test_a_clock_of_no_known_form(tmp_path: Path, written: str) -> None:
    environ = {"IBCLI_MARKET_CLOCK": written, "IB_API_URL": SIMULATOR}
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ=environ, cwd=tmp_path)
    assert caught.value.code == "setting-invalid"
