"""``python -m chaos``: days of faults by the thousand, or one of them again."""

from __future__ import annotations

import argparse
import os
import pprint
import sys
import tempfile
from pathlib import Path

from chaos.campaign import Campaign, summary
from chaos.plan import plan_of

DAYS = 2000


def main() -> int:
    """0 when nothing was found, else 1."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS, help=f"how many; {DAYS}")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed; 1")
    parser.add_argument("--workers", type=int, default=3 * (os.cpu_count() or 1))
    parser.add_argument("--folder", type=Path, default=Path("build/chaos"), help="of the results")
    parser.add_argument("--replay", type=int, metavar="SEED", help="one day, and all that is said")
    told = parser.parse_args()
    if told.replay is not None:
        return replay(told.replay)
    campaign = Campaign(told.folder / "ibcli.jsonl", told.workers, say)
    outcomes = campaign.run(range(told.first, told.first + told.days))
    say(summary(outcomes))
    return int(any(not outcome.good for outcome in outcomes))


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


def say(text: str) -> None:
    """To whoever watches."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
