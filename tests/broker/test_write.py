"""What changes something is sent once, and what became of it is never guessed."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker import order_entry
from ibcli.broker.authorities import usual_context
from ibcli.broker.client import BrokerClient
from ibcli.broker.deadline import Deadline
from ibcli.broker.decode import Asked, Placed, Refused
from ibcli.broker.doubt import DoubtError
from ibcli.broker.encode import encode_bracket
from ibcli.broker.launch import CalledOffError, Launch
from ibcli.broker.pace import Pace, Turn
from ibcli.broker.state import Login
from ibcli.broker.transport import Connections
from ibcli.broker.wire import WireError
from ibcli.config import load_settings
from ibcli.errors import ConfigurationError, IbcliError, UnreachableError
from tests.broker.orders import ACCOUNT, ORDERS, SPY, alone, entry, posts, with_stop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.broker.conftest import Bench

HTML = "<!DOCTYPE html><html><body>Bad Gateway</body></html>"
ORDER = alone(entry("once", tradable=SPY, limit="640"))
BODY = encode_bracket(ACCOUNT, ORDER)
DOUBTFUL: list[dict[str, Any]] = [
    {"cut": "before"},
    {"cut": "after"},
    {"cut": "amid"},
    {"truncate": 0},
    {"truncate": 1},
    {"truncate": 20},
    {"status": 200, "body": ""},
    {"status": 200, "body": "null"},
    {"status": 200, "body": "17"},
    {"status": 200, "body": HTML},
    {"status": 200, "body": '[{"order_id": 1'},
    {"status": 200, "body": {"error": "Bad Request: no bridge"}},
    {"status": 200, "body": {"error": "Request timed out"}},
    {"status": 202, "body": {"status": "accepted"}},
    {"status": 302, "headers": {"Location": "/v1/api/iserver/account/DU1234567/orders"}},
    {"status": 307, "headers": {"Location": "/v1/api/iserver/account/DU1234567/orders"}},
    {"status": 400, "body": {"error": "Bad Request: no bridge", "statusCode": 400}},
    {"status": 400, "body": {"statusCode": 400}},
    {"status": 400, "body": HTML},
    {"status": 401, "body": {"error": "not authenticated", "statusCode": 401}},
    {"status": 403, "body": {"error": "forbidden"}},
    {"status": 404, "body": HTML},
    {"status": 408, "body": ""},
    {"status": 410, "body": "gone"},
    {"status": 413, "body": "", "headers": {"Retry-After": "0"}},
    {"status": 429, "body": {"error": "too fast"}, "headers": {"Retry-After": "1"}},
    {"status": 500, "body": {"error": "Please query /accounts first"}},
    {"status": 500, "body": {"error": "Order size 0 is not valid"}},
    {"status": 502, "body": HTML},
    {"status": 503, "body": {"error": "Service Unavailable"}, "headers": {"Retry-After": "0"}},
    {"status": 504, "body": ""},
]


def ready(bench: Bench, **changes: str) -> BrokerClient:
    client = bench.client(None, **changes)
    client.ask_accounts()
    return client


@pytest.mark.parametrize("fault", DOUBTFUL, ids=str)
def test_a_doubtful_answer_is_never_followed_by_a_second_post(
    bench: Bench, fault: dict[str, Any]
) -> None:
    client = ready(bench)
    hit = bench.sim.faults.add(ORDERS, count=None, **fault)
    with pytest.raises(DoubtError) as caught:
        client.write("POST", ORDERS, BODY)
    assert hit.hits == 1
    assert posts(bench) <= 1  # one cut before it was read is not in the simulator's list
    assert isinstance(caught.value.cause, IbcliError)
    assert ACCOUNT not in f"{caught.value}{caught.value.cause.hint}"
    # and nothing of it goes out later
    bench.sim.faults.clear()
    client.read("GET", "/trsrv/stocks", params={"symbols": "SPY"})
    assert hit.hits == 1


@pytest.mark.parametrize("status", [401, 429, 500, 503, 504])
def test_a_booked_order_whose_answer_says_otherwise_is_a_doubt(bench: Bench, status: int) -> None:
    client = ready(bench)
    bench.sim.faults.add(ORDERS, status=status, body={"error": "x"}, handled=True)
    with pytest.raises(DoubtError):
        client.write("POST", ORDERS, BODY)
    assert posts(bench) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"error": "We cannot accept an order at the limit price you selected."}),
        (400, {"error": "Local order ID=x is already registered.", "statusCode": 400}),
        (200, [{"order_id": "1", "order_status": "Submitted"}]),
    ],
)
def test_a_refusal_is_an_answer(bench: Bench, status: int, body: Any) -> None:
    client = ready(bench)
    bench.sim.faults.add(ORDERS, status=status, body=body)
    assert client.write("POST", ORDERS, BODY) == body
    assert posts(bench) == 1


@pytest.mark.parametrize("hold", ["before", "after"])
def test_an_answer_that_does_not_come(bench: Bench, hold: str) -> None:
    ready(bench)
    client = bench.client(Deadline.after(0.5), IBCLI_HASTE="50")
    hit = bench.sim.faults.add(ORDERS, hold=hold)
    began = time.monotonic()
    with pytest.raises(DoubtError) as caught:
        client.write("POST", ORDERS, BODY)
    assert caught.value.cause.code == "timeout"
    assert 0.5 <= time.monotonic() - began < 5
    hit.release()
    assert hit.done.wait(10)
    assert hit.hits == 1


def test_the_brokers_own_time_out_is_heard_though_the_deadline_is_near(bench: Bench) -> None:
    ready(bench)
    client = bench.client(Deadline.after(0.4))
    bench.sim.faults.add(ORDERS, delay=1.0)
    answer = client.write("POST", ORDERS, BODY)
    assert isinstance(answer, list)


def test_nothing_is_sent_after_the_deadline(bench: Bench) -> None:
    client = ready(bench)
    bench.hurry.skipped += 61
    with pytest.raises(IbcliError) as caught:
        client.write("POST", ORDERS, BODY)
    assert caught.value.retryable
    assert posts(bench) == 0


def test_nothing_is_sent_while_pacing_forbids_it(bench: Bench) -> None:
    client = ready(bench)
    bench.sim.faults.add("/trsrv/*", status=429, body={}, headers={"Retry-After": "600"})
    with pytest.raises(UnreachableError):
        client.read("GET", "/trsrv/stocks", params={"symbols": "SPY"})
    with pytest.raises(UnreachableError) as caught:
        client.write("POST", ORDERS, BODY)
    assert caught.value.code == "rate-limited"
    assert posts(bench) == 0


def test_a_server_that_is_gone_has_got_nothing(bench: Bench) -> None:
    ready(bench)
    environ = bench.sim.env()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{closed.getsockname()[1]}/v1/api"
    environ |= {"IB_API_URL": gone, "IBCLI_STATE_DIR": str(bench.folder / "other")}
    # the login and the session are known; only the server is not there any more
    (bench.folder / "other").mkdir(mode=0o700)
    settings = load_settings(environ=environ, cwd=bench.folder)
    kept = bench.client()
    (bench.folder / "other" / f"login-{settings.state_key}.json").write_bytes(
        kept.state_path.read_bytes()
    )
    (bench.folder / "other" / f"login-{settings.state_key}.json").chmod(0o600)
    with BrokerClient(settings, Deadline.after(5)) as client, pytest.raises(IbcliError) as caught:
        client.write("POST", ORDERS, BODY, prove=False)
    assert caught.value.code == "unreachable"
    assert "refused" in caught.value.message


def test_a_write_uses_no_connection_that_the_server_may_have_closed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kept connection that the server has dropped would look like a cut: in doubt for nothing."""
    client = ready(bench)
    with monkeypatch.context() as patch:
        patch.delattr(client._exchange, "_connections")  # those that are kept
        assert client.write("POST", ORDERS, BODY)


