"""Processes of the plain program that begin at once, as those of ibcli do (``chaos.processes``).

ibind has been imported, with the settings that it reads then; the program is imported by each. Its
waits, on the clock and for answers, are shorter by ``HASTE``, as ibcli's are before a simulator;
how often it asks again is ibind's own affair.
"""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from chaos import processes
from chaos.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

HASTE = 5
"""ibind waits ten seconds for an answer, four times: two seconds here."""

_FIRST = frozenset({"place_order", "modify_order", "cancel_order"})
_NOTES = frozenset({"note", "mark"})


class PlainParent(processes.Parent):
    """The process that the others are forked from. A context manager. ``environment`` is what
    ibind finds when it is imported.
    """

    environment: Mapping[str, str]

    def __enter__(self) -> Self:
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos.plain.ready"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.environment},
            cwd=Path(__file__).parents[2],
        )
        return self


class PlainSteps(Steps):
    """Counts from the first change that it asks the broker for: its notes stand for the journal."""

    def watch(self, frame: FrameType, event: str, called: Any) -> None:
        """What ``sys.setprofile`` calls."""
        if event in ("call", "return"):
            name = frame.f_code.co_name
            if (name in _FIRST and event == "call") or (self.passed and name in _NOTES):
                self.step()
        elif self.passed:
            name = getattr(called, "__name__", "")
            if (name == "sendall" and event in ("c_call", "c_return")) or (
                name == "recv_into" and event == "c_return"
            ):
                self.step()


def hasten() -> None:
    """Shorten the waits of this process."""
    from requests.adapters import HTTPAdapter

    sleep, send = time.sleep, HTTPAdapter.send

    def hasty_send(self: HTTPAdapter, request: Any, **facts: Any) -> Any:
        if facts.get("timeout") is not None:
            facts["timeout"] = facts["timeout"] / HASTE
        return send(self, request, **facts)

    time.sleep = lambda seconds: sleep(float(seconds) / HASTE)
    HTTPAdapter.send = hasty_send  # type: ignore[method-assign, assignment]


def _run(step: tuple[int, str] | None) -> int:
    """The exit code; a traceback goes where an interpreter's would."""
    hasten()
    steps = PlainSteps(*step) if step else None
    try:
        from chaos.plain import program

        if steps:
            threading.setprofile(steps.watch)
            sys.setprofile(steps.watch)
        program.main(sys.argv[1:])
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - printed as by an interpreter that ends of it
        traceback.print_exc()
        return 1
    finally:
        sys.setprofile(None)
        if steps:
            sys.stderr.write(f"\nsteps: {steps.passed}\n")
    return 0


def _begin() -> None:
    for name in ("ibind.oauth.oauth1a", "time_machine"):
        importlib.import_module(name)
    processes._run = _run
    asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("r+b") as nothing:
        for number in (0, 1):
            os.dup2(nothing.fileno(), number)
    gc.freeze()
    processes._serve(asked, answers)


if __name__ == "__main__":
    _begin()
