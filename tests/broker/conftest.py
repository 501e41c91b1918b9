"""A simulator and clients of it, on a clock that runs ahead instead of waiting."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker.client import BrokerClient
from ibcli.broker.deadline import Deadline
from ibcli.config import Settings, load_settings
from ibcli.sim.embedded import SimOptions, SimServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LST = "/v1/api/oauth/live_session_token"
INIT = "/v1/api/iserver/auth/ssodh/init"


@dataclass
class Hurry:
    """Real time, plus all that would have been slept."""

    skipped: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return time.time() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.skipped += seconds

    def deadline(self, seconds: float = 60) -> Deadline:
        return Deadline(self.now() + seconds, clock=self.now, sleeper=self.sleep)


@dataclass
class Bench:
    """A simulator, and as many clients of it as are asked for; all share one state folder."""

    sim: SimServer
    hurry: Hurry
    folder: Path
    stack: ExitStack

    def settings(self, **changes: str) -> Settings:
        environ = {**self.sim.env(), "IBCLI_STATE_DIR": str(self.folder / "state"), **changes}
        return load_settings(environ=environ, cwd=self.folder)

    def client(self, deadline: Deadline | None = None, **changes: str) -> BrokerClient:
        client = BrokerClient(
            self.settings(**changes), deadline or self.hurry.deadline(), clock=self.hurry.now
        )
        return self.stack.enter_context(client)

    def count(self, path: str) -> int:
        return sum(request.path.endswith(path) for request in self.sim.requests)


@pytest.fixture(autouse=True)
def plain_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("IB_", "IBCLI_", "IBIND_", "XDG_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def bench_of(tmp_path: Path, keys: Path) -> Iterator[Callable[..., Bench]]:
    """Makes a bench with these simulator options."""
    with ExitStack() as stack:

        def make(**options: Any) -> Bench:
            hurry = Hurry()
            chosen = SimOptions(clock="2025-08-18", keys=keys, **options)
            sim = stack.enter_context(SimServer(chosen, real=hurry.now))
            return Bench(sim, hurry, tmp_path, stack)

        yield make


@pytest.fixture
def bench(bench_of: Callable[..., Bench]) -> Bench:
    return bench_of()
