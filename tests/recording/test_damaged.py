"""A file that is no recording, or what is left of one, is told in a sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ibcli.commands.sim import sim
from ibcli.errors import ConfigurationError, UsageError
from ibcli.sim.replay.reading import RecordingError, read_recording
from ibcli.sim.replay.replay import Replay

if TYPE_CHECKING:
    from pathlib import Path

HEAD: dict[str, Any] = {
    "ibcli-recording": 1,
    "command": ["quote", "SPY"],
    "started": "2026-01-05T15:00:00.000Z",
    "market": "2025-08-18T15:00:00.000Z",
    "account": "DU0000001",
    "live": False,
    "settings": {"IBCLI_MAX_DELTA": "0.3", "IBCLI_PROXY": "http://evil", "PATH": "/evil"},
}
EXCHANGE: dict[str, Any] = {
    "from": 1.5,
    "to": 2,
    "method": "GET",
    "path": "/iserver/marketdata/snapshot",
    "query": [["a", "b"]],
    "body": None,
    "status": 200,
    "headers": {"Date": "Mon, 05 Jan 2026 15:00:00 GMT"},
    "text": "{}",
}


def written(folder: Path, *lines: object, end: str = "\n") -> Path:
    path = folder / "r.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("\n".join(texts) + end)
    return path


def test_a_good_one_is_read(tmp_path: Path) -> None:
    told = read_recording(written(tmp_path, HEAD, EXCHANGE))
    (exchange,) = told.exchanges
    assert (exchange.what, exchange.status, exchange.text) == (
        "GET /iserver/marketdata/snapshot",
        200,
        "{}",
    )
    assert told.settings == {"IBCLI_MAX_DELTA": "0.3"}, "nothing else may be set by a recording"
    assert Replay([told]).account == "DU0000001"


def test_the_end_of_a_killed_run_is_left_out(tmp_path: Path) -> None:
    torn = json.dumps(EXCHANGE)[:50]
    assert len(read_recording(written(tmp_path, HEAD, EXCHANGE, torn, end="")).exchanges) == 1
    assert read_recording(written(tmp_path, HEAD, end="")).exchanges == ()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([""], "is no recording"),
        (["no json"], "is no recording"),
        ([[1]], "is no recording"),
        ([{"log": {"entries": []}}], "is no recording"),
        ([HEAD | {"ibcli-recording": 2}], "of another form"),
        ([HEAD | {"started": "yesterday"}], "damaged recording: its first line"),
        ([HEAD | {"started": "2026-01-05T15:00:00"}], "damaged recording: its first line"),
        ([HEAD | {"account": "a; rm -rf /"}], "damaged recording: its first line"),
        ([HEAD | {"settings": [1]}], "damaged recording: its first line"),
        ([HEAD, EXCHANGE, "{", EXCHANGE], "damaged recording: line 3"),
        ([HEAD, EXCHANGE | {"status": "x"}], "damaged recording: line 2"),
        ([HEAD, EXCHANGE | {"status": 99}], "damaged recording: line 2"),
        ([HEAD, EXCHANGE | {"path": "http://evil"}], "damaged recording: line 2"),
        ([HEAD, EXCHANGE | {"method": "GET /"}], "damaged recording: line 2"),
        ([HEAD, EXCHANGE | {"text": {}}], "damaged recording: line 2"),
        ([HEAD, EXCHANGE | {"from": None}], "damaged recording: line 2"),
        ([HEAD, EXCHANGE | {"to": float("nan")}], "damaged recording: line 2"),
        ([HEAD | {"market": "9999-12-31T23:59:59Z"}], "damaged recording: its first line"),
    ],
)
def test_others_are_refused(tmp_path: Path, lines: list[object], words: str) -> None:
    path = written(tmp_path, *lines)
    with pytest.raises(RecordingError, match=words):
        read_recording(path)
    ended = CliRunner().invoke(sim, ["--replay", str(path), "--state", str(tmp_path)])
    assert isinstance(ended.exception, ConfigurationError)
    assert ended.exception.code == "recording-unreadable"
    assert words in str(ended.exception)


def test_one_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\n")
    for name, words in (("binary", "not text"), ("missing", "No such file"), (".", "Is a dir")):
        ended = CliRunner().invoke(sim, ["--replay", str(tmp_path / name)])
        assert isinstance(ended.exception, ConfigurationError)
        assert words in str(ended.exception)


def test_words_in_the_wrong_place(tmp_path: Path) -> None:
    for words in (["--replay", "x", "serve"], ["--port", "1", "env"], ["--real-time"]):
        assert isinstance(CliRunner().invoke(sim, words).exception, UsageError)


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(HEAD)), st.sampled_from(sorted(EXCHANGE)), values, st.booleans())
def test_any_damage_is_told(
    tmp_path_factory: pytest.TempPathFactory, first: str, second: str, value: Any, in_head: bool
) -> None:
    head = HEAD | {first: value} if in_head else HEAD
    exchange = EXCHANGE if in_head else EXCHANGE | {second: value}
    path = written(tmp_path_factory.getbasetemp(), head, exchange)
    try:
        told = read_recording(path)
    except RecordingError:
        return
    replay = Replay([told])
    assert replay.market
    assert replay.account
    assert all(text.isprintable() for text in replay.settings().values())
