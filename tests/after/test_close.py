"""``ibcli close``: exactly what is held, once, and never a short without its stop in silence."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker import order_entry
from ibcli.domain.contracts import Right
from ibcli.domain.orders import Bracket, OrderType, Role, Side, Ticket, TicketLeg, Tradable
from tests.after.conftest import WORD, ticket

if TYPE_CHECKING:
    from tests.after.conftest import Trader
    from tests.scenes.ended import Ended

SHARES = Tradable(756733, "STK", "SPY", "SPY", Decimal(1))
PLACE = "/iserver/account/*/orders"
STATUS = "/iserver/account/order/status/*"
LIST = "/iserver/account/orders"
POSITIONS = "/portfolio/*/positions/*"


def buy(trader: Trader, tradable: Tradable, quantity: int = 1) -> None:
    """Past the command line, at the market."""
    coid = f"buy{tradable.conid}"
    trader.post(ticket(tradable, Side.BUY, OrderType.MKT, quantity=quantity, coid=coid))
    trader.pass_time()


def sell(trader: Trader, tradable: Tradable) -> None:
    coid = f"sell{tradable.conid}"
    trader.post(ticket(tradable, Side.SELL, OrderType.MKT, coid=coid))
    trader.pass_time()


def ways(data: Any) -> dict[str, str]:
    return {row["contract"]: row["closed"] for row in data["positions"]}


def one(said: Ended) -> Any:
    (row,) = said.data["positions"]
    return row


def open_ids(trader: Trader) -> list[int]:
    return [row["order_id"] for row in trader.json("orders")["orders"]]


@pytest.mark.parametrize("words", [(), ("--market",), ("--limit", "natural"), ("--limit", "ask")])
def test_a_short_with_its_stop(trader: Trader, words: tuple[str, ...]) -> None:
    _, stop = trader.short(2)
    said = trader("close", WORD, *words, "--json")
    assert said.code == 0, said
    row = one(said)
    assert (row["order"]["side"], row["order"]["quantity"]) == ("BUY", 2)
    assert (row["order"]["role"], row["cancelled"]) == ("close", [stop])
    trader.pass_time()
    rows = trader.orders()
    assert rows[stop]["status"] == "Cancelled"
    assert rows[row["order_id"]]["job"] == f"close {WORD}"
    assert -2 <= trader.held().get(WORD, 0) <= 0  # the market may have moved away from its limit
    assert [o for o in open_ids(trader) if o != row["order_id"]] == []


def test_shares_and_longs_are_sold(trader: Trader) -> None:
    call = trader.option("645", Right.CALL, days=4)
    buy(trader, SHARES, 10)
    buy(trader, call, 3)
    done = trader.json("close", "--symbol", "SPY", "--market")
    assert list(ways(done)) == ["SPY", call.words]
    assert set(ways(done).values()) <= {"filled", "working"}  # a part may be filled later
    assert {row["order"]["side"] for row in done["positions"]} == {"SELL"}
    trader.pass_time(30)
    assert trader.held() == {}


def test_by_conid_and_by_symbol_of_shares(trader: Trader) -> None:
    put = trader.option()
    buy(trader, SHARES, 5)
    sell(trader, put)
    assert ways(trader.json("close", str(put.conid), "--market")) == {WORD: "filled"}
    assert ways(trader.json("close", "SPY", "--market")) == {"SPY": "filled"}


def test_in_the_money_only_what_may_be_assigned(trader: Trader) -> None:
    inside, outside = trader.option("650", days=4), trader.option("630", days=4)
    long_one = trader.option("655", days=4)
    sell(trader, inside)
    sell(trader, outside)
    buy(trader, long_one)
    assert ways(trader.json("close", "--itm", "--market")) == {inside.words: "filled"}
    assert trader.held() == {outside.words: -1, long_one.words: 1}


def test_again_when_there_is_a_position_again(trader: Trader) -> None:
    trader.short_put()
    first = trader.json("close", WORD, "--market")["positions"][0]
    trader.short_put()
    second = trader.json("close", WORD, "--market")["positions"][0]
    assert (first["closed"], second["closed"]) == ("filled", "filled")
    assert first["order_id"] != second["order_id"]
    assert trader.held() == {}
    runs = {row["own"]["run"] for row in trader.orders().values() if row["role"] == "close"}
    assert runs == {1, 2}


def test_nothing_to_close(trader: Trader) -> None:
    for words in ((WORD,), ("--all",), ("--itm",), ("--symbol", "SPY")):
        assert trader.json("close", *words) == {"already": True, "dry_run": False, "positions": []}
    assert trader.writes() == []


def test_one_that_works_already(trader: Trader) -> None:
    put = trader.option(days=4)
    sell(trader, put)
    bid, _ = trader.market(str(put.conid))
    low = str((bid * Decimal("0.9")).quantize(Decimal("0.01")))
    first = trader.json("close", put.words, "--limit", low)["positions"][0]
    assert first["closed"] == "working"
    before = trader.writes()
    again = trader.json("close", put.words, "--market")
    assert again["already"] is True
    assert again["positions"][0]["order_id"] == first["order_id"]
    assert trader.writes() == before


def test_a_working_close_of_a_short_says_that_there_is_no_stop(trader: Trader) -> None:
    _, stop = trader.short()
    trader.sim.faults.add(  # nothing is seen of the fill
        STATUS, count=None, skip=8, status=503, body={"error": "down"}
    )
    said = trader("close", WORD, "--limit", "bid", "--json")
    row = one(said)
    if row["closed"] == "working":
        assert "no stop" in row["text"]
    assert row["cancelled"] == [stop]


def test_what_cannot_be_closed_here_does_not_stop_the_others(trader: Trader) -> None:
    sell(trader, trader.option())
    rows = trader.raw(f"/portfolio/{trader.account}/positions/0")
    odd = {**rows[0], "conid": 7, "assetClass": "STK", "ticker": "ODD", "contractDesc": "ODD",
           "position": 0.5}  # fmt: skip
    trader.sim.faults.add(POSITIONS, method="GET", count=2, status=200, body=[*rows, odd])
    said = trader("close", "--all", "--market", "--json")
    assert (said.code, said.error) == (2, "not-closable")
    assert ways(said.data) == {WORD: "filled"}
    assert "0.5 ODD" in said.document["error"]["message"]


def test_an_order_left_at_a_question_is_not_in_the_way(trader: Trader) -> None:
    put = trader.option()
    sell(trader, put)
    with trader.client() as client:  # asked about, and never answered
        order_entry.post(
            client,
            trader.account,
            Bracket(ticket(put, Side.BUY, OrderType.STP, coid="half", trigger="9.00")),
        )
    assert "Inactive" in {row["status"] for row in trader.orders().values()}
    (row,) = trader.json("close", WORD, "--market")["positions"]
    assert (row["closed"], row["cancelled"]) == ("filled", [])
    assert trader.json("cancel", "--all")["already"] is True


def test_dry_run_sends_nothing(trader: Trader) -> None:
    _, stop = trader.short()
    before = trader.writes()
    done = trader.json("close", "--all", "--dry-run")
    assert (ways(done), done["dry_run"]) == ({WORD: "planned"}, True)
    assert done["positions"][0]["cancelled"] == [stop]
    text = trader("close", "--all", "--dry-run").out
    assert "would be cancelled" in text
    assert "Nothing was sent" in text
    assert trader.writes() == before


@pytest.mark.parametrize(
    "words",
    [(), (WORD, "--all"), ("--itm", "--symbol", "SPY"), ("--all", "--limit", "x"),
     ("--all", "--limit", "1", "--market"), ("SPY 99FOO25 1 P",)],
)  # fmt: skip
def test_words_that_do_not_fit(trader: Trader, words: tuple[str, ...]) -> None:
    assert trader("close", *words).code == 2
    assert trader.writes() == []


def test_a_contract_that_does_not_exist(trader: Trader) -> None:
    assert trader("close", "SPY 18AUG25 643.37 P", "--json").error == "unknown-strike"


def untouched(trader: Trader, code: int, name: str, *words: str) -> Any:
    """The error of a close that leaves the position and its stop as they were."""
    before, stops = trader.writes(), open_ids(trader)
    said = trader("close", *words, "--json")
    assert (said.code, said.error) == (code, name), said
    assert trader.writes() == before
    assert open_ids(trader) == stops
    return said.document["error"]


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("IBCLI_UNATTENDED", "never", "guard-unattended"),
        ("IBCLI_SYMBOLS", "ARM", "guard-symbols"),
        ("IB_IS_LIVE", "true", "guard-account"),
    ],
)
def test_guards(
    trader: Trader, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, name: str
) -> None:
    trader.short()
    before = trader.writes()
    monkeypatch.setenv(setting, value)
    said = trader("close", "--all", "--json")
    assert (said.code, said.error) == (9, name)
    assert trader.writes() == before


def test_what_would_never_fill_is_refused_before_the_stop_is_gone(trader: Trader) -> None:
    trader.short()
    untouched(trader, 9, "guard-price-band", WORD, "--limit", "9.00")
    untouched(trader, 2, "off-tick", WORD, "--limit", "0.505")
    trader("halt", "lunch")
    untouched(trader, 9, "guard-halt", WORD)


@pytest.mark.parametrize(("feed", "name"), [("D", "guard-feed"), ("Z", "guard-feed")])
def test_old_prices(trader: Trader, feed: str, name: str) -> None:
    trader.short()
    trader.sim.session.feed(feed)
    untouched(trader, 9, name, WORD)


def test_a_list_that_may_not_be_whole(trader: Trader) -> None:
    trader.short()
    before = trader.writes()
    trader.sim.faults.add(LIST, count=None, status=200, body={"orders": [], "snapshot": False})
    said = trader("close", "--all", "--json", "--deadline", "2")
    assert (said.code, said.error) == (7, "orders-incomplete")
    assert trader.writes() == before


def test_an_entry_that_still_works_goes_first(trader: Trader) -> None:
    entry, stop = trader.half_filled()
    done = trader.json("close", "--all", "--market")
    assert done["positions"][0]["cancelled"] == [entry, stop]
    trader.pass_time(60)
    assert open_ids(trader) in ([], [done["positions"][0]["order_id"]])
    assert all(quantity >= 0 for quantity in trader.held().values())


def test_a_take_profit_goes_too(trader: Trader) -> None:
    put = trader.option()
    _, *children = trader.post(
        ticket(put, Side.SELL, OrderType.MKT, coid="mine"),
        ticket(put, Side.BUY, OrderType.LMT, parent="mine", limit="0.01"),
        ticket(put, Side.BUY, OrderType.STP, parent="mine", trigger="9.00"),
    )
    trader.pass_time()
    (row,) = trader.json("close", WORD, "--market")["positions"]
    assert sorted(row["cancelled"]) == sorted(children)
    assert open_ids(trader) == []


def stop_fills_unseen(trader: Trader, positions: int | None) -> None:
    """A short put's stop is filled; the first look at the orders, and so many at the positions
    (None: all), are from a moment before.
    """
    put = trader.option()
    sell(trader, put)
    stale = trader.raw(f"/portfolio/{trader.account}/positions/0")
    (stop,) = trader.post(ticket(put, Side.BUY, OrderType.STP, coid="stop", trigger="0.01"))
    trader.pass_time(30)
    listed = trader.raw(LIST)
    row = next(row for row in listed["orders"] if row["orderId"] == stop)
    assert row["status"] == "Filled"
    row.update(status="PreSubmitted", filledQuantity=0.0, remainingQuantity=1.0)
    trader.sim.faults.add(POSITIONS, method="GET", count=positions, status=200, body=stale)
    trader.sim.faults.add(LIST, count=1, status=200, body=listed)


def test_a_stop_that_fills_meanwhile_leaves_nothing_to_close(trader: Trader) -> None:
    stop_fills_unseen(trader, positions=1)
    before = trader.writes()
    said = trader("close", WORD, "--json")
    assert said.code == 0, said
    assert one(said)["closed"] == "gone"
    assert trader.writes() == before
    assert trader.held() == {}


def test_positions_that_lag_behind_the_stops_fill(trader: Trader) -> None:
    stop_fills_unseen(trader, positions=None)
    before = trader.writes()
    said = trader("close", WORD, "--json")
    assert one(said)["closed"] == "gone"
    assert trader.writes() == before


def test_only_what_remains_is_closed(trader: Trader) -> None:
    trader.short(2)
    stale = trader.raw(f"/portfolio/{trader.account}/positions/0")
    put = trader.option()
    buy(trader, put)  # somebody else closes a half
    trader.sim.faults.add(POSITIONS, method="GET", count=1, status=200, body=stale)
    (row,) = trader.json("close", WORD, "--market")["positions"]
    assert (row["quantity"], row["order"]["quantity"]) == (-2, 1)
    assert trader.held() == {}


def condor(trader: Trader) -> tuple[int, Tradable, Tradable]:
    """A put spread sold as a combination, with its stop: the stop's id, the short, the wing."""
    high, low = trader.option(days=4), trader.option("640", days=4)
    legs = (TicketLeg(high, -1), TicketLeg(low, 1))
    coid = "spread"
    entry = Ticket(Role.ENTRY, Side.BUY, 1, OrderType.MKT, legs, coid=coid)
    stop = Ticket(
        Role.STOP, Side.SELL, 1, OrderType.STP, legs, parent_coid=coid, trigger=Decimal("-2.90")
    )
    _, number = trader.post(entry, stop)
    trader.pass_time()
    return number, high, low


