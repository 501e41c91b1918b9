"""The commands as a trader types them: argv in; stdout, stderr and an exit code out."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.cli import run
from tests.scenes.market import sit_down
from tests.scenes.prompt import Prompt

if TYPE_CHECKING:
    from tests.trading.conftest import Desk


@pytest.fixture
def ibcli(
    shared_desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prompt:
    sit_down(monkeypatch, shared_desk.folder, shared_desk.environment())
    return Prompt(capsys)


def test_search(ibcli: Prompt) -> None:
    said = ibcli("search", "arm", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.document["data"][0]["conid"] == 653400472


def test_search_takes_a_symbol_of_two_words(ibcli: Prompt) -> None:
    said = ibcli("search", "BRK", "B", "--json")
    assert said.document["error"]["message"] == "The broker knows no symbol BRK B."
    assert said.code == 5


def test_expiries(ibcli: Prompt) -> None:
    said = ibcli("expiries", "ARM", "--month", "2025-08", "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert said.code == 0
    assert [next(v for v in row.values() if v.startswith("2025-")) for row in rows] == [
        "2025-08-22",
        "2025-08-29",
    ]


def test_strikes(ibcli: Prompt) -> None:
    said = ibcli("strikes", "ARM", "--month", "aug25", "--json")
    data = said.document["data"]
    assert said.code == 0
    assert data["month"] == "AUG25"
    assert Decimal(143) in data["calls"]
    assert data["at_the_money"] in data["calls"]


def test_chain(ibcli: Prompt) -> None:
    said = ibcli("chain", "ARM", "--month", "AUG2025", "--strikes", "5", "--json")
    assert (said.code, said.err) == (0, "")
    (table,) = said.document["data"]["expiries"]
    assert len(table["rows"]) == 11
    (row,) = (row for row in table["rows"] if row["strike"] == 143)
    assert row["call"]["conid"] == 804155360
    for name in ("bid", "bid_size", "ask", "ask_size", "last", "volume", "delta"):
        assert row["call"][name] is not None, name


def test_chain_as_a_table(ibcli: Prompt) -> None:
    said = ibcli("chain", "ARM", "--expiry", "next", "--side", "call", "--greeks")
    assert said.code == 0
    assert "2025" in said.out
    assert "Gamma" in said.out
    assert "PUTS" not in said.out


def test_chain_over_a_range_of_days(ibcli: Prompt) -> None:
    said = ibcli("chain", "ARM", "--dte", "10:20", "--strikes", "1", "--json")
    assert [t["days"] for t in said.document["data"]["expiries"]] == [11, 18]


def test_quote(ibcli: Prompt) -> None:
    said = ibcli("quote", "804155360", "ARM 22AUG25 145 C", "--fields", "bid,ask", "--json")
    rows = said.document["data"]["rows"]
    assert said.code == 0
    assert [row["instrument"]["conid"] for row in rows] == [804155360, 796812614]
    assert rows[0]["quote"]["bid"] < rows[0]["quote"]["ask"] < 5


def test_quote_of_an_unknown_one_shows_the_others_and_exits_with_5(ibcli: Prompt) -> None:
    said = ibcli("quote", "999999", "804155360")
    assert said.code == 5
    assert "804155360" in said.out
    assert "999999" in said.err


def test_missing_required_data_is_exit_7_with_the_rows_printed(ibcli: Prompt) -> None:
    said = ibcli("quote", "SPX", "--require", "bid", "--deadline", "2", "--json")
    assert said.code == 7
    assert said.document["data"]["rows"][0]["missing"] == ["bid"]
    assert "SPX: bid" in said.err


@pytest.mark.parametrize(
    ("argv", "example"),
    [
        (["chain", "ARM", "--month", "AUGUST"], "AUG25"),
        (["chain", "ARM", "--expiry", "friday"], "2025-08-22"),
        (["chain", "ARM", "--dte", "soon"], "7:45"),
        (["chain", "ARM", "--dte", "7", "--month", "AUG25"], "--dte"),
        (["chain", "ARM", "--delta", "25"], "0.25:0.40"),
        (["chain", "ARM", "--require", "bidd"], "bid"),
        (["chain", "ARM", "--class", "S P"], "SPXW"),
        (["chain", "ARM", "--all", "--strikes", "3"], "Leave one out"),
        (["chain", "A!M"], "ARM"),
        (["chain", "ARM", "--strikes", "-1"], "--strikes 5"),
        (["chain", "ARM", "--strikes", "1001"], "0 to 1000"),
        (["chain", "ARM", "--strikes", "x"], "--all"),
        (["chain", "ARM", "--output", ""], "--output arm.json"),
        (["quote", "A" * 5000], "an unclosed quote?"),
        (["chain", "ARM", "--side", "up"], "ibcli chain"),
        (["chain"], "ibcli chain"),
        (["strikes", "ARM", "--month", "13-2025"], "AUG25"),
        (["expiries", "ARM", "--month", ""], "AUG25"),
        (["search", "!"], "ARM"),
        (["search", "--name", ""], "arm holdings"),
        (["quote", "ARM", "22AUG25", "143", "C"], "22AUG25 143 C"),
        (["quote", "0"], "653400472"),
        (["quote"], "ibcli quote"),
        (["quote", "ARM", "--fields", "x9"], "Known"),
    ],
)
def test_bad_words_are_exit_2_with_an_example_and_nothing_sent(
    ibcli: Prompt, shared_desk: Desk, argv: list[str], example: str
) -> None:
    before = len(shared_desk.sim.requests)
    said = ibcli(*argv)
    assert said.code == 2
    assert said.out == ""
    assert example in said.err
    assert len(shared_desk.sim.requests) == before


@pytest.mark.parametrize(
    ("argv", "nearest"),
    [
        (["chain", "ARM", "--month", "MAR26"], "FEB26"),
        (["chain", "ARM", "--expiry", "2025-08-21"], "2025-08-22"),
        (["strikes", "ARM", "--expiry", "0dte"], "2025-08-22"),
        (["quote", "ARM 22AUG25 143.7 C"], "144"),
    ],
)
def test_what_does_not_exist_is_exit_5_with_the_nearest(
    ibcli: Prompt, argv: list[str], nearest: str
) -> None:
    said = ibcli(*argv)
    assert said.code == 5
    assert nearest in said.err


@pytest.mark.parametrize("command", ["search", "expiries", "strikes", "chain", "quote"])
def test_help_has_examples_and_needs_no_settings(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert "Examples:" in out
    assert f"  ibcli {command} " in out
