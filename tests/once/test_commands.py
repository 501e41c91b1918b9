"""The commands: journal, halt, resume, reconcile."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.cli import run
from ibcli.trading.placing.desk import Until, Wait
from tests.once.conftest import ORDERS, Office, plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from ibcli.domain.orders import Tradable


@pytest.fixture
def at_office(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Commands run in this process take the office's settings."""
    for name, value in office.environment(IBCLI_HASTE="50").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(office.folder)
    return office


def said(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> Any:
    assert run([*argv, "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    return document["data"] if code == 0 else document


def test_the_journal_of_a_day(
    at_office: Office, put: Tradable, capsys: pytest.CaptureFixture[str]
) -> None:
    at_office.sim.faults.add(ORDERS, method="POST", cut="after")
    with at_office.desk() as desk, desk.alone():
        standing = desk.place(plan_of(put))
        desk.watch(standing, Wait(Until.WORKING))
    asked = len(at_office.sim.requests)
    data = said(capsys, "journal")
    assert len(at_office.sim.requests) == asked  # it needs no broker
    kinds = [entry["kind"] for entry in data["entries"]]
    assert kinds[:4] == ["intent", "sending", "doubt", "looked"]
    assert {entry["day"] for entry in data["entries"]} == {"2025-08-18"}
    assert data["entries"][0]["detail"]["orders"][0]["limit"] == "9.00"
    assert said(capsys, "journal", "--job", "spy")["entries"] == data["entries"]
    assert said(capsys, "journal", "--job", "other")["entries"] == []
    assert said(capsys, "journal", "--day", "2025-08-19")["entries"] == []
    assert len(said(capsys, "journal", "--all")["entries"]) == data["total"]


@pytest.mark.parametrize("columns", [80, 160])
def test_the_journal_fits(
    at_office: Office,
    put: Tradable,
    columns: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with at_office.desk() as desk, desk.alone():
        desk.place(plan_of(put))
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run(["journal"]) == 0
    page = capsys.readouterr().out
    assert max(map(len, page.splitlines())) <= columns
    assert "SELL 1 SPY 18AUG25 640 P LMT 9.00" in " ".join(page.split())
    assert "11:00:0" in page
    assert run(["journal", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("number,at,market_at,account,day")


def test_a_journal_that_was_never_begun(
    at_office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    data = said(capsys, "journal")
    assert (data["entries"], data["total"]) == ([], 0)
    assert list(at_office.folder.glob("state/journal*")) == []
    assert run(["journal", "--day", "yesterday"]) == 2


def test_halt_and_resume(at_office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    data = said(capsys, "halt", "Fed", "day")
    assert (data["halted"], data["reason"], data["changed"]) == (True, "Fed day", True)
    data = said(capsys, "halt")
    assert (data["reason"], data["changed"]) == ("no reason given", False)
    assert data["before"]["reason"] == "Fed day"
    data = said(capsys, "resume")
    assert (data["halted"], data["changed"]) == (False, True)
    assert said(capsys, "resume")["changed"] is False
    entries = said(capsys, "journal", "--all")["entries"]
    assert [entry["kind"] for entry in entries] == ["halted", "halted", "resumed"]
    assert run(["halt", "Fed day"]) == 0
    assert "Trading is halted: Fed day" in capsys.readouterr().out
    file = at_office.folder / "state" / "halt"
    assert file.stat().st_mode & 0o777 == 0o600


def test_halt_works_beside_a_damaged_journal(
    at_office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["halt"]) == 0
    (journal,) = at_office.folder.glob("state/journal-*.sqlite3")
    journal.write_bytes(b"junk")
    assert run(["resume"]) == 0
    assert run(["halt", "again"]) == 0
    assert "journal" in capsys.readouterr().err
    assert (at_office.folder / "state" / "halt").exists()
    document = said(capsys, "journal", code=3)
    assert document["error"]["code"] == "journal-damaged"


def test_reconcile(at_office: Office, put: Tradable, capsys: pytest.CaptureFixture[str]) -> None:
    with at_office.desk() as desk, desk.alone():
        desk.place(plan_of(put))
    assert said(capsys, "reconcile")["equal"] is True
    for journal in at_office.folder.glob("state/journal-*"):
        journal.unlink()
    document = said(capsys, "reconcile", code=8)
    assert document["error"]["code"] == "differences"
    found = document["data"]["differences"]
    assert {one["kind"] for one in found} == {"order not ours"}
    assert run(["reconcile"]) == 8
    page = capsys.readouterr().out
    assert "order not ours" in page
    assert "2 differences left" in page
    assert said(capsys, "reconcile", "--fix")["equal"] is True
    assert said(capsys, "reconcile")["differences"] == []


LIGHT = """
import sys
from ibcli.cli import run
code = run(["journal", "--json"])
heavy = {"ibind", "requests", "rich", "aiohttp", "ibcli.broker.client"} & set(sys.modules)
sys.stderr.write(f"{code} {sorted(heavy)}")
"""


def test_the_journal_loads_nothing_heavy(at_office: Office, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == "0 []"