def test_a_combinations_stop_goes_with_its_legs(trader: Trader) -> None:
    stop, high, low = condor(trader)
    assert trader.held() == {high.words: -1, low.words: 1}
    done = trader.json("close", "--all", "--market")
    assert [row["contract"] for row in done["positions"]] == [high.words, low.words]  # wings last
    assert done["positions"][0]["cancelled"] == [stop]
    trader.pass_time()
    assert trader.held() == {}
    assert open_ids(trader) == []


def test_a_wing_alone_takes_the_stop_and_says_so(trader: Trader) -> None:
    stop, high, low = condor(trader)
    said = trader("close", low.words, "--market", "--json")
    assert said.code == 0, said
    assert one(said)["cancelled"] == [stop]
    (warning,) = (w for w in said.document["warnings"] if "NO STOP" in w)
    assert high.words in warning


def test_a_combinations_stop_is_put_back_whole(trader: Trader) -> None:
    stop, high, _ = condor(trader)
    refuse_close(trader)
    said = trader("close", high.words, "--market", "--json")
    row = one(said)
    assert (said.code, row["closed"], row["cancelled"]) == (6, "refused", [stop]), said
    (restored,) = row["restored"]
    guard = trader.orders()[restored]
    assert (guard["trigger"], guard["type"], guard["side"]) == (Decimal("-2.9"), "STP", "SELL")
    assert guard["open"] is True


