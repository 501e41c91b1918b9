"""Why a command takes the processor time that it takes: what it imports, by package."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.process import Job, ibcli, python
from benchmarks.work import IBKR_RATE, prepare, quiet

if TYPE_CHECKING:
    from benchmarks.work import Bench

_LINE = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", re.MULTILINE)
_SHOWN = 6
_COMMANDS = (
    ("--help",),
    ("config", "show"),
    ("quote", "804155360"),
    ("chain", "ARM", "--month", "AUG25"),
)


@dataclass(frozen=True, slots=True)
class Imports:
    """Of one command: modules, seconds over all (with the measuring's own cost), and the packages
    that take most of them.
    """

    command: str
    modules: int
    seconds: float
    packages: tuple[tuple[str, float], ...]


def imports_of(printed: str, command: str) -> Imports:
    """From what ``python -X importtime`` writes."""
    packages: Counter[str] = Counter()
    modules = 0
    for microseconds, module in _LINE.findall(printed):
        packages[_package(module)] += int(microseconds)
        modules += 1
    most = tuple((name, spent / 1e6) for name, spent in packages.most_common(_SHOWN))
    return Imports(command, modules, sum(packages.values()) / 1e6, most)


def _package(module: str) -> str:
    """The distribution's package; the standard library's modules count together."""
    from sys import stdlib_module_names

    first = module.split(".")[0]
    is_standard = first in stdlib_module_names or first.startswith(("_", "encodings"))
    return "the standard library" if is_standard else first


def profiles(bench: Bench) -> list[Imports]:
    """Of warm commands."""
    broker = bench.ours(IBKR_RATE)
    broker.forget()
    env = bench.home().ours(broker)
    found = []
    for words in _COMMANDS:
        prepare(Job(ibcli(*words), env))
        quiet()
        ran = prepare(Job(python("-X", "importtime", "-m", "ibcli", *words), env))
        found.append(imports_of(ran.err, " ".join(("ibcli", *words))))
    return found
