"""Faults on request: the next N requests of a path fail as told. What a fault does to a request is
in ``faulting``.
"""

from __future__ import annotations

import math
import re
import threading
from concurrent.futures import Future
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
    AMID = "amid"  # it is, and half of the answer's body is sent


class Hold(StrEnum):
    """When a request is kept until the fault is released."""

    BEFORE = "before"  # its bytes are here, nothing is done yet
    AFTER = "after"  # it is handled, and not answered


class IfGone(StrEnum):
    """What becomes of a request held before it is handled, whose client has gone meanwhile."""

    HANDLE = "handle"  # as a broker does that has all of it
    DROP = "drop"  # as if it had never arrived


def _is_whole(value: object, least: int, most: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_duration(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < math.inf  # type: ignore[operator]


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
    "body_contains": (lambda value: value is None or isinstance(value, str), "a text or null"),
    "handled": (lambda value: isinstance(value, bool), "true or false"),
    "truncate": (lambda value: value is None or _is_whole(value, 0), "a number of bytes or null"),
    "delay": (_is_duration, "a number of seconds"),
    "delay_after": (_is_duration, "a number of seconds"),
    "slow_body": (_is_duration, "a number of seconds"),
    "rewrite": (lambda value: value is None or callable(value), "a function, or null"),
}


@dataclass(slots=True, eq=False)
class Fault:
    """What happens to requests whose path (below /v1/api) matches the shell pattern ``path``, and
    whose body contains ``body_contains``.

    A ``status`` or ``body`` replaces the answer, without handling the request unless it is to be
    ``handled``; ``body`` is JSON, or text sent as it is. ``delay`` seconds pass before anything,
    ``delay_after`` between handling and answering. ``truncate`` leaves that many bytes of the
    answer's body, with a Content-Length to match; ``slow_body`` stretches its sending over that
    many seconds. ``rewrite`` is handed the text of what handling has answered and gives the one
    that is sent. ``skip`` requests are let through first; then ``count`` are hit (None: all).

    ``hold`` keeps requests until ``release``: before they are handled, or handled and unanswered.
    ``reached`` is set once a request is held; ``done`` once one that was hit has been seen to,
    whether or not its client still was there.
    """

    path: str = "*"
    method: str | None = None
    count: int | None = 1
    skip: int = 0
    body_contains: str | None = None
    handled: bool = False
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    delay_after: float = 0.0
    hold: Hold | None = None
    if_gone: IfGone = IfGone.HANDLE
    cut: Cut | None = None
    truncate: int | None = None
    slow_body: float = 0.0
    rewrite: Callable[[str], str] | None = None
    hits: int = field(default=0, init=False)
    reached: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    done: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    gate: Future[None] = field(default_factory=Future, init=False, repr=False)

    def __post_init__(self) -> None:
        self.cut = None if self.cut is None else Cut(self.cut)
        self.hold = None if self.hold is None else Hold(self.hold)
        self.if_gone = IfGone(self.if_gone)
        for name, (is_good, wanted) in _CHECKS.items():
            if not is_good(getattr(self, name)):
                raise ValueError(f"{name} has to be {wanted}")
        if self.handled and not self.replaces:
            raise ValueError("handled needs the status or the body that is answered instead")

    def matches(self, method: str, path: str, body: str) -> bool:
        """Whether a request is meant, and there are hits left."""
        if self.count is not None and self.count <= 0:
            return False
        if self.method is not None and self.method.upper() != method:
            return False
        if self.body_contains is not None and self.body_contains not in body:
            return False
        return re.match(translate(self.path), path) is not None

    @property
    def replaces(self) -> bool:
        """Whether another answer is given than the one that handling would give."""
        return self.status is not None or self.body is not None

    def release(self) -> None:
        """Let go what is held; nothing is held any more. Usable from any thread."""
        with _releasing:
            if not self.gate.done():
                self.gate.set_result(None)


_releasing = threading.Lock()


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

    @property
    def ask_for_bodies(self) -> bool:
        """Whether bodies have to be known to tell what is hit."""
        with self._lock:
            return any(fault.body_contains is not None for fault in self._faults)

    def take(self, method: str, path: str, body: str = "") -> Fault | None:
        """The fault that hits this request, if any; one of its hits is used up."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, path, body):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.count is not None:
                    fault.count -= 1
                fault.hits += 1
                return fault
        return None

    def clear(self) -> None:
        """No more faults; what they hold is let go."""
        with self._lock:
            gone, self._faults = self._faults, []
        for fault in gone:
            fault.release()
