"""``ibcli cancel``: each order's end is told, and no short position loses its stop unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ibcli.domain.orders import OrderType, Side
from tests.after.conftest import ticket

if TYPE_CHECKING:
    from tests.after.conftest import Trader

ORDER = "/iserver/account/*/order/*"
STATUS = "/iserver/account/order/status/*"


def resting(trader: Trader, coid: str = "mine", *, stop: bool = False) -> list[int]:
    """A purchase far below the market, with a stop if wished for."""
    put = trader.option()
    tickets = [ticket(put, Side.BUY, coid=coid, limit="0.01")]
    if stop:
        tickets.append(ticket(put, Side.SELL, OrderType.STP, parent=coid, trigger="0.01"))
    ids = trader.post(*tickets)
    trader.pass_time()
    return ids


def job(trader: Trader) -> tuple[str, int, int]:
    """A sale of ibcli's far above the market: its job, its entry and its stop."""
    done = trader.json(
        "order", "SPY", "--side", "put", "--strike", "643", "--limit", "natural",
        "--limit", "ask", "--job", "lunch",
    )  # fmt: skip
    entry, stop = done["legs"][0]["orders"]
    return "lunch", entry["order_id"], stop["order_id"]


def became(data: Any) -> dict[int, str]:
    return {row["order_id"]: row["became"] for row in data["orders"]}


def test_by_id_and_again(trader: Trader) -> None:
    (number,) = resting(trader)
    done = trader.json("cancel", str(number))
    assert became(done) == {number: "cancelled"}
    assert done["already"] is False
    assert trader.orders()[number]["status"] == "Cancelled"
    before = trader.writes()
    again = trader.json("cancel", str(number))
    assert (became(again), again["already"]) == ({number: "already"}, True)
    assert "already cancelled" in trader("cancel", str(number)).out
    assert trader.writes() == before


def test_a_filled_one_is_a_row_that_says_so(trader: Trader) -> None:
    entry, stop = trader.short()
    done = trader.json("cancel", str(entry))
    (row,) = done["orders"]  # and nothing of its stop
    assert (row["became"], row["order"]["status"]) == ("already", "Filled")
    assert "filled" in row["text"]
    assert trader.orders()[stop]["open"] is True


def test_an_entry_takes_its_children_with_it(trader: Trader) -> None:
    entry, stop = resting(trader, stop=True)
    done = trader.json("cancel", str(entry))
    assert became(done) == {entry: "cancelled", stop: "cancelled"}
    assert [row["with"] for row in done["orders"]] == [None, entry]
    assert sum(write.startswith("DELETE") for write in trader.writes()) == 1
    assert trader.json("orders")["orders"] == []


def test_by_job(trader: Trader) -> None:
    name, entry, stop = job(trader)
    assert trader("reconcile").code == 0
    (other,) = resting(trader)
    done = trader.json("cancel", "--job", name)
    assert became(done) == {entry: "cancelled", stop: "cancelled"}
    assert [row["order_id"] for row in trader.json("orders")["orders"]] == [other]
    told = trader.json("orders", str(entry))
    assert "cancel acknowledged" in {event["event"] for event in told["events"]}


def test_by_underlying(trader: Trader) -> None:
    (number,) = resting(trader)
    assert trader.json("cancel", "--symbol", "ARM")["orders"] == []
    assert became(trader.json("cancel", "--symbol", "spy")) == {number: "cancelled"}


def test_all(trader: Trader) -> None:
    first, second = resting(trader, "one"), resting(trader, "two", stop=True)
    done = trader.json("cancel", "--all")
    assert set(became(done)) == {*first, *second}
    assert set(became(done).values()) == {"cancelled"}
    assert trader.json("cancel", "--all") == {"already": True, "orders": []}
    assert "nothing to cancel" in trader("cancel", "--all").out


@pytest.mark.parametrize(
    "words",
    [(), ("1", "--all"), ("1", "--job", "x"), ("--symbol", "SPY", "--all"), ("x",), ("--job", "")],
)
def test_exactly_one_way_of_naming(trader: Trader, words: tuple[str, ...]) -> None:
    assert trader("cancel", *words).code == 2
    assert trader.writes() == []


def test_an_unknown_one_and_nothing_else_is_touched(trader: Trader) -> None:
    (number,) = resting(trader)
    said = trader("cancel", str(number), "4711", "--json")
    assert (said.code, said.error) == (5, "unknown-order")
    assert not any(write.startswith("DELETE") for write in trader.writes())


def test_a_stop_that_protects_needs_a_yes(trader: Trader) -> None:
    _, stop = trader.short()
    before = trader.writes()
    for words in ((str(stop),), ("--all",), ("--symbol", "SPY")):
        said = trader("cancel", *words, "--json")
        assert (said.code, said.error) == (9, "guard-protection")
        assert str(stop) in said.document["error"]["message"]
    assert trader.writes() == before
    assert became(trader.json("cancel", str(stop), "--yes")) == {stop: "cancelled"}


def test_a_stop_of_an_entry_that_stays_needs_a_yes(trader: Trader) -> None:
    _, entry, stop = job(trader)
    said = trader("cancel", str(stop), "--json")
    assert (said.code, said.error) == (9, "guard-protection")
    assert became(trader.json("cancel", str(entry), str(stop))) == {
        entry: "cancelled",
        stop: "cancelled",
    }


