"""``make bench``: run all, write docs/benchmarks.md. ``--only`` and ``--quick`` for less."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from benchmarks.machine import taken
from benchmarks.process import BenchmarkError
from benchmarks.profile import profiles
from benchmarks.report import document
from benchmarks.sections import BY_NAME, ROWS, SECTIONS
from benchmarks.work import Bench, Results, say

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main(argv: list[str]) -> int:
    """A full run writes the report; a partial one prints what it would say."""
    asked = _parsed(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the simulators end too
    words, began = taken(), time.monotonic()
    names = asked.only or list(BY_NAME)
    sections = [each for each in SECTIONS if any(name.split(".")[0] == each.name for name in names)]
    results: Results = {}
    with Bench(quick=asked.quick, most=asked.times, only=tuple(asked.only or ())) as bench:
        for section in sections:
            say(section.title)
            try:
                results |= section.take(bench)
            except BenchmarkError as error:
                say(f"{section.name}: {error}")
                return 1
        imports = profiles(bench) if not asked.only else []
    text = document(results, imports, words)
    say(f"{time.monotonic() - began:.0f} s")
    if asked.only or asked.quick or asked.times:
        sys.stdout.write(text)
    else:
        REPORT.write_text(text, encoding="utf-8")
        say(f"written: {REPORT.name}")
    return 0


def _parsed(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure ibcli; write docs/benchmarks.md."
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[*BY_NAME, *ROWS],
        metavar="NAME",
        help="one section or row, printed instead of written; may be repeated. Sections: "
        f"{', '.join(BY_NAME)}; rows: {', '.join(ROWS)}",
    )
    parser.add_argument(
        "--quick", action="store_true", help="each sample once, the smallest work; printed"
    )
    parser.add_argument(
        "--times", type=int, metavar="N", help="each sample so often at most; printed"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