@pytest.mark.parametrize("mishap", ["kill_tokens", "end"])
def test_what_is_missing_is_found_out_by_a_read_and_not_by_the_write(
    bench: Bench, mishap: str
) -> None:
    ready(bench)
    getattr(bench.sim.session, mishap)()
    assert bench.client().write("POST", ORDERS, BODY)
    statuses = [r.status for r in bench.sim.requests if r.path.endswith("/orders")]
    assert statuses == [200]


def test_a_session_looked_at_long_ago_is_looked_at_again(bench: Bench) -> None:
    client = bench.client(bench.hurry.deadline(600))
    client.ask_accounts()
    asked = bench.count("/iserver/accounts")
    client.write("POST", ORDERS, BODY)
    assert bench.count("/iserver/accounts") == asked
    bench.hurry.skipped += 90
    client.write("POST", ORDERS, BODY)
    assert bench.count("/iserver/accounts") == asked + 1


def test_an_answer_to_a_question_has_no_request_before_it(bench: Bench) -> None:
    client = bench.client(bench.hurry.deadline(600))
    client.read("GET", "/iserver/secdef/search", params={"symbol": "ARM"})
    asked = order_entry.post(client, ACCOUNT, with_stop(entry(limit="1.60"), "0.20"))
    assert isinstance(asked, Asked)
    bench.hurry.skipped += 90
    before = len(bench.sim.requests)
    assert isinstance(order_entry.answer(client, asked.reply_id, confirmed=False), Refused)
    assert len(bench.sim.requests) == before + 1


