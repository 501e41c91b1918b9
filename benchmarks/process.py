"""Running programs and measuring each: time, processor, memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAUNCHER = Path(__file__).with_name("launch.py")
PEERS = Path(__file__).with_name("peers")
BIN = Path(sys.executable).parent


class BenchmarkError(Exception):
    """A benchmark cannot be taken: a program failed, or two did not do the same work."""


@dataclass(frozen=True, slots=True)
class Job:
    """A program to run, and its whole environment."""

    argv: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one process has cost. Times in seconds, memory in bytes at its peak; ``began`` is in
    seconds since 1970.
    """

    began: float
    wall: float
    user: float
    system: float
    memory: int
    code: int
    out: str
    err: str

    @property
    def cpu(self) -> float:
        """Processor time of the process alone, in seconds."""
        return self.user + self.system


def ibcli(*words: str) -> tuple[str, ...]:
    """A command line as the user types it."""
    return (str(BIN / "ibcli"), *words)


def python(*words: str) -> tuple[str, ...]:
    """The interpreter that ibcli runs in too."""
    return (sys.executable, *words)


def peer(name: str, *words: str) -> tuple[str, ...]:
    """A program compared against."""
    return python(str(PEERS / f"{name}.py"), *words)


def run_together(jobs: Sequence[Job], *, seconds: float = 300.0) -> list[Ran]:
    """All at once, each measured by itself.

    Raises:
        BenchmarkError: when they are not done in so many seconds, or one cannot be started.
    """
    with TemporaryDirectory(prefix="ibcli-bench-") as folder:
        outputs = [(Path(folder, f"{n}.out"), Path(folder, f"{n}.err")) for n in range(len(jobs))]
        asked = [
            {"argv": job.argv, "env": dict(job.env), "out": str(out), "err": str(err)}
            for job, (out, err) in zip(jobs, outputs, strict=True)
        ]
        costs = _launch({"jobs": asked}, seconds)
        return [
            Ran(
                began=cost["began"],
                wall=cost["wall"],
                user=cost["user"],
                system=cost["sys"],
                memory=int(cost["memory"]),
                code=int(cost["code"]),
                out=out.read_text(encoding="utf-8"),
                err=err.read_text(encoding="utf-8"),
            )
            for cost, (out, err) in zip(costs, outputs, strict=True)
        ]


def run(job: Job, *, seconds: float = 300.0) -> Ran:
    """One program. Raises as ``run_together``."""
    return run_together([job], seconds=seconds)[0]


def _launch(asked: dict[str, object], seconds: float) -> list[dict[str, float]]:
    launcher = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        told, complaint = launcher.communicate(json.dumps(asked), timeout=seconds)
    except BaseException as error:
        os.killpg(launcher.pid, signal.SIGKILL)  # the session of its own, with all that it started
        launcher.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise BenchmarkError(f"not done in {seconds:.0f} s") from error
        raise
    if launcher.returncode != 0:
        raise BenchmarkError(complaint.strip())
    costs: list[dict[str, float]] = json.loads(told)
    return costs
