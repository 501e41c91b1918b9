"""What ``latency_ms`` does to requests."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.sim.client import Client

if TYPE_CHECKING:
    from tests.sim.conftest import Serve

ACCOUNTS = "/iserver/accounts"
LATENCY = 0.4
AT_ONCE = 20


def took(client: Client) -> float:
    started = time.monotonic()
    client.get(ACCOUNTS)
    return time.monotonic() - started


@pytest.fixture
def distant(serve: Serve) -> Client:
    return Client(serve(latency_ms=int(LATENCY * 1000)).env())


def test_all_wait_at_once(distant: Client) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        each = list(pool.map(lambda _: took(distant), range(AT_ONCE)))
    assert min(each) >= LATENCY
    assert time.monotonic() - started < LATENCY * AT_ONCE / 2


def test_handling_takes_none_of_the_clients_time(serve: Serve) -> None:
    """A request that is handled within half of the latency is answered as soon as any other."""
    sim = serve(latency_ms=int(LATENCY * 1000))
    client = Client(sim.env())
    sim.faults.add(ACCOUNTS, delay=LATENCY / 4)
    assert took(client) >= LATENCY
    assert sim.requests[-1].ms == pytest.approx(LATENCY * 1000, abs=LATENCY * 1000 / 5)


def test_a_request_arrives_before_it_has_travelled(serve: Serve) -> None:
    sim = serve(latency_ms=int(LATENCY * 1000))
    client = Client(sim.env())
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.get, ACCOUNTS)
        deadline = time.monotonic() + 10
        while not sim.summary().requests and time.monotonic() < deadline:
            pass
        assert sim.summary().under_way == 1
        assert sim.requests == []
        assert asked.result(10).status == 401
