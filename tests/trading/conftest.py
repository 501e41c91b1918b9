"""A trader's surroundings: a simulated market over loopback, and a client that talks to it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.connect import connect
from ibcli.broker.deadline import Deadline
from ibcli.config import load_settings
from ibcli.sim.embedded import SimServer
from tests.scenes.market import desk_settings, simulated_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ibcli.broker.client import BrokerClient

LOOKUPS = ("/iserver/secdef/strikes", "/iserver/secdef/info", "/iserver/secdef/search")


class Desk:
    """A simulator, and clients whose state and cache lie in one folder."""

    def __init__(self, sim: SimServer, folder: Path) -> None:
        self.sim = sim
        self.folder = folder

    def environment(self) -> dict[str, str]:
        """The settings of a process at this desk; its own pacing is not slowed down."""
        return desk_settings(self.sim, self.folder, IBCLI_HASTE="50")

    @contextmanager
    def client(self, seconds: float = 20) -> Iterator[BrokerClient]:
        """A client with so many seconds to live."""
        settings = load_settings(environ=self.environment(), cwd=self.folder)
        with connect(settings, Deadline.after(seconds)) as client:
            yield client

    def count(self, path: str) -> int:
        """How often a path was asked for so far."""
        return sum(request.path.endswith(path) for request in self.sim.requests)

    def lookups(self) -> int:
        """How often contracts were asked for so far."""
        return sum(map(self.count, LOOKUPS))


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimServer]:
    """One simulator for the tests that do it no harm."""
    with SimServer(simulated_day()) as sim:
        yield sim


@pytest.fixture(scope="session")
def shared_desk(market: SimServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose cache grows from test to test."""
    return Desk(market, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def fresh_desk(market: SimServer, tmp_path: Path) -> Desk:
    """A desk that has neither login nor cache, at the shared market."""
    return Desk(market, tmp_path)


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk at a market of its own, which may be harmed."""
    with SimServer(simulated_day()) as sim:
        yield Desk(sim, tmp_path)
