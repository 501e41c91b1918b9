"""``ibcli modify``: what was asked changes, all else is repeated, and the limits hold."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.domain.orders import OrderType, Role, Side, Ticket, TicketLeg, Tif, Tradable
from tests.after.conftest import ticket

if TYPE_CHECKING:
    from tests.after.conftest import Trader

KEPT = ("coid", "side", "type", "conids", "limit", "trigger", "quantity", "tif", "outside_rth")
CHANGE = "/iserver/account/*/order/*"


def resting(trader: Trader, kind: OrderType = OrderType.LMT, **terms: str) -> int:
    """A purchase of two puts that waits: a little below the market, unless terms are given."""
    put = trader.option(days=4)
    if not terms:
        bid, _ = trader.market(str(put.conid))
        terms = {"limit": str((bid * Decimal("0.9")).quantize(Decimal("0.01")))}
    (number,) = trader.post(ticket(put, Side.BUY, kind, quantity=2, coid="mine", **terms))
    trader.pass_time()
    return number


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("--tif", "gtc"), "tif", "GTC"),
        (("--qty", "3"), "quantity", 3),
        (("--qty", "1"), "quantity", 1),
    ],
)
def test_one_field_changes_and_no_other(
    trader: Trader, words: tuple[str, ...], field: str, value: object
) -> None:
    number = resting(trader)
    before = trader.orders()[number]
    done = trader.json("modify", str(number), *words)
    after = trader.orders()[number]
    assert after[field] == value
    assert {n: after[n] for n in KEPT if n != field} == {n: before[n] for n in KEPT if n != field}
    assert (done["changed"], done["already"]) == ([field], False)
    assert done["now"][field] == value


def test_a_limit_within_the_band(trader: Trader) -> None:
    number = resting(trader)
    limit = trader.orders()[number]["limit"]
    higher = limit + Decimal("0.01")
    done = trader.json("modify", str(number), "--limit", str(higher))
    assert done["before"]["limit"] == limit
    assert done["sent"]["limit"] == done["now"]["limit"] == higher
    assert trader.orders()[number]["limit"] == higher


def test_a_stops_trigger(trader: Trader) -> None:
    entry, stop = trader.short_put()
    trigger = trader.orders()[stop]["trigger"] + 1
    trader.json("modify", str(stop), "--trigger", str(trigger))
    row = trader.orders()[stop]
    assert (row["trigger"], row["type"], row["limit"]) == (trigger, "STP", None)
    assert row["parent_id"] == entry
    assert "modify acknowledged" in {
        event["event"] for event in trader.json("orders", str(stop))["events"]
    }


def test_a_stop_limit_keeps_what_is_not_named(trader: Trader) -> None:
    number = resting(trader, OrderType.STOP_LIMIT, trigger="9.00", limit="9.50")
    trader.json("modify", str(number), "--trigger", "9.10")
    row = trader.orders()[number]
    assert (row["trigger"], row["limit"], row["type"]) == (Decimal("9.1"), Decimal("9.5"),
                                                          "STOP_LIMIT")  # fmt: skip


def test_a_combination_stays_one(trader: Trader) -> None:
    high, low = trader.option(days=4), trader.option("640", days=4)
    legs = (TicketLeg(high, -1), TicketLeg(low, 1))
    bought, sold = trader.market(str(low.conid)), trader.market(str(high.conid))
    spread = bought[0] - sold[1] - Decimal("0.05")  # a little more than anybody gives
    combo = Ticket(Role.ENTRY, Side.BUY, 1, OrderType.LMT, legs, coid="spread", limit=spread)
    (number,) = trader.post(combo)
    trader.pass_time()
    before = trader.orders()[number]
    trader.json("modify", str(number), "--qty", "2", "--tif", "GTC")
    after = trader.orders()[number]
    assert (after["quantity"], after["tif"]) == (2, Tif.GTC)
    assert (after["conidex"], after["limit"]) == (before["conidex"], before["limit"])


def test_what_stands_so_already_is_left_alone(trader: Trader) -> None:
    number = resting(trader)
    before = trader.writes()
    limit = str(trader.orders()[number]["limit"])
    done = trader.json("modify", str(number), "--limit", limit, "--qty", "2", "--tif", "DAY")
    assert (done["already"], done["changed"], done["sent"]) == (True, [], None)
    assert trader.writes() == before
    assert "nothing was sent" in trader("modify", str(number), "--qty", "2").out


def refused(trader: Trader, code: int, name: str, *words: str) -> Any:
    """The error of a change that is not sent."""
    before = trader.writes()
    said = trader("modify", *words, "--json")
    assert (said.code, said.error) == (code, name), said
    assert trader.writes() == before
    return said.document["error"]


@pytest.mark.parametrize(
    "words",
    [(), ("4711",), ("4711", "--qty", "0"), ("4711", "--limit", "x"), ("4711", "--tif", "WEEK"),
     ("4711", "--qty", "1.5"), ("-1", "--qty", "1")],
)  # fmt: skip
def test_words_that_do_not_fit(trader: Trader, words: tuple[str, ...]) -> None:
    assert trader("modify", *words).code == 2
    assert trader.writes() == []


def test_an_unknown_one(trader: Trader) -> None:
    refused(trader, 5, "unknown-order", "4711", "--qty", "1")


def test_one_that_is_over(trader: Trader) -> None:
    entry, _ = trader.short()
    refused(trader, 6, "order-over", str(entry), "--qty", "2")


def test_a_field_that_it_does_not_have(trader: Trader) -> None:
    _, stop = trader.short()
    refused(trader, 2, "usage", str(stop), "--limit", "1")
    refused(trader, 2, "usage", str(resting(trader)), "--trigger", "1")


def test_a_price_between_two_steps(trader: Trader) -> None:
    number = resting(trader)
    error = refused(trader, 2, "off-tick", str(number), "--limit", "0.015")
    assert "0.01 and 0.02" in error["hint"]


def test_the_price_band(trader: Trader) -> None:
    number = resting(trader)
    refused(trader, 9, "guard-price-band", str(number), "--limit", "0.01")


def test_a_price_band_of_none(trader: Trader, monkeypatch: pytest.MonkeyPatch) -> None:
    number = resting(trader)
    monkeypatch.setenv("IBCLI_PRICE_BAND", "none")
    said = trader("modify", str(number), "--limit", "0.02", "--json")  # sent, and asked about
    assert (said.code, said.error) == (6, "question-declined")
    assert "o163" in said.document["error"]["message"]


@pytest.mark.parametrize(
    ("setting", "value", "words", "name"),
    [
        ("IBCLI_MAX_CONTRACTS", "2", ("--qty", "3"), "guard-max-contracts"),
        ("IBCLI_SYMBOLS", "ARM", ("--qty", "3"), "guard-symbols"),
        ("IBCLI_UNATTENDED", "never", ("--qty", "3"), "guard-unattended"),
        ("IB_IS_LIVE", "true", ("--qty", "3"), "guard-account"),
    ],
)
def test_guards(
    trader: Trader,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    value: str,
    words: tuple[str, ...],
    name: str,
) -> None:
    number = resting(trader)
    monkeypatch.setenv(setting, value)
    error = refused(trader, 9, name, str(number), *words)
    assert setting in error["message"] + error["hint"]


def test_halted(trader: Trader) -> None:
    number = resting(trader)
    trader("halt", "lunch")
    assert "lunch" in refused(trader, 9, "guard-halt", str(number), "--qty", "3")["message"]


def test_fewer_than_are_filled(trader: Trader) -> None:
    number, _ = trader.half_filled()
    filled = trader.orders()[number]["filled"]
    assert filled > 1
    refused(trader, 6, "quantity-below-filled", str(number), "--qty", "1")


def test_a_stop_for_fewer_than_its_entry_is_told(trader: Trader) -> None:
    put = trader.option(days=4)
    _, ask = trader.market(str(put.conid))
    entry, stop = trader.post(
        ticket(put, Side.SELL, coid="mine", limit=str(ask + Decimal("0.20"))),
        ticket(put, Side.BUY, OrderType.STP, parent="mine", trigger="20.00"),
    )
    trader.pass_time()
    said = trader("modify", str(entry), "--qty", "2", "--json")
    assert said.code == 0, said
    assert any(f"modify {stop} --qty 2" in warning for warning in said.document["warnings"])


def test_a_trail_that_is_not_told_is_not_lost(trader: Trader) -> None:
    (number,) = trader.post(
        Ticket(
            Role.ENTRY, Side.SELL, 1, OrderType.TRAIL, (TicketLeg(trader.option()),), coid="trail",
            trail=Decimal("0.50"),
        )
    )  # fmt: skip
    refused(trader, 6, "order-unclear", str(number), "--qty", "2")


@pytest.mark.parametrize("status", [404, 500])
def test_a_lost_answer_of_a_change_that_was_made(trader: Trader, status: int) -> None:
    number = resting(trader)
    trader.sim.faults.add(CHANGE, method="POST", handled=True, status=status)
    trader.json("modify", str(number), "--qty", "3")
    assert trader.orders()[number]["quantity"] == 3
    assert sum(write.startswith("POST") and write.endswith(str(number))
               for write in trader.writes()) == 1  # fmt: skip


def test_a_change_that_got_lost(trader: Trader) -> None:
    number = resting(trader)
    trader.sim.faults.add(CHANGE, method="POST", cut="before")
    said = trader("modify", str(number), "--qty", "3", "--json")
    assert said.code == 6
    assert trader.orders()[number]["quantity"] == 2
    trader.json("modify", str(number), "--qty", "3")
    assert trader.orders()[number]["quantity"] == 3


def test_one_of_which_nothing_is_known_any_more(trader: Trader) -> None:
    number = resting(trader)
    trader.sim.faults.add(CHANGE, method="POST", cut="after")
    for path in ("/iserver/account/orders", "/iserver/account/order/status/*"):
        trader.sim.faults.add(path, count=None, skip=2, status=503, body={"error": "down"})
    said = trader("modify", str(number), "--qty", "3", "--json", "--deadline", "4")
    assert said.code == 8, said


def shares(kind: OrderType, **terms: Any) -> Ticket:
    stock = Tradable(756733, "STK", "SPY", "SPY", Decimal(1))
    limit = Decimal("630.00")
    legs = (TicketLeg(stock),)
    return Ticket(Role.ENTRY, Side.BUY, 2, kind, legs, coid="stock", limit=limit, **terms)


@pytest.mark.parametrize(
    "sent",
    [shares(OrderType.MIDPRICE), shares(OrderType.LMT, outside_rth=True, tif=Tif.GTC)],
    ids=["midprice", "outside"],
)
def test_an_order_of_shares_keeps_what_is_not_named(trader: Trader, sent: Ticket) -> None:
    (number,) = trader.post(sent)
    trader.pass_time()
    before = trader.orders()[number]
    assert before["limit"] == 630
    done = trader.json("modify", str(number), "--limit", "631.00")
    assert done["already"] is False
    after = trader.orders()[number]
    assert after["limit"] == 631
    assert {name: after[name] for name in KEPT if name != "limit"} == {
        name: before[name] for name in KEPT if name != "limit"
    }
    assert trader.json("modify", str(number), "--limit", "631")["already"] is True
