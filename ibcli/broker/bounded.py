"""A wait that ends at the deadline, whatever the system is doing.

Sockets bound each step by itself: name resolution has no time-out at all, every address of a host
gets the whole one anew, and a server that sends a header's letters one by one starts it over with
each. So a request runs on a thread of its own, which is left behind when the time is over.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_GRACE = 0.25  # seconds, in which time-outs of the sockets' own can say more


def within(seconds: float, call: Callable[[], T]) -> T:
    """What ``call`` returns or raises; TimeoutError when it takes longer.

    The thread of a call that took too long ends with the process.
    """
    outcome: dict[str, Any] = {}
    done = threading.Event()

    def run() -> None:
        try:
            outcome["result"] = call()
        except BaseException as error:  # noqa: BLE001 -- raised where the call was made
            outcome["error"] = error
        finally:
            done.set()

    threading.Thread(target=run, name="ibcli-request", daemon=True).start()
    if not done.wait(min(seconds + _GRACE, threading.TIMEOUT_MAX)):
        raise TimeoutError
    if "error" in outcome:
        raise outcome["error"]
    result: T = outcome["result"]
    return result