def test_what_cannot_be_told_counts_as_protecting(trader: Trader) -> None:
    _, stop = trader.short()
    trader.sim.faults.add(
        "/portfolio/*/positions/*", count=None, status=400, body={"error": "not now"}
    )
    assert trader("cancel", str(stop), "--json").error == "guard-protection"


def test_a_half_filled_entry_leaves_its_stop(trader: Trader) -> None:
    entry, stop = trader.half_filled()
    many = trader.orders()[entry]["quantity"]
    done = trader.json("cancel", str(entry))
    assert became(done) == {entry: "cancelled", stop: "stays"}
    filled = trader.orders()[entry]["filled"]
    assert 0 < filled < many
    assert trader.orders()[stop]["quantity"] == filled


def test_halted_trading_does_not_stop_it(trader: Trader) -> None:
    (number,) = resting(trader)
    assert trader("halt", "lunch").code == 0
    assert became(trader.json("cancel", str(number))) == {number: "cancelled"}


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_lost_answer_is_looked_after(trader: Trader, cut: str) -> None:
    (number,) = resting(trader)
    trader.sim.faults.add(ORDER, method="DELETE", cut=cut)
    assert became(trader.json("cancel", str(number))) == {number: "cancelled"}


def test_one_that_is_still_being_cancelled_at_the_deadline(trader: Trader) -> None:
    (number,) = resting(trader)
    told = {**trader.raw(f"/iserver/account/order/status/{number}"),
            "order_status": "PendingCancel"}  # fmt: skip
    trader.sim.faults.add(STATUS, count=None, status=200, body=told)
    said = trader("cancel", str(number), "--json", "--deadline", "2")
    assert (said.code, said.error) == (7, "cancel-pending")
    assert became(said.data) == {number: "pending"}


def test_one_of_which_nothing_is_known_any_more(trader: Trader) -> None:
    (number,) = resting(trader)
    trader.sim.faults.add(ORDER, method="DELETE", cut="before", count=None)
    trader.sim.faults.add(STATUS, count=None, skip=1, status=503, body={"error": "down"})
    trader.sim.faults.add(
        "/iserver/account/orders", count=None, skip=2, status=503, body={"error": "down"}
    )
    said = trader("cancel", str(number), "--json", "--deadline", "4")
    assert said.code == 8, said
    assert became(said.data) == {number: "unknown"}


def test_a_refusal_is_told_and_the_others_go_on(trader: Trader) -> None:
    first, second = resting(trader, "one"), resting(trader, "two")
    trader.sim.faults.add(
        f"/iserver/account/*/order/{first[0]}", method="DELETE", status=400, count=None,
        body={"error": "not today"},
    )  # fmt: skip
    said = trader("cancel", "--all", "--json")
    assert said.code == 6
    assert became(said.data) == {first[0]: "refused", second[0]: "cancelled"}
    assert "not today" in said.data["orders"][0]["text"]


def test_an_incomplete_list_cancels_nothing(trader: Trader) -> None:
    resting(trader)
    empty = {"orders": [], "snapshot": False}
    trader.sim.faults.add("/iserver/account/orders", count=None, status=200, body=empty)
    said = trader("cancel", "--all", "--json", "--deadline", "1")
    assert (said.code, said.error) == (7, "orders-incomplete")
    assert not any(write.startswith("DELETE") for write in trader.writes())


def test_a_refused_cancel_leaves_the_stop(trader: Trader) -> None:
    """The entry may still be filled: its stop must not go alone."""
    entry, stop = resting(trader, stop=True)
    trader.sim.faults.add(
        "/iserver/account/*/order/*", method="DELETE", status=400, body={"error": "not now"}
    )
    said = trader("cancel", "--all", "--yes", "--json")
    assert said.code == 6
    assert [row["became"] for row in said.data["orders"]] == ["refused", "stays"]
    rows = trader.orders()
    assert rows[entry]["open"] is True
    assert rows[stop]["open"] is True


def test_filled_while_it_is_cancelled_it_keeps_its_stop(trader: Trader) -> None:
    put = trader.option()
    entry, stop = trader.post(
        ticket(put, Side.SELL, OrderType.MKT, coid="late"),
        ticket(put, Side.BUY, OrderType.STP, parent="late", trigger="9.00"),
    )
    listed = trader.raw("/iserver/account/orders")
    for row in listed["orders"]:
        status = "Submitted" if row["orderId"] == entry else "PreSubmitted"
        row.update(status=status, order_ccp_status=status, filledQuantity=0.0)
    trader.pass_time()
    trader.sim.faults.add("/iserver/account/orders", status=200, body=listed)
    said = trader("cancel", str(entry), "--json")
    assert said.code == 0
    assert became(said.data) == {entry: "already", stop: "stays"}
    assert trader.orders()[stop]["open"] is True


def test_a_job_that_nobody_knows(trader: Trader) -> None:
    said = trader("cancel", "--job", "typo", "--json")
    assert (said.code, said.error) == (5, "unknown-job")
