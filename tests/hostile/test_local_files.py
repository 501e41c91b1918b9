"""Whatever befalls the files of login, refusal, pacing, contracts and halt: said, set aside, made
anew, and never believed."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibcli.broker.contract_cache import ContractCache
from ibcli.broker.deadline import Deadline
from ibcli.broker.pace import Pace
from ibcli.broker.state import StateFile
from ibcli.config import load_settings
from ibcli.errors import ConfigurationError, LoginError
from ibcli.trading.halt import halt_path, halted
from tests.broker.test_state import LOGIN, NOW
from tests.cache.test_contract_cache import AT_142_5, CALL, LISTING, PUT, STRIKES, TODAY, fill
from tests.hostile.local_scene import COSTLY, alone, assert_one_sentence, said

AT = st.integers(0, 1 << 17)
NOISE = st.one_of(
    st.binary(min_size=1, max_size=300),
    st.sampled_from([b"\0" * 600, b"9" * 600, b"[" * 600, b'"', b"0", b"null", b"NaN", b"1e999"]),
)


def harmed(content: bytes, at: int, noise: bytes, how: str) -> bytes:
    at %= len(content) + 1
    if how == "cut":
        return content[:at]
    if how == "flip" and at < len(content):
        return content[:at] + bytes([content[at] ^ (1 << noise[0] % 8)]) + content[at + 1 :]
    return content[:at] + noise + content[at + len(noise) :]


HOW = st.sampled_from(["cut", "flip", "noise"])


@COSTLY
@given(at=AT, noise=NOISE, how=HOW)
def test_the_login(at: int, noise: bytes, how: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        warned: list[str] = []
        state = StateFile(Path(name), "key", warned.append)
        state.change(lambda _: LOGIN)
        before = state.path.read_bytes()
        content = harmed(before, at, noise, how)
        state.path.write_bytes(content)
        found = state.read()
        assert found == LOGIN or (found is None and len(warned) == 1)
        if found is None:
            (aside,) = Path(name).glob("*.damaged")
            assert aside.read_bytes() == content
            assert str(aside) in warned[0]
        state.change(lambda _: LOGIN)
        assert state.read() == LOGIN


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            10**400,
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59Z",
            "2026-03-04T00:00:00Z",
            1e308,
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(data=st.data(), value=JSON)
def test_a_login_with_any_value_in_it(data: st.DataObject, value: object) -> None:
    """Without a sum, as another program might write it: what is read can be worked with."""
    with tempfile.TemporaryDirectory() as name:
        state = StateFile(Path(name), "key", lambda _: None)
        state.change(lambda _: LOGIN)
        kept = json.loads(state.path.read_bytes())
        del kept["sum"]
        place = data.draw(st.sampled_from([kept, kept["session"]]))
        place[data.draw(st.sampled_from(sorted(place)))] = value
        state.path.write_text(json.dumps(kept))
        found = state.read()
        if found is not None:
            assert found.is_fresh(NOW) in {True, False}
            assert found.replaced_lately(NOW) in {True, False}
            state.change(lambda login: replace(login, after_refusal=True) if login else None)
            assert state.read() == replace(found, after_refusal=True)


@COSTLY
@given(value=JSON, place=st.integers(0, 4), at=AT, noise=NOISE, how=HOW)
def test_a_refusal(value: object, place: int, at: int, noise: bytes, how: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        state = StateFile(Path(name), "key", lambda _: None)
        state.change(lambda _: LOGIN)
        state.note_refusal(LoginError("No.", hint="", code="login-refused"), NOW)
        (path,) = Path(name).glob("*.refusal")
        whole = path.read_bytes()
        told = json.loads(whole)
        told[place] = value
        for content in (json.dumps(told).encode(), harmed(whole, at, noise, how), b"[" * 100_000):
            path.write_bytes(content)
            error = state.refusal(NOW - timedelta(seconds=1), NOW)
            if error is not None:
                words = (error.message, error.hint, error.code)
                assert all(isinstance(each, str) for each in words)


def in_place(path: Path, kind: str) -> None:
    """Something that is no plain file of ours."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "huge":
        with path.open("wb") as stream:
            stream.truncate(1 << 36)
    else:
        path.symlink_to("nowhere")


KINDS = ["folder", "pipe", "loop", "device", "dangling"]


