"""ibcli sim serve, env and reset, as a user starts them."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ibcli.commands.sim import sim as command
from ibcli.errors import ConfigurationError, UsageError
from tests.sim.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sim.conftest import Serve

IBCLI = Path(sys.executable).with_name("ibcli")


class Server:
    """``ibcli sim serve`` in a process of its own, once it has said that it is ready."""

    def __init__(self, state: Path, *words: str) -> None:
        arguments = [str(IBCLI), "sim", "serve", "--port", "0", "--state", str(state), *words]
        self.process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.said = ""
        while "Ready." not in self.said:
            line = self.process.stderr.readline()
            assert line, self.said
            self.said += line
        found = re.search(r"127\.0\.0\.1:(\d+)", self.said)
        assert found is not None
        self.port = found[1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state of the sim"


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    server = Server(folder, "--clock", "2025-08-18", "--log", str(folder.parent / "log"))
    yield server
    server.stop()


def environment(text: str) -> dict[str, str]:
    """What a shell makes of the lines."""
    show = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    done = subprocess.run(
        ["/bin/bash", "-c", f"set -a; . /dev/stdin; {show}"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    found: dict[str, str] = json.loads(done.stdout)
    return {name: value for name, value in found.items() if name.startswith("IB")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(folder: Path, number: int) -> None:
    server = Server(folder)
    assert server.stop(number) == 0


def test_env_leads_to_the_server(server: Server, folder: Path) -> None:
    result = CliRunner().invoke(command, ["env", "--port", server.port, "--state", str(folder)])
    assert result.exit_code == 0
    env = environment(result.stdout)
    assert env["IBCLI_MARKET_CLOCK"] == "2025-08-18"
    assert env["IB_SIGNATURE_KEY_PATH"].startswith(f"{folder}{os.sep}")
    client = Client(env).login()
    assert client.get("/iserver/secdef/search", symbol="ARM").status == 200
    assert '"path": "/v1/api/iserver/secdef/search"' in (folder.parent / "log").read_text()


def test_reset_reaches_a_running_server(server: Server, folder: Path) -> None:
    words = ["env", "--port", server.port, "--state", str(folder)]
    client = Client(environment(CliRunner().invoke(command, words).stdout)).login()
    assert CliRunner().invoke(command, ["reset", "--state", str(folder)]).exit_code == 0
    assert client.post("/tickle").status == 401


def test_a_stopped_server_is_not_remembered(folder: Path) -> None:
    server = Server(folder, "--clock", "2025-08-18")
    server.stop()
    words = ["env", "--port", server.port, "--state", str(folder)]
    assert "IBCLI_MARKET_CLOCK=now" in CliRunner().invoke(command, words).stdout


def let_pass(folder: Path, seconds: float) -> None:
    """For requests and open streams, as long ago as if so much time had passed."""
    with closing(sqlite3.connect(folder / "sim.sqlite3")) as db:
        db.execute("UPDATE hit SET at = at - ?", (seconds,))
        db.execute("UPDATE stream SET opened = opened - ?", (seconds,))
        db.commit()


@pytest.mark.parametrize(
    ("words", "statuses"),
    [
        (["--max-rps", "3"], [401, 401, 401, 429, 401]),
        (["--max-rps", "3", "--pacing", "record"], [401, 401, 401, 401, 401]),
        (["--max-rps", "3", "--pacing", "strict"], [401, 401, 401, 429, 429]),
        (["--max-rps", "3", "--strict"], [401, 401, 401, 429, 429]),
        (["--max-rps", "3", "--strict", "--pacing", "excess"], [401, 401, 401, 429, 401]),
    ],
)
def test_pacing_can_be_chosen(folder: Path, words: list[str], statuses: list[int]) -> None:
    server = Server(folder, *words)
    try:
        words = ["env", "--port", server.port, "--state", str(folder)]
        client = Client(environment(CliRunner().invoke(command, words).stdout))
        found = [client.get("/iserver/accounts").status for _ in range(3)]
        let_pass(folder, -0.5)  # so that they all came within a second, however slow this machine
        found.append(client.get("/iserver/accounts").status)
        let_pass(folder, 2)
        assert [*found, client.get("/iserver/accounts").status] == statuses
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("words", "rows"), [(["--lines", "2"], 2), (["--lines", "2", "--strict"], 2), ([], 3)]
)
def test_lines_can_be_chosen(folder: Path, words: list[str], rows: int) -> None:
    server = Server(folder, "--pacing", "record", *words)
    try:
        words = ["env", "--port", server.port, "--state", str(folder)]
        client = Client(environment(CliRunner().invoke(command, words).stdout))
        client.request_lst()
        client.post("/iserver/auth/ssodh/init", {"publish": True})
        for _ in range(2):  # --strict establishes late
            client.get("/iserver/auth/status")
        client.get("/iserver/accounts")
        snapshot, asked = "/iserver/marketdata/snapshot", {"conids": "265598,756733,653400472"}
        client.get(snapshot, **asked, fields="55")
        let_pass(folder, 0.5)
        found = client.get(snapshot, **asked, fields="55").body
        assert sum("55" in row for row in found) == rows
    finally:
        server.stop()


def test_bad_clock_is_usage(folder: Path) -> None:
    words = ["serve", "--port", "0", "--clock", "2025-08-17", "--state", str(folder)]
    result = CliRunner().invoke(command, words)
    assert isinstance(result.exception, UsageError)
    assert "2025-08-18" in str(result.exception)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "ftp://h/v1/api",
        "http://",
        "https://h/v1/api?x=1",
        "https://h/v1/api#x",
        "https://u:p@h/v1/api",
        "http://h:99999/v1/api",
        "http://h:x/v1/api",
        "https://h/v1/api ",
        "https://[h/v1/api",
    ],
)
def test_bad_public_url_is_usage(folder: Path, url: str) -> None:
    words = ["serve", "--port", "0", "--state", str(folder), "--public-url", url]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 2
    assert "--public-url" in result.output


def test_taken_port(serve: Serve, folder: Path) -> None:
    words = ["serve", "--port", str(serve().port), "--state", str(folder)]
    result = CliRunner().invoke(command, words)
    assert isinstance(result.exception, ConfigurationError)
    assert result.exception.code == "simulator-cannot-start"


def test_unwritable_state(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for words in (["env"], ["serve", "--port", "0"]):
        result = CliRunner().invoke(command, [*words, "--state", str(file / "below")])
        assert isinstance(result.exception, ConfigurationError)


def test_help_is_quick_to_load() -> None:
    script = "import sys, ibcli.commands.sim; print([m in sys.modules for m in sys.argv[1:]])"
    words = [sys.executable, "-c", script, "aiohttp", "ibcli.sim"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[False, False]"


def test_greeks_come_to_those_who_wait(server: Server, folder: Path) -> None:
    words = ["env", "--port", server.port, "--state", str(folder)]
    client = Client(environment(CliRunner().invoke(command, words).stdout)).login()
    client.get("/iserver/secdef/search", symbol="ARM")
    snapshot, asked = "/iserver/marketdata/snapshot", {"conids": "804155360", "fields": "84,7308"}
    assert client.get(snapshot, **asked).body[0].keys() == {"conid", "conidEx"}
    let_pass(folder, 0.5)
    assert "7308" in client.get(snapshot, **asked).body[0]


def test_a_second_start_needs_no_cryptography(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from ibcli.sim.embedded import SimOptions, SimServer
with SimServer(SimOptions(clock="2025-08-18", state=Path(sys.argv[1]))):
    print("cryptography" in sys.modules, "holidays" in sys.modules)
"""
    words = [sys.executable, "-c", script, str(tmp_path)]
    done = [subprocess.run(words, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [one.stdout.split() for one in done] == [["True", "False"], ["False", "False"]]
