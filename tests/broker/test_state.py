"""The kept login: private, whole, shared, and refused where somebody else could have written it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.deadline import Deadline
from ibcli.broker.private import replace_file
from ibcli.broker.state import BrokerageSession, Login, StateFile
from ibcli.errors import ConfigurationError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SESSION = BrokerageSession("one", NOW, ("DU1",), "DU1", True, True, frozenset({1, 2}))
LOGIN = Login("dG9rZW4=", NOW + timedelta(hours=24), NOW, SESSION)

KEPT = {
    "version": 1,
    "live_session_token": "dG9rZW4=",
    "expires": "2026-03-05T00:00:00+00:00",
    "obtained": "2026-03-04T00:00:00+00:00",
    "session": None,
}


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def state(tmp_path: Path, warnings: list[str]) -> StateFile:
    return StateFile(tmp_path / "a" / "state", "key", warnings.append)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_kept_comes_back(state: StateFile) -> None:
    assert state.read() is None
    state.change(lambda _: LOGIN)
    assert state.read() == LOGIN
    state.change(lambda _: None)
    assert state.read() is None


def test_it_is_for_its_owner_alone(state: StateFile) -> None:
    state.path.parent.mkdir(parents=True, mode=0o755)
    state.change(lambda _: LOGIN)
    assert mode(state.path.parent) == 0o700
    assert {mode(path) for path in state.path.parent.iterdir()} == {0o600}


def test_a_file_opened_to_others_is_closed_again(state: StateFile) -> None:
    state.change(lambda _: LOGIN)
    state.path.chmod(0o644)
    assert state.read() == LOGIN
    assert mode(state.path) == 0o600


def test_a_change_replaces_the_file_in_one_step(state: StateFile) -> None:
    state.change(lambda _: LOGIN)
    with state.path.open() as before:
        state.change(lambda login: replace(login, session=None) if login else None)
        assert json.load(before)["session"]["mark"] == "one"
    found = state.read()
    assert found is not None
    assert found.session is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 1}',
        '{"version": 2, "live_session_token": "x", "session": null}',
        json.dumps(KEPT | {"live_session_token": ""}),
        json.dumps(KEPT | {"expires": "2026-01-01"}),
        json.dumps(KEPT | {"obtained": 5}),
        json.dumps(KEPT | {"live_session_token": "no base64!"}),
        "[" * 100_000,
        json.dumps(KEPT | {"session": {"mark": "x"}}),
    ],
)
def test_a_damaged_file_is_set_aside(state: StateFile, warnings: list[str], content: str) -> None:
    state.change(lambda _: LOGIN)
    state.path.write_text(content)
    assert state.read() is None
    assert not state.path.exists()
    (aside,) = state.path.parent.glob("*.damaged")
    assert aside.read_text() == content
    assert mode(aside) == 0o600
    assert str(aside) in warnings[0]
    state.change(lambda _: LOGIN)
    assert state.read() == LOGIN


def test_a_whole_file_written_meanwhile_is_not_set_aside(state: StateFile) -> None:
    """Two processes find the damage; the slower one must not put away what the faster one wrote."""
    state.change(lambda _: LOGIN)
    state.path.write_text("{")

    class Slower(StateFile):
        def _kept_or_set_aside(self) -> Login | None:
            replace_file(self.path, whole)
            return super()._kept_or_set_aside()

    whole = json.dumps(KEPT).encode()
    found = Slower(state.path.parent, "key", pytest.fail).read()
    assert found is not None
    assert found.live_session_token == "dG9rZW4="
    assert not list(state.path.parent.glob("*.damaged"))


def test_a_pipe_in_its_place_holds_nobody_up(state: StateFile) -> None:
    state.change(lambda _: LOGIN)
    state.path.unlink()
    os.mkfifo(state.path)
    with pytest.raises(ConfigurationError) as caught:
        state.read()
    assert caught.value.code == "state-insecure"


def test_folders_above_are_private_too_without_a_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        StateFile(tmp_path / "a" / "b" / "state", "key", print).change(lambda _: LOGIN)
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    assert {mode(path) for path in (tmp_path / "a" / "b" / "state").iterdir()} == {0o600}


def test_a_folder_that_is_cleared_away_is_made_again(state: StateFile) -> None:
    state.change(lambda _: LOGIN)
    with state.login_lock(Deadline.after(1)):
        shutil.rmtree(state.path.parent)
    with state.login_lock(Deadline.after(1)):
        state.change(lambda _: LOGIN)
    assert state.read() == LOGIN


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_file_that_cannot_be_written(
    state: StateFile, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Stands in for the system: a disk is not filled in a test."""

    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.mkstemp", full)
    with pytest.raises(ConfigurationError) as caught:
        state.change(lambda _: LOGIN)
    assert caught.value.code == "state-unwritable"
    assert os.strerror(number) in caught.value.message


def test_links_are_refused(tmp_path: Path, state: StateFile) -> None:
    state.change(lambda _: LOGIN)
    elsewhere = tmp_path / "elsewhere.json"
    state.path.rename(elsewhere)
    state.path.symlink_to(elsewhere)
    with pytest.raises(ConfigurationError) as caught:
        state.read()
    assert caught.value.code == "state-insecure"
    folder = tmp_path / "link"
    folder.symlink_to(state.path.parent)
    with pytest.raises(ConfigurationError) as caught:
        StateFile(folder, "key", print).change(lambda _: LOGIN)
    assert caught.value.code == "state-insecure"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_somebody_elses_files_are_refused(tmp_path: Path, state: StateFile) -> None:
    state.change(lambda _: LOGIN)
    os.chown(state.path, 12345, 12345)
    with pytest.raises(ConfigurationError) as caught:
        state.read()
    assert caught.value.code == "state-insecure"
    state.path.unlink()
    os.chown(state.path.parent, 12345, 12345)
    with pytest.raises(ConfigurationError) as caught:
        state.change(lambda _: LOGIN)
    assert caught.value.code == "state-insecure"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        StateFile(tmp_path / "file" / "state", "key", print).change(lambda _: LOGIN)
    assert caught.value.code == "state-unwritable"


def test_what_is_noted_of_a_session_that_is_over_is_dropped(state: StateFile) -> None:
    state.change(lambda _: replace(LOGIN, session=replace(SESSION, mark="two")))
    state.change_session("one", lambda session: replace(session, searched=frozenset({9})))
    found = state.read()
    assert found is not None
    assert found.session is not None
    assert found.session.searched == {1, 2}


def test_waiting_for_a_login_ends_at_the_deadline(state: StateFile) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    deadline = Deadline(3.0, clock=lambda: now[0], sleeper=sleep)

    def wait() -> None:
        with state.login_lock(deadline):
            pass

    with (
        state.login_lock(deadline),
        ThreadPoolExecutor(1) as another,
        pytest.raises(UnreachableError) as caught,
    ):
        another.submit(wait).result()
    assert caught.value.code == "login-busy"
    assert 3.0 <= now[0] < 3.1
    with state.login_lock(deadline):
        pass


def test_a_login_is_renewed_before_its_end() -> None:
    assert LOGIN.is_fresh(LOGIN.expires - timedelta(minutes=6))
    assert not LOGIN.is_fresh(LOGIN.expires - timedelta(minutes=4))
    short = Login("x", NOW + timedelta(minutes=2), NOW)
    assert short.is_fresh(NOW + timedelta(minutes=1))
    assert not short.is_fresh(NOW + timedelta(seconds=100))


def test_secrets_and_accounts_stay_out_of_repr() -> None:
    shown = repr(LOGIN)
    assert LOGIN.live_session_token not in shown
    assert "DU1" not in shown
