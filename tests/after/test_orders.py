"""``ibcli orders``: whoever sent them, in the contract's words, and never fewer than there are."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing, suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker import order_entry
from ibcli.broker.doubt import DoubtError
from ibcli.domain.contracts import Right
from ibcli.domain.orders import OrderType, Role, Side, Ticket, TicketLeg
from tests.after.conftest import PUT_STRIKE, WORD, ticket

if TYPE_CHECKING:
    from pathlib import Path

    from tests.after.conftest import Trader

ORDERS = "/iserver/account/orders"


def ids(data: Any) -> list[int]:
    return [row["order_id"] for row in data["orders"]]


def test_the_default_is_what_is_open(trader: Trader) -> None:
    entry, stop = trader.short()
    assert ids(trader.json("orders")) == ids(trader.json("orders", "--open")) == [stop]
    assert ids(trader.json("orders", "--filled")) == [entry]
    assert ids(trader.json("orders", "--all")) == [entry, stop]


def test_a_row_tells_job_role_price_and_age(trader: Trader) -> None:
    entry, stop = trader.short_put(2)
    rows = trader.orders()
    sold, guard = rows[entry], rows[stop]
    assert (sold["role"], sold["side"], sold["type"]) == ("entry", "SELL", "MKT")
    assert sold["job"] == guard["job"] == sold["own"]["job"]
    assert sold["coid"] == sold["own"]["coid"]
    assert (sold["filled"], sold["quantity"], sold["status"]) == (2, 2, "Filled")
    assert (guard["role"], guard["parent_id"], guard["limit"]) == ("stop", entry, None)
    assert guard["trigger"] > sold["average_price"]
    assert guard["tif"] == "DAY"
    assert sold["age_seconds"] >= 0
    assert sold["legs"][0]["strike"] == 643
    assert sold["contract"] == WORD


def test_orders_of_others_have_no_job_but_families(trader: Trader) -> None:
    put = trader.option()
    entry, stop = trader.post(
        ticket(put, Side.BUY, coid="mine", limit="0.01"),
        ticket(put, Side.SELL, OrderType.STP, parent="mine", trigger="0.01"),
    )
    rows = trader.orders()
    assert rows[entry]["coid"] == "mine"
    assert rows[entry]["job"] is rows[entry]["own"] is None
    assert (rows[stop]["parent_id"], rows[stop]["role"]) == (entry, "stop")


def test_a_combination_is_named_by_its_legs(trader: Trader) -> None:
    legs = (TicketLeg(trader.option(), -1), TicketLeg(trader.option("640"), 1))
    combo = Ticket(
        Role.ENTRY, Side.BUY, 1, OrderType.LMT, legs, coid="spread", limit=Decimal("-3.00")
    )
    (number,) = trader.post(combo)
    row = trader.orders()[number]
    assert row["contract"] == "SPY 18AUG25 -643P +640P"
    assert row["limit"] == -3


def test_one_in_full(trader: Trader) -> None:
    entry, stop = trader.short_put()
    told = trader.json("orders", str(entry))
    assert told["order"]["order_id"] == entry
    assert ids({"orders": told["children"]}) == [stop]
    events = [event["event"] for event in told["events"]]
    assert events[:2] == ["intent", "sending"]
    assert "acknowledged" in events
    assert "fill" in events
    others = {event["text"] for event in trader.json("orders", str(stop))["events"]}
    assert others & {"PreSubmitted", "Submitted", "Filled"}  # the market may have set it off
    text = trader("orders", str(entry)).out
    assert "Journal" in text
    assert "Protection" in text


def test_one_of_another_in_full(trader: Trader) -> None:
    (number,) = trader.post(ticket(trader.option(), Side.BUY, coid="mine", limit="0.01"))
    told = trader.json("orders", str(number))
    assert told["events"] == []
    assert "not sent by ibcli" in trader("orders", str(number)).out


def test_an_unknown_one(trader: Trader) -> None:
    said = trader("orders", "4711", "--json")
    assert (said.code, said.error) == (5, "unknown-order")


@pytest.mark.parametrize(
    "words", [("--open", "--all"), ("4711", "--all"), ("abc",), ("0",), ("-1",), ("--watch",)]
)
def test_words_that_do_not_fit(trader: Trader, words: tuple[str, ...]) -> None:
    assert trader("orders", *words).code == 2
    assert not any(r.path.endswith(ORDERS) for r in trader.sim.requests)


def test_csv(trader: Trader) -> None:
    entry, stop = trader.short()
    rows = list(csv.DictReader(io.StringIO(trader("orders", "--all", "--csv").out)))
    assert [row["order_id"] for row in rows] == [str(entry), str(stop)]
    assert rows[1]["parent_id"] == str(entry)


def test_an_empty_first_answer_is_asked_again(trader: Trader) -> None:
    (number,) = trader.post(ticket(trader.option(), Side.BUY, coid="mine", limit="0.01"))
    empty = {"orders": [], "snapshot": False}
    trader.sim.faults.add(ORDERS, count=1, status=200, body=empty)
    assert ids(trader.json("orders")) == [number]


def test_what_never_comes_is_not_called_empty(trader: Trader) -> None:
    trader.post(ticket(trader.option(), Side.BUY, coid="mine", limit="0.01"))
    trader.sim.faults.add(ORDERS, count=None, status=200, body={"orders": [], "snapshot": False})
    said = trader("orders", "--deadline", "1", "--json")
    assert (said.code, said.error) == (7, "orders-incomplete")
    assert said.data["complete"] is False
    text = trader("orders", "--deadline", "1")
    assert text.code == 7
    assert "No open orders" not in text.out


def test_a_row_that_cannot_be_read_is_not_swallowed(trader: Trader) -> None:
    (number,) = trader.post(ticket(trader.option(), Side.BUY, coid="mine", limit="0.01"))
    told = trader.raw(ORDERS)
    told["orders"].append({"ticker": "SPY"})
    trader.sim.faults.add(ORDERS, count=None, status=200, body=told)
    said = trader("orders", "--json")
    assert (said.code, said.error) == (7, "orders-incomplete")
    assert ids(said.data) == [number]
    assert any("could not be read" in warning for warning in said.document["warnings"])


def test_a_contract_that_nobody_knows_any_more_has_the_brokers_words(trader: Trader) -> None:
    (number,) = trader.post(ticket(trader.option(), Side.BUY, coid="mine", limit="0.01"))
    for path in ("/trsrv/secdef", "/iserver/contract/*/info"):
        trader.sim.faults.add(path, count=None, status=500, body={"error": "down"})
    for file in (trader.folder / "cache").rglob("*.sqlite3*"):
        file.unlink()
    said = trader("orders", "--json", "--deadline", "3")
    assert said.code == 0
    (row,) = said.data["orders"]
    assert row["order_id"] == number
    assert row["legs"] == []
    assert "SPY" in row["contract"]
    assert any("looked up" in warning for warning in said.document["warnings"])


def test_it_teaches_the_journal(trader: Trader) -> None:
    trader.json("order", "SPY", "--side", "put", "--strike", "643", "--type", "MKT", "--no-stop")
    rows = trader.json("orders", "--filled")["orders"]
    assert len(rows) == 1
    told = trader.json("orders", str(rows[0]["order_id"]))
    assert any(event["text"].startswith("Filled") for event in told["events"])


def test_a_journal_that_takes_no_entry_is_a_warning(trader: Trader) -> None:
    entry, stop = trader.short_put()
    trader.sim.faults.add(  # something that the journal does not know yet
        f"/iserver/account/order/{stop}", method="DELETE", handled=True, status=200, body={}
    )
    with trader.client() as client, suppress(DoubtError):
        order_entry.cancel(client, trader.account, stop)
    (journal,) = (trader.folder / "state").glob("journal*.sqlite3")
    with closing(sqlite3.connect(journal, isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
    said = trader("orders", "--all", "--json")
    assert said.code == 0, said
    assert ids(said.data) == [entry, stop]
    assert any("journal" in warning for warning in said.document["warnings"]), said


def test_calls_and_puts_of_one_day_stand_apart(trader: Trader) -> None:
    call = trader.option("650", Right.CALL, days=4)
    (number,) = trader.post(ticket(call, Side.BUY, coid="far", limit="0.01"))
    assert trader.orders()[number]["contract"] == call.words


@pytest.fixture
def no_colour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def test_no_escape_sequences_in_a_pipe(trader: Trader, no_colour: None) -> None:
    trader.short()
    for words in (("orders", "--all"), ("trades",), ("positions",)):
        assert "\x1b" not in trader(*words).out


def test_an_order_without_a_number_is_named_as_such(trader: Trader) -> None:
    body = {"orders": [{"status": "Submitted"}], "snapshot": True}
    trader.sim.faults.add("/iserver/account/orders", count=None, status=200, body=body)
    said = trader("orders", "--json")
    assert (said.code, said.error) == (7, "orders-incomplete")
    assert "1 of the account's orders could not be read" in said.err


def test_an_order_of_others_is_no_child_of_ours(trader: Trader) -> None:
    """Placed elsewhere just after ours, without a name: it is not taken along."""
    words = ("order", "SPY", "--side", "put", "--strike", PUT_STRIKE, "--limit", "ask")
    (leg,) = trader.json(*words)["legs"]
    entry, stop = (order["order_id"] for order in leg["orders"])
    (other,) = trader.post(ticket(trader.option(), Side.BUY, limit="0.01"))
    trader.pass_time()
    rows = trader.orders()
    assert (rows[stop]["parent_id"], rows[other]["parent_id"]) == (entry, None)
    assert rows[other]["role"] is None
    trader("cancel", str(entry))
    assert trader.orders()[other]["open"] is True