def test_entries_of_other_jobs_are_left_alone(trader: Trader) -> None:
    call = trader.option("655", Right.CALL, days=4)
    buy(trader, call)
    done = trader.json(
        "order", "SPY", "--leg", f"sell 1 {call.words}", "--limit", "ask", "--no-stop"
    )
    entry = done["legs"][0]["orders"][0]["order_id"]
    said = trader("close", call.words, "--market", "--json")
    assert said.code == 0, said
    assert one(said)["cancelled"] == []
    assert any(str(entry) in warning for warning in said.document["warnings"])


def refuse_close(trader: Trader, **how: Any) -> None:
    """The broker turns down whatever closes, and nothing else."""
    how = how or {"status": 200, "body": {"error": "We do not want this order"}}
    trader.sim.faults.add(PLACE, method="POST", body_contains="close-spy", count=None, **how)


def test_a_refused_close_puts_the_stop_back(trader: Trader) -> None:
    _, stop = trader.short_put(2)
    trigger = trader.orders()[stop]["trigger"]
    refuse_close(trader)
    said = trader("close", WORD, "--json")
    row = one(said)
    assert (said.code, row["closed"]) == (6, "refused")
    assert row["cancelled"] == [stop]
    (restored,) = row["restored"]
    guard = trader.orders()[restored]
    assert (guard["role"], guard["side"], guard["type"]) == ("stop", "BUY", "STP")
    assert (guard["trigger"], guard["quantity"]) == (trigger, 2)
    assert guard["open"] is True
    assert open_ids(trader) == [restored]
    trader.sim.faults.clear()
    (row,) = trader.json("close", WORD, "--market")["positions"]
    assert row["cancelled"] == [restored]
    assert trader.held() == {}
    assert open_ids(trader) == []


