"""The instant at which a request begins to leave this machine, agreed upon between threads.

A request is sent by one thread and waited for by another. When the wait ends (deadline, Ctrl-C),
the one that waited must know whether anything was sent, and the other must not begin to send after
that: it may still be looking up a name. Both ask here. It is also where a slot of the pacing that
has become too old meanwhile is changed for another.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibcli.broker.deadline import Deadline
    from ibcli.broker.pace import Turn

LINGER_ABORTS = struct.pack("ii", 1, 0)
_LINGER_USUAL = struct.pack("ii", 0, 0)


class CalledOffError(Exception):
    """The request must not be sent any more; nothing of it was."""


class Launch:
    """One request's first byte: gone, not yet gone, or never to go.

    It is not to go after ``until``, if that is given. ``turn`` is renewed within ``patience``.
    """

    def __init__(self, turn: Turn, patience: Deadline, until: Deadline | None = None) -> None:
        self._turn = turn
        self._patience = patience
        self._until = until
        self._lock = Lock()
        self._off = False
        self._gone = False
        self._socket: Any = None

    def go(self, connected: Any) -> None:
        """The next byte is the request's first, on this socket.

        Raises CalledOffError, and as ``Pace.enter`` does; then nothing was sent, nor will be.
        """
        self._turn.renew(self._patience)
        with self._lock:
            if self._off or (self._until is not None and self._until.passed):
                self._off = True
                raise CalledOffError
            self._gone = True
            self._socket = connected

    def call_off(self) -> bool:
        """Send nothing (more). True when nothing went, and so never will."""
        with self._lock:
            self._off = True
            if self._gone:
                with suppress(OSError, AttributeError):  # closed already
                    self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, which closes it
            return not self._gone

    def heard(self) -> None:
        """The answer has begun. That this cannot be noted must not lose it: nothing is raised."""
        with suppress(Exception):
            self._turn.heard()

    def landed(self) -> None:
        """The answer is here in full: the connection may be closed politely, or used again."""
        with self._lock, suppress(OSError, AttributeError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_USUAL)
            self._socket = None
