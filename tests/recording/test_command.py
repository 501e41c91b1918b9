"""``ibcli sim --replay FILE`` and its client, each a process of its own."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ibcli.sim.state import environment_of
from tests.recording.test_damaged import EXCHANGE, HEAD, written

if TYPE_CHECKING:
    from tests.recording.conftest import Bench

IBCLI = Path(sys.executable).with_name("ibcli")
QUOTE = ("quote", "804155360", "--csv")


def test_a_report_is_replayed(bench: Bench) -> None:
    recorded = bench.record(bench.broker(), *QUOTE)
    home = bench.folder / "developer"
    home.mkdir()
    bare = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "IBCLI_STATE_DIR": str(home),
        "LANG": "C.UTF-8",
    }
    words = [str(IBCLI), "sim", "--replay", str(bench.files[0]), "--port", "0"]
    server = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=bare)
    try:
        assert server.stderr is not None
        ready = [server.stderr.readline() for _ in range(3)]
        port = int(re.findall(r"127\.0\.0\.1:(\d+)", ready[0])[0])
        assert f"run0.jsonl: ibcli {' '.join(QUOTE)} --record '***'" in ready[1]
        settings = environment_of(home / "sim", port)
        assert settings["IBCLI_MARKET_CLOCK"].startswith("2025-08-18T15:00:")
        assert settings["IB_ACCOUNT_ID"] == "DU0000001"
        folder = Path(settings["IBCLI_STATE_DIR"])
        assert folder != home, "the client begins with nothing remembered"
        again = environment_of(folder / "sim", port)  # in a shell that has been set so already
        assert again["IB_API_URL"] == settings["IB_API_URL"]
        assert again["IB_ACCESS_TOKEN"] == settings["IB_ACCESS_TOKEN"]
        client = [str(IBCLI), *QUOTE]
        told = subprocess.run(
            client, capture_output=True, text=True, env=bare | settings, check=True
        )
    finally:
        server.send_signal(signal.SIGTERM)
        _, rest = server.communicate(timeout=20)
    assert _timeless(told.stdout) == _timeless(recorded.out)
    assert server.returncode == 0
    assert "Replayed 9 of 9 recorded requests." in rest
    assert not folder.exists()
    assert environment_of(home / "sim", port)["IBCLI_MARKET_CLOCK"] == "now"


def test_a_strangers_report_drives_no_terminal(tmp_path: Path) -> None:
    poison = "x\x1b]0;title\x07\x9b31m\u202e\nRecorded broker at http://evil"
    head = HEAD | {"command": ["quote", poison]}
    report = written(tmp_path, head, EXCHANGE | {"path": f"/{poison}"})
    words = [str(IBCLI), "sim", "--replay", str(report), "--port", "0"]
    bare = {"HOME": str(tmp_path), "IBCLI_STATE_DIR": str(tmp_path / "s"), "LANG": "C.UTF-8"}
    server = subprocess.Popen(words, stderr=subprocess.PIPE, env=bare)
    assert server.stderr is not None
    said = b"".join(server.stderr.readline() for _ in range(3))
    server.send_signal(signal.SIGTERM)
    said += server.communicate(timeout=20)[1]
    shown = said.decode()
    assert "Recorded, but not asked for" in shown
    assert all(each.isprintable() for each in shown.splitlines())
    assert not any(each.startswith("Recorded broker at http://evil") for each in shown.splitlines())


def _timeless(text: str) -> list[dict[str, str]]:
    """The rows without the ages of quotes."""
    rows = list(csv.DictReader(text.splitlines()))
    assert rows
    assert rows[0].pop("age_seconds")
    return rows
