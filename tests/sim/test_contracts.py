"""Contract search, strikes, info, definitions, rules and schedules, with their oddities."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sim.client import Client

ARM, SPY, AAPL, SPX = 653400472, 756733, 265598, 416904
ARM_CALL = 804155360


def rows(client: Client, symbol: str, **query: object) -> list[dict[str, Any]]:
    body: list[dict[str, Any]] = client.get("/iserver/secdef/search", symbol=symbol, **query).body
    return body


def section(row: dict[str, Any], sec_type: str) -> dict[str, Any]:
    found: dict[str, Any] = next(s for s in row["sections"] if s["secType"] == sec_type)
    return found


def test_search_answers_several_listings_and_a_row_of_issuers(trader: Client) -> None:
    found = rows(trader, "AAPL")
    assert all(isinstance(row["conid"], str) for row in found)
    smart = [
        row
        for row in found
        for s in row["sections"]
        if s["secType"] == "OPT" and "SMART" in s["exchange"].split(";")
    ]
    assert [row["conid"] for row in smart] == [str(AAPL)]
    assert len({row["description"] for row in found}) > 2
    assert found[-1]["conid"] == "2147483647"
    assert found[-1]["symbol"] is None


def test_search_first_row_need_not_be_the_one_to_trade(trader: Client) -> None:
    assert rows(trader, "ARM")[0]["conid"] != str(ARM)


def test_search_months(trader: Client) -> None:
    row = next(row for row in rows(trader, "ARM") if row["conid"] == str(ARM))
    assert section(row, "OPT")["months"].split(";")[:2] == ["AUG25", "SEP25"]


def test_search_by_post_and_by_name(trader: Client) -> None:
    asked = {"symbol": "Apple", "name": True, "secType": "STK"}
    found = trader.post("/iserver/secdef/search", asked).body
    assert str(AAPL) in [row["conid"] for row in found]
    assert all(row["conid"] != "2147483647" for row in found)


def test_search_index(trader: Client) -> None:
    found = rows(trader, "SPX", secType="IND")
    assert [row["conid"] for row in found] == [str(SPX)]


def test_unknown_symbol_is_an_error_with_status_200(trader: Client) -> None:
    answer = trader.get("/iserver/secdef/search", symbol="NOSUCH")
    assert (answer.status, answer.body) == (200, {"error": "No symbol found"})


@pytest.mark.parametrize("query", [{}, {"symbol": ""}, {"symbol": "ARM", "secType": "OPT"}])
def test_bad_searches(trader: Client, query: dict[str, str]) -> None:
    assert trader.get("/iserver/secdef/search", **query).status == 400


def test_strikes_need_a_search_in_this_session(trader: Client) -> None:
    query = {"conid": ARM, "sectype": "OPT", "month": "AUG25"}
    assert trader.get("/iserver/secdef/strikes", **query).body == {"call": [], "put": []}
    rows(trader, "SPY")
    assert trader.get("/iserver/secdef/strikes", **query).body == {"call": [], "put": []}
    rows(trader, "ARM")
    body = trader.get("/iserver/secdef/strikes", **query).body
    assert 143.0 in body["call"]
    assert 143.0 in body["put"]
    assert all(isinstance(strike, float) for strike in body["call"])


@pytest.mark.parametrize("month", ["AUG2025", "2025-08", "aug25", ""])
def test_month_has_one_form(trader: Client, month: str) -> None:
    query = {"conid": ARM, "sectype": "OPT", "month": month}
    assert trader.get("/iserver/secdef/strikes", **query).status == 400


def info(client: Client, **query: object) -> Any:
    return client.get("/iserver/secdef/info", **query).body


def test_info_of_a_stock_is_an_object(trader: Client) -> None:
    body = info(trader, conid=AAPL)
    assert (body["conid"], body["ticker"], body["secType"]) == (AAPL, "AAPL", "STK")


def test_info_without_right_has_both_and_every_expiry(trader: Client) -> None:
    found = info(trader, conid=ARM, sectype="OPT", month="AUG25", strike="140")
    dates = {row["maturityDate"] for row in found}
    assert dates == {"20250822", "20250829"}
    for date in dates:
        assert {r["right"] for r in found if r["maturityDate"] == date} == {"C", "P"}


def test_info_of_one_side(trader: Client) -> None:
    found = info(trader, conid=ARM, sectype="OPT", month="AUG25", strike="143.0", right="C")
    row = next(row for row in found if row["maturityDate"] == "20250822")
    assert row["conid"] == ARM_CALL
    assert row["desc2"] == "AUG 22 '25 143 Call"
    assert (row["strike"], row["multiplier"]) == (143.0, "100")
    assert {row["right"] for row in found} == {"C"}


def test_two_trading_classes_on_one_date(trader: Client) -> None:
    found = info(trader, conid=SPX, sectype="OPT", month="SEP25", strike="6400", right="P")
    by_date: dict[str, list[str]] = {}
    for row in found:
        by_date.setdefault(row["maturityDate"], []).append(row["tradingClass"])
    assert ["SPX", "SPXW"] in [sorted(classes) for classes in by_date.values()]


def test_info_may_be_empty(trader: Client) -> None:
    assert info(trader, conid=ARM, sectype="OPT", month="AUG25", strike="143.01") == []


@pytest.mark.parametrize("strike", ["", "abc", "NaN"])
def test_info_needs_a_strike(trader: Client, strike: str) -> None:
    query = {"conid": ARM, "sectype": "OPT", "month": "AUG25", "strike": strike}
    assert trader.get("/iserver/secdef/info", **query).status == 400


def test_info_of_a_bad_conid_is_json_in_a_string(trader: Client) -> None:
    answer = trader.get("/iserver/secdef/info", conid=999999999)
    assert answer.status == 500
    assert "statusCode" not in answer.body
    assert json.loads(answer.body["error"])["reason"].startswith("Details currently unavailable")


def test_contract_info_of_an_option(trader: Client) -> None:
    body = trader.get(f"/iserver/contract/{ARM_CALL}/info").body
    assert body["local_symbol"] == "ARM   250822C00143000"
    assert (body["right"], body["strike"], body["underlying_con_id"]) == ("CALL", "143", ARM)


def test_rules_have_the_options_increments(trader: Client) -> None:
    body = trader.post("/iserver/contract/rules", {"conid": ARM_CALL, "isBuy": True}).body
    assert body["canTradeAcctIds"] == [trader.env["IB_ACCOUNT_ID"]]
    assert body["incrementRules"]
    assert body["limitPrice"] > 0


def test_unknown_contract(trader: Client) -> None:
    assert trader.get("/iserver/contract/99/info").status == 500
    assert trader.get("/iserver/contract/x/info").status == 400


def test_definitions(client: Client) -> None:
    found = client.get("/trsrv/secdef", conids=f"{ARM_CALL},{AAPL},99").body["secdef"]
    option, stock = found
    assert (option["strike"], option["undConid"], option["putOrCall"]) == ("143", ARM, "C")
    assert (stock["ticker"], stock["strike"], stock["undConid"]) == ("AAPL", "0", 0)


def test_at_most_200_definitions(client: Client) -> None:
    many = ",".join(str(n) for n in range(1, 202))
    assert client.get("/trsrv/secdef", conids=many).status == 400


def test_stocks_by_symbol(client: Client) -> None:
    body = client.get("/trsrv/stocks", symbols="AAPL,NOSUCH").body
    assert body["NOSUCH"] == []
    conids = [c["conid"] for company in body["AAPL"] for c in company["contracts"]]
    assert AAPL in conids


def test_futures_by_symbol(client: Client) -> None:
    found = client.get("/trsrv/futures", symbols="ES").body["ES"]
    assert found
    assert all(future["expirationDate"] >= 20250818 for future in found)


def test_trading_schedule(trader: Client) -> None:
    schedules = trader.get("/contract/trading-schedule", conid=SPY).body["schedules"]
    assert "20250818" in schedules
    assert "20250817" not in schedules
    hours = schedules["20250818"]["liquid_hours"][0]
    assert datetime.fromtimestamp(hours["opening"], UTC).strftime("%H:%M") == "13:30"
    assert datetime.fromtimestamp(hours["closing"], UTC).strftime("%H:%M") == "20:00"


def test_schedule_of_weekdays_and_holidays(client: Client) -> None:
    query = {"assetClass": "STK", "symbol": "SPY", "exchange": "ISE"}
    schedules = client.get("/trsrv/secdef/schedule", **query).body[0]["schedules"]
    by_date = {row["tradingScheduleDate"]: row["tradingtimes"] for row in schedules}
    assert "LIQUID" not in str(by_date["20000101"])  # Saturdays
    assert by_date["20000103"][-1]["openingTime"] == "0930"
    assert "LIQUID" not in str(by_date["20250901"])  # Labor Day
    assert by_date["20251128"][-1]["closingTime"] == "1300"
