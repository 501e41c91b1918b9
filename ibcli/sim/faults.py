"""Faults on request: the next N requests of a path fail as told."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Cut(StrEnum):
    """When the connection is dropped without an answer."""

    BEFORE = "before"  # the request is not handled
    AFTER = "after"  # it is: what it does is done, and nobody hears of it


def _is_whole(value: object, least: int, most: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value < math.inf


def _is_headers(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str) and text.isprintable() for pair in value.items() for text in pair
    )


_CHECKS: dict[str, tuple[Callable[[object], bool], str]] = {
    "path": (lambda value: isinstance(value, str), "a text"),
    "method": (lambda value: value is None or isinstance(value, str), "a text or null"),
    "count": (lambda value: value is None or _is_whole(value, 0), "a whole number or null"),
    "skip": (lambda value: _is_whole(value, 0), "a whole number"),
    "status": (lambda value: value is None or _is_whole(value, 200, 599), "between 200 and 599"),
    "headers": (_is_headers, "an object of texts"),
    "delay": (_is_duration, "a number of seconds"),
    "slow_body": (_is_duration, "a number of seconds"),
}


@dataclass(slots=True)
class Fault:
    """What happens to requests whose path (below /v1/api) matches the shell pattern ``path``.

    A ``status`` or ``body`` replaces the answer, without handling the request; ``body`` is JSON, or
    text sent as it is. ``delay`` seconds pass before anything. ``slow_body`` stretches the sending
    of the body over that many seconds. ``skip`` requests are let through first; then ``count`` are
    hit (None: all).
    """

    path: str = "*"
    method: str | None = None
    count: int | None = 1
    skip: int = 0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: Cut | None = None
    slow_body: float = 0.0

    def __post_init__(self) -> None:
        self.cut = None if self.cut is None else Cut(self.cut)
        for name, (is_good, wanted) in _CHECKS.items():
            if not is_good(getattr(self, name)):
                raise ValueError(f"{name} has to be {wanted}")

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is meant, and there are hits left."""
        if self.count is not None and self.count <= 0:
            return False
        if self.method is not None and self.method.upper() != method:
            return False
        return re.match(translate(self.path), path) is not None

    @property
    def replaces(self) -> bool:
        """Whether the answer is given instead of handling the request."""
        return self.status is not None or self.body is not None


class Faults:
    """The faults in force, oldest first; usable from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, path: str = "*", **facts: Any) -> Fault:
        """Ask for a fault.

        Raises:
            TypeError: for a fact that a fault does not have.
            ValueError: for a value that the fact cannot have.
        """
        return self.put(Fault(path, **facts))

    def put(self, fault: Fault) -> Fault:
        """Ask for this one."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, if any; one of its hits is used up."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.count is not None:
                    fault.count -= 1
                return fault
        return None

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()
