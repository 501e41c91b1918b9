"""A process that runs one day after another: a seed a line in, an outcome a line out."""

from __future__ import annotations

import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.audit import audit
from chaos.day import DayRun
from chaos.desk import Desk
from chaos.outcome import Outcome
from chaos.plan import plan_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.evidence import Evidence


def run_day(
    desk: Desk, seed: int, folder: Path, say: Callable[[str], None] = lambda _: None
) -> tuple[Outcome, Evidence | None]:
    """One day; a failure of the campaign itself is a finding too."""
    try:
        evidence = DayRun(desk, plan_of(seed), folder, say).run()
        return audit(evidence), evidence
    except Exception:  # noqa: BLE001 - it is told, and the campaign goes on
        text = traceback.format_exc(limit=-3)
        say(text)
        return Outcome(seed, wrong=1, findings=(f"the campaign failed: {text}",)), None


def serve() -> None:
    """Until there are no more seeds."""
    with tempfile.TemporaryDirectory(prefix="ibcli-chaos-") as root, Desk(Path(root)) as desk:
        for line in sys.stdin:
            folder = Path(root) / f"day-{int(line)}"
            folder.mkdir(mode=0o700)
            outcome, _ = run_day(desk, int(line), folder)
            shutil.rmtree(folder)
            sys.stdout.write(outcome.line() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    serve()
