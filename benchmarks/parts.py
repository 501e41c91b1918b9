"""Runs an ibcli command and says what processor time its journal, guards and pacing took.

``python parts.py FILE WORDS...``: as ``ibcli WORDS...``, and ``{"journal": seconds, ...}`` goes to
FILE. Each function of a part is timed by its thread's processor time; what one calls of the same
part counts once. Waiting for the disk or for others costs no processor time and is not in it, nor
is importing the parts' modules, which ``imported`` has.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import pkgutil
import sys
import threading
import time
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARTS = {
    "journal": (
        "ibcli.trading.journal",
        "ibcli.trading.placing.claiming",
        "ibcli.trading.placing.learning",
        "ibcli.trading.placing.workplace",
    ),
    "guards": (
        "ibcli.trading.orders.guards",
        "ibcli.trading.orders.amount_guards",
        "ibcli.trading.orders.market_guards",
    ),
    "pacing": ("ibcli.broker.pace",),
}


class Clock:
    """Adds up what a part takes, over all threads."""

    def __init__(self, seconds: dict[str, float], part: str) -> None:
        self._seconds = seconds
        self._part = part
        self._inside = threading.local()
        self._lock = threading.Lock()

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed."""

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._inside, "is_so", False):
                return function(*args, **kwargs)
            self._inside.is_so, began = True, time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                taken = time.thread_time() - began
                self._inside.is_so = False
                with self._lock:
                    self._seconds[self._part] += taken

        return wrapper


def modules(names: tuple[str, ...]) -> Iterator[ModuleType]:
    """These modules, and those below them."""
    for name in names:
        module = importlib.import_module(name)
        yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."):
            yield importlib.import_module(found.name)


def time_all(module: ModuleType, clock: Clock) -> dict[int, Any]:
    """Time the functions and methods that a module defines; the new ones by the old ones' id.

    Generators are left out: their work is done in whoever uses them.
    """
    new: dict[int, Any] = {}
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, FunctionType) and not _is_generator(value):
            setattr(module, name, clock.timed(value))
            new[id(value)] = vars(module)[name]
        elif isinstance(value, type):
            _time_methods(value, clock)
    return new


def _time_methods(kind: type, clock: Clock) -> None:
    for name, value in list(vars(kind).items()):
        plain = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if isinstance(plain, FunctionType) and not _is_generator(plain):
            timed: Any = clock.timed(plain)
            if isinstance(value, classmethod | staticmethod):
                timed = type(value)(timed)
            setattr(kind, name, timed)


def _is_generator(function: FunctionType) -> bool:
    return inspect.isgeneratorfunction(inspect.unwrap(function))


def main(argv: list[str]) -> int:
    """Instrument, run, write down."""
    file, words = Path(argv[0]), argv[1:]
    seconds = dict.fromkeys((*PARTS, "imported"), 0.0)
    began = time.process_time()
    loaded = {part: list(modules(names)) for part, names in PARTS.items()}
    seconds["imported"] = time.process_time() - began
    new: dict[int, Any] = {}
    for part, found in loaded.items():
        clock = Clock(seconds, part)
        for module in found:
            new |= time_all(module, clock)
    for name, module in list(sys.modules.items()):  # who has imported a function already
        if name.startswith("ibcli."):
            for word, value in list(vars(module).items()):
                if id(value) in new:
                    setattr(module, word, new[id(value)])
    from ibcli.__main__ import main as ibcli

    sys.argv = ["ibcli", *words]
    try:
        ibcli()
    except SystemExit as ended:
        code = ended.code
    else:
        code = 0
    file.write_text(json.dumps(seconds), encoding="utf-8")
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
