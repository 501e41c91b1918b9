"""auth and config commands when all is well."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.auth.conftest import Desk

STEPS = ["settings", "keys", "login", "brokerage session", "accounts", "snapshot"]


def test_auth_test_walks_to_a_price(desk: Desk) -> None:
    ended = desk.ibcli("auth", "test", "--json")
    assert ended.code == 0
    data = ended.document["data"]
    assert [step["name"] for step in data["steps"]] == STEPS
    assert {step["outcome"] for step in data["steps"]} == {"ok"}
    assert all(0 <= step["seconds"] < 30 for step in data["steps"])
    assert data["account"] == "DU1234567"
    assert data["paper"] is True
    assert data["next"].startswith("ibcli chain")
    assert data["steps"][-1]["detail"].startswith("SPY 6")


def test_auth_test_for_people(desk: Desk) -> None:
    ended = desk.ibcli("auth", "test")
    lines = ended.out.splitlines()
    first_of_step = [line for line in lines if line.startswith("✓")]  # a long path goes on below
    assert [line.split("  ")[1].strip() for line in first_of_step] == STEPS
    assert lines[-1] == "Account DU1234567 is paper. Next: ibcli chain SPY --expiry next"
    assert ended.err == ""


def test_a_second_test_uses_the_kept_login(desk: Desk) -> None:
    desk.ibcli("auth", "test")
    steps = desk.ibcli("auth", "test", "--json").document["data"]["steps"]
    assert steps[2]["detail"].startswith("kept, valid until 20")
    assert steps[3]["detail"] == "established before"
    assert sum(r.path.endswith("live_session_token") for r in desk.sim.requests) == 1


@pytest.mark.parametrize("mishap", ["kill_tokens", "end"])
def test_the_test_notices_what_is_gone(desk: Desk, mishap: str) -> None:
    desk.ibcli("auth", "test")
    getattr(desk.sim.session, mishap)()
    ended = desk.ibcli("auth", "test", "--json")
    assert ended.code == 0
    assert ended.document["data"]["steps"][3]["detail"] == "established"


def test_the_test_warns_when_paper_and_live_are_confused(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of(account="U7654321")
    desk.env["IB_IS_LIVE"] = "false"
    step = desk.ibcli("auth", "test", "--json").document["data"]["steps"][4]
    assert step["outcome"] == "warning"
    assert step["detail"] == "U7654321 is a live account, but IB_IS_LIVE is false"
    desk.env["IB_IS_LIVE"] = "true"
    data = desk.ibcli("auth", "test", "--json").document["data"]
    assert data["steps"][4]["outcome"] == "ok"
    assert data["paper"] is False


def test_the_test_wants_the_account_that_is_set(desk: Desk) -> None:
    desk.env["IB_ACCOUNT_ID"] = "DU7777777"
    ended = desk.ibcli("auth", "test", "--json")
    assert (ended.code, ended.failure["code"]) == (3, "account-unknown")
    assert "DU1234567" in ended.failure["hint"]


def test_the_test_says_when_no_price_comes(desk: Desk) -> None:
    row = [{"conid": 756733, "conidEx": "756733", "6509": "N"}]
    desk.sim.faults.add("/iserver/marketdata/snapshot", status=200, body=row, count=None)
    ended = desk.ibcli("auth", "test", "--json", "--deadline", "2")
    last = ended.document["data"]["steps"][-1]
    assert ended.code == 0
    assert last["outcome"] == "warning"
    assert "market data subscriptions" in last["detail"]


def test_the_first_failure_ends_the_test(desk: Desk) -> None:
    desk.sim.session.another_session()
    ended = desk.ibcli("auth", "test", "--json")
    steps = ended.document["data"]["steps"]
    assert [step["name"] for step in steps] == STEPS[:4]
    assert steps[-1]["outcome"] == "failed"
    assert ended.document["data"]["next"] is None
    assert ended.document["ok"] is False
    assert ended.code == 4


@pytest.mark.parametrize("argv", [["--compete", "auth", "test"], ["auth", "test", "--compete"]])
def test_another_session_is_pushed_out_when_told(desk: Desk, argv: list[str]) -> None:
    desk.sim.session.another_session()
    assert desk.ibcli("auth", "test").code == 4
    assert desk.ibcli(*argv).code == 0


def test_auth_check_when_all_is_well(desk: Desk) -> None:
    ended = desk.ibcli("auth", "check", "--json")
    found = {each["name"]: each["outcome"] for each in ended.document["data"]}
    assert ended.code == 0
    assert set(found.values()) == {"ok"}
    assert {
        "settings",
        "consumer key",
        "access token",
        "env file permissions",
        "signature key",
        "signature key permissions",
        "signature key's public file",
        "encryption key",
        "encryption key's public file",
        "access token secret",
        "Diffie-Hellman",
        "clock",
    } <= found.keys()


def test_auth_check_offline_sends_nothing(desk: Desk) -> None:
    ended = desk.ibcli("auth", "check", "--offline", "--json")
    assert ended.document["data"][-1] == {
        "name": "clock",
        "outcome": "skipped",
        "detail": "not compared: offline",
        "hint": None,
        "code": None,
    }
    assert desk.sim.requests == []


def test_auth_check_does_not_need_the_server(desk: Desk) -> None:
    desk.env["IB_API_URL"] = "http://127.0.0.1:9/v1/api"
    for flag, outcome in (("", "skipped"), ("--online", "warning")):
        ended = desk.ibcli("auth", "check", "--json", *([flag] if flag else []))
        assert ended.code == 0
        assert ended.document["data"][-1]["outcome"] == outcome


def test_auth_check_warns_of_files_that_others_may_read(desk: Desk) -> None:
    path = desk.keys / "private_signature.pem"
    path.chmod(0o644)
    ended = desk.ibcli("auth", "check", "--json")
    found = next(f for f in ended.document["data"] if f["name"] == "signature key permissions")
    assert ended.code == 0
    assert found["outcome"] == "warning"
    assert found["hint"] == f"chmod 600 {path}"


def test_auth_status_and_logout(desk: Desk) -> None:
    def status(*argv: str) -> dict[str, object]:
        data: dict[str, object] = desk.ibcli("auth", "status", "--json", *argv).document["data"]
        return data

    before = status()
    assert (before["logged_in"], before["session"]) == (False, "not asked")
    assert desk.sim.requests == []
    desk.ibcli("auth", "test")
    there = status()
    assert (there["logged_in"], there["session"]) == (True, "established")
    assert there["accounts"] == ["DU1234567"]
    assert str(there["expires"]).startswith("20")
    assert status("--offline")["session"] == "not asked"
    desk.sim.session.end()
    assert status()["session"] == "not established"
    ended = desk.ibcli("auth", "logout", "--json")
    assert ended.document["data"] == {"was_logged_in": True, "told_broker": True}
    assert status()["logged_in"] is False
    ended = desk.ibcli("auth", "logout", "--json")
    assert (ended.code, ended.document["data"]["was_logged_in"]) == (0, False)


def test_logout_from_a_login_that_the_broker_forgot(desk: Desk) -> None:
    desk.ibcli("auth", "test")
    desk.sim.session.kill_tokens()
    assert desk.ibcli("auth", "status", "--json").document["data"]["session"] == "login refused"
    ended = desk.ibcli("auth", "logout", "--json")
    assert ended.document["data"] == {"was_logged_in": True, "told_broker": False}


def test_logout_that_cannot_be_told_keeps_the_login(desk: Desk) -> None:
    desk.ibcli("auth", "test")
    desk.sim.faults.add("/logout", cut="before", count=None)
    assert desk.ibcli("auth", "logout").code == 10
    assert desk.ibcli("auth", "status", "--offline", "--json").document["data"]["logged_in"] is True


def test_a_damaged_state_is_rebuilt_with_a_warning(desk: Desk) -> None:
    desk.ibcli("auth", "test")
    path = Path(desk.ibcli("auth", "status", "--json").document["data"]["state_file"])
    path.write_text("{")
    ended = desk.ibcli("auth", "test", "--json")
    assert ended.code == 0
    assert "damaged" in ended.document["warnings"][0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_config_show_masks_secrets_and_says_where_from(desk: Desk) -> None:
    ended = desk.ibcli("config", "show", "--json")
    found = {each["name"]: each for each in ended.document["data"]}
    assert found["IB_ACCESS_TOKEN"] == {
        "name": "IB_ACCESS_TOKEN",
        "value": "******** (20 characters)",
        "origin": str(desk.folder / "config" / ".env"),
        "secret": True,
    }
    assert found["IB_SIGNATURE_KEY_PATH"]["value"] == str(desk.keys / "private_signature.pem")
    assert found["IBCLI_MAX_RPS"]["origin"] == "default"
    assert found["IBCLI_ENV_FILE"]["value"] == str(desk.folder / "config" / ".env")


def test_config_show_as_csv(desk: Desk) -> None:
    table = list(csv.reader(desk.ibcli("config", "show", "--csv").out.splitlines()))
    assert table[0] == ["name", "value", "origin", "secret"]
    assert len(table) == 1 + len(desk.ibcli("config", "show", "--json").document["data"])


def test_config_path_says_what_exists(desk: Desk) -> None:
    data = desk.ibcli("config", "path", "--json").document["data"]
    found = {each["name"]: (each["path"], each["exists"]) for each in data}
    assert found["env file"] == (str(desk.folder / "config" / ".env"), True)
    assert found["signature key"] == (str(desk.keys / "private_signature.pem"), True)
    assert found["CA bundle"] == (None, False)
    assert found["cache folder"][1] is False


def test_an_unknown_setting_draws_a_warning(desk: Desk) -> None:
    desk.env["IB_ACOUNT_ID"] = "DU1"
    ended = desk.ibcli("config", "show")
    assert "IB_ACOUNT_ID is not a setting. Did you mean IB_ACCOUNT_ID?" in ended.err


def test_no_command_shows_a_secret(desk: Desk) -> None:
    """The desk looks for them in everything that a command prints; here in the logs as well."""
    assert len(desk.secrets()) > 50
    commands = ["auth test", "auth check", "auth status", "config show", "config path"]
    for command in [*commands, "auth logout"]:
        ended = desk.ibcli(*command.split(), "--debug")
        assert ended.code == 0
        assert ended.out
    assert "live_session_token" in desk.ibcli("auth", "test", "--debug").err


@pytest.mark.parametrize("form", ["pem", "literal"])
def test_keys_as_text_win_over_files(desk: Desk, form: str) -> None:
    for name, file in (("SIGNATURE", "signature"), ("ENCRYPTION", "encryption")):
        text = (desk.keys / f"private_{file}.pem").read_text()
        shown = json.dumps(text) if form == "pem" else text.replace("\n", "\\n")
        desk.env[f"IB_{name}_KEY"] = shown
        desk.env[f"IB_{name}_KEY_PATH"] = "keys/gone.pem"
    assert desk.ibcli("auth", "test").code == 0


def test_the_demo_needs_no_settings(desk: Desk) -> None:
    desk.env = {"IB_SIGNATURE_KEY": "the user's own", "IB_API_URL": "https://api.ibkr.com/v1/api"}
    ended = desk.ibcli("--demo", "auth", "test", "--json")
    assert ended.code == 0
    assert ended.document["simulated"] is True
    again = desk.ibcli("--demo", "auth", "test", "--json")
    assert again.document["data"]["steps"][2]["detail"].startswith("kept")
