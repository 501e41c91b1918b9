"""A wait that ends at the deadline, whatever the system is doing.

Sockets bound each step by itself: name resolution has no time-out at all, every address of a host
gets the whole one anew, and a server that sends a header's letters one by one starts it over with
each. So a request runs on a thread beside, which is left behind when the time is over.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from ibcli.stopping import safe_point

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_DEAF = 0.25  # seconds for which Ctrl-C may go unheard
_GRACE = 0.25  # seconds, in which time-outs of the sockets' own can say more
# Threads that wait for work: to start one takes the processor as long as the request's signature.
_idle: list[SimpleQueue[_Call]] = []


class _Call:
    """One call: made by the thread beside, waited for by the one that asks."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._done = threading.Lock()
        self._done.acquire()
        self._result: object = None
        self._error: BaseException | None = None

    def make(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 -- raised where the call was asked for
            self._error = error

    def tell(self) -> None:
        self._done.release()

    def result(self, seconds: float) -> Any:
        ends = monotonic() + seconds
        # Of a signal that comes just before the system begins to wait Python knows only after it.
        while not self._done.acquire(timeout=max(0.0, min(ends - monotonic(), _DEAF))):
            safe_point()
            if monotonic() >= ends:
                raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._result


def within(seconds: float, call: Callable[[], T]) -> T:
    """What ``call`` returns or raises; TimeoutError when it takes longer.

    Raises ConfigurationError ``system-limit`` when no thread can be started: it is not called then.

    A call that took too long goes on, on its thread, until it or the process ends.
    """
    asked = _Call(call)
    try:
        calls = _idle.pop()
    except IndexError:
        calls = SimpleQueue()
        _begin(calls)
    calls.put(asked)
    result: T = asked.result(seconds + _GRACE)
    return result


def _begin(calls: SimpleQueue[_Call]) -> None:
    try:
        threading.Thread(target=_work, args=(calls,), name="ibcli-request", daemon=True).start()
    except RuntimeError:
        from ibcli.broker.exhausted import too_many_threads

        raise too_many_threads() from None


def _work(calls: SimpleQueue[_Call]) -> None:
    while True:
        asked = calls.get()
        asked.make()
        _idle.append(calls)  # first, so that who is told finds this thread for his next call
        asked.tell()
        del asked  # what it holds is not kept until the next
