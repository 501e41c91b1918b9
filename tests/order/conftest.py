"""A trader's desk at a simulated market on a Monday morning, and the command line on it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from ibcli.cli import run
from ibcli.sim.embedded import SimServer
from tests.scenes.ended import EndedOrder
from tests.scenes.market import MORNING, desk_settings, simulated_day, sit_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_jobs = itertools.count(1)


class Trader:
    """Types command lines at one desk; what he is limited by stands in his environment."""

    def __init__(
        self,
        sim: SimServer,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.sim = sim
        self.folder = folder
        self._patch = monkeypatch
        self._capsys = capsys
        sit_down(monkeypatch, folder, self.environment())

    def environment(self) -> dict[str, str]:
        """The settings of a process at this desk."""
        limits = {
            "IBCLI_HASTE": "50",
            "IBCLI_DEADLINE": "20",
            "IBCLI_MAX_ORDERS_PER_DAY": "1000",  # many tests share a day
        }
        return desk_settings(self.sim, self.folder, **limits, COLUMNS="160")

    def limited(self, **settings: str) -> None:
        """Set the trader's own limits."""
        for name, value in settings.items():
            self._patch.setenv(name, value)

    def __call__(self, *argv: str) -> EndedOrder:
        code = run(argv)
        out, err = self._capsys.readouterr()
        return EndedOrder(code, out, err)

    def order(self, *argv: str, job: str | None = None) -> EndedOrder:
        """``ibcli order ... --json`` under a job's name of its own, unless one is given."""
        named = job or f"job-{next(_jobs)}"
        return self("order", *argv, "--job", named, "--json")

    def preview(self, *argv: str) -> EndedOrder:
        """The same as a dry run."""
        return self.order(*argv, "--dry-run")

    def forget_requests(self) -> None:
        """Have the simulator count from here on."""
        address = self.sim.url.replace("/v1/api", "") + "/v1/sim/requests"
        with urlopen(Request(address, method="DELETE")) as answer:
            assert answer.status == 200

    def posts(self) -> list[str]:
        """The requests so far that change something at the broker."""
        return [
            f"{request.method} {request.path}"
            for request in self.sim.requests
            if _writes(request.method, request.path)
        ]


def _writes(method: str, path: str) -> bool:
    changes = ("/orders", "/notification")
    return (method == "POST" and (path.endswith(changes) or "/iserver/reply/" in path)) or (
        method in {"POST", "DELETE"} and "/order/" in path
    )


@pytest.fixture(scope="session")
def exchange() -> Iterator[SimServer]:
    """One market for the tests that leave it as it was, or trade under names of their own."""
    with SimServer(simulated_day()) as sim:
        yield sim


@pytest.fixture(scope="session")
def desk_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its login and its cache grow from test to test."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture
def trader(
    exchange: SimServer,
    desk_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Trader:
    """A trader at the shared market."""
    exchange.faults.clear()
    return Trader(exchange, desk_folder, monkeypatch, capsys)


@pytest.fixture
def quiet(trader: Trader) -> Trader:
    """A trader at a market that has not seen a request yet."""
    trader.forget_requests()
    return trader


@pytest.fixture
def trader_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Trader]]:
    """Makes a trader at a market of his own, which may be harmed or told another time."""
    servers: list[SimServer] = []

    def make(at: str = MORNING, **options: Any) -> Trader:
        sim = SimServer(simulated_day(at, **options))
        servers.append(sim)
        return Trader(sim.__enter__(), tmp_path, monkeypatch, capsys)

    yield make
    for sim in servers:
        sim.__exit__(None, None, None)
