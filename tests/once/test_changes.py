"""Cancels and modifications: safe to repeat, looked at when in doubt, written down for all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker.blotter import live_orders
from ibcli.domain.blotter import LiveOrder, OrderStatus
from ibcli.domain.ledger import Act, Kind
from ibcli.domain.standing import LegState
from ibcli.errors import GuardError, NotFoundError, OutcomeUnknownError, RefusedError
from ibcli.trading.halt import halt
from ibcli.trading.placing.desk import Until, Wait
from tests.once.conftest import Office, plan_of
from tests.scenes.contracts import DAY

if TYPE_CHECKING:
    from ibcli.domain.orders import Tradable

ORDER = "/iserver/account/*/order/*"
FAULTS: dict[str, dict[str, Any]] = {
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
    "503": {"status": 503, "body": {"error": "late"}},
    "503 handled": {"status": 503, "body": {"error": "late"}, "handled": True},
    "401": {"status": 401, "body": {"error": "expired"}},
    "empty handled": {"status": 200, "body": "", "handled": True},
    "odd": {"status": 200, "body": [1]},
}


@pytest.fixture
def entry(office: Office, put: Tradable) -> int:
    """A working order of ours."""
    with office.desk() as desk, desk.alone():
        placed = desk.watch(desk.place(plan_of(put)), Wait())
    order_id = placed.legs[0].entry.order_id
    assert order_id is not None
    return order_id


def status_of(office: Office, order_id: int) -> str:
    (row,) = [row for row in office.booked() if row["orderId"] == order_id]
    return str(row["status"])


def listed(office: Office, order_id: int) -> LiveOrder:
    with office.client() as client:
        orders = live_orders(client, "DU1234567").orders
    return next(order for order in orders if order.order_id == order_id)


def test_cancelled_once_and_again(office: Office, entry: int) -> None:
    with office.desk() as desk, desk.alone(settled=False):
        first = desk.cancel(entry)
        again = desk.cancel(entry)
        standing = desk.standing("spy", DAY)
    assert (first.done, first.already, first.status) == (True, False, OrderStatus.CANCELLED)
    assert (again.done, again.already) == (True, True)
    assert standing is not None
    assert standing.legs[0].state is LegState.CANCELLED
    assert status_of(office, entry) == "Cancelled"
    deletes = [r for r in office.sim.requests if r.method == "DELETE"]
    assert len(deletes) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cancel_gets_through(office: Office, entry: int, fault: str) -> None:
    office.sim.faults.add(ORDER, method="DELETE", **FAULTS[fault])
    with office.desk() as desk, desk.alone(settled=False):
        assert desk.cancel(entry).done
        assert desk.journal.in_doubt(desk.account) == ()
    assert status_of(office, entry) == "Cancelled"


def test_a_cancel_that_cannot_be_looked_at(office: Office, entry: int) -> None:
    office.sim.faults.add(ORDER, method="DELETE", cut="after")
    path = "/iserver/account/order/status/*"
    office.sim.faults.add(path, count=None, skip=1, status=503)
    with office.desk(30) as desk, desk.alone(settled=False):
        outcome = desk.cancel(entry)
        assert isinstance(outcome.error, OutcomeUnknownError)
        (doubt,) = desk.journal.in_doubt(desk.account)
        assert doubt.act is Act.CANCEL
    with office.desk(30) as desk, pytest.raises(OutcomeUnknownError), desk.alone():
        pytest.fail("the account is not settled")
    office.sim.faults.clear()
    with office.desk() as desk, desk.alone():
        assert desk.journal.in_doubt(desk.account) == ()
        assert "Cancelled" in desk.settled[0].result


def test_what_is_filled_cannot_be_cancelled(office: Office, put: Tradable) -> None:
    with office.desk() as desk, desk.alone():
        call = plan_of(put, limit="0.01")
        placed = desk.watch(desk.place(call), Wait(Until.FILLED))
        order_id = placed.legs[0].entry.order_id
        assert order_id is not None
        outcome = desk.cancel(order_id)
    assert isinstance(outcome.error, RefusedError)
    assert outcome.error.code == "already-filled"
    assert outcome.already


def test_an_order_that_is_not_there(office: Office) -> None:
    with office.desk() as desk, desk.alone(settled=False), pytest.raises(NotFoundError):
        desk.cancel(4711)


def foreign(office: Office, put: Tradable) -> int:
    """An order that somebody else placed in the account."""
    with office.client() as client:
        client.ensure_accounts()
        order = {
            "acctId": "DU1234567",
            "conid": put.conid,
            "orderType": "LMT",
            "price": 9,
            "side": "SELL",
            "quantity": 1,
            "tif": "DAY",
        }
        answer = client.write("POST", "/iserver/account/DU1234567/orders", {"orders": [order]})
        while "order_id" not in answer[0]:
            path = f"/iserver/reply/{answer[0]['id']}"
            answer = client.write("POST", path, {"confirmed": True}, prove=False)
        return int(answer[0]["order_id"])


def test_an_order_that_is_not_ours_is_written_down_too(office: Office, put: Tradable) -> None:
    order_id = foreign(office, put)
    with office.desk() as desk, desk.alone(settled=False):
        assert desk.cancel(order_id).done
        kinds = [(e.act, e.kind) for e in desk.history(order_id)]
    assert kinds == [(Act.CANCEL, Kind.SENDING), (Act.CANCEL, Kind.ACKNOWLEDGED)]


def cheaper(office: Office, entry: int) -> tuple[LiveOrder, Any]:
    order = listed(office, entry)
    with office.desk() as desk:
        own = next(one for one in desk.own_orders() if one.order_id == entry)
    return order, replace(own.ticket, limit=Decimal("8.80"))


def test_modified_once_and_again(office: Office, entry: int) -> None:
    order, ticket = cheaper(office, entry)
    with office.desk() as desk, desk.alone():
        first = desk.modify(order, ticket, within_band=True)
        again = desk.modify(listed(office, entry), ticket, within_band=True)
        standing = desk.standing("spy", DAY)
    assert (first.done, first.already) == (True, False)
    assert (again.done, again.already) == (True, True)
    assert listed(office, entry).limit == Decimal("8.80")
    assert standing is not None
    assert standing.legs[0].bracket.entry.limit == Decimal("8.80")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_modification_in_doubt_is_looked_at(office: Office, entry: int, fault: str) -> None:
    order, ticket = cheaper(office, entry)
    office.sim.faults.add(ORDER, method="POST", **FAULTS[fault])
    with office.desk() as desk, desk.alone():
        made = True
        try:
            assert desk.modify(order, ticket, within_band=True).done
        except RefusedError as error:
            made = error.code != "change-lost"
        assert desk.journal.in_doubt(desk.account) == ()
    limit = listed(office, entry).limit
    assert limit == Decimal("8.80" if made else "9.00")
    with office.desk() as desk, desk.alone():  # the same wish again is right in any case
        assert desk.modify(listed(office, entry), ticket, within_band=True).done
    assert listed(office, entry).limit == Decimal("8.80")
    assert len([o for o in office.booked() if o["status"] != "Cancelled"]) == 2


def test_no_change_while_halted_but_a_cancel(office: Office, entry: int) -> None:
    order, ticket = cheaper(office, entry)
    halt(office.settings(), "stop", office.moment)
    with office.desk() as desk, desk.alone():
        with pytest.raises(GuardError):
            desk.modify(order, ticket)
        assert desk.cancel(entry).done


def test_a_refused_change(office: Office, entry: int) -> None:
    order, ticket = cheaper(office, entry)
    with office.desk() as desk, desk.alone():
        with pytest.raises(RefusedError) as caught:
            desk.modify(order, replace(ticket, limit=Decimal("8.8333")), within_band=True)
        assert caught.value.code == "order-refused"
        assert desk.cancel(entry).done
        with pytest.raises(RefusedError) as caught:
            desk.modify(listed(office, entry), ticket)
        assert caught.value.code == "order-over"


def test_a_full_disk_does_not_stop_a_cancel(office: Office, entry: int) -> None:
    with office.desk() as desk, desk.alone(settled=False):
        desk.journal._connection.execute("PRAGMA query_only = ON")
        outcome = desk.cancel(entry)
        assert (outcome.done, outcome.status) == (True, OrderStatus.CANCELLED)
        assert any("cannot be used" in warning for warning in desk.warnings)
