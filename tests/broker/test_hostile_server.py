"""Servers that answer as none should: nothing is waited for without end, mixed up, or repeated."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker.client import BrokerClient
from ibcli.broker.deadline import Deadline
from ibcli.broker.doubt import DoubtError
from ibcli.broker.wire import Kind, WireError
from ibcli.config import load_settings
from tests.broker.orders import ORDERS
from tests.broker.test_write import LOGIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ibcli.broker.exchange import Exchange

OK = b"HTTP/1.1 200 OK\r\n"
MIB = 1 << 20


def whole(text: bytes, *headers: bytes, start: bytes = OK) -> bytes:
    """An answer with this body."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return start + lines + b"Content-Length: %d\r\n\r\n" % len(text) + text


@dataclass
class Server:
    """Reads requests, and answers each by the next of its deeds; whatever else comes is counted."""

    deeds: list[Callable[[socket.socket], None]]
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    ended: threading.Event = field(default_factory=threading.Event)  # a connection was

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := whole_request(connection):
                self.requests.append(request)
                deed = self.deeds.pop(0) if self.deeds else cut
                deed(connection)
        self.ended.set()


def whole_request(connection: socket.socket) -> bytes:
    """One request; empty at the end of a connection."""
    got = b""
    while b"\r\n\r\n" not in got:
        if not (piece := connection.recv(65536)):
            return b""
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    ]
    while lengths and len(body) < lengths[0]:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(*pieces: bytes) -> Callable[[socket.socket], None]:
    """Sends this, and keeps the connection."""

    def deed(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return deed


def cut(connection: socket.socket) -> None:
    """The end."""
    connection.shutdown(socket.SHUT_RDWR)


def says_and_cuts(*pieces: bytes) -> Callable[[socket.socket], None]:
    def deed(connection: socket.socket) -> None:
        says(*pieces)(connection)
        cut(connection)

    return deed


def for_ever(start: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    """Sends without end, as fast as it goes."""

    def deed(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return deed


@contextmanager
def server(*deeds: Callable[[socket.socket], None]) -> Iterator[Server]:
    started = Server(list(deeds))
    thread = threading.Thread(target=started.serve)
    thread.start()
    try:
        yield started
    finally:
        started.listener.shutdown(socket.SHUT_RDWR)
        started.listener.close()
        thread.join()


@contextmanager
def client_of(folder: Path, at: Server, seconds: float = 5, **more: str) -> Iterator[BrokerClient]:
    port = at.listener.getsockname()[1]
    environ = {
        "IB_API_URL": f"http://127.0.0.1:{port}/v1/api",
        "IBCLI_STATE_DIR": str(folder / "state"),
        "IBCLI_HASTE": "12",
        "IBCLI_MAX_RPS": "50",
        **more,
    }
    settings = load_settings(environ=environ, cwd=folder)
    with BrokerClient(settings, Deadline.after(seconds)) as client:
        yield client


def ask(client: BrokerClient, path: str = "/x") -> Any:
    """One attempt of a read."""
    exchange: Exchange = client._exchange
    return exchange.send("GET", path, dict)


ODD: dict[str, tuple[Callable[[socket.socket], None], Kind]] = {
    "a redirect here": (
        says(whole(b"", b"Location: /v1/api/y", start=b"HTTP/1.1 302 Found\r\n")),
        Kind.REDIRECT,
    ),
    "a redirect to another": (
        says(whole(b"", b"Location: http://127.0.0.1:1/", start=b"HTTP/1.1 307 T\r\n")),
        Kind.REDIRECT,
    ),
    "headers without end": (for_ever(OK, b"X-More: 1\r\n"), Kind.CONNECT),
    "a header without end": (for_ever(OK + b"X: ", b"x" * 65536), Kind.CONNECT),
    "a status without end": (for_ever(b"HTTP/1.1 200 ", b"x" * 65536), Kind.CONNECT),
    "only early hints": (
        says(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        Kind.CONNECT,
    ),
    "processing": (says(b"HTTP/1.1 102 Processing\r\n\r\n"), Kind.CONNECT),
    "other protocols": (
        says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
        Kind.CONNECT,
    ),
    "no http": (says_and_cuts(b"SSH-2.0-OpenSSH\r\n"), Kind.CONNECT),
    "chunks that are none": (
        says_and_cuts(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[1]\r\n0\r\n\r\n"),
        Kind.CONNECT,
    ),
    "a chunk of negative size": (
        says_and_cuts(OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n[1]\r\n0\r\n\r\n"),
        Kind.CONNECT,
    ),
    "a last chunk that never comes": (
        says_and_cuts(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n"),
        Kind.CONNECT,
    ),
    "cut where JSON is whole": (says_and_cuts(OK + b"Content-Length: 9\r\n\r\n[1]"), Kind.CONNECT),
    "gzip that is none": (
        says(whole(b"[1]", b"Content-Encoding: gzip")),
        Kind.CONNECT,
    ),
    "gzip cut short": (
        says(whole(gzip.compress(b"[" + b"1," * 9999 + b"1]")[:-20], b"Content-Encoding: gzip")),
        Kind.NOT_JSON,
    ),
    "a length that is none": (says_and_cuts(OK + b"Content-Length: -5\r\n\r\n"), Kind.EMPTY),
    "cut at once": (cut, Kind.CONNECT),
}


@pytest.mark.parametrize(("deed", "kind"), ODD.values(), ids=ODD)
def test_a_read_is_not_answered_by_that(
    tmp_path: Path, deed: Callable[[socket.socket], None], kind: Kind
) -> None:
    with server(deed) as odd, client_of(tmp_path, odd) as client:
        with pytest.raises(WireError) as caught:
            ask(client)
        assert caught.value.kind is kind
    assert len(odd.requests) == 1


@pytest.mark.parametrize("deed", [deed for deed, _ in ODD.values()], ids=ODD)
def test_a_write_that_is_answered_by_that_is_in_doubt_and_went_once(
    tmp_path: Path, deed: Callable[[socket.socket], None]
) -> None:
    with (
        server(deed, says(whole(b"[]"))) as odd,
        client_of(tmp_path, odd) as client,
        pytest.raises(DoubtError),
    ):
        client._writer.write("POST", ORDERS, {"a": 1}, LOGIN)
    assert len(odd.requests) == odd.connections == 1


LATE: dict[str, Callable[[socket.socket], None]] = {
    "100 for ever": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body for ever, unsized": for_ever(OK + b"\r\n", b" "),
    "silence": says(),
    "headers alone": says(OK + b"Content-Length: 5\r\n\r\n"),
}


@pytest.mark.parametrize("deed", LATE.values(), ids=LATE)
def test_the_deadline_holds_for_reads_and_leaves_nothing_at_work(
    tmp_path: Path, deed: Callable[[socket.socket], None]
) -> None:
    with server(deed) as odd, client_of(tmp_path, odd, 0.3) as client:
        began = time.monotonic()
        with pytest.raises(WireError) as caught:
            ask(client)
        assert caught.value.kind is Kind.TIMEOUT
        assert time.monotonic() - began < 3
        assert odd.ended.wait(5)  # nobody goes on reading


@pytest.mark.parametrize("deed", LATE.values(), ids=LATE)
def test_the_deadline_holds_for_writes(
    tmp_path: Path, deed: Callable[[socket.socket], None]
) -> None:
    with server(deed) as odd, client_of(tmp_path, odd, 0.3) as client:
        began = time.monotonic()
        with pytest.raises(DoubtError):
            client._writer.write("POST", ORDERS, {"a": 1}, LOGIN)
        assert time.monotonic() - began < 6
    assert len(odd.requests) == odd.connections == 1


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(MIB)) for _ in range(300)) + packer.flush()
    deed = says(whole(bomb, b"Content-Encoding: gzip"))
    with server(deed) as odd, client_of(tmp_path, odd) as client:
        with pytest.raises(WireError) as caught:
            ask(client)
        assert caught.value.kind is Kind.TOO_LARGE


FIRST: dict[str, bytes] = {
    "too much": whole(b"[1]") + whole(b'["of before"]'),
    "hints": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n[1]",
}


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
def test_no_request_gets_the_answer_of_the_one_before(tmp_path: Path, first: bytes) -> None:
    """What is sent too much, or later, is not read by the next."""

    def second(connection: socket.socket) -> None:
        request = odd.requests[-1].split(b" ")[1]
        connection.sendall(whole(b'["%s"]' % request))

    with server(says(first), second) as odd, client_of(tmp_path, odd) as client:
        with suppress(WireError):
            ask(client, "/first")
        assert ask(client, "/second") == ["/v1/api/second"]


def test_an_answer_that_comes_after_hints_is_not_that_of_the_next(tmp_path: Path) -> None:
    """On the same connection it would look like it."""
    kept: list[socket.socket] = []

    def hints(connection: socket.socket) -> None:
        connection.sendall(FIRST["hints"])
        kept.append(connection)

    def second(connection: socket.socket) -> None:
        with suppress(OSError):
            kept[0].sendall(whole(b'["of the first"]'))
        if connection is not kept[0]:
            connection.sendall(whole(b'["of the second"]'))

    with server(hints, second) as odd, client_of(tmp_path, odd) as client:
        with suppress(WireError):
            ask(client, "/first")
        assert ask(client, "/second") == ["of the second"]


def test_a_connection_that_was_closed_meanwhile_is_made_anew(tmp_path: Path) -> None:
    deeds = says_and_cuts(whole(b"[1]")), says(whole(b"[2]"))
    with server(*deeds) as odd, client_of(tmp_path, odd) as client:
        retried = client._exchange.retried
        assert retried(lambda: ask(client)) == [1]
        assert retried(lambda: ask(client)) == [2]


def test_a_write_has_a_connection_of_its_own(tmp_path: Path) -> None:
    with server(*[says(whole(b"[1]"))] * 3) as odd, client_of(tmp_path, odd) as client:
        ask(client)
        client._writer.write("POST", ORDERS, {"a": 1}, LOGIN)
        ask(client)
    assert odd.connections == 2


def test_the_environment_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a ~/.netrc nor proxies of the environment; nor is a cookie kept."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login them password theirs\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    cookie = whole(b"[1]", b"Set-Cookie: x=1; Path=/")
    with server(*[says(cookie)] * 3) as odd, client_of(tmp_path, odd) as client:
        ask(client)
        ask(client)
        client._writer.write("POST", ORDERS, {"a": 1}, LOGIN)
    for request in odd.requests:
        assert b"Basic" not in request
        assert b"ookie" not in request
