"""What goes wrong on the wire, and what becomes of it."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from ibcli.broker.client import BrokerClient
from ibcli.broker.deadline import Deadline
from ibcli.config import load_settings
from ibcli.errors import (
    ConfigurationError,
    IbcliError,
    LoginError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)
from tests.broker.conftest import LST, Bench

ANSWER = {
    "diffie_hellman_response": "12",
    "live_session_token_signature": "AB" * 20,
    "live_session_token_expiration": 1,
}
HTML = "<!DOCTYPE html><html><body>Not Found</body></html>"


def stocks(client: BrokerClient) -> Any:
    return client.read("GET", "/trsrv/stocks", params={"symbols": "ARM"})


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": {"error": "unknown"}},
        {"status": 502, "body": HTML},
        {"status": 503, "body": {"error": "Service Unavailable"}},
        {"status": 504, "body": ""},
        {"status": 408, "body": ""},
        {"status": 200, "body": ""},
        {"status": 200, "body": '{"ARM": [truncated'},
        {"status": 200, "body": '{"x": NaN}'},
        {"cut": "before"},
        {"cut": "after"},
    ],
    ids=str,
)
def test_reads_are_tried_again(bench: Bench, fault: dict[str, Any]) -> None:
    client = bench.client()
    stocks(client)
    bench.sim.faults.add("/trsrv/*", count=2, **fault)
    assert stocks(client)["ARM"]
    assert bench.count("/trsrv/stocks") >= 2


@pytest.mark.parametrize(
    ("fault", "kind", "code", "requests"),
    [
        ({"status": 503, "body": {"error": "x"}}, UnreachableError, "server-error", 4),
        ({"status": 500, "body": {"error": "x"}}, UnreachableError, "server-error", 4),
        ({"status": 500, "body": {"error": "Invalid conid"}}, RefusedError, "broker-error", 1),
        ({"status": 500, "body": {"error": "No symbol found"}}, RefusedError, "broker-error", 1),
        ({"status": 500, "body": {"error": "no contracts"}}, RefusedError, "broker-error", 1),
        ({"status": 400, "body": {"error": "Bad Request"}}, RefusedError, "broker-error", 1),
        ({"status": 403, "body": {"error": "no"}}, RefusedError, "forbidden", 1),
        ({"status": 404, "body": HTML}, NotFoundError, "not-found", 1),
        ({"status": 407, "body": ""}, LoginError, "proxy-needed", 1),
        ({"status": 410, "body": "gone"}, UnreachableError, "front-end-closed", 1),
        ({"status": 200, "body": {"error": "no luck"}}, RefusedError, "broker-error", 1),
        ({"status": 200, "body": ""}, UnreachableError, "bad-answer", 4),
        ({"status": 200, "body": HTML}, UnreachableError, "bad-answer", 1),
        ({"status": 200, "body": "[" * 100_000}, UnreachableError, "bad-answer", 4),
        ({"status": 200, "body": "1e" + "9" * 20}, UnreachableError, "bad-answer", 4),
        ({"status": 200, "body": "1e99999999"}, UnreachableError, "bad-answer", 4),
        ({"cut": "before"}, UnreachableError, "unreachable", None),
        (
            {"status": 302, "headers": {"Location": "https://evil.example/x"}},
            UnreachableError,
            "redirected",
            1,
        ),
    ],
    ids=str,
)
def test_what_stays_wrong_becomes_an_error(
    bench: Bench,
    fault: dict[str, Any],
    kind: type[IbcliError],
    code: str,
    requests: int | None,
) -> None:
    client = bench.client()
    stocks(client)
    before = bench.count("/trsrv/stocks")
    bench.sim.faults.add("/trsrv/*", count=None, **fault)
    with pytest.raises(IbcliError) as caught:
        stocks(client)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert caught.value.hint
    if requests is not None:
        assert bench.count("/trsrv/stocks") - before == requests


def test_an_answer_without_an_end_is_not_read_to_it(bench: Bench) -> None:
    client = bench.client()
    stocks(client)
    bench.sim.faults.add("/trsrv/*", count=None, status=200, body=" " * (65 << 20))
    with pytest.raises(UnreachableError) as caught:
        stocks(client)
    assert caught.value.code == "bad-answer"
    assert "64 MiB" in caught.value.message
    assert bench.count("/trsrv/stocks") == 2  # the one before, and no second try


def test_attempts_back_off_and_are_signed_afresh(bench: Bench) -> None:
    """The simulator refuses a nonce it has seen: the last attempt would be a 401 otherwise."""
    client = bench.client()
    stocks(client)
    bench.hurry.sleeps.clear()
    bench.sim.faults.add("/trsrv/*", count=3, cut="after")
    assert stocks(client)
    pauses = [each for each in bench.hurry.sleeps if each > 0.1]
    assert len(pauses) == 3
    assert 0.12 <= pauses[0] <= 0.25 <= pauses[1] <= 0.5 <= pauses[2] <= 1.0
    assert 401 not in [request.status for request in bench.sim.requests]


def test_no_attempt_is_made_after_the_deadline(bench: Bench) -> None:
    stocks(bench.client())
    client = bench.client(bench.hurry.deadline(0.3))
    bench.sim.faults.add("/trsrv/*", count=None, status=503, body="{}")
    with pytest.raises(UnreachableError):
        stocks(client)
    assert bench.count("/trsrv/stocks") <= 1 + 2
    assert bench.hurry.skipped < 0.3


@pytest.mark.parametrize("fault", [{"delay": 20.0}, {"slow_body": 20.0}], ids=str)
def test_a_slow_answer_meets_the_deadline(bench: Bench, fault: dict[str, float]) -> None:
    stocks(bench.client())
    client = bench.client(Deadline.after(0.5))
    bench.sim.faults.add("/trsrv/*", count=None, **fault)
    began = time.monotonic()
    with pytest.raises(UnreachableError) as caught:
        stocks(client)
    assert caught.value.code == "timeout"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("start", "letter"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"1"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
    ids=["body", "header", "size of a chunk"],
)
def test_an_answer_that_drips_meets_the_deadline(start: bytes, letter: bytes) -> None:
    """A byte now and then keeps every read within its time-out."""
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(start)
            with suppress(OSError):
                while not over.wait(0.05):
                    connection.sendall(letter)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=[server])
        thread.start()
        port = server.getsockname()[1]
        settings = load_settings(environ={"IB_API_URL": f"http://127.0.0.1:{port}/v1/api"})
        began = time.monotonic()
        with BrokerClient(settings, Deadline.after(0.5)) as client:
            assert client.ask_server_time() is None
        took = time.monotonic() - began
        over.set()
        thread.join()
    assert 0.5 <= took < 3


def test_a_429_is_waited_out_by_everybody(bench: Bench) -> None:
    one, two = bench.client(), bench.client()
    stocks(one)
    stocks(two)
    bench.sim.faults.add(
        "/trsrv/*", status=429, body={"error": "slow"}, headers={"Retry-After": "7"}
    )
    began = bench.hurry.now()
    assert stocks(one)
    assert 7 <= bench.hurry.now() - began < 9
    assert stocks(two)


def test_a_429_to_one_holds_the_others_back(bench: Bench) -> None:
    one, two = bench.client(bench.hurry.deadline(5)), bench.client()
    bench.sim.faults.add("/trsrv/*", status=429, body="", headers={"Retry-After": "30"})
    began = bench.hurry.now()
    with pytest.raises(UnreachableError):
        stocks(one)
    assert stocks(two)
    assert 30 <= bench.hurry.now() - began < 33


def test_a_penalty_box_beyond_the_deadline(bench: Bench) -> None:
    client = bench.client()
    bench.sim.faults.add(
        "/trsrv/*", status=429, body="", headers={"Retry-After": "900"}, count=None
    )
    with pytest.raises(UnreachableError) as caught:
        stocks(client)
    assert caught.value.code == "rate-limited"
    assert caught.value.exit_code == 10
    assert bench.count("/trsrv/stocks") == 1
    with pytest.raises(UnreachableError):
        stocks(bench.client())
    assert bench.count("/trsrv/stocks") == 1


def test_the_brokers_words_are_passed_on_without_secrets(bench: Bench) -> None:
    client = bench.client()
    token = bench.sim.env()["IB_ACCESS_TOKEN"]
    said = f"Account U1234567 with {token} and {'A1b2' * 20}\n\x1b[31mred {'long ' * 100}"
    bench.sim.faults.add("/trsrv/*", status=400, body={"error": said})
    with pytest.raises(RefusedError) as caught:
        stocks(client)
    message = caught.value.message
    assert "U***67" in message
    for hidden in ("U1234567", token, "A1b2A1b2", "\x1b", "\n"):
        assert hidden not in message
    assert len(message) < 300


def test_an_error_that_is_json_in_a_string(bench: Bench) -> None:
    client = bench.client()
    inner = '{"reason":"Details currently unavailable. Please try again later."}'
    bench.sim.faults.add("/trsrv/*", status=500, body={"error": inner})
    with pytest.raises(NotFoundError) as caught:
        stocks(client)
    assert "Details currently unavailable" in caught.value.message
    assert "{" not in caught.value.message


def test_nobody_listens() -> None:
    """Port 9 of this machine is closed."""
    settings = load_settings(environ={"IB_API_URL": "http://127.0.0.1:9/v1/api"})
    with BrokerClient(settings, Deadline.after(0.3)) as client:
        assert client.ask_server_time() is None


def test_a_ca_bundle_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(ConfigurationError) as caught:
        bench.client(IBCLI_CA_BUNDLE="gone.pem")
    assert caught.value.code == "file-missing"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 401, "body": {"error": "id: 1, error: invalid consumer"}}, "wrong-consumer"),
        ({"status": 401, "body": {"error": "Invalid signature"}}, "signature-refused"),
        (
            {
                "status": 401,
                "body": {"error": "LST failed, error: No access secret key found for ***"},
            },
            "token-unknown",
        ),
        ({"status": 401, "body": ""}, "token-unknown"),
        ({"status": 403, "body": {"error": "no"}}, "login-forbidden"),
        ({"status": 403, "body": HTML}, "proxy-needed"),
        ({"status": 404, "body": HTML}, "wrong-address"),
        ({"status": 404, "body": {"error": "x"}}, "wrong-address"),
        ({"status": 200, "body": HTML}, "proxy-needed"),
        ({"status": 200, "body": {"diffie_hellman_response": "zz"}}, "login-answer"),
        ({"status": 200, "body": ANSWER | {"diffie_hellman_response": "1"}}, "login-answer"),
        (
            {"status": 200, "body": ANSWER | {"diffie_hellman_response": "f" * 9999}},
            "lst-signature-mismatch",
        ),
        ({"status": 200, "body": ANSWER}, "lst-signature-mismatch"),
    ],
    ids=lambda each: str(each)[:60],
)
def test_a_login_that_fails(bench: Bench, fault: dict[str, Any], code: str) -> None:
    bench.sim.faults.add("/oauth/*", count=None, **fault)
    with pytest.raises(LoginError) as caught:
        stocks(bench.client())
    assert caught.value.code == code
    assert caught.value.exit_code == 4
    assert bench.count(LST) == 1


def test_a_failing_login_server_is_tried_again(bench: Bench) -> None:
    bench.sim.faults.add("/oauth/*", count=2, cut="before")
    assert stocks(bench.client())


def test_no_session_token_at_the_broker(bench: Bench) -> None:
    body = {"error": "failed to generate sso dh token"}
    bench.sim.faults.add("/iserver/auth/ssodh/init", count=None, status=500, body=body)
    with pytest.raises(LoginError) as caught:
        bench.client().ensure_accounts()
    assert caught.value.code == "session-refused"
    assert caught.value.retryable


@pytest.mark.parametrize("body", [{"accounts": []}, {}, []], ids=str)
def test_a_login_without_accounts(bench: Bench, body: Any) -> None:
    bench.sim.faults.add("/iserver/accounts", count=None, status=200, body=body)
    with pytest.raises(LoginError) as caught:
        bench.client().ensure_accounts()
    assert caught.value.code == "no-accounts"


def test_plain_http_does_not_leave_this_machine_by_a_proxy(bench: Bench) -> None:
    """Port 9 of this machine is closed: a request by way of it would not arrive."""
    assert stocks(bench.client(IBCLI_PROXY="http://127.0.0.1:9"))


def test_a_server_without_tls_is_not_said_to_lack_a_certificate(bench: Bench) -> None:
    address = bench.sim.env()["IB_API_URL"].replace("http:", "https:")
    with pytest.raises(LoginError) as caught:
        stocks(bench.client(IB_API_URL=address))
    assert caught.value.code == "tls-failed"
    assert "certificate" not in caught.value.message
    assert "IB_API_URL" in caught.value.hint
