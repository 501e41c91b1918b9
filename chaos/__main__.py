"""``python -m chaos``: days of faults by the thousand, or one of them again.

A whole campaign goes over the plain program too, and writes docs/reliability.md.
"""

from __future__ import annotations

import argparse
import os
import pprint
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import taken
from chaos.campaign import Campaign, summary
from chaos.plan import plan_of
from chaos.report import write

DAYS = 2000


def main() -> int:
    """0 when nothing was found, else 1."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS, help=f"how many; {DAYS}")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed; 1")
    parser.add_argument("--workers", type=int, default=3 * (os.cpu_count() or 1))
    parser.add_argument("--folder", type=Path, default=Path("build/chaos"), help="of the results")
    parser.add_argument("--replay", type=int, metavar="SEED", help="one day, and all that is said")
    parser.add_argument("--plain", action="store_true", help="with --replay, of the plain program")
    told = parser.parse_args()
    if told.replay is not None:
        return replay_plain(told.replay) if told.plain else replay(told.replay)
    seeds = range(told.first, told.first + told.days)
    results = told.folder / "ibcli.jsonl", told.folder / "plain.jsonl"
    ours = Campaign(results[0], told.workers, say).run(seeds)
    say(summary(ours))
    found = any(not outcome.good for outcome in ours)
    if told.days < DAYS:
        return int(found)
    plain = Campaign(results[1], told.workers, lambda _: None, "chaos.plain.worker").run(seeds)
    say(f"The plain program: {summary(plain)}")
    complaints = write(ours, plain, taken())
    for complaint in complaints:
        say(f"docs/reliability.md is not written: {complaint}")
    if not complaints:  # the next campaign begins anew
        for path in results:
            path.replace(path.with_suffix(".last.jsonl"))
    return int(found or bool(complaints))


def replay(seed: int) -> int:
    """Run one day, tell everything, keep its folder."""
    from chaos.desk import Desk
    from chaos.worker import run_day

    root = Path(tempfile.mkdtemp(prefix=f"ibcli-chaos-{seed}-"))
    say(pprint.pformat(plan_of(seed), width=120))
    with Desk(root / "desk") as desk:
        folder = root / "day"
        folder.mkdir()
        outcome, evidence = run_day(desk, seed, folder, say)
    if evidence is not None:
        say("-- the broker's books")
        for order in evidence.books.orders:
            say(
                f"{order.id} {order.coid} {order.status} {order.type} {order.legs} buy={order.buy} "
                f"{order.filled}/{order.total} at {order.price} {order.stop} of {order.parent} "
                f"{order.reason}"
            )
        for intent in evidence.intents:
            say(f"{intent.coid} {intent.kinds}")
    say(outcome.line())
    say(f"kept: {folder}")
    return int(not outcome.good)


def replay_plain(seed: int) -> int:
    """The same of the plain program."""
    from chaos.plain.day import PlainDesk, run_plain

    root = Path(tempfile.mkdtemp(prefix=f"ibcli-plain-{seed}-"))
    say(pprint.pformat(plan_of(seed), width=120))
    with PlainDesk(root / "desk") as desk:
        say(run_plain(desk, plan_of(seed), root / "day", say).line())
    say(f"kept: {root / 'day'}")
    return 0


def say(text: str) -> None:
    """To whoever watches."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
