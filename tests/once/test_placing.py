"""Jobs over the wire: placed, repeated, refused, declined, halted, half placed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.domain.blotter import OrderStatus
from ibcli.domain.contracts import Right
from ibcli.domain.ledger import Kind
from ibcli.domain.orders import Role
from ibcli.domain.standing import LegState, Standing
from ibcli.errors import (
    ConfigurationError,
    GuardError,
    LoginError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from ibcli.trading.halt import halt, resume
from ibcli.trading.placing.claiming import coid
from ibcli.trading.placing.desk import Desk, IfLegFails, Plan, Until, Wait
from tests.once.conftest import ORDERS, Office, plan_of
from tests.scenes.contracts import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.decode import Asked
    from ibcli.domain.orders import Bracket, Tradable

REFUSAL = {"error": "We cannot accept an order at this price."}
NO_CONFIRM = {"IBCLI_CONFIRM": "o10151"}


def place(office: Office, plan: Plan, **settings: str) -> Standing:
    with office.desk(120, **settings) as desk, desk.alone():
        return desk.place(plan)


def refuse_leg(office: Office, leg: int, **fault: object) -> None:
    """Have the broker refuse that leg of the job."""
    with office.desk() as desk:
        name = coid(desk.account, DAY, "spy", 1, leg)
    answer = fault or {"status": 200, "body": REFUSAL}
    office.sim.faults.add(ORDERS, method="POST", body_contains=f'"{name}"', **answer)


@pytest.fixture
def call(office: Office) -> Tradable:
    return office.option("640", Right.CALL)


def test_placed_watched_and_repeated(office: Office, put: Tradable, call: Tradable) -> None:
    placed = place(office, plan_of(put, call))
    assert placed.error is None
    assert [leg.state for leg in placed.legs] == [LegState.WORKING] * 2
    with office.desk() as desk:
        watched = desk.watch(placed, Wait())
        assert [leg.entry.status for leg in watched.legs] == [OrderStatus.SUBMITTED] * 2
        assert desk.orders_today(DAY) == 2
        assert desk.standing("spy", DAY) == watched.but(None)
        owned = desk.own_orders()
    assert [(one.job, one.leg, one.role) for one in owned] == [
        ("spy", 1, Role.ENTRY),
        ("spy", 1, Role.STOP),
        ("spy", 2, Role.ENTRY),
        ("spy", 2, Role.STOP),
    ]
    repeated = place(office, plan_of(put, call))
    assert repeated.legs == watched.legs
    assert office.posts() == 2


def test_again_is_another_run(office: Office, put: Tradable) -> None:
    place(office, plan_of(put))
    again = place(office, plan_of(put, run=2))
    assert again.error is None
    assert len(office.booked()) == 4
    with office.desk() as desk:
        latest = desk.standing("spy", DAY)
        assert latest is not None
        assert latest.run == 2
        assert desk.orders_today(DAY) == 2


def test_filled_with_price_and_commission(office: Office, call: Tradable) -> None:
    placed = place(office, plan_of(call, limit="0.05"))
    with office.desk() as desk:
        watched = desk.watch(placed, Wait(Until.FILLED))
        (leg,) = watched.legs
        assert leg.state is LegState.FILLED
        assert leg.entry.filled == 1
        assert leg.entry.average_price is not None
        assert watched.error is None
        fills = [e for e in desk.journal.entries() if e.kind is Kind.FILL]
        assert len(fills) == 1
        desk.watch(watched, Wait(Until.FILLED))
        assert len([e for e in desk.journal.entries() if e.kind is Kind.FILL]) == 1


def test_the_wait_ends(office: Office, put: Tradable) -> None:
    placed = place(office, plan_of(put))
    with office.desk() as desk:
        before = office.hurry.now()
        watched = desk.watch(placed, Wait(Until.FILLED, 10))
        assert 9 <= office.hurry.now() - before <= 15
    assert watched.legs[0].state is LegState.WORKING
    assert watched.error is None


# Questions


def test_declined_and_shown_in_full(office: Office, put: Tradable) -> None:
    standing = place(office, plan_of(put), **NO_CONFIRM)
    assert isinstance(standing.error, RefusedError)
    assert standing.error.code == "question-declined"
    assert "o163" in standing.error.message
    assert "exceeds the Percentage constraint" in standing.error.message
    assert standing.legs[0].state is LegState.DECLINED
    assert office.booked() == []
    allowed = place(office, plan_of(put))
    assert allowed.error is None
    assert len(office.booked()) == 2


@pytest.mark.parametrize("yes", [True, False])
def test_asked_on_a_terminal(office: Office, put: Tradable, yes: bool) -> None:
    asked: list[str] = []

    def ask(question: Asked, bracket: Bracket) -> bool:
        asked.append(str(question.messages[0].id))
        assert bracket.entry.words == put.words
        return yes

    standing = place(office, plan_of(put, ask=ask), **NO_CONFIRM)
    assert asked == (["o163", "o10331", "o10152"] if yes else ["o163"])
    assert standing.legs[0].state is (LegState.WORKING if yes else LegState.DECLINED)
    assert bool(office.booked()) is yes


def test_no_market_data_is_never_accepted(office: Office, put: Tradable) -> None:
    question = [{"id": "r1", "message": ["No market data."], "messageIds": ["o354"]}]
    office.sim.faults.add(ORDERS, method="POST", status=200, body=question)

    def never(question: Asked, bracket: Bracket) -> bool:
        pytest.fail("nobody is asked about it")

    standing = place(office, plan_of(put, ask=never), IBCLI_CONFIRM="o354")
    assert standing.error is not None
    assert office.booked() == []


# Refusals


def test_refused_in_the_brokers_words_and_sent_again(office: Office, put: Tradable) -> None:
    office.sim.faults.add(ORDERS, method="POST", status=200, body=REFUSAL)
    standing = place(office, plan_of(put))
    assert isinstance(standing.error, RefusedError)
    assert REFUSAL["error"] in standing.error.message + "."
    assert standing.legs[0].state is LegState.REFUSED
    again = place(office, plan_of(put, limit="9.10"))
    assert again.error is None
    assert again.legs[0].bracket.entry.limit == Decimal("9.10")
    assert len(office.booked()) == 2


@pytest.mark.parametrize("status", ["Inactive", "Cancelled", "Failed"])
def test_a_dead_row_is_a_refusal(office: Office, put: Tradable, status: str) -> None:
    rows = [{"order_id": "91", "order_status": status, "text": "Margin is not enough"}]
    office.sim.faults.add(ORDERS, method="POST", status=200, body=rows)
    standing = place(office, plan_of(put))
    assert isinstance(standing.error, RefusedError)
    assert "Margin is not enough" in standing.error.message
    assert standing.legs[0].state is LegState.REFUSED


def test_a_prompt_is_a_refusal(office: Office, put: Tradable) -> None:
    prompt = {
        "orderId": 7,
        "reqId": 1,
        "text": "Outside of your range",
        "options": ["Yes", "No"],
        "type": "x",
        "messageId": "p12",
        "prompt": True,
    }
    office.sim.faults.add(ORDERS, method="POST", status=200, body=prompt)
    standing = place(office, plan_of(put))
    assert isinstance(standing.error, RefusedError)
    assert "Outside of your range" in standing.error.message


def test_another_contract_cannot_take_a_jobs_leg(
    office: Office, put: Tradable, call: Tradable
) -> None:
    office.sim.faults.add(ORDERS, method="POST", status=200, body=REFUSAL)
    place(office, plan_of(put))
    with pytest.raises(ValueError, match="another contract"):
        place(office, plan_of(call))


# The kill switch


def test_halted_before_and_between(office: Office, put: Tradable, call: Tradable) -> None:
    settings = office.settings()
    halt(settings, "Fed  day", office.moment)
    standing = place(office, plan_of(put, call))
    assert isinstance(standing.error, GuardError)
    assert "Fed day" in standing.error.message
    assert office.posts() == 0
    assert standing.legs[0].state is LegState.ABSENT
    resume(settings, office.moment)
    assert place(office, plan_of(put, call)).error is None
    assert len(office.booked()) == 4


def test_thrown_while_a_question_waits(office: Office, put: Tradable) -> None:
    def ask(question: Asked, bracket: Bracket) -> bool:
        halt(office.settings(), "now", office.moment)
        return True

    standing = place(office, plan_of(put, ask=ask), **NO_CONFIRM)
    assert standing.legs[0].state is LegState.DECLINED
    assert office.booked() == []


@pytest.mark.parametrize("content", [b"", b"no date\n", b"\xff\xfe", b"2025-08-18T11:00:00Z\n"])
def test_whatever_the_file_says_is_a_halt(office: Office, put: Tradable, content: bytes) -> None:
    folder = office.folder / "state"
    folder.mkdir(exist_ok=True, mode=0o700)
    (folder / "halt").write_bytes(content)
    assert isinstance(place(office, plan_of(put)).error, GuardError)
    assert office.posts() == 0


def test_a_halt_that_is_a_folder_or_a_dead_link(office: Office, put: Tradable) -> None:
    switch = office.folder / "state" / "halt"
    switch.mkdir(parents=True)
    assert isinstance(place(office, plan_of(put)).error, GuardError)
    switch.rmdir()
    switch.symlink_to("nowhere")
    assert isinstance(place(office, plan_of(put)).error, GuardError)
    assert office.posts() == 0


# When one of several legs fails


def test_kept_with_its_stop(office: Office, put: Tradable, call: Tradable) -> None:
    refuse_leg(office, 1)
    standing = place(office, plan_of(put, call))
    assert isinstance(standing.error, RefusedError)
    assert [leg.state for leg in standing.legs] == [LegState.REFUSED, LegState.WORKING]
    assert call.words in standing.error.message
    assert len(office.booked()) == 2
    again = place(office, plan_of(put, call))  # a repeat finishes what the first left
    assert again.error is None
    assert len(office.booked()) == 4


def working(office: Office) -> list[object]:
    over = {"Cancelled", "Filled"}
    return [row["orderId"] for row in office.booked() if row["status"] not in over]


def test_cancelled_when_another_is_refused(office: Office, put: Tradable, call: Tradable) -> None:
    refuse_leg(office, 2)
    standing = place(office, plan_of(put, call, if_leg_fails=IfLegFails.CANCEL))
    assert isinstance(standing.error, RefusedError)
    assert [leg.state for leg in standing.legs] == [LegState.CANCELLED, LegState.ABANDONED]
    assert working(office) == []
    repeated = place(office, plan_of(put, call, if_leg_fails=IfLegFails.CANCEL))
    assert repeated.legs == standing.legs
    assert working(office) == []


def test_unwound_when_another_is_refused(office: Office, put: Tradable, call: Tradable) -> None:
    """The first is filled before the second is refused: its stop goes, and it is closed."""
    plan = plan_of(call, put, limit="0.05", if_leg_fails=IfLegFails.UNWIND)
    first = Plan("spy", DAY, 1, "order", plan.legs[:1])
    with office.desk() as desk, desk.alone():
        placed = desk.watch(desk.place(first), Wait(Until.FILLED))
        assert placed.legs[0].state is LegState.FILLED
    refuse_leg(office, 2)
    standing = place(office, plan)
    assert isinstance(standing.error, RefusedError)
    by_leg = {leg.leg: leg for leg in standing.legs}
    assert by_leg[2].state is LegState.ABANDONED
    closing = by_leg[1001]
    assert closing.bracket.entry.role is Role.CLOSE
    with office.desk() as desk:
        after = desk.watch(standing, Wait(Until.FILLED, 60))
        assert {leg.leg: leg.state for leg in after.legs}[1001] is LegState.FILLED
        assert desk.orders_today(DAY) == 1  # what closes is not counted
    assert working(office) == []


def test_unwound_while_it_is_not_filled(office: Office, put: Tradable, call: Tradable) -> None:
    refuse_leg(office, 2)
    standing = place(office, plan_of(put, call, if_leg_fails=IfLegFails.UNWIND))
    assert [leg.leg for leg in standing.legs] == [1, 2]
    assert standing.legs[0].state is LegState.CANCELLED
    assert working(office) == []


def test_nothing_is_undone_while_a_leg_is_in_doubt(
    office: Office, put: Tradable, call: Tradable
) -> None:
    refuse_leg(office, 2, cut="after")
    office.sim.faults.add("/iserver/account/trades", count=None, status=503)
    standing = place(office, plan_of(put, call, if_leg_fails=IfLegFails.CANCEL))
    assert isinstance(standing.error, OutcomeUnknownError)
    assert [leg.state for leg in standing.legs] == [LegState.WORKING, LegState.UNKNOWN]
    office.sim.faults.clear()
    assert len(office.booked()) == 4 or len(working(office)) >= 2


# A bracket is whole or gone


def acknowledged_without_stop(office: Office) -> Callable[[], None]:
    """The answer tells of the entry alone, although both were taken."""
    row = [{"order_id": str(office.next_id()), "order_status": "Submitted", "encrypt_message": "1"}]
    fault = office.sim.faults.add(
        "/iserver/reply/*", method="POST", skip=2, status=200, body=row, handled=True
    )
    return lambda: fault.release()


def test_a_stop_that_was_not_told_is_looked_for(office: Office, put: Tradable) -> None:
    acknowledged_without_stop(office)
    standing = place(office, plan_of(put))
    assert standing.error is None
    (leg,) = standing.legs
    assert leg.is_whole
    assert {row["orderId"] for row in office.booked()} == {one.order_id for one in leg.orders}


def test_an_entry_whose_stop_failed_is_cancelled(office: Office, put: Tradable) -> None:
    rows = [
        {"order_id": str(office.next_id()), "order_status": "Submitted"},
        {"order_id": str(office.next_id() + 1), "order_status": "Failed", "text": "No stops today"},
    ]
    office.sim.faults.add("/iserver/reply/*", skip=2, status=200, body=rows, handled=True)
    standing = place(office, plan_of(put))
    assert isinstance(standing.error, RefusedError)
    assert standing.error.code == "stop-refused"
    assert "No stops today" in standing.error.message
    assert working(office) == []
    with office.desk() as desk:
        assert Kind.INCOMPLETE in [entry.kind for entry in desk.journal.entries()]


def test_a_stop_that_is_nowhere_is_said_aloud(office: Office, put: Tradable) -> None:
    """The lists show the entry alone, and it cannot be cancelled either."""
    acknowledged_without_stop(office)
    entry = {
        "orderId": office.next_id(),
        "order_ref": "x",
        "acct": "DU1234567",
        "account": "DU1234567",
        "conid": put.conid,
        "side": "SELL",
        "orderType": "Limit",
        "status": "Submitted",
        "totalSize": 1,
    }
    listed = {"orders": [entry], "snapshot": True}
    office.sim.faults.add("/iserver/account/orders", count=None, status=200, body=listed)
    office.sim.faults.add("/iserver/account/*/order/*", method="DELETE", count=None, status=503)
    standing = place(office, plan_of(put))
    assert isinstance(standing.error, OutcomeUnknownError)
    assert standing.error.code == "bracket-incomplete"
    assert "stop" in standing.error.message


def test_a_stop_that_goes_is_noticed(office: Office, put: Tradable) -> None:
    placed = place(office, plan_of(put))
    with office.desk() as desk:
        (leg,) = placed.legs
        stop = leg.orders[1].order_id
        assert stop is not None
        with desk.alone():
            assert desk.cancel(stop).done
        watched = desk.watch(placed, Wait(Until.FILLED, 3))
    assert isinstance(watched.error, OutcomeUnknownError)
    assert watched.error.code == "bracket-incomplete"


def test_an_entry_that_is_taken_in_only_now_is_watched_until_it_is(
    office: Office, put: Tradable
) -> None:
    """The answer to an order may call it taken in when its status does not yet."""
    placed = place(office, plan_of(put))
    entry = placed.legs[0].entry.order_id
    told = {"order_id": entry, "sec_type": "OPT", "side": "S", "conid": put.conid}
    path = f"/iserver/account/order/status/{entry}"
    for status in ("Submitted", "PendingSubmit"):
        office.sim.faults.add(path, status=200, body={**told, "order_status": status})
    with office.desk() as desk:
        placed = desk.watch(placed, Wait())
        assert placed.legs[0].entry.status is OrderStatus.SUBMITTED
        watched = desk.watch(placed, Wait())
    assert watched.legs[0].entry.status is not OrderStatus.PENDING_SUBMIT


def test_a_stop_that_is_refused_after_its_entry_was_taken_is_noticed(
    office: Office, put: Tradable
) -> None:
    placed = place(office, plan_of(put))
    (leg,) = placed.legs
    stop = leg.orders[1].order_id
    path = f"/iserver/account/order/status/{stop}"
    told = {"order_id": stop, "sec_type": "OPT", "side": "B", "conid": put.conid}
    for status in ("PendingSubmit", "PendingSubmit", "Cancelled"):
        office.sim.faults.add(path, status=200, body={**told, "order_status": status})
    with office.desk() as desk:
        watched = desk.watch(placed, Wait())
    assert isinstance(watched.error, OutcomeUnknownError)
    assert watched.error.code == "bracket-incomplete"


def test_a_stop_that_the_broker_does_not_know_is_told_of(office: Office, put: Tradable) -> None:
    placed = place(office, plan_of(put))
    stop = placed.legs[0].orders[1].order_id
    path = f"/iserver/account/order/status/{stop}"
    answer = {"error": f"Order {stop} not found", "statusCode": 503}
    office.sim.faults.add(path, count=None, status=503, body=answer)
    with office.desk() as desk:
        desk.watch(placed, Wait())
        assert any(str(stop) in warning for warning in desk.warnings)


def test_stops_are_looked_at_when_all_entries_are_in(
    office: Office, put: Tradable, call: Tradable
) -> None:
    """One that is taken in late has nobody look at the stop of the other again and again."""
    placed = place(office, plan_of(put, call))
    entry = placed.legs[1].entry.order_id
    told = {"order_id": entry, "sec_type": "OPT", "side": "S", "conid": call.conid}
    office.sim.faults.add(
        f"/iserver/account/order/status/{entry}",
        count=4,
        status=200,
        body={**told, "order_status": "PendingSubmit"},
    )
    with office.desk() as desk:
        assert desk.watch(placed, Wait()).error is None
    for leg in placed.legs:
        path = f"/v1/api/iserver/account/order/status/{leg.orders[1].order_id}"
        assert sum(request.path == path for request in office.sim.requests) == 1


# The account, the journal, the lock


def test_live_and_paper_must_agree(office: Office) -> None:
    with (
        office.client(IB_IS_LIVE="true") as client,
        pytest.raises(GuardError, match="IB_IS_LIVE") as caught,
    ):
        Desk.open(client, writing=True)
    assert caught.value.code == "guard-account"
    with office.client(IB_IS_LIVE="true") as client, Desk.open(client, writing=False) as desk:
        assert desk.paper


def test_an_account_that_is_not_there(office: Office) -> None:
    with office.client(IB_ACCOUNT_ID="DU999") as client, pytest.raises(LoginError) as caught:
        Desk.open(client, writing=True)
    assert caught.value.code == "account-unknown"


def test_a_damaged_journal_orders_nothing(office: Office, put: Tradable) -> None:
    place(office, plan_of(put))
    (file,) = (office.folder / "state").glob("journal-*.sqlite3")
    file.write_bytes(b"junk" * 5000)
    with pytest.raises(ConfigurationError) as caught:
        place(office, plan_of(put, run=2))
    assert caught.value.code == "journal-damaged"
    assert office.posts() == 1


def test_orders_are_placed_alone(office: Office, put: Tradable) -> None:
    def alone_too() -> None:
        with office.desk(3) as other, other.alone():
            pytest.fail("two are not alone")

    with office.desk() as desk:
        with pytest.raises(RuntimeError, match="alone"):
            desk.place(plan_of(put))
        with (
            desk.alone(),
            ThreadPoolExecutor(1) as another,
            pytest.raises(UnreachableError) as caught,
        ):
            another.submit(alone_too).result()
    assert caught.value.code == "orders-busy"


def test_nothing_was_sent_is_no_doubt(office: Office, put: Tradable) -> None:
    """The deadline has passed before the request: surely not there, and sent by the next."""
    with office.desk() as desk, desk.alone():
        office.hurry.skipped += 500
        standing = desk.place(plan_of(put))
    assert standing.error is not None
    assert standing.legs[0].state is LegState.ABSENT
    assert office.posts() == 0
    assert place(office, plan_of(put)).error is None


def test_one_may_look_and_cancel_without_a_journal(office: Office, put: Tradable) -> None:
    placed = place(office, plan_of(put))
    (file,) = (office.folder / "state").glob("journal-*.sqlite3")
    file.write_bytes(b"junk" * 5000)
    entry = placed.legs[0].entry.order_id
    assert entry is not None
    with office.client() as client, Desk.open(client, writing=False) as desk:
        assert "damaged" in desk.warnings[0]
        with desk.alone(settled=False):
            assert desk.cancel(entry).done
            with pytest.raises(ConfigurationError):
                desk.place(plan_of(put, run=2))
        with pytest.raises(ConfigurationError):
            desk.check_journal()
    assert working(office) == []
    assert file.read_bytes() == b"junk" * 5000


def place_many(desk: Desk, put: Tradable) -> None:
    for run in range(1, 9):
        standing = desk.place(plan_of(put, run=run))
        if standing.error is not None:
            raise standing.error


def test_a_journal_that_fills_up_while_orders_are_placed(office: Office, put: Tradable) -> None:
    """Whatever was sent is announced in the journal, and found again when there is room."""
    with office.desk() as desk, desk.alone():
        connection = desk.journal._connection
        ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises((ConfigurationError, OutcomeUnknownError)) as caught:
            place_many(desk, put)
    assert caught.value.code in {"journal-unwritable", "outcome-unrecorded"}
    with office.desk() as desk:
        announced = {entry.coid for entry in desk.journal.entries(kinds=[Kind.SENDING])}
        assert office.posts() <= len(announced) + 1
        with desk.alone():
            assert desk.journal.in_doubt(desk.account) == ()
        standing_now = desk.standing("spy", DAY)
        working_names = {one.coid for one in desk.own_orders() if one.order_id is not None}
    assert standing_now is not None
    booked = {row.get("order_ref") for row in office.booked()} - {None}
    assert booked == working_names
    assert booked <= announced
