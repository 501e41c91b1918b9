"""A server that stops leaves nothing open, whatever its clients are about."""

from __future__ import annotations

import gc
import socket
import ssl
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.embedded import SimOptions, SimServer
from tests.sim.conftest import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELLO = b"POST /v1/api/tickle HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def nothing_left() -> Iterator[None]:
    """Whatever is not closed says so when it is thrown away, and the test fails."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(one.message) for one in said] == []


def served(key_folder: Path, **options: object) -> SimServer:
    return SimServer(SimOptions(clock=DAY, keys=key_folder, **options))  # type: ignore[arg-type]


def connected(server: SimServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


@pytest.mark.parametrize("count", [1, 30])
def test_clients_that_come_as_it_stops(key_folder: Path, count: int) -> None:
    with nothing_left(), ExitStack() as clients, served(key_folder) as server:
        for _ in range(count):
            clients.enter_context(connected(server))


def test_a_client_amid_its_request(key_folder: Path) -> None:
    with nothing_left(), ExitStack() as clients, served(key_folder) as server:
        client = clients.enter_context(connected(server))
        client.sendall(HELLO + HELLO[:40])
        assert client.recv(20) == b"HTTP/1.1 401 Unautho"


def test_a_client_that_takes_no_answers(key_folder: Path) -> None:
    with nothing_left(), ExitStack() as clients, served(key_folder) as server:
        client = clients.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.settimeout(10)
        client.connect(("127.0.0.1", server.port))
        unread = server.faults.add("/tickle", body="x" * 8_000_000)
        client.sendall(HELLO)
        assert unread.done.wait(10)
        assert client.recv(20) == b"HTTP/1.1 200 OK\r\nCon"


def test_clients_amid_their_tls_handshake(key_folder: Path, certificate: tuple[Path, Path]) -> None:
    with nothing_left(), ExitStack() as clients, served(key_folder, tls=certificate) as server:
        clients.enter_context(connected(server)).sendall(b"\x16\x03\x01")
        trusting = ssl.create_default_context(cafile=str(certificate[0]))
        bare = connected(server)
        client = clients.enter_context(trusting.wrap_socket(bare, server_hostname="127.0.0.1"))
        client.sendall(HELLO)
        assert client.recv(20) == b"HTTP/1.1 401 Unautho"
