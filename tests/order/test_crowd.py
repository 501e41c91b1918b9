"""Several commands at once: limits of the day and of the account hold for all of them together."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import simplejson

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.order.conftest import Trader

PUT = ("SPY", "--side", "put", "--strike", "641")


def started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_jobs_at_once_do_not_pass_the_limit_of_the_day(
    trader_at: Callable[..., Trader],
) -> None:
    trader = trader_at()
    trader.limited(IBCLI_MAX_ORDERS_PER_DAY="1")
    trader.preview(*PUT)  # what they look up is known by then: they meet at the lock
    commands = [
        [sys.executable, "-m", "ibcli", "order", *PUT, "--job", job, "--json"]
        for job in ("one", "other", "third")
    ]
    crowd = [started(each) for each in commands]
    told = [simplejson.loads(process.communicate()[0]) for process in crowd]
    assert sorted(process.returncode for process in crowd) == [0, 9, 9]
    refused = next(one for one in told if not one["ok"])
    assert refused["error"]["code"] == "guard-max-orders-per-day"
    assert len([post for post in trader.posts() if post.endswith("/orders")]) == 1
