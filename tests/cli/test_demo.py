"""--demo: the simulator inside the command, apart from everything that is the user's."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from ibcli.commands.demo import demo_folder, demo_settings
from ibcli.errors import ConfigurationError
from tests.cli.conftest import environment

if TYPE_CHECKING:
    from pathlib import Path

TEST = ["--demo", "auth", "test", "--json"]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """State and cache in a folder of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IBCLI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("IBCLI_CACHE_DIR", str(tmp_path / "cache"))


def ibcli(*argv: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    return subprocess.run(
        [sys.executable, "-m", "ibcli", *argv],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**changes),
    )


def test_the_settings_lead_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IB_CONSUMER_KEY", "MYOWNKEYS")
    monkeypatch.setenv("IB_API_URL", "https://api.ibkr.com/v1/api")
    monkeypatch.setenv("IBCLI_PROFILE", "live")
    with ExitStack() as stack:
        settings = demo_settings(stack)
        assert settings.simulated
        assert settings.api_url.startswith("http://127.0.0.1:")
        assert settings.consumer_key != "MYOWNKEYS"
        assert settings.profile == "demo"
        assert settings.env_file is None
        assert settings.market_now().date().isoformat() == "2025-08-18"


def test_keys_and_tokens_stay_from_one_command_to_the_next() -> None:
    kept = []
    for _ in range(2):
        with ExitStack() as stack:
            settings = demo_settings(stack)
            kept.append((settings.access_token, settings.access_token_secret, settings.state_key))
    assert kept[0] == kept[1]


def test_the_data_is_called_simulated() -> None:
    ended = ibcli(*TEST)
    document = json.loads(ended.stdout)
    assert document["ok"] is True, ended.stderr
    assert document["simulated"] is True
    assert ended.stderr == "", "nobody is looking at stderr"


def test_a_failure_under_the_demo_is_called_simulated_too() -> None:
    document = json.loads(ibcli("--demo", "auth", "test", "--json", "--nonsense").stdout)
    assert document["simulated"] is True
    assert document["ok"] is False


def test_two_at_once_do_not_disturb_each_other() -> None:
    command = [sys.executable, "-m", "ibcli", *TEST]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        out, error = process.communicate(timeout=60)
        assert json.loads(out)["ok"] is True, error


def test_without_the_simulators_packages_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)  # as if it were not there
    with ExitStack() as stack, pytest.raises(ConfigurationError) as caught:
        demo_settings(stack)
    assert caught.value.code == "demo-not-installed"
    assert "ibcli-headless[sim]" in caught.value.hint


def test_a_folder_that_cannot_be_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IBCLI_STATE_DIR", str(tmp_path / "file"))
    with ExitStack() as stack, pytest.raises(ConfigurationError) as caught:
        demo_settings(stack)
    assert caught.value.code == "state-unwritable"
    assert str(demo_folder()) in caught.value.message


def test_a_reset_begins_anew_with_the_journal_too(tmp_path: Path) -> None:
    words = (
        "--demo",
        "order",
        "SPY",
        "--side",
        "put",
        "--strike",
        "625",
        "--expiry",
        "2025-09-19",  # far enough to be worth something at any time of the day
        "--type",
        "MKT",
        "--yes",
        "--json",
    )
    assert ibcli(*words).returncode == 0
    ended = ibcli("--demo", "sim", "reset")
    assert ended.returncode == 0, ended.stderr
    (aside,) = (tmp_path / "state").glob("journal-demo.until-*.sqlite3")
    assert str(aside) in ended.stderr
    assert not list((tmp_path / "state").glob("journal-demo.sqlite3*"))
    equal = ibcli("--demo", "reconcile", "--json")
    assert equal.returncode == 0, equal.stderr
    assert json.loads(equal.stdout)["data"]["compared"]["jobs"] == 0
    placed = json.loads(ibcli(*words).stdout)["data"]
    assert placed["already"] is False, placed
    assert ibcli("--demo", "sim", "reset").returncode == 0