def test_what_cannot_be_put_back_is_said_loudly(trader: Trader) -> None:
    _, stop = trader.short()
    refuse_close(trader)
    trader.sim.faults.add(
        PLACE, method="POST", body_contains="protect-spy", count=None, status=200,
        body={"error": "nor this"},
    )  # fmt: skip
    said = trader("close", WORD, "--json")
    assert (said.code, one(said)["closed"]) == (6, "unprotected")
    assert "UNPROTECTED" in said.err
    assert str(stop) in said.err


def test_a_close_of_which_nothing_is_known(trader: Trader) -> None:
    _, stop = trader.short()
    trader.json("orders")
    refuse_close(trader, handled=True, status=500)
    trader.sim.faults.add(LIST, count=None, skip=1, status=503, body={"error": "down"})
    said = trader("close", WORD, "--json", "--deadline", "6")
    assert (said.code, one(said)["closed"]) == (8, "unknown"), said
    assert "UNPROTECTED" in said.err
    assert str(stop) in said.err
    trader.sim.faults.clear()
    again = trader.json("close", WORD)  # the doubt is settled first: it had been placed
    assert again["already"] is True
    closes = [row for row in trader.orders().values() if row["role"] == "close"]
    assert len(closes) == 1


def test_a_lost_answer_closes_once(trader: Trader) -> None:
    trader.short()
    trader.sim.faults.add(PLACE, method="POST", body_contains="close-spy", handled=True, status=500)
    said = trader("close", WORD, "--json")
    assert said.code == 0, said
    assert one(said)["closed"] in {"working", "filled"}
    assert len([row for row in trader.orders().values() if row["role"] == "close"]) == 1


