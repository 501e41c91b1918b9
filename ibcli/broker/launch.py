"""The instant at which a request begins to leave this machine, agreed upon between threads.

A request is sent by one thread and waited for by another. When the wait ends (deadline, Ctrl-C),
the one that waited must know whether anything was sent, and the other must not begin to send after
that: it may still be looking up a name. Both ask here. It is also where a slot of the pacing that
has become too old meanwhile is changed for another.

A process may be stopped between its last look at the clock and the sending. One thread at a time
is in between: when the process goes on, that one sends late, and the others look once more.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.deadline import Deadline
    from ibcli.broker.pace import Turn

LINGER_ABORTS = struct.pack("ii", 1, 0)
_LINGER_USUAL = struct.pack("ii", 0, 0)

_doorway = Lock()  # held by the thread that has looked at the clock, until its bytes are gone
_JAMMED = 0.25  # seconds; a socket that takes no bytes (they are few) must not hold up the others


class CalledOffError(Exception):
    """The request must not be sent any more; nothing of it was."""


class Launch:
    """One request's first byte: gone, not yet gone, or never to go.

    It is not to go after ``until``, if that is given, nor when ``check`` raises, which is asked
    when all waiting is over and must not take long. ``turn`` is renewed within ``patience``.
    """

    def __init__(
        self,
        turn: Turn,
        patience: Deadline,
        until: Deadline | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        self._turn = turn
        self._patience = patience
        self._until = until
        self._check = check
        self._lock = Lock()
        self._off = False
        self._gone = False
        self._socket: Any = None

    def send(self, connected: Any, send: Callable[[], None]) -> None:
        """Call ``send``, which hands the request's first bytes to this socket.

        Raises CalledOffError, and as ``Pace.enter`` does; then nothing was sent, nor will be.
        Beside these, what ``check`` and ``send`` raise.
        """
        while not self._sent_in_time(connected, send):
            pass
        with suppress(Exception):  # it is gone, whatever can be noted of it
            self._turn.sent()

    def _sent_in_time(self, connected: Any, send: Callable[[], None]) -> bool:
        """False when the slot grew too old at the door; nothing was sent then."""
        self._turn.renew(self._patience)  # this may take long, and so is done outside
        alone = _doorway.acquire(timeout=_JAMMED)
        try:
            if self._check is not None:
                self._check()
            if not self._turn.is_good:
                return False
            self._go(connected)
            send()
            return True
        finally:
            if alone:
                _doorway.release()

    def _go(self, connected: Any) -> None:
        """The next byte is the request's first."""
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
