"""The cron lines of the README, run as cron would: with the variables printed there alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.embedded import SimServer
from ibcli.sim.options import Pacing, SimOptions
from scripts.docs.__main__ import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = "".join(re.findall(r"^```cron\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
VARIABLES = dict(re.findall(r"^([A-Z_]+)=(.*)$", TABLE, re.MULTILINE))
COMMANDS = re.findall(r"^[-0-9*/,]+(?: +[-0-9*/,]+){4} +(ibcli .*)$", TABLE, re.MULTILINE)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder with ibcli in it, and the settings of a simulated account."""
    (tmp_path / ".local" / "bin").mkdir(parents=True)
    (tmp_path / ".local" / "bin" / "ibcli").symlink_to(Path(sys.executable).parent / "ibcli")
    (tmp_path / "ib").mkdir()
    with SimServer(SimOptions(clock="2025-08-18", pacing=Pacing.RECORD)) as sim:
        settings = sim.env() | {"IBCLI_MAX_RPS": "50", "IBCLI_HASTE": "50"}
        lines = [f'{name}="{value}"\n' for name, value in settings.items()]
        (tmp_path / "ib" / ".env").write_text("".join(lines), encoding="utf-8")
        yield tmp_path


def run_as_cron(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    variables = {
        name: value.replace("/home/me", str(home))
        for name, value in VARIABLES.items()
        if name != "CRON_TZ"
    }
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env={"HOME": str(home), **variables},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_lines_work_as_printed_and_are_silent(home: Path) -> None:
    assert [command.split()[1] for command in COMMANDS] == ["order", "reconcile", "chain"]
    for command in COMMANDS:
        ended = run_as_cron(command, home)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), command
    placed = (home / "ib" / "order.txt").read_text(encoding="utf-8")
    assert placed.startswith("Placed.")
    again = run_as_cron(COMMANDS[0], home)
    assert (again.returncode, again.stderr) == (0, "")
    told = (home / "ib" / "order.txt").read_text(encoding="utf-8")
    assert told.startswith("Placed already")
