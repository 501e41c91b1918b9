"""Orders that are booked while their senders learn otherwise, or nothing; senders that die."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from ibcli.sim.embedded import SimOptions, SimServer
from tests.sim.client import Client
from tests.sim_books.conftest import SPY, YES, Floor, order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 10.0  # seconds, for what takes milliseconds
POSTS = "/iserver/account/*/orders"
ENTRY = order(SPY, "BUY", price=630, cOID="entry")

# Posts an order to where it is told and says what it was answered.
_SENDER = """
import sys
from urllib.request import Request, urlopen
url, body = sys.argv[1:]
headers = {"Content-Type": "application/json", "User-Agent": "sender"}
print(urlopen(Request(url, body.encode(), headers), timeout=60).read().decode())
"""


@contextmanager
def sender(floor: Floor, *orders: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that posts orders."""
    url = f"{floor.client.url}/iserver/account/{floor.account}/orders"
    body = json.dumps({"orders": orders})
    process = subprocess.Popen(
        [sys.executable, "-c", _SENDER, url, body], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def names(floor: Floor) -> list[str]:
    return [row["order_ref"] for row in floor.orders()]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"error": "down"}),
        (503, {"error": "Service Unavailable", "statusCode": 503}),
        (429, {"error": "too fast"}),
        (401, {"error": "not authorized", "statusCode": 401}),
        (502, "<html><body>Bad Gateway</body></html>"),
        (200, ""),
        (200, '[{"order_id":"12'),
        (200, {"shape": "wrong"}),
    ],
)
def test_an_order_is_booked_and_answered_otherwise(floor: Floor, status: int, body: object) -> None:
    floor.sim.faults.add(POSTS, handled=True, status=status, body=body)
    answer = floor.post(ENTRY)
    assert (answer.status, answer.body) == (status, body)
    assert names(floor) == ["entry"]
    assert "already registered" in floor.post(ENTRY).body["error"]


def test_without_it_an_order_is_not_booked(floor: Floor) -> None:
    floor.sim.faults.add(POSTS, status=500, body={"error": "down"})
    assert floor.post(ENTRY).status == 500
    assert names(floor) == []


def test_a_reply_is_handled_and_answered_otherwise(floor: Floor) -> None:
    floor.sim.faults.add("/iserver/reply/*", handled=True, status=503)
    question = floor.post(order(SPY, "BUY", price=600, cOID="entry")).body[0]["id"]
    assert floor.client.post(f"/iserver/reply/{question}", YES).status == 503
    assert floor.status(int(floor.orders()[0]["orderId"])) != "Inactive"


def test_replaced_answers_can_be_of_any_type(floor: Floor) -> None:
    headers = {"Content-Type": "application/json", "Retry-After": "3"}
    floor.sim.faults.add(POSTS, handled=True, status=429, body="[{", headers=headers)
    answer = floor.post(ENTRY)
    assert (answer.status, answer.body) == (429, "[{")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Retry-After"] == "3"


def test_the_real_answer_can_be_cut_short(floor: Floor) -> None:
    floor.sim.faults.add(POSTS, truncate=7)
    answer = floor.post(ENTRY)
    assert (answer.status, answer.body) == (200, '[{"orde')
    assert answer.headers["Content-Length"] == "7"
    assert answer.headers["Content-Type"].startswith("application/json")
    assert names(floor) == ["entry"]


def test_the_connection_can_drop_amid_the_answer(floor: Floor) -> None:
    floor.sim.faults.add(POSTS, cut="amid")
    with pytest.raises(http.client.IncompleteRead) as caught:
        floor.post(ENTRY)
    assert caught.value.partial.startswith(b'[{"order_id"')
    assert names(floor) == ["entry"]


def test_an_order_is_booked_before_its_answer_is_late(floor: Floor) -> None:
    floor.sim.faults.add(POSTS, delay_after=3600)
    with sender(floor, ENTRY) as process:
        until(lambda: names(floor) == ["entry"])
        assert process.poll() is None


def test_an_answer_is_late_by_so_much(floor: Floor) -> None:
    floor.sim.faults.add(POSTS, delay_after=0.3)
    started = time.monotonic()
    assert floor.post(ENTRY).status == 200
    assert time.monotonic() - started >= 0.29


