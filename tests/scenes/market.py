"""A simulated market on a day of options that all tests know, and the settings of a desk there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ibcli.sim.options import Pacing, SimOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from ibcli.sim.embedded import SimServer

# A Monday, an hour and a half into the session; SPY's options of the day are alive.
MORNING = "2025-08-18T11:00:00-04:00"
EVENING = "2025-08-18T20:00:00-04:00"


def simulated_day(at: str = MORNING, **options: Any) -> SimOptions:
    """A simulator whose market's clock goes on from this time; haste is not held against us."""
    now = datetime.now(UTC).isoformat()
    return SimOptions(clock=f"{at}@{now}", pacing=Pacing.RECORD, **options)


def desk_settings(sim: SimServer, folder: Path, **more: str) -> dict[str, str]:
    """The settings of a process whose state and cache lie in the folder; pacing is no hindrance."""
    return {
        **sim.env(),
        "IBCLI_STATE_DIR": str(folder / "state"),
        "IBCLI_CACHE_DIR": str(folder / "cache"),
        "IBCLI_MAX_RPS": "50",
        **more,
    }


def sit_down(monkeypatch: pytest.MonkeyPatch, folder: Path, settings: Mapping[str, str]) -> None:
    """This process becomes one that runs in the folder with these settings."""
    monkeypatch.chdir(folder)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
