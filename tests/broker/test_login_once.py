"""Many processes, one login."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.broker.conftest import INIT, LST, Bench

READ = (
    "from ibcli.broker.connect import connect; from ibcli.broker.deadline import Deadline;"
    "from ibcli.config import load_settings;"
    "client = connect(load_settings(), Deadline.after(60));"
    "print(client.ensure_accounts().selected)"
)


def start(bench: Bench, number: int) -> list[subprocess.Popen[str]]:
    environ = {**os.environ, **bench.sim.env(), "IBCLI_STATE_DIR": str(bench.folder / "state")}
    return [
        subprocess.Popen(
            [sys.executable, "-c", READ],
            env=environ,
            cwd=bench.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(number)
    ]


def test_twenty_processes_on_an_empty_state_make_one_login(bench: Bench) -> None:
    ended = [process.communicate() for process in start(bench, 20)]
    assert ended == [("DU1234567\n", "")] * 20
    assert bench.count(LST) == 1
    assert bench.count(INIT) == 1
    assert {request.status for request in bench.sim.requests} == {200}


def test_a_refused_token_is_renewed_by_one_of_many(bench: Bench) -> None:
    bench.client().ensure_accounts()
    bench.sim.session.kill_tokens()
    (state,) = (bench.folder / "state").glob("login-*.json")
    kept = json.loads(state.read_text())
    kept["session"]["accounts_called"] = False
    state.write_text(json.dumps(kept))
    ended = [process.communicate() for process in start(bench, 8)]
    assert ended == [("DU1234567\n", "")] * 8
    assert bench.count(LST) == 2
    assert bench.count(INIT) == 2