def until(true: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline


def test_one_leg_is_hit_by_its_words(floor: Floor) -> None:
    fault = floor.sim.faults.add(POSTS, status=500, count=None, body_contains='"second"')
    other = order(SPY, "BUY", price=629, cOID="second")
    assert [floor.post(leg).status for leg in (ENTRY, other, other)] == [200, 500, 500]
    assert names(floor) == ["entry"]
    assert fault.hits == 2


def test_over_http(floor: Floor) -> None:
    fault = {
        "path": POSTS,
        "method": "POST",
        "body_contains": "entry",
        "handled": True,
        "status": 503,
        "delay_after": 0.01,
    }
    url = f"http://127.0.0.1:{floor.sim.port}/v1/sim/faults"
    with urlopen(Request(url, json.dumps(fault).encode()), timeout=PATIENCE) as response:
        assert response.status == 200
    assert floor.post(ENTRY).status == 503
    assert names(floor) == ["entry"]


@pytest.mark.parametrize(
    ("fact", "word"),
    [
        ({"handled": True}, "status"),
        ({"handled": 1, "status": 500}, "handled"),
        ({"hold": "amid"}, "amid"),
        ({"if_gone": "weep", "hold": "before"}, "weep"),
        ({"delay_after": -1}, "delay_after"),
        ({"delay": True}, "delay"),
        ({"body_contains": 5}, "body_contains"),
        ({"truncate": -1}, "truncate"),
    ],
)
def test_faults_that_cannot_be(floor: Floor, fact: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        floor.sim.faults.add(POSTS, **fact)


def test_a_request_is_held_before_it_is_handled(floor: Floor) -> None:
    fault = floor.sim.faults.add(POSTS, hold="before")
    with sender(floor, ENTRY) as process:
        assert fault.reached.wait(PATIENCE)
        assert names(floor) == []
        assert not fault.done.is_set()
        fault.release()
        assert '"order_id"' in process.communicate(timeout=PATIENCE)[0]
    assert fault.done.wait(PATIENCE)
    assert names(floor) == ["entry"]


def test_a_request_is_held_after_it_was_handled(floor: Floor) -> None:
    fault = floor.sim.faults.add(POSTS, hold="after")
    with sender(floor, ENTRY) as process:
        assert fault.reached.wait(PATIENCE)
        assert names(floor) == ["entry"]
        assert process.poll() is None
        fault.release()
        assert '"order_id"' in process.communicate(timeout=PATIENCE)[0]


@pytest.mark.parametrize(
    ("facts", "booked"),
    [
        ({"hold": "before"}, True),  # the broker had all of it
        ({"hold": "before", "if_gone": "handle"}, True),
        ({"hold": "before", "if_gone": "drop"}, False),
        ({"hold": "after"}, True),
        ({"hold": "after", "if_gone": "drop"}, True),
    ],
)
def test_the_sender_dies_while_its_order_is_held(
    floor: Floor, facts: dict[str, Any], *, booked: bool
) -> None:
    fault = floor.sim.faults.add(POSTS, **facts)
    with sender(floor, ENTRY) as process:
        assert fault.reached.wait(PATIENCE)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    fault.release()
    assert fault.done.wait(PATIENCE)
    assert names(floor) == ["entry"] * booked
    assert floor.post(order(SPY, "BUY", price=629, cOID="next")).status == 200


def test_each_held_request_can_be_waited_for(floor: Floor) -> None:
    faults = [
        floor.sim.faults.add(POSTS, hold="before", body_contains=name) for name in ("one", "two")
    ]
    legs = [order(SPY, "BUY", price=629, cOID=name) for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(floor.post, leg) for leg in legs]
        assert all(fault.reached.wait(PATIENCE) for fault in faults)
        faults[1].release()
        assert faults[1].done.wait(PATIENCE)
        assert names(floor) == ["two"]
        faults[0].release()
        assert [answer.result(PATIENCE).status for answer in answers] == [200, 200]


def test_what_was_let_go_is_held_no_more(floor: Floor) -> None:
    fault = floor.sim.faults.add(POSTS, hold="before", count=None)
    fault.release()
    assert floor.post(ENTRY).status == 200


def test_clearing_lets_everything_go(floor: Floor) -> None:
    fault = floor.sim.faults.add(POSTS, hold="after")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(floor.post, ENTRY)
        assert fault.reached.wait(PATIENCE)
        floor.sim.faults.clear()
        assert answer.result(PATIENCE).status == 200


def test_a_server_stops_while_requests_are_held(key_folder: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with SimServer(SimOptions(clock="now", keys=key_folder, gateway=True)) as sim:
            fault = sim.faults.add("/iserver/accounts", hold="before")
            answer = pool.submit(Client(sim.env()).get, "/iserver/accounts")
            assert fault.reached.wait(PATIENCE)
        assert isinstance(answer.exception(PATIENCE), http.client.HTTPException | OSError)
    fault.release()
    assert fault.done.is_set()


def test_a_held_answer_can_be_replaced(floor: Floor) -> None:
    fault = floor.sim.faults.add(POSTS, hold="after", handled=True, status=500, body={"error": "x"})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(floor.post, ENTRY)
        assert fault.reached.wait(PATIENCE)
        assert names(floor) == ["entry"]
        fault.release()
        assert answer.result(PATIENCE).status == 500


def test_a_client_is_killed_at_each_of_its_requests(floor: Floor) -> None:
    """As the manual tells: until a run ends without being held."""
    met = []
    for skip in range(9):
        fault = floor.sim.faults.add("*", hold="before", if_gone="drop", skip=skip)
        with sender(floor, ENTRY) as process:
            until(lambda: fault.reached.is_set() or process.poll() is not None)  # noqa: B023
            process.kill()
        met.append(fault.reached.is_set())
        floor.sim.faults.clear()
        if not met[-1]:
            break
        assert fault.done.wait(PATIENCE)
        assert names(floor) == []
    assert met == [True, False]
    assert names(floor) == ["entry"]
