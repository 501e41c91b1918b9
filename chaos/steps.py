"""The steps of an order's way, and what may happen to its process at one of them.

Steps are counted from the first entry in the journal on. Each statement that writes to it and each
request is two: just before it, and just after it; each answer is one. Nothing changes on either
side between two of them. The deeds: ``kill``, as by a power cut; ``term``, as by a shutdown;
``stop``, until SIGCONT; ``full``: from then on no file takes a byte; ``hiccup``: until the next
step only; ``clock N``: the machine's clock jumps by so many seconds.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

WRITES = frozenset({"claim", "write", "write_new", "_insert", "_insert_intent"})
JOURNAL = str(Path("ibcli", "trading", "journal", "journal.py"))
_SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "stop": signal.SIGSTOP}


class Steps:
    """Counts, and does the deed at ``last``."""

    def __init__(self, last: int, deed: str) -> None:
        self.last = last
        self.deed = deed
        self.passed = 0
        self.lock = threading.Lock()
        self.limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def watch(self, frame: FrameType, event: str, called: Any) -> None:
        """What ``sys.setprofile`` calls."""
        name = getattr(called, "__name__", "")
        if name == "execute" and event in ("c_call", "c_return"):
            code = frame.f_code
            if code.co_name in WRITES and code.co_filename.endswith(JOURNAL):
                self.step()
        elif self.passed and (
            (name == "sendall" and event in ("c_call", "c_return"))
            or (name == "recv_into" and event == "c_return")
        ):
            self.step()

    def step(self) -> None:
        """One more."""
        with self.lock:
            self.passed += 1
            if self.passed == self.last:
                self.do()
            elif self.deed == "hiccup" and self.passed == self.last + 1:
                resource.setrlimit(resource.RLIMIT_FSIZE, self.limits)

    def do(self) -> None:
        """The deed."""
        if number := _SIGNALS.get(self.deed):
            os.kill(os.getpid(), number)
        elif self.deed.startswith("clock"):
            move_clock(float(self.deed.split()[1]))
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, self.limits[1]))


def move_clock(seconds: float) -> None:
    """From now on every clock of this process but the monotonic ones is off by so much."""
    import time

    import time_machine

    time_machine.travel(time.time() + seconds, tick=True).start()


def walk(step: int, deed: str) -> Steps:
    """Count the steps of this process from now on."""
    steps = Steps(step, deed)
    threading.setprofile(steps.watch)
    sys.setprofile(steps.watch)
    return steps
