"""The journal against the broker: each difference once, and what --fix cannot mend stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ibcli.domain.contracts import Right
from ibcli.domain.differences import DifferenceKind, Reconciliation
from ibcli.domain.ledger import Kind
from ibcli.errors import IncompleteError
from ibcli.trading.placing.desk import Until, Wait
from ibcli.trading.reconciling.reconcile import reconcile
from tests.once.conftest import ORDERS, Office, plan_of
from tests.once.test_changes import foreign

if TYPE_CHECKING:
    from ibcli.domain.orders import Tradable

HOUR = 3600.0


def compare(office: Office, *, fix: bool = False) -> Reconciliation:
    with office.client() as client:
        found = reconcile(client, fix=fix)
    assert (found.error is None) is (not found.data.remaining)
    if found.error is not None:
        assert (found.error.exit_code, found.error.code) == (8, "differences")
    return found.data


def kinds(data: Reconciliation) -> list[DifferenceKind]:
    return sorted(one.kind for one in data.remaining)


def fixed_then_equal(office: Office) -> None:
    assert kinds(compare(office, fix=True)) == []
    assert compare(office).differences == ()


@pytest.fixture
def call(office: Office) -> Tradable:
    return office.option("640", Right.CALL)


def place(office: Office, *tradables: Tradable, limit: str = "9.00", wait: bool = True) -> None:
    with office.desk() as desk, desk.alone():
        standing = desk.place(plan_of(*tradables, limit=limit))
        if wait:
            desk.watch(standing, Wait(Until.FILLED, 10))


def test_nothing_at_all_is_equal(office: Office) -> None:
    data = compare(office)
    assert (data.differences, data.jobs, data.orders) == ((), 0, 0)


def test_what_works_and_what_is_filled(office: Office, put: Tradable, call: Tradable) -> None:
    place(office, put)
    assert compare(office).differences == ()
    with office.desk() as desk, desk.alone():
        desk.watch(desk.place(plan_of(call, job="call", limit="0.05")), Wait(Until.FILLED))
    data = compare(office)
    assert data.differences == ()
    assert (data.jobs, data.orders, data.executions, data.positions) == (2, 4, 1, 1)


def test_a_missed_fill(office: Office, call: Tradable) -> None:
    place(office, call, limit="0.05", wait=False)
    office.hurry.skipped += 10
    data = compare(office)
    assert kinds(data) == [DifferenceKind.FILL_MISSED]
    assert data.differences[0].words == call.words
    assert data.differences[0].job == "spy"
    assert kinds(compare(office)) == [DifferenceKind.FILL_MISSED]  # looking writes nothing
    fixed_then_equal(office)


def test_a_missed_end(office: Office, put: Tradable) -> None:
    place(office, put)
    with office.client() as client:
        (entry,) = [row["orderId"] for row in office.booked() if row["side"] == "SELL"]
        client.ensure_accounts()
        client.write("DELETE", f"/iserver/account/DU1234567/order/{entry}")
    office.hurry.skipped += 5
    assert set(kinds(compare(office))) == {DifferenceKind.STATUS_MISSED}
    fixed_then_equal(office)


def test_a_doubt_is_settled_and_told_once(office: Office, put: Tradable) -> None:
    office.sim.faults.add(ORDERS, method="POST", cut="after")
    office.sim.faults.add("/iserver/account/trades", count=None, status=503)
    place(office, put, wait=False)
    office.sim.faults.clear()
    assert kinds(compare(office)) == [DifferenceKind.SETTLED]
    assert compare(office).differences == ()


def test_a_doubt_that_stays(office: Office, put: Tradable) -> None:
    taken = {"error": "Order couldn't be submitted: Local order ID=x is already registered."}
    office.sim.faults.add(ORDERS, method="POST", status=200, body=taken)
    place(office, put, wait=False)
    assert kinds(compare(office, fix=True)) == [DifferenceKind.UNKNOWN]
    assert kinds(compare(office, fix=True)) == [DifferenceKind.UNKNOWN]


def test_what_is_not_ours_is_named_once(office: Office, put: Tradable, call: Tradable) -> None:
    foreign(office, put)
    assert kinds(compare(office)) == [DifferenceKind.ORDER_NOT_OURS]
    fixed_then_equal(office)
    place(office, call, limit="0.05")
    assert compare(office).differences == ()


def test_a_position_from_before(office: Office, call: Tradable) -> None:
    """Bought in TWS a month ago: no trade of seven days tells of it."""
    place(office, call, limit="0.05")
    for file in (office.folder / "state").glob("journal-*"):
        file.unlink()
    no_trades: list[object] = []
    office.sim.faults.add("/iserver/account/trades", count=None, status=200, body=no_trades)
    data = compare(office)
    assert DifferenceKind.POSITION_DIFFERS in kinds(data)
    assert kinds(compare(office, fix=True)) == []
    assert compare(office).differences == ()


def test_an_entry_without_its_stop_stays_a_difference(office: Office, call: Tradable) -> None:
    place(office, call, limit="0.05")
    with office.desk() as desk, desk.alone():
        (stop,) = [one for one in desk.own_orders() if one.role.is_protection]
        assert stop.order_id is not None
        assert desk.cancel(stop.order_id).done
    for _ in range(2):
        assert kinds(compare(office, fix=True)) == [DifferenceKind.ENTRY_WITHOUT_STOP]


def test_over_the_close(office: Office, put: Tradable, call: Tradable) -> None:
    """One option expires, the other is assigned: shares come, and all of it adds up."""
    place(office, put, limit="0.01")
    with office.desk() as desk, desk.alone():
        desk.watch(desk.place(plan_of(call, job="call", limit="0.05")), Wait(Until.FILLED))
    assert compare(office, fix=True).remaining == ()
    office.hurry.skipped += 6 * HOUR
    with office.client() as client:
        found = reconcile(client, fix=False).data
    assert {one.kind for one in found.differences} == {
        DifferenceKind.FILL_MISSED,
        DifferenceKind.STATUS_MISSED,
    }
    told = " ".join(one.text for one in found.differences)
    assert "expired 1" in told
    assert "exercised or assigned" in told
    fixed_then_equal(office)
    with office.desk() as desk:
        fills = [e for e in desk.journal.entries() if e.kind is Kind.FILL]
    assert len({fill.execution_id for fill in fills}) == len(fills)


def test_lists_that_are_not_whole_prove_nothing(office: Office, put: Tradable) -> None:
    place(office, put)
    incomplete = {"orders": [], "snapshot": False}
    office.sim.faults.add("/iserver/account/orders", count=None, status=200, body=incomplete)
    with office.client(30) as client, pytest.raises(IncompleteError):
        reconcile(client, fix=True)


def test_fix_sends_no_order(office: Office, put: Tradable) -> None:
    foreign(office, put)
    writes = [r for r in office.sim.requests if r.method == "DELETE" or "/orders" in r.path]
    before = len([r for r in writes if r.method in {"POST", "DELETE"}])
    compare(office, fix=True)
    writes = [r for r in office.sim.requests if r.method == "DELETE" or "/orders" in r.path]
    assert len([r for r in writes if r.method in {"POST", "DELETE"}]) == before
