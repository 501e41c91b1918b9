"""The routes whose modules are imported late."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.routes import late

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("line", late.TABLE.strip().splitlines())
def test_each_has_a_handler(line: str) -> None:
    method, path, name = line.split()
    assert method in ("GET", "POST", "DELETE")
    assert path.startswith("/")
    module, _, function = name.partition(".")
    assert iscoroutinefunction(getattr(import_module(f"ibcli.sim.routes.{module}"), function))


def test_a_start_brings_no_books(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from ibcli.sim.embedded import SimOptions, SimServer
with SimServer(SimOptions(clock="2025-08-18", state=Path(sys.argv[1]))):
    print(*(name for name in sys.modules if name.startswith(("ibcli.sim.books.", "ibcli.sim.rep"))))
"""
    words = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ibcli.sim.books.schema"]
