"""A system that gives a user no more files or threads: one clear sentence, and nothing sent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.abreast import abreast
from ibcli.sim.embedded import SimServer
from tests.crowd.conftest import ROOT
from tests.proof.scene import CALL, some
from tests.scenes.ended import EndedOrder
from tests.scenes.market import desk_settings, simulated_day

if TYPE_CHECKING:
    from collections.abc import Iterator

# All is imported before: else it is Python itself that finds no file to read.
LIMITED = """
import encodings.idna, importlib, os, pkgutil, resource, sys
import ibcli
for module in pkgutil.walk_packages(ibcli.__path__, "ibcli."):
    if not module.name.startswith(("ibcli.sim", "ibcli.__main__", "ibcli.commands.sim")):
        importlib.import_module(module.name)
import concurrent.futures.thread, tenacity
from ibcli.__main__ import main
from ibcli.broker.library import oauth1a
oauth1a()
for name in ("ascii", "idna", "latin-1", "utf-8-sig", "cp1252", "utf-16"):
    "".encode(name)
limit, number, user = sys.argv.pop(1), int(sys.argv.pop(1)), int(sys.argv.pop(1))
resource.setrlimit(getattr(resource, limit), (number, number))
if user:  # the limit of processes does not hold for root
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
sys.argv[0] = "ibcli"
main()
"""
NOBODY = 65534
QUOTE = ["quote", "SPY", "--json"]


@pytest.fixture(scope="module")
def sim() -> Iterator[SimServer]:
    with SimServer(simulated_day()) as running:
        yield running


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that another user may enter, too."""
    made = Path(tempfile.mkdtemp(prefix="limits-"))
    yield made
    shutil.rmtree(made)


def run(
    sim: SimServer, folder: Path, limit: str, number: int, argv: list[str], user: int = 0
) -> EndedOrder:
    """The command under that limit."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IB_", "IBCLI_"))}
    told = {**kept, **desk_settings(sim, folder), "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    for name in ("state", "cache"):
        (folder / name).mkdir(exist_ok=True, mode=0o700)
    if user:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, limit, str(number), str(user), *argv, "--deadline", "20"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        cwd=folder, env=told,
    )  # fmt: skip
    return EndedOrder(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("number", some([], [6, 9, 14, 18, 22, 26]))
def test_few_files(sim: SimServer, folder: Path, number: int) -> None:
    """Done, or it says which limit it is; 64 are plenty."""
    for argv in (QUOTE, CALL):
        orders = len([r for r in sim.requests if r.path.endswith("/orders") and r.method == "POST"])
        ended = run(sim, folder, "RLIMIT_NOFILE", number, argv)
        if ended.code == 0:
            continue
        assert (ended.code, ended.error) == (3, "system-limit"), ended
        assert "ulimit -n" in ended.err
        after = len([r for r in sim.requests if r.path.endswith("/orders") and r.method == "POST"])
        assert after == orders


@pytest.mark.parametrize("argv", some([], [CALL, QUOTE]))
def test_a_few_dozen_files_are_enough(sim: SimServer, folder: Path, argv: list[str]) -> None:
    ended = run(sim, folder, "RLIMIT_NOFILE", 32, argv)
    assert ended.code == 0, ended


@pytest.mark.skipif(os.geteuid() != 0, reason="counts all processes of this user")
@pytest.mark.parametrize("number", some([], [1, 4, 8]))
def test_few_threads(folder: Path, number: int) -> None:
    with SimServer(simulated_day(keys=folder / "keys")) as sim:
        for argv in (QUOTE, CALL):
            ended = run(sim, folder, "RLIMIT_NPROC", number, argv, NOBODY)
            if ended.code == 0:
                assert number > 1
                continue
            assert (ended.code, ended.error) == (3, "system-limit"), ended
            assert "ulimit -u" in ended.err


def test_fewer_threads_do_the_work_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    begun: list[str] = []
    start = threading.Thread.start

    def some_start(thread: threading.Thread) -> None:
        if len(begun) == 2:
            raise RuntimeError("can't start new thread")
        begun.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", some_start)
    assert abreast([lambda n=n: n for n in range(50)], 10) == list(range(50))  # type: ignore[misc]
    assert len(begun) == 2
