"""Several processes at once, and processes that are killed in the middle of it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from ibcli.domain.contracts import Right
from ibcli.domain.ledger import Kind
from ibcli.domain.standing import LegState
from tests.once.actor import act, start, wish
from tests.once.conftest import ORDERS, REPLY, Office
from tests.scenes.contracts import DAY

if TYPE_CHECKING:
    from ibcli.domain.orders import Tradable

PROCESSES = 20
POINTS = {"order": (ORDERS, 0), "reply 1": (REPLY, 0), "reply 2": (REPLY, 1), "reply 3": (REPLY, 2)}


def test_twenty_processes_place_one_order_a_leg(office: Office, put: Tradable) -> None:
    call = office.option("640", Right.CALL)
    crowd = start(wish(office, put, call), PROCESSES)
    said = sorted(crowd.communicate(timeout=60)[0].split())
    assert said == ["already"] * (PROCESSES - 1) + ["placed"]
    booked = office.booked()
    assert len(booked) == 4
    assert len({row.get("order_ref") for row in booked}) == 3  # two names, and none for stops
    assert office.posts() == 2


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "point",
    [
        pytest.param("order", marks=pytest.mark.proof),
        "reply 1",
        pytest.param("reply 2", marks=pytest.mark.proof),
        pytest.param("reply 3", marks=pytest.mark.proof),
    ],
)
def test_killed_while_its_request_is_under_way(
    office: Office, put: Tradable, point: str, moment: str
) -> None:
    """The request has all arrived; the process dies; it is handled before or after that."""
    path, skip = POINTS[point]
    held = office.sim.faults.add(path, method="POST", skip=skip, hold=moment)
    told = wish(office, put)
    actor = start(told)
    assert held.reached.wait(20)
    actor.send_signal(signal.SIGKILL)
    assert actor.wait(10) == -signal.SIGKILL
    assert actor.stdout is not None
    actor.stdout.close()
    held.release()
    assert held.done.wait(10)

    with office.desk() as desk:
        standing = desk.standing("spy", DAY)
        assert standing is not None
        assert standing.legs[0].state is LegState.UNKNOWN
        last = desk.journal.in_doubt(desk.account)[0].kind
        assert last is (Kind.SENDING if point == "order" else Kind.ANSWERING)
        with desk.alone():
            assert desk.journal.in_doubt(desk.account) == ()
    assert act(json.loads(told)) in {"placed", "already"}
    booked = office.booked()
    assert sorted(str(row["side"]) for row in booked) == ["BUY", "SELL"]
    with office.desk() as desk:
        standing = desk.standing("spy", DAY)
        assert standing is not None
        (leg,) = standing.legs
        assert {row["orderId"] for row in booked} == {one.order_id for one in leg.orders}


def test_what_an_actor_does(office: Office, put: Tradable) -> None:
    """The process of the tests above, in this one."""
    told = json.loads(wish(office, put))
    assert act(told) == "placed"
    assert act(told) == "already"


def test_killed_before_it_could_look_for_the_stop(office: Office, put: Tradable) -> None:
    """The answer told of the entry alone; whoever comes next looks for its stop."""
    row = [{"order_id": str(office.next_id()), "order_status": "Submitted", "encrypt_message": "1"}]
    office.sim.faults.add(REPLY, skip=2, status=200, body=row, handled=True)
    held = office.sim.faults.add("/iserver/account/orders", hold="before")
    actor = start(wish(office, put))
    assert held.reached.wait(20)
    actor.kill()
    actor.communicate(timeout=10)
    held.release()
    with office.desk() as desk:
        before = desk.standing("spy", DAY)
        assert before is not None
        assert before.error is not None
        assert before.error.code == "bracket-incomplete"
        with desk.alone():
            after = desk.standing("spy", DAY)
    assert after is not None
    assert after.error is None
    assert after.legs[0].is_whole
