"""Ctrl-C and SIGTERM: unwind what is open, but be gone within two seconds in any case."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from ibcli.commands.boundary import TERMINATED, Terminated
from ibcli.errors import ExitCode

if TYPE_CHECKING:
    from types import FrameType

GRACE = 2.0  # seconds; a request on the wire may hold its thread for longer


def heed_signals() -> None:
    """Install the handlers; to be called from the main thread, once."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _terminate)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _leave_anyway(ExitCode.INTERRUPTED)
    raise KeyboardInterrupt


def _terminate(_number: int, _frame: FrameType | None) -> None:
    _leave_anyway(TERMINATED)
    raise Terminated


def _leave_anyway(code: int) -> None:
    """Threads that wait for the network cannot be told to stop: end over their heads."""
    timer = threading.Timer(GRACE, os._exit, (code,))
    timer.daemon = True
    timer.start()
