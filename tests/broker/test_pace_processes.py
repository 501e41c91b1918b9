"""Real processes, real time, and a broker who shuts out whoever comes too fast."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ibcli.broker.deadline import Deadline
from ibcli.broker.pace import Pace
from ibcli.config import load_settings
from ibcli.sim.options import Pacing
from tests.scenes.hurry import Hurry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.broker.conftest import Bench

PROCESSES, READS = 4, 25
MAX_RPS = 40


def read(environ: dict[str, str]) -> None:
    from ibcli.broker.connect import connect

    with connect(load_settings(environ=environ, cwd=Path("/")), Deadline.after(60)) as client:
        client.parallel(
            [lambda: client.read("GET", "/trsrv/stocks", params={"symbols": "ARM"})] * READS
        )


def test_processes_share_the_rate_and_use_it(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(pacing=Pacing.STRICT, max_rps=MAX_RPS, latency_ms=20)
    environ = {
        **bench.sim.env(),
        "IBCLI_STATE_DIR": str(bench.folder / "state"),
        "IBCLI_MAX_RPS": str(MAX_RPS),
    }
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(read, [environ] * PROCESSES)
    assert bench.count("/trsrv/stocks") == PROCESSES * READS
    assert {request.status for request in bench.sim.requests} == {200}
    assert MAX_RPS / 2 < bench.sim.peak_rate <= MAX_RPS


CHART = "/iserver/marketdata/history"
CROWD = """
import sys, threading
from pathlib import Path
from ibcli.broker.deadline import Deadline
from ibcli.broker.pace import Pace
pace = Pace(Path(sys.argv[1]), "x", 50)
slept = threading.Semaphore(0)
def wait():
    pace.enter("GET", sys.argv[2], Deadline(Deadline.after(60).at, sleeper=sleep))
def sleep(seconds):
    import time
    slept.release()
    time.sleep(seconds)
for _ in range(3):
    threading.Thread(target=wait, daemon=True).start()
for _ in range(3):
    slept.acquire()
print("waiting", flush=True)
threading.Event().wait()
"""


def test_who_is_killed_in_the_queue_holds_nobody(tmp_path: Path) -> None:
    pace = Pace(tmp_path, "x", 50)
    charts = [pace.enter("GET", CHART, Deadline.after(9)) for _ in range(5)]  # all that may be
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", CROWD, str(tmp_path), CHART], stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    try:
        for process in crowd:
            assert process.stdout is not None
            with process.stdout:
                process.stdout.readline()
    finally:
        for process in crowd:
            process.kill()
            process.wait()
    pace.leave(charts[0])
    began = time.monotonic()
    pace.enter("GET", CHART, Deadline.after(9))
    assert time.monotonic() - began < 2  # a quarter of a second, and what a busy machine adds


def test_threads_wait_at_once_and_each_has_its_turn(tmp_path: Path) -> None:
    """Ten threads of one process on one file, each with a place of its own."""
    hurry, keys = Hurry(), []
    pace = Pace(tmp_path, "x", 50, hurry.now)
    deadline = hurry.deadline(600)

    def work() -> None:
        for _ in range(20):
            keys.append(pace.enter("GET", "/x", deadline))
            pace.leave(keys[-1])

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 200
