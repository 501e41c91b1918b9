"""``close``, killed, cut and repeated: flat in the end, never turned around, no orphan left."""

from __future__ import annotations

import shlex
import signal
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.sim.books.order import Status
from tests.proof.scene import CALL, ORDERS, PATIENCE, POSTS, REPLIES, TRADES, Scene, some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.scenes.ended import EndedOrder

CLOSE = shlex.split("close --symbol SPY --market --yes --json")
ONE_ORDER = "/iserver/account/*/order/*"  # DELETE cancels it


def position(scene: Scene) -> Decimal:
    with scene.sim.sim.books.present(scene.account) as now:
        return sum((p.quantity for p in now.records.positions()), Decimal(0))


def working(scene: Scene) -> int:
    return sum(order.working for order in scene.orders())


def wait_for(scene: Scene, quantity: int) -> None:
    """The market is looked at when an order arrives, and every five seconds."""
    for _ in range(500_000):
        if position(scene) == quantity:
            return
    raise AssertionError(f"{position(scene)} of {quantity}: {scene.orders()}")


@pytest.fixture
def short(scene: Scene) -> Scene:
    """One call sold, filled, and its stop working."""
    scene.changes["IBCLI_HASTE"] = "6"  # the simulator takes half a second to cancel
    assert scene.run([*CALL, "--limit", "natural"]).code == 0
    scene.fill_first()
    assert position(scene) == -1
    assert working(scene) == 1
    return scene


def assert_not_turned(scene: Scene) -> None:
    """However the orders that work are filled, the position is not turned around."""
    buying = sum((o.remaining for o in scene.orders() if o.working and o.buy), Decimal(0))
    assert position(scene) + buying <= 0, scene.orders()


def closed(scene: Scene, argv: Sequence[str] = CLOSE, times: int = 4) -> EndedOrder:
    """Repeat it until it is done."""
    for _ in range(times):
        ended = scene.run(argv)
        assert_not_turned(scene)
        if ended.code == 0:
            break
    assert ended.code == 0, ended
    wait_for(scene, 0)
    assert working(scene) == 0, scene.orders()
    again = scene.run(argv)
    assert again.code in {0, 5}, again
    assert position(scene) == 0
    assert working(scene) == 0
    return ended


@pytest.mark.proof
def test_undisturbed(short: Scene) -> None:
    closed(short, times=1)
    short.assert_reconciled()


def killed(scene: Scene, step: int) -> bool:
    ended = scene.run_to(step, "kill", CLOSE)
    assert_not_turned(scene)
    closed(scene)
    return ended.code == -signal.SIGKILL


@pytest.mark.parametrize("step", some([30, 44], [2, 6, 52]))
def test_killed(short: Scene, step: int) -> None:
    assert killed(short, step)


@pytest.mark.proof
@pytest.mark.parametrize("step", range(1, 81))
def test_killed_at_every_step(short: Scene, step: int) -> None:
    killed(short, step)


FAULTS: list[dict[str, Any]] = [
    {"cut": "before"},
    {"cut": "after"},
    {"status": 500, "body": {"error": "down"}},
    {"status": 500, "body": {"error": "down"}, "handled": True},
    {"status": 503, "body": {"error": "down"}, "handled": True},
    {"status": 429, "body": {"error": "too fast"}, "handled": True},
    {"status": 401, "body": {"error": "not authorized"}},
    {"status": 200, "body": ""},
    {"status": 200, "body": {"shape": "odd"}, "handled": True},
]
WAYS = [("DELETE", ONE_ORDER), ("POST", POSTS), ("POST", REPLIES)]


def faulty(scene: Scene, fault: dict[str, Any], method: str, path: str) -> None:
    scene.sim.faults.add(path, method=method, **fault)
    ended = scene.run(CLOSE)
    assert_not_turned(scene)
    if ended.code == 0:
        assert scene.orders()[-1].buy
    closed(scene)


@pytest.mark.parametrize(("method", "path"), WAYS, ids=["cancel", "post", "reply"])
@pytest.mark.parametrize("number", [1])
def test_a_fault(short: Scene, number: int, method: str, path: str) -> None:
    faulty(short, FAULTS[number], method, path)


@pytest.mark.proof
@pytest.mark.parametrize(("method", "path"), WAYS, ids=["cancel", "post", "reply"])
@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_every_fault(short: Scene, number: int, method: str, path: str) -> None:
    faulty(short, FAULTS[number], method, path)


@pytest.mark.proof
def test_many_at_once(short: Scene) -> None:
    processes = [short.start(CLOSE) for _ in range(6)]
    ended = [short.end(process) for process in processes]
    assert_not_turned(short)
    assert {each.code for each in ended} <= {0, 5, 7}, ended
    closed(short)


def test_the_positions_lag_behind(short: Scene) -> None:
    """The broker's list of positions is of a minute ago: what was closed is not closed again."""
    with short.sim.sim.books.present(short.account) as now:
        (held,) = now.records.positions()
    assert short.run(CLOSE).code == 0
    wait_for(short, 0)
    stale = [
        {
            "acctId": short.account,
            "conid": held.conid,
            "contractDesc": "SPY    AUG2025 650 C [SPY   250822C00650000 100]",
            "position": -1.0,
            "mktPrice": 1.14,
            "mktValue": -114.0,
            "avgCost": 113.0,
            "avgPrice": 1.13,
            "realizedPnl": 0.0,
            "unrealizedPnl": 0.0,
            "currency": "USD",
            "assetClass": "OPT",
            "undConid": 756733,
            "multiplier": 100,
            "strike": "650",
            "putOrCall": "C",
            "expiry": "20250822",
            "ticker": "SPY",
        }
    ]
    short.sim.faults.add("/portfolio/*/positions/0", count=None, status=200, body=stale)
    short.sim.faults.add("/portfolio/*/position/*", count=None, status=200, body=stale)
    ended = short.run(CLOSE)
    assert_not_turned(short)
    assert (ended.code, ended.error) == (7, "positions-stale"), ended


@pytest.mark.proof
def test_the_lists_are_falsely_empty(short: Scene) -> None:
    """The stop is not shown, and the close is lost: it is still not closed twice."""
    short.sim.faults.add(REPLIES, method="POST", cut="after")
    body = {"orders": [], "snapshot": True}
    short.sim.faults.add(ORDERS, method="GET", skip=1, count=2, status=200, body=body)
    short.sim.faults.add(TRADES, method="GET", count=2, status=200, body=[])
    short.run(CLOSE)
    assert_not_turned(short)
    closed(short)


def test_filled_while_it_is_closed(short: Scene) -> None:
    """The stop goes off between the look and the cancel."""
    fault = short.sim.faults.add(ONE_ORDER, method="DELETE", hold="before")
    process = short.start(CLOSE)
    assert fault.reached.wait(PATIENCE)
    with short.sim.sim.books.present(short.account) as now:
        stop = next(order for order in now.records.orders() if order.working)
        stop.triggered = True
        stop.status = Status.SUBMITTED
        now.records.save(stop)
    wait_for(short, 0)
    fault.release()
    short.end(process)
    assert_not_turned(short)
    closed(short)
