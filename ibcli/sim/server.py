"""Serving: on a socket within somebody's event loop, or alone until a signal comes."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import ssl
from typing import TYPE_CHECKING

from aiohttp import web

from ibcli.sim.app import make_app
from ibcli.sim.core import LAST_PORT, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.sim.options import SimOptions

_CLOSING_TURNS = 5


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        OSError: when the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def listen_again(sim: Simulator) -> socket.socket:
    """As ``listen``, but a free port is the one that the state folder's last server had, if it can
    be.

    So a client keeps its login from one command to the next: it belongs to an address.

    Raises:
        OSError: when a port that was asked for is taken.
    """
    options = sim.options
    last = None if options.port else sim.store.setting(LAST_PORT)
    if last is not None:
        with contextlib.suppress(OSError):
            return listen(options.host, last)
    return listen(options.host, options.port)


class Door:
    """A server that answers until it is closed; ``start`` opens one."""

    def __init__(self, runner: web.AppRunner, listening: asyncio.Server) -> None:
        self._runner = runner
        self._listening = listening

    def shut(self) -> None:
        """Refuse connections from now on, and drop those that are open."""
        self._listening.close()
        for transport in _transports(self._runner.server):
            transport.abort()

    async def reopen(self, listener: socket.socket) -> None:
        """Answer again, on this listening socket."""
        handlers = self._runner.server
        assert handlers is not None  # noqa: S101 - it was set up
        self._listening = await asyncio.get_running_loop().create_server(handlers, sock=listener)

    async def close(self) -> None:
        """Take no more clients, and leave nobody's connection open: neither of those who have just
        come, nor of those who do not take their answers.
        """
        loop = asyncio.get_running_loop()
        for listener in self._listening.sockets:
            loop.remove_reader(listener.fileno())
        await _turns()  # whom the loop has let in gets a connection; a closed server gives him none
        self._listening.close()
        handlers = self._runner.server
        open_ones = _transports(handlers)
        await self._runner.cleanup()
        for transport in (*open_ones, *_transports(handlers)):
            transport.abort()  # some were asked to close, and have still something to send
        await _turns()


def _transports(handlers: web.Server | None) -> list[asyncio.Transport]:
    connections = [] if handlers is None else handlers.connections
    return [one.transport for one in connections if one.transport is not None]


async def _turns() -> None:
    """Let the loop do what it has put off; nothing that a closing needs takes as many turns."""
    for _ in range(_CLOSING_TURNS):
        await asyncio.sleep(0)


async def start(sim: Simulator, listener: socket.socket) -> Door:
    """Serve on a listening socket until the door is closed.

    Raises:
        OSError: when the certificate or its key cannot be read.
    """
    try:
        context = _tls_context(sim.options)
    except BaseException:
        listener.close()
        raise
    app = make_app(sim)
    runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    handlers = runner.server
    assert handlers is not None  # noqa: S101 - it is set up
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(handlers, sock=listener, ssl=context)
    return Door(runner, listening)


def _tls_context(options: SimOptions) -> ssl.SSLContext | None:
    if options.tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(*options.tls, password=_no_password)
    except (OSError, ValueError) as error:
        number, reason = errno.EINVAL, "not a PEM certificate and its key without a passphrase"
        if isinstance(error, FileNotFoundError | PermissionError):
            number = error.errno or number
            reason = os.strerror(number)
        raise OSError(number, reason, " and ".join(map(str, options.tls))) from error
    return context


def _no_password() -> str:
    """Of a key with a passphrase; else OpenSSL asks for it on the terminal."""
    return ""


def serve(options: SimOptions, ready: Callable[[Simulator], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called once requests are answered.

    Raises:
        OSError: when the port is taken, or a file cannot be read or written.
        ValueError: when the clock is not understood.
    """
    listener = listen(options.host, options.port)
    try:
        sim = Simulator(options)
    except BaseException:
        listener.close()
        raise
    try:
        sim.listening(listener.getsockname()[1])
        asyncio.run(_serve(sim, listener, ready))
    finally:
        sim.close()


async def _serve(
    sim: Simulator, listener: socket.socket, ready: Callable[[Simulator], None]
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    door = await start(sim, listener)
    try:
        ready(sim)
        await stopped.wait()
    finally:
        await door.close()
