"""The demo, as a newcomer and his cron run it: no terminal, no settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import simplejson

from ibcli.cli import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_two_protected_legs_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IBCLI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("IBCLI_CACHE_DIR", str(tmp_path / "cache"))
    words = ("--demo", "order", "SPY", "--side", "both", "--json")
    monkeypatch.setenv("IBCLI_SYMBOLS", "ARM")  # limits hold in the demo too
    assert run(words) == 9
    assert simplejson.loads(capsys.readouterr().out)["error"]["code"] == "guard-symbols"
    monkeypatch.delenv("IBCLI_SYMBOLS")
    assert run(words) == 0
    first = simplejson.loads(capsys.readouterr().out)["data"]
    assert [len(leg["orders"]) for leg in first["legs"]] == [2, 2]
    assert run(words) == 0
    second = simplejson.loads(capsys.readouterr().out)["data"]
    assert (first["already"], second["already"]) == (False, True)
    assert _ids(second) == _ids(first)


def _ids(data: object) -> list[int]:
    assert isinstance(data, dict)
    found = [order["order_id"] for leg in data["legs"] for order in leg["orders"]]
    assert all(found)
    return found
