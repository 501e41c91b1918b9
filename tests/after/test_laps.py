"""A day that is played again and again, as the demo's: what ended with a lap, and is known to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ibcli.sim.options import Pacing, SimOptions
from tests.after.conftest import trading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.after.conftest import Trader

HOUR = 3600.0
LAP = 5.5 * HOUR
JOB = ("order", "SPY", "--side", "both", "--type", "MKT", "--wait", "filled", "--json")


@pytest.fixture
def player(
    tmp_path: Path,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Trader]:
    # A gateway checks no signatures; the login allows a clock no leaps.
    options = SimOptions(clock="2025-08-18", pacing=Pacing.RECORD, keys=keys, gateway=True)
    with trading(options, tmp_path, monkeypatch, capsys) as one:
        monkeypatch.setenv("IBCLI_QUOTE_MAX_AGE", "none")  # the client's clock does not leap
        assert one("positions").code == 0  # logged in
        one.pass_time((HOUR - one.clock()) % LAP)  # to eleven, whatever the time is here
        yield one


def test_over_two_laps(player: Trader) -> None:
    first = player(*JOB)
    assert first.code == 0, first
    assert player("reconcile").code == 0
    for _ in range(2):
        player.pass_time(LAP)
        again = player(*JOB)
        assert again.data["already"] is True
        assert again.code == 0, again
        for words in (("orders", "--all"), ("trades",), ("positions", "--no-greeks")):
            said = player(*words)
            assert said.code == 0, said
        assert player("reconcile", "--fix").code == 0
        assert player("reconcile").code == 0
