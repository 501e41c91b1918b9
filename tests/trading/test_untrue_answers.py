"""Answers that lack something or are about something else: nothing of them passes for the truth."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.snapshots import Wanted, collect
from ibcli.domain.months import DeltaRange, Month
from ibcli.domain.quotes import Quote
from ibcli.domain.symbols import parse_what
from ibcli.errors import IbcliError, IncompleteError, NotFoundError, RefusedError
from ibcli.trading.chains import ChainRequest, chain
from ibcli.trading.choice import Choice
from ibcli.trading.expiries import expiries
from ibcli.trading.quotes import quotes
from ibcli.trading.search import search
from ibcli.trading.strikes import strikes
from tests.decode.answers import info_row
from tests.trading.test_search import listing_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.client import BrokerClient
    from tests.trading.conftest import Desk

ARM, CALL_143, CALL_145 = 653400472, 804155360, 796812614
AUG25 = Month(2025, 8)
SNAPSHOT = "/iserver/marketdata/snapshot"
STRIKES = "/iserver/secdef/strikes"
INFO = "/iserver/secdef/info"
ROW = {"6509": "RpB", "31": "1.60", "84": "1.55", "86": "1.65"}

COMMANDS: dict[str, Callable[[BrokerClient], object]] = {
    "chain": lambda client: chain(client, ChainRequest("ARM", Choice(AUG25), strikes=1)),
    "strikes": lambda client: strikes(client, "ARM", month=AUG25),
    "strikes of a class": lambda client: strikes(client, "ARM", month=AUG25, trading_class="ARM"),
    "expiries": lambda client: expiries(client, "ARM", month=AUG25),
    "quote": lambda client: quotes(
        client, [("x", parse_what("ARM 22AUG25 143 C")), ("ARM", parse_what("ARM"))]
    ),
}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "quote"])
@pytest.mark.parametrize("body", ["null", {}, {"call": []}, {"call": [], "put": []}])
def test_a_month_without_strikes_is_no_month_without_options(
    own_desk: Desk, name: str, body: object
) -> None:
    own_desk.sim.faults.add(STRIKES, status=200, body=body, count=None)
    with own_desk.client() as client, pytest.raises(IncompleteError) as caught:
        COMMANDS[name](client)
    assert caught.value.code == "contracts-missing"
    assert "ARM AUG25" in caught.value.message


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "strikes"])
@pytest.mark.parametrize("body", ["null", {}, []])
def test_strikes_without_contracts_are_no_month_without_options(
    own_desk: Desk, name: str, body: object
) -> None:
    own_desk.sim.faults.add(INFO, status=200, body=body, count=None)
    with own_desk.client() as client, pytest.raises(IncompleteError) as caught:
        COMMANDS[name](client)
    assert caught.value.code == "contracts-missing"
    assert any("no contracts of ARM AUG25" in note for note in caught.value.__notes__)


def test_a_strike_without_contracts_is_named_and_asked_for_again(own_desk: Desk) -> None:
    own_desk.sim.faults.add(INFO, body=[])
    with own_desk.client() as client:
        found = chain(client, ChainRequest("ARM", Choice(AUG25), strikes=2))
    assert [w for w in found.warnings if "no contracts of ARM AUG25 at strike" in w]
    with own_desk.client() as client:
        again = chain(client, ChainRequest("ARM", Choice(AUG25), strikes=2))
    assert again.warnings == ()
    assert len(again.data.tables[0].rows) == 5


def test_contracts_of_another_underlying_are_not_shown(own_desk: Desk) -> None:
    row = {**info_row(1, "C", "20250822"), "symbol": "AAPL", "strike": 139.0}
    own_desk.sim.faults.add(INFO, body=[row], count=None)
    with own_desk.client() as client, pytest.raises(IncompleteError) as caught:
        COMMANDS["chain"](client)
    assert any("it is one of AAPL, not of ARM" in note for note in caught.value.__notes__)


def test_market_data_of_another_symbol_is_not_shown(own_desk: Desk) -> None:
    rows = [{**ROW, "conid": CALL_143, "55": "TSLA"}, {**ROW, "conid": CALL_145, "55": "ARM"}]
    own_desk.sim.faults.add(SNAPSHOT, body=rows, count=None)
    with own_desk.client() as client:
        words = [(str(n), parse_what(str(n))) for n in (CALL_143, CALL_145)]
        found = quotes(client, words)
    assert found.data.rows[0].quote is None
    assert found.data.rows[1].quote is not None
    assert isinstance(found.error, IncompleteError)
    assert any(f"conid {CALL_143} is about TSLA, not ARM" in w for w in found.warnings)


def test_the_price_of_another_symbol_is_not_the_underlyings(own_desk: Desk) -> None:
    row = {"conid": ARM, "55": "TSLA", "31": "330", "6509": "RpB"}
    own_desk.sim.faults.add(SNAPSHOT, body=[row], count=None)
    with own_desk.client() as client:
        found = strikes(client, "ARM", month=AUG25)
    assert found.data.underlying_quote is None
    assert found.data.at_the_money is None


@pytest.mark.parametrize(
    ("told", "means"),
    [
        ("ARM", True),
        ("ARM   250822C00143000", True),
        ("-", True),
        (None, True),
        ("BRK.B", False),
        ("AR", False),
    ],
)
def test_what_a_row_may_call_itself(told: str | None, means: bool) -> None:
    wanted = Wanted(1, (), names=("ARM", "ARM1"))
    assert wanted.means({"55": told}) is means
    assert Wanted(1, ()).means({"55": told})
    assert Wanted(1, (), names=("BRK B",)).means({"55": "BRK.B"})


def test_rows_that_nobody_asked_for_are_no_answer(own_desk: Desk) -> None:
    own_desk.sim.faults.add(SNAPSHOT, body=[{**ROW, "conid": 7}], count=None)
    with own_desk.client(seconds=2) as client:
        found = collect(client, [Wanted(CALL_143, ())])
    assert found.quotes == {}
    assert found.stopped is not None
    assert found.stopped.code == "deadline"


@pytest.mark.parametrize("body", [[], {}, [1, 2], [{}]])
def test_answers_without_rows_are_no_silence(own_desk: Desk, body: object) -> None:
    own_desk.sim.faults.add(SNAPSHOT, status=200, body=body, count=None)
    with own_desk.client(seconds=2) as client:
        found = quotes(client, [("x", parse_what(str(CALL_143)))])
    assert isinstance(found.error, IncompleteError)
    assert found.data.rows[0].missing == ("any answer",)


def test_a_dead_contract_in_a_chain_is_not_one_without_a_market(own_desk: Desk) -> None:
    rows = [
        info_row(111, "C", "20250822", strike=139.0),
        info_row(112, "P", "20250822", strike=139.0),
    ]
    own_desk.sim.faults.add(STRIKES, body={"call": [139.0], "put": [139.0]})
    own_desk.sim.faults.add(INFO, body=rows, count=None)
    with own_desk.client() as client:
        found = chain(client, ChainRequest("ARM", Choice(AUG25)))
    assert isinstance(found.error, IncompleteError)
    assert "the broker knows no such contract" in found.data.missing[0]


def test_prices_of_zero_and_of_a_wide_market_are_none() -> None:
    def price(**row: str) -> str:
        from ibcli.broker.decode import decode_quote

        return str(decode_quote(1, {key.removeprefix("f"): v for key, v in row.items()}).price)

    assert price(f31="0.00") == "None"
    assert price(f31="0", f7741="137.84") == "137.84"
    assert price(f84="0", f86="140") == "None"
    assert price(f84="1", f86="2000", f7741="137.84") == "137.84"
    assert price(f84="138.90", f86="139.10") == "139.00"
    assert Quote(1).price is None


def test_several_listings_on_smart_are_named(own_desk: Desk) -> None:
    rows = [listing_row(1, "LSE", "SMART;LSE"), listing_row(2, "NASDAQ", "SMART;AMEX")]
    own_desk.sim.faults.add("/iserver/secdef/search", body=rows, count=None)
    with own_desk.client() as client, pytest.raises(IbcliError) as caught:
        expiries(client, "XYZ")
    assert any("1 (LSE) was taken, not 2 (NASDAQ)" in note for note in caught.value.__notes__)


def test_options_that_are_not_on_smart_are_said_to_be_elsewhere(own_desk: Desk) -> None:
    rows = [listing_row(1, "IBIS", "EUREX")]
    own_desk.sim.faults.add("/iserver/secdef/search", body=rows, count=None)
    with own_desk.client() as client, pytest.raises(IbcliError) as caught:
        expiries(client, "XYZ")
    assert any("do not trade on SMART" in note for note in caught.value.__notes__)


def test_a_listing_without_months_has_no_nearest(own_desk: Desk) -> None:
    row = listing_row(1, "NASDAQ", "SMART")
    row["sections"] = [{"secType": "OPT", "months": "", "exchange": "SMART"}]
    own_desk.sim.faults.add("/iserver/secdef/search", body=[row], count=None)
    with own_desk.client() as client, pytest.raises(NotFoundError) as caught:
        chain(client, ChainRequest("XYZ"))
    assert "lists no month" in caught.value.hint


def test_the_same_row_twice_is_shown_once(own_desk: Desk) -> None:
    rows = [listing_row(1, "NASDAQ", "SMART")] * 3
    own_desk.sim.faults.add("/iserver/secdef/search", body=rows)
    with own_desk.client() as client:
        assert len(search(client, "XYZ")[0]) == 1


@pytest.mark.parametrize(
    ("body", "said"), [({"error": "nope"}, "nope"), ("null", "unknown form"), ([], "unknown form")]
)
def test_a_refusal_about_a_conid_is_not_hidden(own_desk: Desk, body: object, said: str) -> None:
    own_desk.sim.faults.add("/trsrv/secdef", body={"secdef": []})
    own_desk.sim.faults.add("/iserver/contract/*", status=200, body=body)
    with own_desk.client() as client, pytest.raises(NotFoundError) as caught:
        quotes(client, [("x", parse_what(str(CALL_143)))])
    assert any(said in note for note in caught.value.__notes__)


def test_a_row_without_any_known_field_is_no_answer(own_desk: Desk) -> None:
    row = {"conid": CALL_143, "surprise": 1, "99999": "x"}
    own_desk.sim.faults.add(SNAPSHOT, body=[row], count=None)
    with own_desk.client(seconds=2) as client:
        found = quotes(client, [("x", parse_what(str(CALL_143)))])
    assert found.data.rows[0].missing == ("any answer",)


def test_of_many_unknown_words_a_few_are_named(shared_desk: Desk) -> None:
    with shared_desk.client() as client, pytest.raises(NotFoundError) as caught:
        quotes(client, [(str(n), parse_what(str(n))) for n in range(1, 31)])
    assert caught.value.message.count("knows no contract") == 5
    assert caught.value.message.endswith("So it is with 25 more.")
    assert caught.value.hint.count("look it up") == 1
    assert not hasattr(caught.value, "__notes__")


def test_what_is_there_is_shown_when_strikes_farther_off_are_refused(own_desk: Desk) -> None:
    deltas = DeltaRange(Decimal("0.02"), Decimal("0.40"))
    own_desk.sim.faults.add(INFO, skip=25, status=400, body={"error": "enough"}, count=None)
    with own_desk.client() as client:
        found = chain(client, ChainRequest("SPY", Choice(Month(2025, 9)), deltas=deltas))
    assert isinstance(found.error, RefusedError)
    assert "enough" in found.error.message
    assert len(found.data.tables[0].rows) > 5


def test_strikes_around_a_price_of_before_are_said_to_be(own_desk: Desk) -> None:
    request = ChainRequest("ARM", Choice(AUG25), strikes=1)
    with own_desk.client() as client:
        before = chain(client, request)
    (table,) = before.data.tables
    conids = [s.contract.conid for row in table.rows for s in (row.call, row.put) if s is not None]
    rows = [{**ROW, "conid": conid, "55": "ARM"} for conid in conids]
    halted = {"conid": ARM, "55": "ARM", "6509": "RpB"}
    own_desk.sim.faults.add(SNAPSHOT, body=[halted, *rows], count=None)
    with own_desk.client() as client:
        found = chain(client, request)
    assert before.data.underlying_quote is not None
    assert [row.strike for row in found.data.tables[0].rows] == [row.strike for row in table.rows]
    (warning,) = [w for w in found.warnings if "no price of ARM" in w]
    assert f"around {before.data.underlying_quote.price}, its price before" in warning
