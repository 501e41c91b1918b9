"""The instant at which a request begins to leave this machine, agreed upon between threads.

A write is sent by one thread and waited for by another. When the wait ends (deadline, Ctrl-C), the
one that waited must know whether anything was sent, and the other must not begin to send after
that: it may still be looking up a name. Both ask here.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ibcli.broker.transport import Connections

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from ibcli.config import Settings

_LINGER_ABORTS = struct.pack("ii", 1, 0)
_LINGER_USUAL = struct.pack("ii", 0, 0)
# Closing such a socket throws away what the system has not yet delivered. Otherwise it would go on
# trying for minutes, also for a process that is gone: an order that nobody waits for any more.
_OPTIONS = [
    *HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ABORTS),
]


class CalledOffError(Exception):
    """The request must not be sent any more; nothing of it was."""


class Launch:
    """One request's first byte: gone, not yet gone, or never to go.

    ``may_go`` is asked at the last instant; False calls it off (the deadline has passed, say).
    """

    def __init__(self, may_go: Callable[[], bool]) -> None:
        self._may_go = may_go
        self._lock = Lock()
        self._off = False
        self._gone = False
        self._socket: Any = None

    def go(self, connected: Any) -> None:
        """The next byte is the request's first, on this socket. Raises CalledOffError."""
        with self._lock:
            if self._off or not self._may_go():
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

    def landed(self) -> None:
        """The answer is here in full: the connection may be closed politely."""
        with suppress(OSError, AttributeError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_USUAL)


def launch_connections(
    settings: Settings, context: ssl.SSLContext | None, launch: Launch
) -> Connections:
    """A connection for one request, which asks the launch before the request's first byte; what a
    proxy is told first does not count.

    It never sends twice: no retries, and not over a connection that the server may have closed
    meanwhile.
    """
    return Connections(settings, context, _pools(launch), maxsize=1, socket_options=_OPTIONS)


def _pools(launch: Launch) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools whose connections ask this launch."""

    class Plain(HTTPConnection):
        def endheaders(self, *args: Any, **kwargs: Any) -> None:
            """Until here all is only prepared; what a proxy is told goes another way."""
            if self.sock is None:
                self.connect()
            launch.go(self.sock)
            super().endheaders(*args, **kwargs)

    class Secure(HTTPSConnection):
        def endheaders(self, *args: Any, **kwargs: Any) -> None:
            """Until here all is only prepared; what a proxy is told goes another way."""
            if self.sock is None:
                self.connect()
            launch.go(self.sock)
            super().endheaders(*args, **kwargs)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