@pytest.mark.parametrize("kind", [*KINDS, "huge"])
def test_something_else_in_their_place(tmp_path: Path, kind: str) -> None:
    warned: list[str] = []
    state = StateFile(tmp_path, "key", warned.append)
    in_place(state.path, kind)
    if kind == "huge":
        assert state.read() is None
        assert "damaged" in warned[0]
    else:
        with pytest.raises(ConfigurationError) as caught:
            state.read()
        assert caught.value.code in {"state-insecure", "state-unwritable"}
        assert str(state.path) in caught.value.message
    assert os.path.lexists(state.path) or list(tmp_path.glob("*.damaged"))


@pytest.mark.parametrize("kind", [*KINDS, "huge"])
def test_something_else_in_the_pacings_place(tmp_path: Path, kind: str) -> None:
    in_place(tmp_path / "pace-x", kind)
    pace = Pace(tmp_path, "x", 10)
    if kind == "huge":
        slot = pace.enter("GET", "/x", Deadline.after(5))
        pace.leave(slot)
        assert (tmp_path / "pace-x").stat().st_size < 1 << 20
    else:
        with pytest.raises(ConfigurationError) as caught:
            pace.enter("GET", "/x", Deadline.after(5))
        assert caught.value.code in {"state-insecure", "state-unwritable"}


def cache_of(path: Path, warned: list[str]) -> ContractCache:
    return ContractCache(path, TODAY, warned.append)


def read(cache: ContractCache) -> list[tuple[object, object]]:
    """What is known of each thing, beside the truth."""
    spy = cache.definitions([756733]).get(756733)
    both = cache.contracts([AT_142_5]).get(AT_142_5)
    by_conid = cache.contracts_by_conid([CALL.conid, PUT.conid])
    return [
        (cache.listings("ARM|"), (LISTING,)),
        (cache.strikes("653400472 AUG25"), STRIKES),
        (by_conid.get(CALL.conid), CALL),
        (by_conid.get(PUT.conid), PUT),
        (spy and spy.instrument.symbol, "SPY"),
        *(
            (each, known)
            for each in both or ()
            for known in (CALL, PUT)
            if each.right is known.right
        ),
    ]


@example(at=3350, noise=b"\x80", how="noise")  # a name in the schema
@COSTLY
@given(at=AT, noise=NOISE, how=HOW)
def test_the_contracts(
    tmp_path_factory: pytest.TempPathFactory, at: int, noise: bytes, how: str
) -> None:
    whole = tmp_path_factory.getbasetemp() / "whole-cache" / "contracts.sqlite3"
    if not whole.exists():
        with cache_of(whole, []) as cache:
            fill(cache)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "contracts.sqlite3"
        path.write_bytes(harmed(whole.read_bytes(), at, noise, how))
        warned: list[str] = []
        with cache_of(path, warned) as cache:
            for found, truth in read(cache):
                assert found is None or found == truth
            fill(cache)
        assert all("cache" in each or "remembered" in each for each in warned)
        assert len(warned) <= 2


@pytest.mark.parametrize("kind", KINDS)
def test_something_else_in_the_caches_place(tmp_path: Path, kind: str) -> None:
    """It costs requests, and a warning; never the command."""
    path = tmp_path / "cache" / "contracts.sqlite3"
    in_place(path, kind)
    warned: list[str] = []
    with cache_of(path, warned) as cache:
        fill(cache)
        assert all(found in (None, truth) for found, truth in read(cache))
    assert len(warned) <= 2


@COSTLY
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode)))
def test_any_halt_is_a_halt(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "halts"
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = load_settings(environ={"IBCLI_STATE_DIR": str(folder)}, cwd=folder)
    halt_path(settings).write_bytes(content)
    found = halted(settings)
    assert found is not None
    assert found.reason
    with alone(folder, IBCLI_STATE_DIR=str(folder)):
        assert_one_sentence(said(["resume"]), 0)
        assert_one_sentence(said(["halt"]), 0)


@pytest.mark.parametrize("kind", [*KINDS, "huge"])
def test_something_else_in_the_halts_place(tmp_path: Path, kind: str) -> None:
    settings = load_settings(environ={"IBCLI_STATE_DIR": str(tmp_path)}, cwd=tmp_path)
    in_place(halt_path(settings), kind)
    assert halted(settings) is not None
    with alone(tmp_path, IBCLI_STATE_DIR=str(tmp_path)):
        assert_one_sentence(said(["halt", "enough"]), 0, 3)
        assert_one_sentence(said(["resume"]), 0, 3)
