"""What a simulator counts for benchmarks: requests, rates and limits broken, since a mark."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from ibcli.sim.embedded import Pacing
from ibcli.sim.options import SimOptions
from ibcli.sim.pacing import HISTORY_PATH, overall_limit
from ibcli.sim.summary import EVERYTHING, Tally
from tests.sim.client import Client
from tests.sim.test_pacing import Clock

if TYPE_CHECKING:
    from ibcli.sim.embedded import SimServer
    from ibcli.sim.summary import Summary
    from tests.sim.conftest import RealTime, Serve

ACCOUNTS = "/iserver/accounts"
SNAPSHOT = "/iserver/marketdata/snapshot"


def counted(arrivals: list[float], path: str = "/any") -> Summary:
    """Requests answered at once, at these instants."""
    clock = Clock()
    began, tally = clock.now, Tally(overall_limit(SimOptions()), clock)
    for at in arrivals:
        clock.now = began + at
        tally.answered(tally.arrives(clock.now, path, f"GET {path}"), path, 200)
    return tally.summary()


@pytest.mark.parametrize(
    ("arrivals", "most"),
    [
        ([], None),
        ([0.0], 1),
        ([0.0, 0.5, 0.9375], 3),
        ([0.0, 0.5, 1.0], 2),  # a second later is another second
        ([0.0, 0.75, 1.5, 1.625, 1.6875, 3.0], 4),  # it slides: from 0.75 to 1.6875
        ([n / 16 for n in range(64)], 16),
    ],
)
def test_the_greatest_rate_is_of_any_sliding_second(arrivals: list[float], most: int) -> None:
    greatest = counted(arrivals).greatest
    assert (greatest[EVERYTHING].requests if greatest else None) == most


def test_it_says_when_the_greatest_rate_was_first_reached() -> None:
    found = counted([0.0, 2.0, 2.25, 4.0, 4.5])
    assert found.first is not None
    assert (found.greatest[EVERYTHING].at - found.first).total_seconds() == 2.25
    assert found.last is not None
    assert (found.last - found.first).total_seconds() == 4.5


def test_an_endpoint_is_counted_in_its_own_window() -> None:
    one = counted([0.0, 4.5, 9.75], "/iserver/account/orders").greatest
    assert one["/iserver/account/orders"].requests == 2
    assert (one["/iserver/account/orders"].limit, one["/iserver/account/orders"].seconds) == (1, 5)
    assert one[EVERYTHING].requests == 1
    assert set(counted([0.0]).greatest) == {EVERYTHING}


def test_requests_by_template_and_logins(serve: Serve) -> None:
    sim = serve()
    client = Client(sim.env()).login()
    client.get("/iserver/account/order/status/1")
    client.get("/iserver/account/order/status/2/")
    client.get("/no/such/path")
    found = sim.summary()
    assert found.requests == 6
    assert found.logins == 1
    assert found.paths == {
        "GET (unknown)": 1,
        "GET /iserver/account/order/status/{order}": 2,
        "GET /iserver/accounts": 1,
        "POST /iserver/auth/ssodh/init": 1,
        "POST /oauth/live_session_token": 1,
    }
    assert sum(found.statuses.values()) == 6
    assert found.statuses[404] == 1
    assert found.under_way == 0


def test_a_refused_login_is_none(serve: Serve) -> None:
    sim = serve()
    sim.session.token_active(False)
    assert Client(sim.env()).request_lst().status == 401
    assert sim.summary().logins == 0


def test_a_mark_begins_anew(trader: Client, sim: SimServer) -> None:
    before = sim.mark()
    assert before.requests == 3
    trader.get(ACCOUNTS)
    after = sim.summary()
    assert (after.requests, after.logins) == (1, 0)
    assert after.greatest[EVERYTHING].requests == 1
    assert after.since >= before.since
    assert sim.mark() is not None
    assert sim.summary().first is None


def test_an_answer_after_the_mark_belongs_to_its_request(trader: Client, sim: SimServer) -> None:
    fault = sim.faults.add(ACCOUNTS, hold="before")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(trader.get, ACCOUNTS)
        assert fault.reached.wait(10)
        assert sim.mark().under_way == 1
        fault.release()
        assert answer.result(10).status == 200
    assert sim.summary().requests == 0
    assert sim.summary().statuses == {}


@pytest.mark.parametrize("pacing", [Pacing.RECORD, Pacing.EXCESS])
def test_what_broke_a_limit(serve: Serve, real: RealTime, pacing: Pacing) -> None:
    sim = serve(pacing=pacing, max_rps=4)
    client = Client(sim.env())
    statuses = []
    for wait in (0, 0, 0, 0, 0, 0, 10, 0):  # the clock's steps are far from the limits
        real.ahead += wait
        statuses.append(client.get(ACCOUNTS).status)
    found = sim.summary()
    assert found.broke == 2
    assert found.over == {EVERYTHING: 2}
    assert found.refused == statuses.count(429) == (0 if pacing is Pacing.RECORD else 2)
    assert found.greatest[EVERYTHING].requests == 6
    assert found.greatest[EVERYTHING].limit == 4


def test_one_request_can_break_two_limits(serve: Serve) -> None:
    sim = serve(max_rps=1)
    client = Client(sim.env())
    for _ in range(2):
        client.get("/iserver/account/trades")
    found = sim.summary()
    assert (found.broke, found.over) == (1, {EVERYTHING: 1, "/iserver/account/trades": 1})


def test_the_penalty_box_refuses_what_breaks_nothing(serve: Serve, real: RealTime) -> None:
    sim = serve(pacing=Pacing.STRICT, max_rps=1)
    client = Client(sim.env())
    statuses = [client.get(ACCOUNTS).status for _ in range(2)]
    real.ahead += 60
    statuses.append(client.get(ACCOUNTS).status)
    assert statuses == [401, 429, 429]
    found = sim.summary()
    assert (found.broke, found.refused) == (1, 2)


def test_history_is_counted_at_once(serve: Serve) -> None:
    sim = serve(pacing=Pacing.EXCESS)
    trader = Client(sim.env()).login()
    hold = sim.faults.add(HISTORY_PATH, count=5, hold="after")
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(trader.get, HISTORY_PATH, conid=653400472) for _ in range(5)]
        assert hold.reached.wait(10)
        while sim.summary().under_way < 5:
            hold.done.wait(0.01)
        refused = trader.get(HISTORY_PATH, conid=653400472)
        hold.release()
        assert [answer.result(10).status for answer in asked] == [200] * 5
    assert refused.status == 429
    found = sim.summary()
    assert found.greatest[HISTORY_PATH].requests == 6
    assert found.greatest[HISTORY_PATH].seconds is None
    assert found.over == {HISTORY_PATH: 1}


def control(sim: SimServer, method: str, **headers: str) -> Any:
    url = f"http://127.0.0.1:{sim.port}/v1/sim/summary"
    with urlopen(Request(url, method=method, headers=headers), timeout=10) as response:
        return json.load(response)


def test_another_process_reads_it_without_being_counted(trader: Client, sim: SimServer) -> None:
    first, again = control(sim, "GET"), control(sim, "DELETE")
    assert {k for k in first if first[k] != again[k]} <= {"until", "cpu_seconds"}
    assert first["requests"] == 3
    assert first["greatest"][EVERYTHING]["limit"] == 10
    assert control(sim, "GET")["requests"] == 0
    trader.get(ACCOUNTS)
    assert control(sim, "GET")["paths"] == {"GET /iserver/accounts": 1}


def test_it_tells_no_secrets(trader: Client, sim: SimServer) -> None:
    trader.get(SNAPSHOT, conids="1", oauth_token="secret-one")
    trader.get("/secret-two/ws")
    text = json.dumps(control(sim, "GET"))
    assert "secret" not in text
    assert sim.env()["IB_ACCESS_TOKEN"] not in text
    assert "IB_CONSUMER" not in text


def test_a_client_does_not_come_upon_it(trader: Client, sim: SimServer) -> None:
    for path in ("/sim/summary", "/summary", "/iserver/summary"):
        assert trader.get(path).status == 404
    assert trader.call("DELETE", "/sim/summary").status == 404
    assert sim.summary().requests == 7