def test_a_damaged_state_folder_does_not_turn_a_sent_order_into_a_failed_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ready(bench)

    def leave(slot: str) -> None:
        raise ConfigurationError("The state folder is read-only.")

    monkeypatch.setattr(client._exchange.pace, "leave", leave)
    assert client.write("POST", ORDERS, BODY)
    bench.sim.faults.add(ORDERS, cut="after")
    with pytest.raises(DoubtError):
        client.write("POST", ORDERS, encode_bracket(ACCOUNT, alone(entry("b", tradable=SPY))))


def test_a_mistake_of_our_own_after_the_sending_is_a_doubt(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ready(bench)

    def wrong(*_: object) -> None:
        raise AttributeError("a bug")

    monkeypatch.setattr("ibcli.broker.writing.decode_written", wrong)
    with pytest.raises(DoubtError) as caught:
        client.write("POST", ORDERS, BODY)
    assert caught.value.cause.code == "bug"
    assert posts(bench) == 1


def test_ctrl_c_before_the_connection_sends_nothing_afterwards(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that sends may still be looking up a name when the user gives up."""
    client = ready(bench)
    looking, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    really = socket.create_connection

    def within(_seconds: float, call: Any) -> None:
        def run() -> None:
            try:
                call()
            except Exception:  # noqa: BLE001 -- what the thread says nobody hears
                pass
            finally:
                ended.set()

        threading.Thread(target=run, daemon=True).start()
        assert looking.wait(10)
        raise KeyboardInterrupt

    def slow(*args: Any, **kwargs: Any) -> Any:
        looking.set()
        assert go_on.wait(10)
        return really(args[0])

    monkeypatch.setattr("ibcli.broker.writing.within", within)
    monkeypatch.setattr("urllib3.util.connection.create_connection", slow)
    with pytest.raises(KeyboardInterrupt):
        client.write("POST", ORDERS, BODY)
    go_on.set()
    assert ended.wait(10)
    assert posts(bench) == 0


SENDING = """
import sys, threading
from pathlib import Path
from ibcli.broker.client import BrokerClient
from ibcli.broker.deadline import Deadline
from ibcli.commands.signals import heed_signals
from ibcli.config import load_settings
heed_signals()
client = BrokerClient(load_settings(cwd=Path(sys.argv[1])), Deadline.after(60))
print("ready", flush=True)
client.write("POST", "{path}", {body!r})
"""


@pytest.mark.parametrize("signal", ["terminate", "kill"])
def test_a_process_that_is_stopped_while_it_sends_does_not_stay_to_wait(
    bench: Bench, tmp_path: Path, signal: str
) -> None:
    ready(bench)
    hit = bench.sim.faults.add(ORDERS, hold="before")
    environ = {**bench.sim.env(), "IBCLI_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}
    body = {"orders": [{**BODY["orders"][0], "price": 640}]}
    code = SENDING.replace("{path}", ORDERS).replace("{body!r}", repr(body))
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], env=environ, stderr=subprocess.DEVNULL
    )
    assert hit.reached.wait(30)
    getattr(process, signal)()
    began = time.monotonic()
    assert process.wait(10) != 0
    assert time.monotonic() - began < 4
    hit.release()
    assert hit.done.wait(10)
    assert hit.hits == 1


def test_a_bracket_goes_out_whole(bench: Bench) -> None:
    client = bench.client(bench.hurry.deadline(600))
    client.read("GET", "/iserver/secdef/search", params={"symbol": "ARM"})
    reply = order_entry.post(client, ACCOUNT, with_stop(entry(limit="1.60"), "0.20"))
    asked = []
    while isinstance(reply, Asked):
        asked += [message.id for message in reply.messages]
        assert all(message.text for message in reply.messages)
        reply = order_entry.answer(client, reply.reply_id, confirmed=True)
    assert asked == ["o10331", "o10152"]
    assert isinstance(reply, Placed)
    assert len(reply.rows) == 2
    assert all(row.order_id for row in reply.rows)
    assert posts(bench) == 1
    again = order_entry.post(client, ACCOUNT, with_stop(entry(limit="1.60"), "0.20"))
    assert isinstance(again, Refused)
    assert again.duplicate


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ORDERS),
        ("POST", f"/iserver/account/{ACCOUNT}/order/17"),
        ("DELETE", f"/iserver/account/{ACCOUNT}/order/17"),
        ("POST", "/iserver/reply/abc"),
        ("POST", "/iserver/notification"),
        ("POST", f"{ORDERS}/"),
        ("POST", f"{ORDERS}?x=1"),
    ],
)
def test_no_order_is_sent_as_a_read_which_would_be_repeated(
    bench: Bench, method: str, path: str
) -> None:
    client = ready(bench)
    before = len(bench.sim.requests)
    with pytest.raises(NotImplementedError) as caught:
        client.read(method, path, body={})
    assert ACCOUNT not in str(caught.value)
    assert len(bench.sim.requests) == before


def a_proxy(answer: bytes, heard: list[bytes]) -> socket.socket:
    """A proxy for one connection, which it answers so and closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            heard.append(connection.recv(4096))
            connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return listener


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",  # and no TLS behind it
        b"",
    ],
    ids=str,
)
def test_what_a_proxy_was_told_is_not_yet_the_order(tmp_path: Path, answer: bytes) -> None:
    heard: list[bytes] = []
    launch = launch_at(tmp_path)
    with a_proxy(answer, heard) as listener:
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environ = {"IB_API_URL": "https://broker.test/v1/api", "IBCLI_PROXY": proxy}
        settings = load_settings(environ=environ)
        connections = Connections(settings, usual_context(), once=True)
        with pytest.raises(WireError):
            connections.send("POST", "/", {}, b"{}", (5, 5), Deadline.after(5), launch)
    assert heard[0].startswith(b"CONNECT broker.test:443 ")
    assert launch.call_off()


