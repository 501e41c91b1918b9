"""A process that runs one day of the plain program after another: seeds in, outcomes out."""

from __future__ import annotations

import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from chaos.outcome import Outcome
from chaos.plain.day import PlainDesk, run_plain
from chaos.plan import plan_of


def _day(desk: PlainDesk, seed: int, folder: Path) -> Outcome:
    """One day; a failure of the campaign itself is a finding too."""
    try:
        return run_plain(desk, plan_of(seed), folder)
    except Exception:  # noqa: BLE001 - it is told, and the campaign goes on
        text = traceback.format_exc(limit=-3)
        return Outcome(seed, wrong=1, findings=(f"{BROKEN} {text}",))


BROKEN = "the campaign failed:"
"""How a finding begins that says nothing about the program."""


def serve() -> None:
    """Until there are no more seeds."""
    with tempfile.TemporaryDirectory(prefix="ibcli-plain-") as root, PlainDesk(Path(root)) as desk:
        for line in sys.stdin:
            folder = Path(root) / f"day-{int(line)}"
            outcome = _day(desk, int(line), folder)
            shutil.rmtree(folder, ignore_errors=True)
            sys.stdout.write(outcome.line() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    serve()
