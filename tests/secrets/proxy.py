"""A proxy that takes CONNECT to one place and passes bytes on, and remembers what it was told."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Proxy:
    """Leads every CONNECT to ``target``, a port of this machine, whatever name was asked for."""

    def __init__(self, target: int, tls: tuple[Path, Path] | None = None) -> None:
        self._target = target
        self._tls: ssl.SSLContext | None = None
        if tls is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*tls)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.asked: list[bytes] = []  # the heads of the requests to the proxy itself
        self.passed: list[bytes] = []  # what went through it towards the target
        self._threads: list[threading.Thread] = []

    def serve(self) -> None:
        """Until the listener is shut down."""
        while True:
            try:
                near = self._listener.accept()[0]
            except OSError:
                return
            near.settimeout(20)
            self._begin(self._tunnel, near)

    def _begin(self, *call: object) -> None:
        thread = threading.Thread(target=call[0], args=call[1:], daemon=True)  # type: ignore[arg-type]
        thread.start()
        self._threads.append(thread)

    def _tunnel(self, near: socket.socket) -> None:
        with suppress(OSError), self._opened(near) as near:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = near.recv(65536)
                if not piece:
                    return
                head += piece
            self.asked.append(head)
            if not head.startswith(b"CONNECT "):
                near.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self._target), timeout=20) as far:
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._begin(_pump, far, near, [])
                _pump(near, far, self.passed)

    def _opened(self, near: socket.socket) -> socket.socket:
        return near if self._tls is None else self._tls.wrap_socket(near, server_side=True)

    def close(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _pump(source: socket.socket, target: socket.socket, seen: list[bytes]) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            seen.append(piece)
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxy_to(target: int, tls: tuple[Path, Path] | None = None) -> Iterator[Proxy]:
    """A proxy on a port of its own; with ``tls`` it is spoken to over TLS."""
    made = Proxy(target, tls)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()
