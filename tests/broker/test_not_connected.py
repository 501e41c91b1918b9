"""What is answered from this machine makes no connection, and imports nothing that could."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.deadline import Deadline
from tests.auth.test_broken_setups import certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.broker.conftest import Bench

__all__ = ["certificate"]
SENDS = ("ibind", "requests", "urllib3", "http.client", "ssl", "pydantic", "simplejson", "tenacity")
RUN = f"""
import sys
from ibcli.cli import run
code = run(sys.argv[1:])
print(code, [name for name in {SENDS!r} if name in sys.modules], file=sys.stderr)
"""


def ran(bench: Bench, *argv: str, **changes: str) -> str:
    """The exit code, and what was imported that sends."""
    environ = {
        **os.environ,
        **bench.sim.env(),
        "IBCLI_STATE_DIR": str(bench.folder / "state"),
        "IBCLI_CACHE_DIR": str(bench.folder / "cache"),
        **changes,
    }
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *argv],
        env=environ,
        cwd=bench.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("argv", ["auth status", "auth logout"])
def test_without_a_login_there_is_nothing_to_ask(bench: Bench, argv: str) -> None:
    assert ran(bench, *argv.split()) == "0 []"
    assert len(bench.sim.requests) == 0


def test_what_the_contract_cache_knows_is_not_asked_again(bench: Bench) -> None:
    """The first time it logs in, for which it takes of ibind neither models nor HTTP client."""
    assert ran(bench, "search", "ARM") == "0 ['urllib3', 'http.client', 'ssl']"
    assert bench.count("/oauth/live_session_token") == 1
    asked = len(bench.sim.requests)
    assert ran(bench, "search", "ARM") == "0 []"
    assert len(bench.sim.requests) == asked


def test_a_warm_quote_is_one_request(bench: Bench) -> None:
    for _ in range(2):
        assert ran(bench, "quote", "804155360").startswith("0 ")
    asked = len(bench.sim.requests)
    assert ran(bench, "quote", "804155360") == "0 ['urllib3', 'http.client', 'ssl']"
    assert [each.path for each in list(bench.sim.requests)[asked:]] == [
        "/v1/api/iserver/marketdata/snapshot"
    ]


@pytest.mark.parametrize("argv", ["auth status", "search ARM"])
def test_authorities_that_cannot_be_used_are_said_before_anything_is_asked(
    bench: Bench, argv: str
) -> None:
    assert ran(bench, *argv.split(), IBCLI_CA_BUNDLE="gone.pem").startswith("3 ")
    assert len(bench.sim.requests) == 0


def test_authorities_are_read_once_for_all_connections(
    bench_of: Callable[..., Bench], certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    bench = bench_of(tls=certificate)
    bundle = tmp_path / "authorities.pem"
    bundle.write_bytes(certificate[0].read_bytes())
    client = bench.client(Deadline.after(30), IBCLI_CA_BUNDLE=str(bundle))
    bundle.unlink()
    symbols = ["ARM", "SPY", "AAPL", "SPX"]
    calls = [
        lambda symbol=symbol: client.read("GET", "/trsrv/stocks", params={"symbols": symbol})
        for symbol in symbols
    ]
    assert [next(iter(answer)) for answer in client.parallel(calls)] == symbols
