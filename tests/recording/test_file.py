"""The file of a recording: its owner's alone, new, whole lines, and never in a command's way."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.recording.recorder import Recorder, open_recording
from ibcli.broker.recording.words import Words
from ibcli.broker.wire import Answer
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.recording.conftest import Bench

QUOTE = ("quote", "804155360", "--json")


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    for mask in (0, 0o777):
        before = os.umask(mask)
        try:
            os.close(open_recording(tmp_path / f"{mask}.jsonl"))
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / f"{mask}.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["file", "link", "link to nothing", "folder", "pipe"])
def test_what_is_there_is_never_replaced(bench: Bench, kind: str) -> None:
    path = bench.folder / "run0.jsonl"
    other = bench.folder / "other"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(other)
        if kind == "link":
            other.write_text("mine")
    sim = bench.broker()
    ended = bench.record(sim, *QUOTE)
    assert (ended.code, ended.error) == (2, "usage")
    assert "there is something of that name already" in ended.message
    assert not sim.requests
    assert (path if kind == "file" else other).exists() == (kind in {"file", "link"})
    if kind in {"file", "link"}:
        assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written") as caught:
        open_recording(tmp_path / "missing" / "r.jsonl")
    assert caught.value.code == "recording-unwritable"


@pytest.mark.parametrize("name", ["", "-"])
def test_a_file_has_a_name(name: str, bench: Bench) -> None:
    assert bench.repeat(bench.broker(), *QUOTE, "--record", name).error == "usage"


def test_a_usage_error_leaves_no_file(bench: Bench) -> None:
    assert bench.record(bench.broker(), "quote", "ARM", "--csv", "--json").code == 2
    assert not bench.files[0].exists()


def test_settings_that_are_missing_leave_a_header(tmp_path: Path, bench: Bench) -> None:
    assert (
        bench._run({"IBCLI_STATE_DIR": str(tmp_path / "x" / "y")}, *QUOTE, "--record", "r").code
        == 3
    )
    (line,) = (tmp_path / "x" / "r").read_text().splitlines()
    assert json.loads(line)["command"] == [*QUOTE, "--record", "***"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full disk here")  # noqa: PTH110
def test_a_full_disk_is_told_once_and_changes_nothing() -> None:
    told: list[str] = []
    recorder = Recorder(os.open("/dev/full", os.O_WRONLY), Words(), told.append)
    recorder.begin({})
    answer = Answer(200, "{}", {})
    for _ in range(3):
        assert recorder.noted("POST", "/iserver/account/U1/orders", b"{}", lambda: answer) is answer
    recorder.close()
    assert told == [
        "The recording ends here, as it cannot be written any more: No space left on device."
    ]


def test_a_torn_line_is_taken_back(tmp_path: Path) -> None:
    """A limit of the file's size strikes in the middle of a line."""
    path = tmp_path / "r.jsonl"
    code = f"""
import os, resource, sys
from ibcli.broker.recording.recorder import Recorder, open_recording
from ibcli.broker.recording.words import Words
from ibcli.broker.wire import Answer
from pathlib import Path
recorder = Recorder(open_recording(Path({str(path)!r})), Words(), print)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
answer = Answer(200, '{{"message":"' + "m " * 99 + '"}}', {{}})
for _ in range(9):
    recorder.noted("GET", "/tickle", None, lambda: answer)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.count("cannot be written any more") == 1
    lines = path.read_text().splitlines(keepends=True)
    assert 0 < len(lines) < 9
    assert all(json.loads(line)["path"] == "/tickle" for line in lines)
    assert lines[-1].endswith("\n")


def test_each_line_is_written_when_its_exchange_is_over(tmp_path: Path) -> None:
    """So a run that is killed leaves what it had until then."""
    path = tmp_path / "r.jsonl"
    recorder = Recorder(open_recording(path), Words(), pytest.fail)
    for number in range(1, 4):
        recorder.noted("GET", "/tickle", None, lambda: Answer(200, "{}", {}))
        assert len(path.read_text().splitlines()) == number
    recorder.close()


def test_lines_of_many_threads_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    recorder = Recorder(open_recording(path), Words(), pytest.fail)
    text = json.dumps({"message": "words " * 200})

    def ask() -> None:
        for _ in range(10):
            recorder.noted("GET", "/tickle", None, lambda: Answer(200, text, {}))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 80
    assert all(line["text"] == text.replace(": ", ":") for line in lines)
    assert all(line["from"] <= line["to"] for line in lines)


def test_nobody_pays_who_does_not_ask() -> None:
    code = """
import sys
import ibcli.broker.exchange, ibcli.broker.writing, ibcli.broker.client, ibcli.commands.quote
print([name for name in sys.modules if name.startswith("ibcli.broker.recording.")])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.proof
def test_a_recording_ends_with_its_command(bench: Bench) -> None:
    sim = bench.broker()
    bench.record(sim, *QUOTE)
    before = bench.files[0].read_text()
    assert bench.repeat(sim, *QUOTE).code == 0
    assert bench.files[0].read_text() == before


def test_the_header_says_what_was_run(bench: Bench) -> None:
    bench.more = {"IBCLI_CONFIRM": "o163", "IBCLI_MAX_DELTA": "0.3"}
    bench.record(bench.broker(), "quote", "804155360", "--output", "secret.json")
    head = bench.lines()[0]
    assert head["ibcli-recording"] == 1
    assert head["command"] == ["quote", "804155360", "--output", "***", "--record", "***"]
    assert head["account"] == "DU0000001"
    assert head["settings"]["IBCLI_MAX_DELTA"] == "0.3"
    assert head["market"].startswith("2025-08-18T15:00:")
    assert not any("DIR" in name or "URL" in name for name in head["settings"])
