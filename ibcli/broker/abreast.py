"""Several calls at once, each in a thread that takes the next one when it is done."""

from __future__ import annotations

from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from ibcli.stopping import safe_point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

# Seconds for which Ctrl-C may go unheard: of a signal that comes just before the system begins to
# wait Python knows only after it.
_DEAF = 0.25

# Seconds for what is under way when a signal ends the command: nobody can call it off. Some such
# waits lie within each other; together they must stay below the patience with a signal.
_PARTING = 0.3


def abreast(
    calls: Iterable[Callable[[], T]], threads: int, on_done: Callable[[], None] | None = None
) -> list[T]:
    """Make the calls, so many at a time; their results in order.

    The first error, whichever call it is of, keeps what has not begun from being made, and is
    raised when what has begun is done; after a Ctrl-C or SIGTERM, soon. ``on_done`` is called after
    each, one at a time.
    """
    work = _Work(list(calls), on_done)
    # This thread works too: where there is one call, no other is needed, and a Ctrl-C reaches it.
    # Daemons: at its end Python waits for all others, and they may wait for the network.
    helpers = [
        Thread(target=work.run, name=f"ibcli_{number}", daemon=True)
        for number in range(1, min(threads, len(work.calls)))
    ]
    try:
        helpers = _started(helpers)
        work.run()
        for helper in helpers:
            while helper.is_alive() and not work.is_interrupted:
                helper.join(_DEAF)
                safe_point()
    except BaseException as error:  # noqa: BLE001 - raised below
        work.stop(error)
    if work.is_interrupted:
        parting = monotonic() + _PARTING
        for helper in helpers:
            if helper.is_alive():  # the signal may have come before it was started
                helper.join(max(0.0, parting - monotonic()))
    if work.error is not None:
        raise work.error
    return [work.results[number] for number in range(len(work.calls))]


def _started(helpers: list[Thread]) -> list[Thread]:
    """Those that the system starts: where it has no more threads, fewer do the work."""
    for number, helper in enumerate(helpers):
        try:
            helper.start()
        except RuntimeError:
            return helpers[:number]
    return helpers


class _Work(Generic[T]):
    """The calls, and how far they have got."""

    def __init__(self, calls: list[Callable[[], T]], on_done: Callable[[], None] | None) -> None:
        self.calls = calls
        self.results: dict[int, T] = {}
        self.error: BaseException | None = None
        self._on_done = on_done
        self._next = 0
        self._lock = Lock()
        self._telling = Lock()

    def run(self) -> None:
        """Make one call after the other, as long as there are any."""
        while (number := self._take()) is not None:
            try:
                self.results[number] = self.calls[number]()
                if self._on_done is not None:
                    with self._telling:
                        self._on_done()
            except BaseException as error:  # noqa: BLE001 - raised where the calls were asked for
                self.stop(error)

    def stop(self, error: BaseException) -> None:
        """Let nothing more begin."""
        with self._lock:
            if self.error is None or not isinstance(error, Exception):
                self.error = error

    @property
    def is_interrupted(self) -> bool:
        """Whether the command is to end at once."""
        return self.error is not None and not isinstance(self.error, Exception)

    def _take(self) -> int | None:
        with self._lock:
            if self.error is not None or self._next == len(self.calls):
                return None
            self._next += 1
            return self._next - 1