def test_a_cancel_that_does_not_get_through_closes_nothing(trader: Trader) -> None:
    _, stop = trader.short()
    trader.sim.faults.add(
        f"/iserver/account/*/order/{stop}", method="DELETE", count=None, status=400,
        body={"error": "not today"},
    )  # fmt: skip
    said = trader("close", WORD, "--json", "--deadline", "2")
    assert said.code in {6, 8}
    assert one(said)["order_id"] is None
    assert open_ids(trader) == [stop]
    assert trader.held() == {WORD: -1}


def test_too_little_time_begins_nothing(trader: Trader, monkeypatch: pytest.MonkeyPatch) -> None:
    _, stop = trader.short()
    monkeypatch.setattr("ibcli.trading.closing.close._LEAST_TIME", 10_000.0)
    before = trader.writes()
    said = trader("close", WORD, "--json")
    assert (said.code, said.error, one(said)["closed"]) == (7, "deadline", "refused")
    assert trader.writes() == before
    assert open_ids(trader) == [stop]


def test_the_first_failure_stops_what_has_not_begun(trader: Trader) -> None:
    first, second = trader.option(days=4), trader.option("640", days=4)
    sell(trader, first)
    sell(trader, second)
    refuse_close(trader)
    said = trader("close", "--all", "--json")
    assert said.code == 6
    assert len(said.data["positions"]) == 1
    assert any("Not begun" in warning for warning in said.document["warnings"])


def test_reconcile_agrees_afterwards(trader: Trader) -> None:
    trader.short_put()
    trader.json("close", "--all", "--market")
    trader.pass_time()
    trader("trades")
    assert trader("reconcile").code == 0
