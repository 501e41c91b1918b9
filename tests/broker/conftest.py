"""A simulator and clients of it, on a clock that runs ahead instead of waiting."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker.client import BrokerClient
from ibcli.config import Settings, load_settings
from ibcli.sim.embedded import SimOptions, SimServer
from tests.scenes.hurry import Hurry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ibcli.broker.deadline import Deadline

LST = "/v1/api/oauth/live_session_token"
INIT = "/v1/api/iserver/auth/ssodh/init"


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
def alone(nobodys_settings: None) -> None:
    """All of these tests read settings."""


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
