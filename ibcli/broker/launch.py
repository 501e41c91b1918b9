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

import requests.adapters
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable

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


class LaunchAdapter(requests.adapters.HTTPAdapter):
    """Connects, through a proxy too, and asks the launch before the request's first byte.

    It never sends twice: no retries, and a connection of its own for one request, so that none is
    used which the server has closed meanwhile.
    """

    def __init__(self, launch: Launch) -> None:
        self._pools = _pools(launch)
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As requests does, with connections that ask."""
        super().init_poolmanager(*args, socket_options=_OPTIONS, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        """As requests does, with connections that ask."""
        manager = super().proxy_manager_for(proxy, socket_options=_OPTIONS, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


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
