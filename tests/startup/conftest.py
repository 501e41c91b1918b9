"""Command lines run through the front door, in a process that tells what it has imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CODE = """
import json, os, sys
from ibcli.__main__ import main

codes = []
for argv, changes in json.loads(sys.argv[1]):
    sys.argv = ["ibcli", *argv]
    os.environ.update(changes)
    try:
        main()
    except SystemExit as ended:
        codes.append(ended.code)
    for name in changes:
        del os.environ[name]
with os.fdopen(int(os.environ["TELL"]), "w") as tell:
    json.dump([codes, list(sys.modules)], tell)
"""


@dataclass(frozen=True)
class Words:
    """A command line, and what stands in the environment for it alone."""

    argv: tuple[str, ...]
    changes: dict[str, str] = field(default_factory=dict)


def words(text: str, **changes: str) -> Words:
    """A command line without quotes."""
    return Words(tuple(text.split()), changes)


def completing(text: str) -> Words:
    """How bash asks for what may follow."""
    place = str(len(text.split(" ")) - 1)
    changes = {"_IBCLI_COMPLETE": "bash_complete", "COMP_WORDS": text, "COMP_CWORD": place}
    return Words((), changes)


@dataclass(frozen=True)
class Told:
    """Exit codes, what was printed, and which modules there were in the end."""

    codes: list[int]
    out: str
    err: str
    modules: frozenset[str]

    def imported(self, names: Iterable[str]) -> list[str]:
        """Those of these modules that were imported."""
        return [name for name in names if name in self.modules]


class Door:
    """A user's home folder, and the program started in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environment = {**kept, "HOME": str(home), "COLUMNS": "400"}  # nothing has to wrap

    def run(self, *lines: Words) -> Told:
        """Run command lines one after another in one process, its output a pipe."""
        pairs = json.dumps([(line.argv, line.changes) for line in lines])
        reader, writer = os.pipe()
        with os.fdopen(reader) as told:
            ended = subprocess.run(
                [sys.executable, "-c", _CODE, pairs],
                capture_output=True,
                text=True,
                check=False,
                cwd=self.home,
                env={**self.environment, "TELL": str(writer)},
                pass_fds=(writer,),
            )
            os.close(writer)
            codes, modules = json.loads(told.read() or "[[], []]")
        assert modules, ended.stderr
        return Told(codes, ended.stdout, ended.stderr, frozenset(modules))


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """A home in which there is nothing: no settings, no login, no journal."""
    return Door(tmp_path)
