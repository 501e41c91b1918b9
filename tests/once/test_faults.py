"""Whatever happens to a request that orders: exactly one order, and a journal that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ibcli.domain.ledger import Act, Kind
from ibcli.domain.standing import LegState, Standing
from ibcli.errors import OutcomeUnknownError
from ibcli.trading.journal.journal import Claim, Note
from tests.once.conftest import ORDERS, REPLY, Office, plan_of
from tests.scenes.contracts import DAY

if TYPE_CHECKING:
    from ibcli.domain.orders import Tradable

FAULTS: dict[str, dict[str, Any]] = {
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
    "cut amid": {"cut": "amid"},
    "truncated": {"truncate": 9},
    "500": {"status": 500, "body": {"error": "failure"}},
    "503": {"status": 503, "body": {"error": "Service Unavailable"}},
    "429": {"status": 429, "body": {"error": "too fast"}, "headers": {"Retry-After": "3"}},
    "401": {"status": 401, "body": {"error": "expired", "statusCode": 401}},
    "404": {"status": 404, "body": "<html>not found</html>"},
    "empty": {"status": 200, "body": ""},
    "odd": {"status": 200, "body": {"ok": True}},
    "not JSON": {"status": 200, "body": "<html>sign in</html>"},
    "redirect": {"status": 302, "headers": {"Location": "/elsewhere"}},
    "500 handled": {"status": 500, "body": {"error": "failure"}, "handled": True},
    "503 handled": {"status": 503, "body": {"error": "late"}, "handled": True},
    "429 handled": {"status": 429, "body": {"error": "too fast"}, "handled": True},
    "401 handled": {"status": 401, "body": {"error": "expired"}, "handled": True},
    "empty handled": {"status": 200, "body": "", "handled": True},
    "odd handled": {"status": 200, "body": [], "handled": True},
}
POINTS = {"order": (ORDERS, 0), "reply 1": (REPLY, 0), "reply 3": (REPLY, 2)}
LAST = ("cut before", "cut after", "503", "503 handled", "401 handled")  # at the last reply
CASES = [
    (fault, point) for point in POINTS for fault in FAULTS if point != "reply 3" or fault in LAST
]


def run(office: Office, put: Tradable, seconds: float = 120) -> Standing:
    """The job once, as a command does it."""
    with office.desk(seconds) as desk, desk.alone():
        standing = desk.standing("spy", DAY)
        if standing is not None and not standing.unfinished:
            return standing
        return desk.place(plan_of(put))


def holds_one(office: Office, standing: Standing) -> None:
    """The broker holds one entry with one stop, and the journal knows both."""
    (leg,) = standing.legs
    assert leg.state is LegState.WORKING
    assert leg.is_whole
    booked = office.booked()
    assert {row["orderId"] for row in booked} == {order.order_id for order in leg.orders}
    assert sorted(str(row.get("order_ref")) for row in booked) == ["None", leg.coid]
    with office.desk() as desk:
        assert desk.journal.in_doubt(desk.account) == ()
        assert desk.orders_today(DAY) == 1


@pytest.mark.parametrize(("fault", "point"), CASES)
def test_one_order_whatever_happens(office: Office, put: Tradable, fault: str, point: str) -> None:
    path, skip = POINTS[point]
    office.sim.faults.add(path, method="POST", skip=skip, **FAULTS[fault])
    first = run(office, put)
    assert first.error is None
    holds_one(office, first)
    again = run(office, put)
    assert again.legs == first.legs
    holds_one(office, again)
    with office.desk() as desk:
        kinds = [entry.kind for entry in desk.journal.entries()]
        assert Kind.DOUBT in kinds
        assert kinds[-1] is Kind.ACKNOWLEDGED


@pytest.mark.parametrize("blind", ["orders", "trades"])
@pytest.mark.parametrize("handled", [False, True])
def test_what_cannot_be_looked_at_stays_in_doubt(
    office: Office, put: Tradable, handled: bool, blind: str
) -> None:
    """No second order while the lists cannot be had; none for another job either."""
    office.sim.faults.add(ORDERS, method="POST", cut="after" if handled else "before")
    office.sim.faults.add(f"/iserver/account/{blind}", count=None, status=503)
    first = run(office, put)
    assert isinstance(first.error, OutcomeUnknownError)
    assert first.legs[0].state is LegState.UNKNOWN
    sent = office.posts()
    for _ in range(2):
        with office.desk(30) as desk, pytest.raises(OutcomeUnknownError), desk.alone():
            pytest.fail("nobody may send while an order is in doubt")
    assert office.posts() == sent
    office.sim.faults.clear()
    holds_one(office, run(office, put))


def test_an_incomplete_list_proves_nothing(office: Office, put: Tradable) -> None:
    office.sim.faults.add(ORDERS, method="POST", cut="after")
    incomplete = {"orders": [], "snapshot": False}
    office.sim.faults.add("/iserver/account/orders", count=None, status=200, body=incomplete)
    first = run(office, put, 40)
    assert isinstance(first.error, OutcomeUnknownError)
    office.sim.faults.clear()
    holds_one(office, run(office, put))


def test_too_little_time_to_look_twice(office: Office, put: Tradable) -> None:
    office.sim.faults.add(ORDERS, method="POST", cut="before")
    first = run(office, put, 9)
    assert isinstance(first.error, OutcomeUnknownError)
    assert first.error.exit_code == 8
    assert office.posts() == 1
    holds_one(office, run(office, put))
    assert office.posts() == 2


def test_a_lost_journal_places_nothing_twice(office: Office, put: Tradable) -> None:
    """The name is the same on any machine, and the broker refuses one that is taken."""
    first = run(office, put)
    for file in (office.folder / "state").glob("journal-*"):
        file.unlink()
    again = run(office, put)
    assert again.error is None
    assert again.legs[0].orders[0].order_id == first.legs[0].orders[0].order_id
    holds_one(office, again)


def test_the_name_is_taken_but_nothing_is_shown(office: Office, put: Tradable) -> None:
    taken = {"error": "Order couldn't be submitted: Local order ID=x is already registered."}
    office.sim.faults.add(ORDERS, method="POST", status=200, body=taken)
    first = run(office, put)
    assert isinstance(first.error, OutcomeUnknownError)
    assert first.legs[0].state is LegState.UNKNOWN
    assert office.booked() == []


def test_what_shows_up_late_is_found_by_the_second_look(office: Office, put: Tradable) -> None:
    office.sim.faults.add(REPLY, method="POST", skip=2, cut="after")
    nothing = {"orders": [], "snapshot": True}
    office.sim.faults.add("/iserver/account/orders", status=200, body=nothing)
    first = run(office, put)
    assert (first.error, first.legs[0].sent, office.posts()) == (None, 1, 1)
    holds_one(office, first)


@pytest.mark.parametrize("odd", ["orders", "trades"])
def test_a_row_that_cannot_be_read_may_be_the_order(
    office: Office, put: Tradable, odd: str
) -> None:
    office.sim.faults.add(ORDERS, method="POST", cut="before")
    rows = {"orders": {"orders": ["?"], "snapshot": True}, "trades": ["?"]}
    fault = {"count": None, "status": 200, "body": rows[odd]}
    office.sim.faults.add(f"/iserver/account/{odd}", **fault)
    first = run(office, put)
    assert isinstance(first.error, OutcomeUnknownError)
    assert (first.legs[0].state, office.posts()) == (LegState.UNKNOWN, 1)
    office.sim.faults.clear()
    holds_one(office, run(office, put))


def test_a_killed_process_may_have_sent_until_just_now(office: Office, put: Tradable) -> None:
    """Its entry is old, its request need not be: the time counts from the first look."""
    with office.desk() as desk:
        named = plan_of(put).legs[0].bracket.named("spy-killed")
        desk.journal.claim(Claim(desk.account, DAY, "spy", 1, "order", [(1, named)]))
        intent = desk.journal.intents(desk.account)[0].id
        desk.journal.write(Note(desk.account, DAY, Act.PLACE, Kind.SENDING, intent=intent))
    office.hurry.skipped += 30
    with office.desk() as desk:
        began = office.hurry.now()
        with desk.alone():
            standing = desk.standing("spy", DAY)
        assert office.hurry.now() - began >= 12
    assert standing is not None
    assert standing.legs[0].state is LegState.ABSENT
