"""Ctrl-C and SIGTERM while a chain is looked up with ten threads."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import environment

if TYPE_CHECKING:
    from tests.trading.conftest import Desk

INFO = "/iserver/secdef/info"
CHAIN = ("chain", "ARM", "--month", "AUG25", "--json")


def started(desk: Desk) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ibcli", *CHAIN],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=desk.folder,
        env=environment(**desk.environment()),
    )


@pytest.mark.parametrize(
    ("sent", "code", "how"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_a_signal_is_answered_while_the_broker_is_silent(
    own_desk: Desk, sent: signal.Signals, code: int, how: str
) -> None:
    silent = own_desk.sim.faults.add(INFO, hold="before", skip=12, count=None)
    with started(own_desk) as process:
        assert silent.reached.wait(20)
        process.send_signal(sent)
        out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert json.loads(out)["error"]["code"] == how
    assert f"ibcli was {how}." in err
    own_desk.sim.faults.clear()
    before = own_desk.count(INFO)
    with started(own_desk) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert len(json.loads(out)["data"]["expiries"][0]["rows"]) == 21
    assert own_desk.count(INFO) - before < 21  # what had been told is remembered
