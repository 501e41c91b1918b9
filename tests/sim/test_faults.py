"""Faults on request, from the same process and over HTTP."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from ibcli.sim.switches import Switches
from tests.sim.client import Client

if TYPE_CHECKING:
    from ibcli.sim.embedded import SimServer

ACCOUNTS = "/iserver/accounts"


def test_status_and_body_for_a_count(trader: Client, sim: SimServer) -> None:
    sim.faults.add(ACCOUNTS, count=2, status=503, body={"error": "down"})
    answers = [trader.get(ACCOUNTS) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].body == {"error": "down"}
    assert sim.requests[-2].status == 503


def test_empty_and_malformed_bodies(trader: Client, sim: SimServer) -> None:
    sim.faults.add(ACCOUNTS, body="")
    sim.faults.add(ACCOUNTS, body='{"accounts": [')
    assert [trader.get(ACCOUNTS).body for _ in range(2)] == ["", '{"accounts": [']


def test_headers(trader: Client, sim: SimServer) -> None:
    sim.faults.add(ACCOUNTS, status=429, body={"error": "x"}, headers={"Retry-After": "7"})
    assert trader.get(ACCOUNTS).headers["Retry-After"] == "7"


def test_patterns_methods_and_skips(trader: Client, sim: SimServer) -> None:
    sim.faults.add("/iserver/*", method="POST", skip=1, count=None, status=500, body={"error": "x"})
    assert trader.get(ACCOUNTS).status == 200
    statuses = [trader.post("/iserver/auth/status").status for _ in range(3)]
    assert statuses == [200, 500, 500]
    sim.faults.clear()
    assert trader.post("/iserver/auth/status").status == 200


def test_cut_before_handling(trader: Client, sim: SimServer) -> None:
    sim.faults.add("/logout", cut="before")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        trader.post("/logout")
    assert trader.post("/tickle").status == 200
    assert next(r.status for r in sim.requests if r.path.endswith("/logout")) == 0


def test_cut_after_handling(trader: Client, sim: SimServer) -> None:
    sim.faults.add("/logout", cut="after")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        trader.post("/logout")
    assert trader.post("/tickle").status == 401


@pytest.mark.parametrize("fault", [{"delay": 0.3}, {"slow_body": 0.3}])
def test_slowness(trader: Client, sim: SimServer, fault: dict[str, float]) -> None:
    whole = trader.get(ACCOUNTS).body
    sim.faults.add(ACCOUNTS, **fault)
    started = time.monotonic()
    answer = trader.get(ACCOUNTS)
    assert time.monotonic() - started >= 0.29
    assert answer.body == whole


def test_misspelled_faults_are_errors(sim: SimServer) -> None:
    with pytest.raises(TypeError):
        sim.faults.add("/x", stauts=500)
    with pytest.raises(ValueError, match="middle"):
        sim.faults.add("/x", cut="middle")


def control(sim: SimServer, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    url = f"http://127.0.0.1:{sim.port}/v1/sim/{path}"
    with urlopen(Request(url, data, method=method), timeout=10) as response:
        return json.load(response)


def test_faults_over_http(trader: Client, sim: SimServer) -> None:
    control(
        sim,
        "POST",
        "faults",
        [{"path": ACCOUNTS, "status": 503}, {"path": "/tickle", "status": 500}],
    )
    assert trader.get(ACCOUNTS).status == 503
    control(sim, "DELETE", "faults")
    assert trader.post("/tickle").status == 200


def test_requests_over_http(trader: Client, sim: SimServer) -> None:
    seen = control(sim, "GET", "requests")
    assert [r["path"] for r in seen["requests"]][-1] == "/v1/api/iserver/accounts"
    assert seen["peak_rate"] >= 1
    control(sim, "DELETE", "requests")
    assert control(sim, "GET", "requests")["requests"] == []


def test_circumstances_over_http(trader: Client, sim: SimServer) -> None:
    changed = control(sim, "POST", "control", {"another_session": True})
    assert changed["switches"]["another_session"] is True
    assert trader.get(ACCOUNTS).status == 400
    control(sim, "POST", "control", {"do": ["expire_tokens"]})
    assert trader.post("/tickle").status == 401
    control(sim, "POST", "control", {"token_active": False})
    assert Client(sim.env()).request_lst().status == 401
    control(sim, "POST", "control", {"do": "reset"})
    assert Client(sim.env()).login()
    assert control(sim, "GET", "control")["market_time"].startswith("2025-08-18T")


def control_status(sim: SimServer, path: str, body: Any, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=10)
    connection.request("POST", f"/v1/sim/{path}", json.dumps(body), headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


@pytest.mark.parametrize(
    "body",
    [
        {"weather": "bad"},
        {"do": "dance"},
        {"do": 5},
        {"feed": "X"},
        {"another_session": "yes"},
        {"token_active": "false"},
        [],
        5,
        None,
    ],
)
def test_unknown_circumstances_are_refused(sim: SimServer, body: Any) -> None:
    assert control_status(sim, "control", body) == 400
    assert sim.sim.switches == Switches()


@pytest.mark.parametrize(
    "fact",
    [
        {"path": 5},
        {"method": 5},
        {"count": "1"},
        {"count": -1},
        {"skip": None},
        {"status": "503"},
        {"status": 99},
        {"status": True},
        {"headers": [1]},
        {"headers": {"A": 1}},
        {"headers": {"A": "x\r\nB: y"}},
        {"delay": "x"},
        {"delay": -1},
        {"slow_body": "x"},
        {"nope": 1},
    ],
)
def test_faults_that_cannot_be_are_refused_and_none_kept(sim: SimServer, fact: Any) -> None:
    assert control_status(sim, "faults", [{"path": "*", "status": 500}, fact]) == 400
    assert Client(sim.env()).request_lst().status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:5080"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
    ],
)
def test_no_page_in_a_browser_controls_it(
    sim: SimServer, headers: dict[str, str], status: int
) -> None:
    assert control_status(sim, "control", {}, **headers) == status
