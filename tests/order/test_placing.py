"""From the command line to orders that stand: once, in every type, and what is said of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.order.conftest import Trader
    from tests.scenes.ended import EndedOrder

PUT = ("SPY", "--side", "put", "--strike", "641")
# The broker takes fifteen working orders on a side of a contract: not all tests can have the same.
OTHER = ("SPY", "--side", "put", "--strike", "642")
THIRD = ("SPY", "--side", "put", "--strike", "640")


def orders(ended: EndedOrder) -> list[Any]:
    assert ended.code == 0, ended.err
    return [order for leg in ended.data["legs"] for order in leg["orders"]]


def test_both_sides_are_placed_with_their_stops(quiet: Trader) -> None:
    ended = quiet.order("SPY", "--side", "both")
    placed = orders(ended)
    assert [order["role"] for order in placed] == ["entry", "stop", "entry", "stop"]
    assert all(order["order_id"] for order in placed)
    assert {order["status"] for order in placed} <= {"Submitted", "PreSubmitted", "Filled"}
    assert ended.data["already"] is False
    assert len([post for post in quiet.posts() if post.endswith("/orders")]) == 2
    assert ended.data["preview"]["job"] == ended.data["job"]


def test_a_dry_run_sends_nothing_that_writes(quiet: Trader) -> None:
    ended = quiet.preview("SPY", "--side", "both")
    assert ended.code == 0
    assert ended.data["dry_run"] is True
    assert quiet.posts() == []
    assert quiet("order", *PUT, "--dry-run").out.rstrip().endswith("A dry run: nothing was sent.")


def test_a_repeat_prints_what_stands_and_asks_for_no_quotes(quiet: Trader) -> None:
    first = quiet.order(*OTHER, job="morning")
    quiet.forget_requests()
    second = quiet.order(*OTHER, job="morning")
    assert second.code == 0
    assert second.data["already"] is True
    assert [o["order_id"] for o in orders(second)] == [o["order_id"] for o in orders(first)]
    assert quiet.posts() == []
    assert not any("snapshot" in request.path for request in quiet.sim.requests)
    assert "Placed already" in quiet("order", *OTHER, "--job", "morning").out


def test_a_repeat_sees_that_the_stop_has_gone(trader: Trader) -> None:
    _, stop = orders(trader.order(*OTHER, job="bare"))
    gone = trader("cancel", str(stop["order_id"]), "--yes", "--json")
    assert gone.code == 0, gone.err
    trader.forget_requests()
    again = trader.order(*OTHER, job="bare")
    assert (again.code, again.failure["code"]) == (8, "bracket-incomplete"), again.err
    assert (again.data["already"], again.document["ok"]) == (True, False)
    assert trader.posts() == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_order_whose_result_cannot_be_written_is_told_of(trader: Trader) -> None:
    ended = trader.order(*OTHER, "--output", "/dev/full", job="mute")
    assert (ended.code, ended.failure["code"]) == (3, "output-unwritable")
    assert "stands all the same" in " ".join(ended.document["warnings"])
    assert trader.order(*OTHER, job="mute").data["already"] is True


def test_again_places_another_and_says_so(trader: Trader) -> None:
    first = trader.order(*OTHER, job="twice")
    second = trader.order(*OTHER, "--again", job="twice")
    assert (second.data["again"], second.data["run"]) == (True, 2)
    assert {o["order_id"] for o in orders(first)}.isdisjoint(o["order_id"] for o in orders(second))
    assert "Placed once more: run 3" in trader("order", *OTHER, "--again", "--job", "twice").out


def test_the_job_is_named_by_what_is_traded(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at()
    first = trader("order", *PUT, "--json")
    assert first.data["job"] == "spy-put-sell-0dte-strike-641-x1"
    other = trader("order", *PUT, "--limit", "natural", "--wait", "1", "--json")
    assert other.data["already"] is True
    more = trader("order", *PUT, "--qty", "2", "--json")
    assert more.data["already"] is False
    (wing,) = trader("order", *PUT, "--width", "1", "--dry-run", "--json").data["orders"]
    assert wing["tickets"]


@pytest.mark.parametrize(
    "words",
    [
        ("ARM", "--side", "put"),
        ("SPY", "--side", "call"),
        ("SPY", "--side", "put", "--strike", "640"),
        ("SPY", "--side", "put", "--strike", "642", "--qty", "2"),
        ("SPY", "--leg", "sell 1 SPY 18AUG25 640 P"),
    ],
)
def test_a_jobs_name_does_not_stand_for_other_contracts(
    quiet: Trader, words: tuple[str, ...]
) -> None:
    assert quiet.order(*OTHER, job="named").code == 0
    quiet.forget_requests()
    ended = quiet.order(*words, job="named")
    assert ended.data["already"] is True
    assert any("another order: SELL 1 SPY 18AUG25 642 P" in w for w in ended.document["warnings"])
    assert quiet.posts() == []
    same = quiet.order("SPY", "--leg", "sell 1 SPY 18AUG25 642 P", job="named")
    assert same.document["warnings"] == []


def test_an_unfinished_job_is_not_finished_by_other_words(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at()
    trader.sim.faults.add("/iserver/account/*/orders", status=200, body={"error": "No such luck"})
    assert trader.order(*PUT, job="half").code == 6
    trader.forget_requests()
    trader.limited(IBCLI_SYMBOLS="ARM")
    ended = trader.order("ARM", "--side", "put", job="half")
    assert (ended.code, ended.failure["code"]) == (9, "guard-changed")
    assert trader.posts() == []


def test_legs_that_were_never_placed_are_placed_by_a_repeat(
    trader_at: Callable[..., Trader],
) -> None:
    trader = trader_at()
    trader.sim.faults.add(
        "/iserver/account/*/orders", skip=1, status=200, body={"error": "No such luck"}
    )
    words = ("SPY", "--side", "both", "--strike", "641,646")
    first = trader.order(*words, job="half")
    assert first.code == 6, first.err
    assert "No such luck" in first.failure["message"]
    assert [leg["state"] for leg in first.data["legs"]] == ["working", "refused"]
    trader.forget_requests()
    second = trader.order(*words, job="half")
    assert [leg["state"] for leg in second.data["legs"]][1] == "working", second.err
    assert second.data["already"] is False
    assert len([post for post in trader.posts() if post.endswith("/orders")]) == 1
    assert [leg["order"] for leg in second.data["preview"]["legs"]] == [2]


@pytest.mark.parametrize(("policy", "state"), [("keep", "working"), ("cancel", "cancelled")])
def test_what_becomes_of_a_leg_when_the_next_is_refused(
    trader_at: Callable[..., Trader], policy: str, state: str
) -> None:
    trader = trader_at(cancel_ms=1)
    trader.limited(IBCLI_HASTE="2")  # a cancel takes its time
    trader.sim.faults.add(
        "/iserver/account/*/orders", skip=1, status=200, body={"error": "No such luck"}
    )
    words = ("SPY", "--side", "both", "--strike", "641,646", "--if-leg-fails", policy)
    ended = trader.order(*words, "--limit", "ask")
    assert ended.code == 6
    assert ended.data["legs"][0]["state"] == state


TYPES = [
    (("--type", "MKT"), {"type": "MKT", "limit": None}),
    (("--type", "STP", "--stop-price", "0.40"), {"type": "STP", "trigger": Decimal("0.40")}),
    (
        ("--type", "STOP_LIMIT", "--stop-price", "0.40", "--limit", "0.38"),
        {"type": "STOP_LIMIT", "trigger": Decimal("0.40"), "limit": Decimal("0.38")},
    ),
    (("--type", "TRAIL", "--trail", "0.05"), {"type": "TRAIL", "trail": Decimal("0.05")}),
    (("--type", "TRAIL", "--trail", "50%"), {"type": "TRAIL", "trail_is_percent": True}),
    (
        ("--type", "TRAILLMT", "--trail", "0.05", "--limit", "0.45"),
        {"type": "TRAILLMT", "limit": Decimal("0.45")},
    ),
    (("--limit", "natural"), {"type": "LMT"}),
    pytest.param(  # the market may leave the limit before it is there
        ("--limit", "bid", "--tif", "IOC"),
        {"type": "LMT", "tif": "IOC"},
        marks=pytest.mark.proof,
    ),
    (("--tif", "GTC", "--take-profit", "0.05"), {"tif": "GTC"}),
]


@pytest.mark.parametrize(("words", "fields"), TYPES)
def test_every_type_is_taken_by_the_broker(
    trader: Trader, words: tuple[str, ...], fields: dict[str, Any]
) -> None:
    entry = orders(trader.order(*PUT, *words))[0]
    assert entry["order_id"]
    assert fields.items() <= entry.items()


@pytest.mark.parametrize(
    "words",
    [
        ("--width", "1"),
        ("--width", "1", "--legs", "--strike", "643"),
        ("--side", "both", "--strike", "642,646", "--width", "1"),
        ("--side", "both", "--strike", "642,646", "--combo"),
    ],
)
def test_every_structure_is_taken_by_the_broker(trader: Trader, words: tuple[str, ...]) -> None:
    base = ("SPY",) if "both" in words else ("SPY", "--side", "put")
    strike = () if "--strike" in words else ("--strike", "642")
    placed = orders(trader.order(*base, *strike, *words))
    assert all(order["order_id"] for order in placed)


def test_a_type_that_the_broker_does_not_take_is_its_refusal(trader: Trader) -> None:
    ended = trader.order(*PUT, "--type", "MIDPRICE")
    assert ended.code == 6, ended.err


def test_wait_until_filled(trader: Trader) -> None:
    ended = trader.order(*OTHER, "--type", "MKT", "--wait", "filled")  # a limit may be left behind
    entry, stop = orders(ended)
    assert (entry["status"], entry["filled"]) == ("Filled", 1)
    assert entry["average_price"] > 0
    assert stop["status"] in {"PendingSubmit", "PreSubmitted"}


def test_a_market_order_takes_its_profit_where_it_was_asked_for(trader: Trader) -> None:
    entry, profit, stop = orders(trader.order(*THIRD, "--type", "MKT", "--take-profit", "50%"))
    assert (entry["type"], entry["order_id"] is not None) == ("MKT", True)
    assert profit["order_id"]
    assert stop["order_id"]


def test_a_question_that_is_not_accepted_is_declined_and_shown(trader: Trader) -> None:
    trader.limited(IBCLI_CONFIRM="none")
    ended = trader.order(*THIRD, "--type", "MKT")
    assert ended.code == 6, ended.err
    assert ended.data["legs"][0]["state"] in {"declined", "questioned"}


@pytest.mark.parametrize("width", [60, 80, 160])
def test_tables_fit_the_screen(trader: Trader, width: int) -> None:
    trader.limited(COLUMNS=str(width), IBCLI_MAX_DELTA="0.01")
    words = ("SPY", "--side", "both", "--strike", "641,646", "--width", "2")
    ended = trader("order", *words, "--take-profit", "50%", "--dry-run", "--job", "w")
    assert ended.code == 9
    assert max(map(len, ended.out.splitlines())) <= width
    assert "refused" in ended.out
    assert "\x1b" not in ended.out
    trader.limited(IBCLI_MAX_DELTA="0.4")
    placed = trader("order", *THIRD, "--job", f"width-{width}")
    assert placed.code == 0, placed.err
    assert max(map(len, placed.out.splitlines())) <= width


def test_a_row_an_order_for_spreadsheets(trader: Trader) -> None:
    ended = trader("order", *THIRD, "--job", "rows", "--csv")
    header, *lines = ended.out.splitlines()
    assert ended.code == 0
    assert header.split(",")[:4] == ["leg", "state", "role", "side"]
    assert [line.split(",")[2] for line in lines] == ["entry", "stop"]


def test_settings_stand_for_flags(trader: Trader) -> None:
    trader.limited(
        IBCLI_ORDER_ACTION="buy",
        IBCLI_ORDER_QTY="2",
        IBCLI_ORDER_LIMIT="ask",
        IBCLI_ORDER_OTM="2",
        IBCLI_ORDER_TIF="GTC",
    )
    ended = trader.preview("SPY", "--side", "put")
    ((entry,),) = ended.tickets
    assert (entry["side"], entry["quantity"], entry["tif"]) == ("BUY", 2, "GTC")
    assert entry["limit"] == ended.data["legs"][0]["ask"]
    ((sold, _),) = trader.preview("SPY", "--side", "put", "--action", "sell").tickets
    assert sold["side"] == "SELL"


WRONG = [
    ("SPY",),
    ("--side", "put"),
    ("SPY", "--side", "put", "--leg", "sell 1 SPY 18AUG25 641 P"),
    ("SPY", "--leg", "short 1 SPY 18AUG25 641 P"),
    ("SPY", "--leg", "sell 1 SPY"),
    ("SPY", "--side", "both", "--strike", "641"),
    ("SPY", "--side", "both", "--limit", "1.20"),
    ("SPY", "--side", "put", "--strike", "641", "--delta", "0.1"),
    ("SPY", "--side", "put", "--delta", "1.5"),
    ("SPY", "--side", "put", "--type", "STP"),
    ("SPY", "--side", "put", "--type", "TRAIL"),
    ("SPY", "--side", "put", "--trail", "1"),
    ("SPY", "--side", "put", "--stop-price", "1"),
    ("SPY", "--side", "put", "--type", "STOP_LIMIT", "--stop-price", "1"),
    ("SPY", "--side", "put", "--no-stop", "--stop-multiple", "3"),
    ("SPY", "--side", "put", "--stop-multiple", "1"),
    ("SPY", "--side", "put", "--take-profit", "100%"),
    ("SPY", "--side", "put", "--qty", "0"),
    ("SPY", "--side", "put", "--combo"),
    ("SPY", "--side", "put", "--expiry", "all"),
    ("SPY", "--side", "put", "--job", "no blanks"),
    *(
        ("SPY", "--side", "put", "--job", job)
        for job in (
            "",
            " ",
            "Lunch",
            "../x",
            "a\x1b[31m",
            "a\nb",
            "x" * 61,
            "a'; DROP TABLE x",
            "é",
        )
    ),
    *(
        ("SPY", "--side", "put", option, number)
        for option in ("--qty", "--limit", "--strike", "--width", "--otm", "--offset", "--delta")
        for number in ("0", "-1", "NaN", "1E+1", "\u0661")
    ),
    ("SPY", "--side", "put", "--qty", "1.5"),
    ("SPY", "--side", "put", "--wait", "never"),
    ("SPY", "--side", "put", "--width", "-5"),
]


@pytest.mark.parametrize("words", WRONG)
def test_words_that_are_wrong_send_nothing(quiet: Trader, words: tuple[str, ...]) -> None:
    ended = quiet("order", *words, "--json")
    assert ended.code == 2, ended.err
    assert ended.failure["hint"]
    assert list(quiet.sim.requests) == []
