"""A broker for each worker, forgetful between tests, and folders that are new in each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.books.schema import TABLES
from ibcli.sim.embedded import SimServer
from tests.proof.ready import Parent
from tests.proof.scene import BOTH, Scene
from tests.scenes.market import simulated_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def broker() -> Iterator[SimServer]:
    """One simulator for all tests of a worker."""
    with SimServer(simulated_day()) as sim:
        yield sim


@pytest.fixture(scope="session")
def parent() -> Iterator[Parent]:
    """What processes are forked from."""
    with Parent() as started:
        yield started


@pytest.fixture(scope="session")
def warm(broker: SimServer, parent: Parent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of a client who is logged in and has looked up what he is to trade."""
    folder = tmp_path_factory.mktemp("warm")
    ended = Scene(broker, parent, folder).run([*BOTH, "--dry-run"])
    assert ended.code == 0, ended
    for journal in (folder / "state").glob("journal-*"):
        journal.unlink()
    return folder


@pytest.fixture
def scene(broker: SimServer, parent: Parent, warm: Path, tmp_path: Path) -> Iterator[Scene]:
    """A logged-in client before a broker with empty books."""
    with broker.sim.store.transaction() as db:
        for table in TABLES:
            db.execute(f"DELETE FROM {table}")
    broker.sim.log.clear()
    for name in ("state", "cache"):
        shutil.copytree(warm / name, tmp_path / name)
    yield Scene(broker, parent, tmp_path)
    broker.faults.clear()


@pytest.fixture
def cold(parent: Parent, tmp_path: Path) -> Iterator[Scene]:
    """A client who knows nothing, before a broker of his own, who may be harmed."""
    with SimServer(simulated_day()) as sim:
        yield Scene(sim, parent, tmp_path)
        sim.faults.clear()
