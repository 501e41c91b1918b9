"""Tickets on the wire: exact numbers, and the trigger where each type wants it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import simplejson

from ibcli.broker.encode import encode_bracket, encode_changed, encode_ticket
from ibcli.domain.orders import OrderType, Side, Ticket, TicketLeg, Tif
from tests.broker.orders import ACCOUNT, CALL_143, CALL_145, entry, with_stop


def wire(ticket: Ticket) -> dict[str, Any]:
    return encode_ticket(ACCOUNT, ticket)


def test_a_bracket() -> None:
    body = encode_bracket(ACCOUNT, with_stop(entry("job", limit="1.60", tif=Tif.GTC), "0.80"))
    common = {
        "acctId": ACCOUNT,
        "conid": 804155360,
        "secType": "804155360:OPT",
        "ticker": "ARM",
        "quantity": 1,
        "outsideRTH": False,
    }
    first = {"orderType": "LMT", "side": "BUY", "price": Decimal("1.60"), "tif": "GTC"}
    second = {"orderType": "STP", "side": "SELL", "price": Decimal("0.80"), "tif": "DAY"}
    assert body == {
        "orders": [common | first | {"cOID": "job"}, common | second | {"parentId": "job"}]
    }


@pytest.mark.parametrize(
    ("type_", "prices", "expected"),
    [
        (OrderType.MKT, {}, {}),
        (OrderType.LMT, {"limit": "2.05"}, {"price": "2.05"}),
        (OrderType.STP, {"trigger": "1.90"}, {"price": "1.90"}),
        (
            OrderType.STOP_LIMIT,
            {"limit": "1.85", "trigger": "1.90"},
            {"price": "1.85", "auxPrice": "1.90"},
        ),
        (OrderType.MIDPRICE, {}, {}),
        (OrderType.MIDPRICE, {"limit": "2.10"}, {"price": "2.10"}),
        (OrderType.TRAIL, {"trail": "0.25"}, {"trailingAmt": "0.25", "trailingType": "amt"}),
        (
            OrderType.TRAIL,
            {"trail": "0.25", "trigger": "1.5"},
            {"price": "1.5", "trailingAmt": "0.25", "trailingType": "amt"},
        ),
        (
            OrderType.TRAILLMT,
            {"trail": "0.25", "trigger": "1.5", "limit": "1.4"},
            {"price": "1.4", "auxPrice": "1.5", "trailingAmt": "0.25", "trailingType": "amt"},
        ),
    ],
)
def test_prices_by_type(type_: OrderType, prices: dict[str, str], expected: dict[str, str]) -> None:
    given: dict[str, Any] = {name: Decimal(value) for name, value in prices.items()}
    sent = wire(replace(entry(), type=type_, **{"limit": None, **given}))
    names = ("price", "auxPrice", "trailingAmt", "trailingType")
    assert {name: str(sent[name]) for name in names if name in sent} == expected
    assert sent["orderType"] == str(type_)


def test_a_trail_in_percent() -> None:
    ticket = entry(type=OrderType.TRAIL, trail=Decimal(5), trail_is_percent=True)
    assert wire(ticket)["trailingType"] == "%"


@pytest.mark.parametrize(
    "lacking",
    [
        {"limit": None},
        {"type": OrderType.STP},
        {"type": OrderType.STOP_LIMIT},
        {"type": OrderType.TRAIL},
        {"type": OrderType.TRAILLMT, "trail": Decimal(1)},
        {"limit": Decimal("NaN")},
        {"quantity": 0},
        {"quantity": -1},
        {"legs": (TicketLeg(CALL_143, -1),)},
    ],
    ids=str,
)
def test_a_ticket_that_lacks_something_is_not_sent(lacking: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"lacks|must be"):
        wire(replace(entry(), **lacking))


def test_a_combination_names_its_legs_by_the_spreads_conid() -> None:
    legs = (TicketLeg(CALL_143), TicketLeg(CALL_145, -2))
    sent = wire(entry(legs=legs, limit="-0.35", side=Side.BUY))
    assert sent["conidex"] == "28812380;;;804155360/1,796812614/-2"
    assert sent["price"] == Decimal("-0.35")
    assert "conid" not in sent
    assert "secType" not in sent


@pytest.mark.parametrize("price", ["0.10", "100", "1E+2", "12345678.05", "0.0001"])
def test_numbers_go_out_exact_and_without_exponents(price: str) -> None:
    text = simplejson.dumps(wire(entry(limit=price)), use_decimal=True)
    written = text.partition('"price": ')[2].partition("}")[0].partition(",")[0]
    assert Decimal(written) == Decimal(price)
    assert "E" not in written


def test_what_is_changed_repeats_all_but_the_names() -> None:
    child = with_stop(entry("job")).children[0]
    changed = encode_changed(ACCOUNT, replace(child, single_group=True, outside_rth=True))
    assert changed["orderType"] == "STP"
    assert changed["outsideRTH"] is True
    assert not {"cOID", "parentId", "isSingleGroup"} & set(changed)
    assert wire(replace(child, single_group=True))["isSingleGroup"] is True
