"""Rate limits, and what happens beyond them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.embedded import Pacing
from ibcli.sim.errors import WireError
from ibcli.sim.options import SimOptions
from ibcli.sim.pacing import HISTORY_AT_ONCE, HISTORY_PATH, Pacer
from ibcli.sim.store import Store
from tests.sim.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.sim.conftest import Serve

HERE = "127.0.0.1"


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pacer(clock: Clock) -> Iterator[Callable[..., Pacer]]:
    store = Store()

    def make(pacing: Pacing, **options: float) -> Pacer:
        return Pacer(store, SimOptions(pacing=pacing, **options), clock)  # type: ignore[arg-type]

    yield make
    store.close()


def admitted(pacer: Pacer, path: str = "/any", address: str = HERE) -> bool:
    try:
        pacer.admit(address, path)
    except WireError as refusal:
        return refusal.status != 429
    return True


def test_ten_a_second_over_everything(pacer: Callable[..., Pacer], clock: Clock) -> None:
    gate = pacer(Pacing.EXCESS)
    assert [admitted(gate, f"/path/{n}") for n in range(12)] == [True] * 10 + [False] * 2
    clock.now += 0.9
    assert not admitted(gate)
    clock.now += 0.2
    assert admitted(gate)


def test_the_window_slides(pacer: Callable[..., Pacer], clock: Clock) -> None:
    gate = pacer(Pacing.EXCESS)
    for _ in range(5):
        admitted(gate)
    clock.now += 0.6
    assert [admitted(gate) for _ in range(6)] == [True] * 5 + [False]
    clock.now += 0.6  # the first five are out of it, the others are not
    assert [admitted(gate) for _ in range(6)] == [True] * 5 + [False]


def test_addresses_do_not_share(pacer: Callable[..., Pacer]) -> None:
    gate = pacer(Pacing.EXCESS)
    assert all(admitted(gate) for _ in range(10))
    assert admitted(gate, address="127.0.0.2")


@pytest.mark.parametrize(
    ("path", "seconds"),
    [
        ("/iserver/account/orders", 5),
        ("/iserver/account/trades", 5),
        ("/portfolio/accounts", 5),
        ("/sso/validate", 60),
        ("/pa/performance", 900),
        ("/fyi/unreadnumber", 1),
    ],
)
def test_endpoints_with_limits_of_their_own(
    pacer: Callable[..., Pacer], clock: Clock, path: str, seconds: float
) -> None:
    gate = pacer(Pacing.EXCESS)
    assert admitted(gate, path)
    clock.now += seconds - 0.1
    assert not admitted(gate, path)
    assert admitted(gate, "/iserver/account/orders/1")
    clock.now += 0.2
    assert admitted(gate, path)


def test_penalty_box(pacer: Callable[..., Pacer], clock: Clock) -> None:
    gate = pacer(Pacing.STRICT)
    assert [admitted(gate) for _ in range(11)][-1] is False
    clock.now += 890
    assert not admitted(gate)
    assert admitted(gate, address="127.0.0.2")
    clock.now += 20
    assert admitted(gate)


def test_penalty_can_be_shorter_and_forgiven(pacer: Callable[..., Pacer], clock: Clock) -> None:
    gate = pacer(Pacing.STRICT, penalty_seconds=5.0)
    for _ in range(11):
        admitted(gate)
    clock.now += 4
    assert not admitted(gate)
    gate.forgive()
    assert admitted(gate)


def test_recording_refuses_nothing(pacer: Callable[..., Pacer], clock: Clock) -> None:
    gate = pacer(Pacing.RECORD)
    assert all(admitted(gate) for _ in range(25))
    assert gate.peak_rate == 25
    clock.now += 2
    admitted(gate)
    assert gate.peak_rate == 25


def test_peak_counts_refused_requests(pacer: Callable[..., Pacer]) -> None:
    gate = pacer(Pacing.EXCESS)
    for _ in range(15):
        admitted(gate)
    assert gate.peak_rate == 15


def test_what_no_window_needs_is_not_kept(pacer: Callable[..., Pacer], clock: Clock) -> None:
    """A server that is asked all day is as quick in the evening as in the morning."""
    gate = pacer(Pacing.EXCESS)
    for _ in range(600):
        clock.now += 0.2
        assert admitted(gate, "/iserver/marketdata/snapshot")
    assert gate.remembered < 100
    assert admitted(gate, "/pa/performance")
    clock.now += 890
    assert not admitted(gate, "/pa/performance")


def test_history_five_at_once(pacer: Callable[..., Pacer]) -> None:
    gate = pacer(Pacing.EXCESS)
    with ExitStack() as stack:
        for _ in range(HISTORY_AT_ONCE):
            stack.enter_context(gate.under_way(HISTORY_PATH))
        with gate.under_way("/any"):
            assert admitted(gate, HISTORY_PATH)
        with gate.under_way(HISTORY_PATH):
            assert not admitted(gate, HISTORY_PATH)
        assert admitted(gate, HISTORY_PATH)


def test_another_overall_limit(pacer: Callable[..., Pacer]) -> None:
    gate = pacer(Pacing.EXCESS, max_rps=50)
    assert [admitted(gate, f"/path/{n}") for n in range(52)] == [True] * 50 + [False] * 2


def test_a_greater_overall_limit_leaves_the_endpoints_theirs(pacer: Callable[..., Pacer]) -> None:
    gate = pacer(Pacing.EXCESS, max_rps=50)
    snapshots = [admitted(gate, "/iserver/marketdata/snapshot") for _ in range(11)]
    assert snapshots == [True] * 10 + [False]


def test_over_http(serve: Serve) -> None:
    sim = serve(pacing=Pacing.EXCESS)
    client = Client(sim.env())
    statuses = [client.get("/iserver/accounts").status for _ in range(14)]
    assert statuses.count(401) >= 10
    assert set(statuses[10:]) <= {429, 401}
    assert 429 in statuses
    assert sim.peak_rate >= 11


def test_servers_of_one_state_folder_share_the_windows(serve: Serve, tmp_path: Path) -> None:
    first = serve(pacing=Pacing.STRICT, state=tmp_path)
    second = serve(pacing=Pacing.STRICT, state=tmp_path)
    statuses = [Client(sim.env()).post("/tickle").status for sim in (first, second)]
    assert statuses == [401, 429]  # one /tickle a second
    assert Client(first.env()).get("/iserver/accounts").status == 429
    second.session.forgive()
    assert Client(first.env()).get("/iserver/accounts").status == 401


def test_tickles_in_a_burst(pacer: Callable[..., Pacer], clock: Clock) -> None:
    """Of one a second on the average, several at once, as ibind sends them before its socket."""
    gate = pacer(Pacing.EXCESS)
    assert [admitted(gate, "/tickle") for _ in range(6)] == [True] * 5 + [False]
    clock.now += 4.9
    assert not admitted(gate, "/tickle")
    clock.now += 0.2
    assert admitted(gate, "/tickle")


def test_one_tickle_a_second_to_the_letter(pacer: Callable[..., Pacer], clock: Clock) -> None:
    gate = pacer(Pacing.STRICT)
    assert admitted(gate, "/tickle")
    clock.now += 1.1
    assert [admitted(gate, "/tickle") for _ in range(2)] == [True, False]
