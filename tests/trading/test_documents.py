"""What programs may count on: one document, the same keys always, exact numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

from ibcli.cli import run
from tests.scenes.market import sit_down

if TYPE_CHECKING:
    from tests.trading.conftest import Desk

CALL_143 = "804155360"
SNAPSHOT = "/iserver/marketdata/snapshot"
LISTING = {"conid", "symbol", "name", "exchange"}
CONTRACT = {
    *("conid", "symbol", "trading_class", "expiry", "strike"),
    *("right", "multiplier", "currency"),
}
SAID = {"feed", "updated", "age_seconds", "dead", "unreadable"}
QUOTED = {
    *("bid_size", "ask_size", "bid", "ask", "last", "last_kind"),
    *("volume", "open_interest", "implied_volatility", "delta"),
}
EXPIRY = {"expiry", "days", "trading_class", "weekly", "month"}
ERROR = {"code", "message", "hint", "retryable"}

GOOD: dict[str, tuple[str, ...]] = {
    "search": ("search", "ARM"),
    "expiries": ("expiries", "ARM", "--month", "AUG25"),
    "strikes": ("strikes", "ARM", "--month", "AUG25"),
    "chain": ("chain", "ARM", "--month", "AUG25", "--strikes", "1"),
    "quote": ("quote", CALL_143, "ARM"),
}


class Prompt:
    """Runs a command line with --json and reads the one document that it prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *argv: str) -> tuple[int, dict[str, Any]]:
        code = run([*argv, "--json"])
        text = self._capsys.readouterr().out
        assert text.endswith("}\n")
        document = simplejson.loads(text, use_decimal=True, parse_constant=_no_constant)
        assert not re.search(r"[0-9][eE][+-]?[0-9]", re.sub(r'"[^"]*"', "", text))
        assert document["schema"] == 1
        assert document["command"] == argv[0]
        assert document["ok"] is (code == 0)
        assert isinstance(document["warnings"], list)
        assert ("error" in document) is (code != 0)
        if code:
            assert set(document["error"]) == ERROR
        return code, document


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@pytest.fixture
def ibcli(
    own_desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prompt:
    sit_down(monkeypatch, own_desk.folder, own_desk.environment())
    return Prompt(capsys)


def test_search(ibcli: Prompt) -> None:
    code, document = ibcli(*GOOD["search"])
    assert code == 0
    for row in document["data"]:
        assert set(row) == LISTING | {"tradable", "restricted", "option_months", "sections"}


def test_expiries(ibcli: Prompt) -> None:
    code, document = ibcli(*GOOD["expiries"])
    assert code == 0
    assert set(document["data"]) == {"underlying", "month", "today", "expiries"}
    assert all(set(row) == EXPIRY for row in document["data"]["expiries"])


def test_strikes(ibcli: Prompt) -> None:
    code, document = ibcli(*GOOD["strikes"])
    data = document["data"]
    assert code == 0
    assert set(data) == {"underlying", "month", "expiry", "at_the_money", "calls", "puts"}
    assert set(data["underlying"]) == LISTING | {"price", "feed"}
    assert all(isinstance(strike, int | Decimal) for strike in data["calls"])


@pytest.mark.parametrize("body", [None, "bare", "empty"])
def test_chain_whole_and_in_part(ibcli: Prompt, own_desk: Desk, body: str | None) -> None:
    rows: dict[str, list[dict[str, object]]] = {"bare": [{"conid": int(CALL_143)}], "empty": []}
    argv = GOOD["chain"]
    if body is not None:
        assert ibcli(*argv)[0] == 0  # contracts are known from here on
        own_desk.sim.faults.add(SNAPSHOT, body=rows[body], count=None)
        argv = (*argv, "--deadline", "2")
    code, document = ibcli(*argv)
    data = document["data"]
    assert code == (0 if body is None else 7)
    assert bool(data["missing"]) is (body is not None)
    assert set(data) == {"underlying", "as_of", "expiries", "other_expiries", "missing"}
    assert set(data["underlying"]["quote"]) >= {"bid", "ask", "last", "last_kind", *SAID}
    (table,) = data["expiries"]
    assert set(table) == EXPIRY | {"rows"}
    for row in table["rows"]:
        assert set(row) == {"strike", "at_the_money", "call", "put"}
        for side in (row["call"], row["put"]):
            assert set(side) == CONTRACT | QUOTED | SAID
            assert (side["bid"] is None) is (body is not None)


@pytest.mark.parametrize("whole", [True, False])
def test_quote_whole_and_in_part(ibcli: Prompt, whole: bool) -> None:
    code, document = ibcli(*GOOD["quote"], *(() if whole else ("QQZZX",)))
    data = document["data"]
    assert code == (0 if whole else 5)
    assert set(data) == {"as_of", "fields", "rows"}
    for row in data["rows"]:
        assert set(row) == {"what", "instrument", "quote", "missing"}
    option, stock, *unknown = data["rows"]
    assert set(option["instrument"]["contract"]) == CONTRACT
    assert set(stock["quote"]) == {*data["fields"], "last_kind", *SAID}
    assert all(row["instrument"] is None and row["quote"] is None for row in unknown)


@pytest.mark.parametrize("name", GOOD)
def test_failures_have_no_data(ibcli: Prompt, own_desk: Desk, name: str) -> None:
    own_desk.sim.faults.add("/iserver/*", status=500, body={"error": "no"}, count=None)
    code, document = ibcli(*GOOD[name], "--deadline", "1")
    assert code in (4, 6, 10)
    assert "data" not in document


@pytest.mark.parametrize("name", GOOD)
def test_bad_words_have_a_document_too(ibcli: Prompt, name: str) -> None:
    code, document = ibcli(name, "--no-such-option")
    assert code == 2
    assert document["error"]["code"] == "usage"


@pytest.mark.parametrize("price", ["1.10", "6400.50", "0.0001", "123456789.123456789"])
def test_prices_are_as_exact_as_they_came(ibcli: Prompt, own_desk: Desk, price: str) -> None:
    row = {"conid": int(CALL_143), "55": "ARM", "6509": "RpB", "84": price, "86": price}
    own_desk.sim.faults.add(SNAPSHOT, body=[row], count=None)
    _, document = ibcli("quote", CALL_143, "--fields", "bid,ask")
    assert str(document["data"]["rows"][0]["quote"]["bid"]) == price
