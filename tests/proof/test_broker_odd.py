"""A broker that says less than it knows, or something else than it does."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.sim.books.lifecycle import Lifecycle
from tests.proof.scene import CALL, ORDERS, PATIENCE, POSTS, REPLIES, TRADES, Scene, some

if TYPE_CHECKING:
    from ibcli.sim.faults import Fault
    from tests.scenes.ended import EndedOrder

LAST = {"method": "POST", "skip": 1}  # the answer to the second question: the acknowledgement
PROMPT = {
    "orderId": 987654,
    "reqId": "17",
    "text": "If your order is not immediately executable, ...",
    "options": ["Use on this order", "Always use", "Do not use"],
    "type": "p12",
    "messageId": "p12",
    "prompt": True,
}
FAILED = [{"order_id": "987654", "order_status": "Failed", "encrypt_message": "1", "text": "no"}]


def next_id(scene: Scene) -> int:
    """The number of the order that is booked next."""
    with scene.sim.sim.books.present(scene.account) as now:
        return int(now.records.value("next_id"))


def row(number: int, status: str = "PreSubmitted") -> dict[str, Any]:
    return {"order_id": str(number), "order_status": status, "encrypt_message": "1"}


def cancel(scene: Scene, number: int) -> None:
    """At the broker, by nobody that the client knows of."""
    with scene.sim.sim.books.present(scene.account) as now:
        order = now.records.order(number)
        assert order is not None
        Lifecycle(now.records).end(order, now.beat)


def settled_after(scene: Scene) -> None:
    scene.sim.faults.clear()
    scene.repeated(CALL, legs=1)
    scene.assert_settled(CALL, 1)


@pytest.mark.parametrize(
    "body",
    [
        PROMPT,
        FAILED,
        [row(987654, "Inactive"), row(987655, "Inactive")],
        *some(
            [],
            [
                [row(987654, "Cancelled"), row(987655, "Cancelled")],
                [{"order_id": "987654", "order_status": "Rejected"}],
                [{"order_id": "987654"}],
                [{"order_status": "Submitted"}, {"order_status": "PreSubmitted"}],
                [row(0), row(0)],
            ],
        ),
    ],
    ids=["prompt", "failed", "inactive", "cancelled", "word", "no status", "no id", "id 0"],
)
def test_it_is_booked_and_answered_as_if_not(scene: Scene, body: object) -> None:
    """What is no plain refusal is looked at before anybody calls it one."""
    scene.sim.faults.add(REPLIES, handled=True, status=200, body=body, **LAST)
    ended = scene.run(CALL)
    scene.assert_never_twice(1)
    scene.assert_told_true(ended)
    settled_after(scene)


@pytest.mark.proof
def test_plainly_refused_and_booked(scene: Scene) -> None:
    """A broker who says no and does it: nobody can know, but the name keeps it from a second."""
    scene.sim.faults.add(REPLIES, handled=True, status=200, body={"error": "No."}, **LAST)
    assert scene.run(CALL).code == 6
    settled_after(scene)


def test_a_real_prompt_leaves_nothing(scene: Scene) -> None:
    scene.sim.session.trading(advanced_reject=True)
    try:
        ended = scene.run(CALL)
        assert ended.code in {6, 8}, ended
        scene.assert_told_true(ended)
        assert not scene.entries()
    finally:
        scene.sim.session.trading(advanced_reject=False)
    settled_after(scene)


@pytest.mark.proof
def test_really_failed(scene: Scene) -> None:
    scene.sim.session.trading(fail_orders=True)
    try:
        ended = scene.run(CALL)
        assert ended.code == 6, ended
        scene.assert_told_true(ended)
        assert not scene.entries()
    finally:
        scene.sim.session.trading(fail_orders=False)
    settled_after(scene)


# -- lists that are not true ---------------------------------------------------------------------


def lists_nothing(scene: Scene, times: int | None) -> tuple[Fault, Fault]:
    return (
        scene.sim.faults.add(
            ORDERS, method="GET", count=times, status=200, body={"orders": [], "snapshot": True}
        ),
        scene.sim.faults.add(TRADES, method="GET", count=times, status=200, body=[]),
    )


@pytest.mark.parametrize("times", some([2], [1, 3, 5, None]))
def test_the_lists_are_falsely_empty(scene: Scene, times: int | None) -> None:
    """Just after it was booked the order shows nowhere: that must not lead to another."""
    scene.sim.faults.add(REPLIES, cut="after", **LAST)
    lists_nothing(scene, times)
    ended = scene.run([*CALL, "--deadline", "6"])
    assert ended.code in {0, 8}, ended
    scene.assert_never_twice(1)
    scene.assert_told_true(ended)
    settled_after(scene)


@pytest.mark.proof
def test_the_lists_are_falsely_empty_for_the_repeat_too(scene: Scene) -> None:
    fault = scene.sim.faults.add(REPLIES, hold="after", **LAST)
    scene.drop(scene.held(CALL, fault), signal.SIGKILL)
    fault.release()
    lists_nothing(scene, None)
    for _ in range(3):
        ended = scene.run([*CALL, "--deadline", "6"])
        assert ended.code in {0, 8}, ended
        scene.assert_never_twice(1)
        scene.assert_told_true(ended)
    settled_after(scene)


def stays_in_doubt(scene: Scene, listed: dict[str, Any]) -> None:
    """The acknowledgement is lost, and the orders are listed so: nobody knows, until they are."""
    scene.sim.faults.add(REPLIES, cut="after", **LAST)
    scene.sim.faults.add(ORDERS, count=None, status=200, body=listed)
    ended = scene.run([*CALL, "--deadline", "4"])
    assert ended.code == 8, ended
    assert scene.sent() == 1
    settled_after(scene)


@pytest.mark.proof
def test_the_list_never_becomes_whole(scene: Scene) -> None:
    stays_in_doubt(scene, {"orders": [], "snapshot": False})


def test_a_list_with_an_odd_row_proves_nothing(scene: Scene) -> None:
    odd = {"orderId": "?", "status": "Submitted"}
    stays_in_doubt(scene, {"orders": [odd], "snapshot": True})


# -- names and questions -------------------------------------------------------------------------


@pytest.mark.parametrize("status", some([400], [200]))
def test_the_name_is_taken(scene: Scene, status: int) -> None:
    """The words of a duplicate come with either status: it stands, so it is looked for."""
    assert scene.run(CALL).code == 0
    for journal in scene.state.glob("journal-*"):
        journal.unlink()
    said = {"error": "Order couldn't be submitted: Local order ID=x is already registered."}
    scene.sim.faults.add(POSTS, method="POST", status=status, body=said)
    ended = scene.run(CALL)
    assert ended.code == 0, ended
    scene.assert_told_true(ended)
    settled_after(scene)


@pytest.mark.proof
def test_the_name_is_taken_and_nothing_is_shown(scene: Scene) -> None:
    said = {"error": "Order couldn't be submitted: Local order ID=x is already registered."}
    scene.sim.faults.add(POSTS, method="POST", status=200, body=said)
    ended = scene.run(CALL)
    assert ended.code == 8, ended
    assert scene.sent() == 1


def test_another_order_makes_the_question_void(scene: Scene) -> None:
    fault = scene.sim.faults.add(REPLIES, method="POST", hold="before")
    process = scene.held(CALL, fault)
    elsewhere = {"IBCLI_STATE_DIR": str(scene.folder / "elsewhere")}
    put = [*CALL[:2], "--side", "put", "--expiry", "2025-08-22", "--strike", "635", "--json"]
    fault.count = 0
    other = scene.run(put, **elsewhere)
    assert other.code == 0, other
    fault.release()
    ended = scene.end(process)
    assert ended.code in {0, 8}, ended
    scene.assert_told_true(ended)
    assert scene.repeated(CALL).code == 0
    assert len(scene.entries()) == 2


@pytest.mark.parametrize("status", some([400], [200]))
def test_the_question_is_not_found(scene: Scene, status: int) -> None:
    said = {"error": "reply id not found: 'x'"}
    scene.sim.faults.add(REPLIES, method="POST", handled=True, status=status, body=said)
    ended = scene.run(CALL)
    assert ended.code in {0, 8}, ended
    scene.assert_told_true(ended)
    settled_after(scene)


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"cut": "before"},
        *some(
            [],
            [
                {"cut": "after"},
                {"status": 500, "body": {"error": "down"}},
                {"status": 500, "body": {"error": "down"}, "handled": True},
                {"status": 200, "body": ""},
            ],
        ),
    ],
    ids=["no fault", "cut before", "cut after", "500", "500 handled", "empty"],
)
def test_a_question_is_declined(scene: Scene, fault: dict[str, Any]) -> None:
    """A no that may not have been heard is no reason to ask for the same thing again."""
    if fault:
        scene.sim.faults.add(REPLIES, method="POST", **fault)
    ended = scene.run(CALL, IBCLI_CONFIRM="o163")
    assert ended.code in {6, 8}, ended
    assert scene.sent() == 1
    scene.assert_told_true(ended)
    assert not scene.entries()
    settled_after(scene)


@pytest.mark.proof
def test_it_asks_without_end(scene: Scene) -> None:
    question = {
        "id": "again-and-again",
        "message": ["Really?"],
        "isSuppressed": False,
        "messageIds": ["o10331"],
    }
    scene.sim.faults.add(REPLIES, method="POST", count=None, status=200, body=[question])
    ended = scene.run(CALL)
    assert ended.code in {6, 8, 10}, ended
    scene.assert_told_true(ended)
    settled_after(scene)


# -- brackets ------------------------------------------------------------------------------------


def test_the_child_is_missing_in_the_answer(scene: Scene) -> None:
    """It is looked for, and found."""
    number = next_id(scene)
    scene.sim.faults.add(REPLIES, handled=True, status=200, body=[row(number)], **LAST)
    ended = scene.run(CALL)
    assert ended.code == 0, ended
    assert [order.id for order in scene.orders()] == [number, number + 1]
    settled_after(scene)


def child_gone(scene: Scene) -> EndedOrder:
    """The entry stands, and its stop goes, before anybody hears of either."""
    number = next_id(scene)
    fault = scene.sim.faults.add(REPLIES, hold="after", **LAST)
    process = scene.held(CALL, fault)
    cancel(scene, number + 1)
    fault.release()
    return scene.end(process)


def entry_is_no_more_or_it_is_said(scene: Scene, ended: EndedOrder) -> None:
    entry, stop = scene.orders()
    assert not stop.working
    assert ended.code != 0, ended
    assert not entry.working or "stop" in ended.message, ended


def test_the_stop_is_gone(scene: Scene) -> None:
    """A short option without its stop is never called done: not then, and not by a repeat."""
    entry_is_no_more_or_it_is_said(scene, child_gone(scene))
    entry_is_no_more_or_it_is_said(scene, scene.run(CALL))
    assert scene.run(["reconcile", "--json"]).code == 8
    assert scene.sent() == 1


def test_the_stop_is_gone_and_so_was_the_sender(scene: Scene) -> None:
    number = next_id(scene)
    fault = scene.sim.faults.add(REPLIES, hold="after", **LAST)
    scene.drop(scene.held(CALL, fault), signal.SIGKILL)
    fault.release()
    assert fault.done.wait(PATIENCE)
    cancel(scene, number + 1)
    entry_is_no_more_or_it_is_said(scene, scene.run(CALL))
    entry_is_no_more_or_it_is_said(scene, scene.run(CALL))


def test_the_stop_goes_later(scene: Scene) -> None:
    """Whoever looks at the broker next says so."""
    number = next_id(scene)
    assert scene.run(CALL).code == 0
    cancel(scene, number + 1)
    ended = scene.run(["reconcile", "--json"])
    assert ended.code == 8, ended
    assert "entry without stop" in {one["kind"] for one in ended.document["data"]["differences"]}


def test_the_answer_names_the_child_as_refused(scene: Scene) -> None:
    number = next_id(scene)
    rows = [row(number), row(number + 1, "Failed") | {"text": "No stop for you."}]
    fault = scene.sim.faults.add(REPLIES, handled=True, status=200, body=rows, hold="after", **LAST)
    process = scene.held(CALL, fault)
    cancel(scene, number + 1)
    fault.release()
    ended = scene.end(process)
    assert ended.code in {6, 8}, ended
    assert "No stop for you" in ended.message
    entry, stop = scene.orders()
    assert not stop.working
    assert not entry.working or ended.code == 8


def test_cancelled_right_after(scene: Scene) -> None:
    """Taken, and gone a moment later: that is no success."""
    number = next_id(scene)
    fault = scene.sim.faults.add(REPLIES, hold="after", **LAST)
    process = scene.held(CALL, fault)
    cancel(scene, number)
    fault.release()
    ended = scene.end(process)
    scene.assert_never_twice(1)
    states = ended.states
    assert states == ["cancelled"], ended
    assert ended.code != 0, ended


def test_filled_and_the_stop_goes_off(scene: Scene) -> None:
    """All of it may happen within one second; what is printed is what happened."""
    natural = [*CALL, "--limit", "natural", "--wait", "400"]
    ended = scene.run(natural)
    assert ended.code == 0, ended
    assert ended.states == ["filled"], ended
    entry, stop = scene.orders()
    assert entry.filled == 1
    assert stop.working
    scene.assert_settled(natural, 1)
