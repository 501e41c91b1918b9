"""Servers on loopback that share one set of keys."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

from ibcli.sim.embedded import Pacing, SimOptions, SimServer
from tests.scenes.certificate import self_signed
from tests.sim.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = "2025-08-18"


class RealTime:
    """The real clock, moved by as much as a test says."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Serve(Protocol):
    """Starts a server that stops when the test ends."""

    def __call__(self, **options: object) -> SimServer: ...


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def real() -> RealTime:
    return RealTime()


@pytest.fixture
def serve(key_folder: Path, real: RealTime) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(**options: object) -> SimServer:
            facts: dict[str, object] = {"clock": DAY, "keys": key_folder, "pacing": Pacing.RECORD}
            chosen = SimOptions(**(facts | options))  # type: ignore[arg-type]
            return stack.enter_context(SimServer(chosen, real=real))

        yield start


@pytest.fixture
def sim(serve: Serve) -> SimServer:
    return serve()


@pytest.fixture
def client(sim: SimServer) -> Client:
    """Has a live session token and nothing else."""
    client = Client(sim.env())
    assert client.request_lst().status == 200
    return client


@pytest.fixture
def trader(sim: SimServer) -> Client:
    """Has a brokerage session, and has called /iserver/accounts."""
    return Client(sim.env()).login()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Self-signed, for 127.0.0.1, and its key."""
    return self_signed(tmp_path, ca=False)
