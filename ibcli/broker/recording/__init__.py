"""``--record FILE``: a run's requests and answers, without what is private, for a bug report.

There is at most one recorder in a process; it is asked for here by what sends. Its parts are
imported when a recording is asked for, and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.recording.recorder import Recorder
    from ibcli.broker.wire import Answer

_recorders: list[Recorder] = []


def install(recorder: Recorder) -> None:
    """Have all exchanges from now on recorded by it, and by no other."""
    _recorders[:] = [recorder]


def remove() -> None:
    """Record nothing any more."""
    _recorders.clear()


def is_on() -> bool:
    """Whether exchanges are recorded."""
    return bool(_recorders)


def noted(method: str, path: str, content: bytes | None, send: Callable[[], Answer]) -> Answer:
    """What ``send`` returns or raises, written down if a recording was asked for.

    ``path`` has its query; ``content`` is the request's body.
    """
    if not _recorders:
        return send()
    return _recorders[0].noted(method, path, content, send)