def launch_at(folder: Path, until: Deadline | None = None) -> Launch:
    """A launch whose slot is taken now."""
    soon = Deadline.after(5)
    return Launch(Turn(Pace(folder, "x", 10), "POST", "/x", soon), soon, until)


def never() -> None:
    pytest.fail("it was sent")


def test_what_was_called_off_is_not_sent(tmp_path: Path) -> None:
    launch = launch_at(tmp_path)
    assert launch.call_off()
    with pytest.raises(CalledOffError):
        launch.send(None, never)
    late = launch_at(tmp_path, Deadline.after(0))
    with pytest.raises(CalledOffError):
        late.send(None, never)
    assert late.call_off()
    gone = launch_at(tmp_path)
    gone.send(None, lambda: None)
    assert not gone.call_off()


def to_the_end(connection: socket.socket) -> None:
    """Read until the other side says that this was all."""
    connection.settimeout(10)
    while connection.recv(4096):
        pass


def test_what_is_not_delivered_when_the_wait_is_over_is_thrown_away(bench: Bench) -> None:
    """Else the system would go on trying to deliver an order that nobody waits for any more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        environ = {"IB_API_URL": f"http://127.0.0.1:{listener.getsockname()[1]}/v1/api"}
        settings = bench.settings(**environ, IBCLI_HASTE="1000")
        with BrokerClient(settings, Deadline.after(0.3)) as client, pytest.raises(DoubtError):
            client._writer.write("POST", ORDERS, BODY, LOGIN)
        connection, _ = listener.accept()
        with connection, pytest.raises(ConnectionResetError):
            to_the_end(connection)


LOGIN = Login(
    "c2VjcmV0",
    expires=datetime(2100, 1, 1, tzinfo=UTC),
    obtained=datetime(2025, 1, 1, tzinfo=UTC),
)
