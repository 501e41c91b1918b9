"""Two machines: a user's, who records a run, and a developer's, on which it is replayed."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.cli import run
from ibcli.sim.embedded import SimServer
from ibcli.sim.options import Pacing, SimOptions
from tests.scenes.ended import Ended
from tests.scenes.market import desk_settings, simulated_day, sit_down

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "DU7654321"  # nothing like the numbers that are made up


@dataclass
class Bench:
    """Runs command lines at either machine, in this process."""

    folder: Path
    keys: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    stack: ExitStack
    port: int = 0
    files: list[Path] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)

    def broker(self, **options: Any) -> SimServer:
        """The user's broker."""
        chosen = {"account": ACCOUNT, "keys": self.keys, **options}
        sim = self.stack.enter_context(SimServer(simulated_day(**chosen)))
        self.port = sim.port
        return sim

    def record(self, sim: SimServer, *argv: str) -> Ended:
        """A command at the user's machine, recorded."""
        path = self.folder / f"run{len(self.files)}.jsonl"
        self.files.append(path)
        settings = desk_settings(sim, self.folder / "user", IBCLI_HASTE="50", **self.more)
        return self._run(settings, *argv, "--record", str(path))

    def replay(self, **options: Any) -> SimServer:
        """The recordings served; the user's broker has to be gone, as its port is taken over."""
        self.stack.close()
        chosen = SimOptions(
            replay=tuple(self.files), port=self.port, keys=self.keys, pacing=Pacing.RECORD
        )
        return self.stack.enter_context(SimServer(replace(chosen, **options)))

    def repeat(self, sim: SimServer, *argv: str) -> Ended:
        """A command at the developer's machine."""
        return self._run(desk_settings(sim, self.folder / "developer"), *argv)

    def lines(self, number: int = 0) -> list[dict[str, Any]]:
        """A recording's lines."""
        return [json.loads(line) for line in self.files[number].read_text().splitlines()]

    def _run(self, settings: dict[str, str], *argv: str) -> Ended:
        settings = {"COLUMNS": "160", **settings}
        with self.monkeypatch.context() as patch:
            home = Path(settings["IBCLI_STATE_DIR"]).parent
            home.mkdir(exist_ok=True)
            sit_down(patch, home, settings)
            code = run(argv)
        out, err = self.capsys.readouterr()
        return Ended(code, out, err)


@pytest.fixture
def bench(
    tmp_path: Path,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    nobodys_settings: None,
) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, keys, monkeypatch, capsys, stack)
