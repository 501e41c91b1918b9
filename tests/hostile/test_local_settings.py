"""Any env file and any setting: a value, or one sentence that repeats nothing of it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.config import load_settings
from ibcli.config.table import SETTINGS
from ibcli.errors import ConfigurationError
from tests.hostile.local_scene import COSTLY, alone, assert_one_sentence, said

NOWHERE = Path("/")
SECRET = "Zq9xWv7uT5sR3pN1mL8kJ6hG4fD2"  # of letters that stand in no message
NAMES = sorted(name for each in SETTINGS for name in (each.name, *each.aliases))
VALUES = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40).map(os.fsdecode),
    st.sampled_from(
        [
            "nan",
            "NaN",
            "inf",
            "1e400",
            "1e999999",
            "1e-999999",
            "-0",
            "-1",
            "0x10",
            "1_000",
            "\uff11\uff12",
            "\u0663",
            "½",
            ".",
            "-",
            "none",
            "true",
            "http://[",
            "https://[::1",
            "https://x:99999",
            "http://127.0.0.1:0",
            "~",
            "~nosuchuser/x",
            "/dev/zero",
            "11:00-10:00",
            "25:00-26:00",
            "2025-02-30",
            "0001-01-01T00:00:00+14:00@9999-12-31T23:59:59-14:00",
            "9999-12-31",
            "0001-01-01",
        ]
    ),
    st.sampled_from(["9" * 5000, "A" * 100_000, "0" * 100_000 + "1", "a," * 50_000, "f" * 5000]),
)


def tried(name: str, written: str) -> str:
    """What is said of it; nothing, if it was taken."""
    try:
        load_settings(environ={name: written}, cwd=NOWHERE)
    except ConfigurationError as error:
        return f"{error.message} {error.hint}"
    return ""


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(name=st.sampled_from(NAMES), written=VALUES)
def test_any_value_of_any_setting(
    tmp_path_factory: pytest.TempPathFactory, name: str, written: str
) -> None:
    with alone(tmp_path_factory.getbasetemp()):
        words = tried(name, written)
    assert len(words) < (5000 if name == "IBCLI_ENV_FILE" else 1000)
    assert words == "" or name in words or name in {"IBCLI_ENV_FILE", "IBCLI_PROFILE"}


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path, name: str) -> None:
    """With a blank and a quote in it, so that most settings refuse it."""
    for written in (
        SECRET,
        f"{SECRET} {SECRET}'",
        f"https://{SECRET}:{SECRET}@[x",
        f"{SECRET}\x07",
    ):
        with alone(tmp_path):
            words = tried(name, written)
        if name not in {"IBCLI_ENV_FILE", "IBCLI_PROFILE"}:  # these say which file was not found
            assert SECRET not in words


LINES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"IB_REALM=x",
            b"export IBCLI_MAX_RPS=4",
            b"IBCLI_MAX_RPS='4",
            b'IB_ACCESS_TOKEN="unclosed',
            b"IB_ACCESS_TOKEN=${HOME}$(id)`id`",
            b"IB_REALM=x\0y",
            b"\xef\xbb\xbfIB_REALM=x",
            b"IB_REALM=\xe9",
            b"IBCLI_NO_SUCH=1",
            b"IB_REALM",
            b"=x",
            b"IB_REALM=x # said",
            b"ib_realm=x",
            b"\xff\xfeI\0B\0",
            b"\x1b[31mIB_REALM=x",
            b"IB_\x1b[31mREALM=x",
            b"'IB_REALM'=x",
            b"IBCLI_\xc5\xbf=1",
        ]
    ),
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n"])


@COSTLY
@given(lines=st.lists(LINES, max_size=6), end=ENDS, last=st.booleans())
def test_any_env_file(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes, last: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = folder / "any.env"
    path.write_bytes(end.join(lines) + (end if last else b""))
    with alone(folder):
        ended = said(["config", "show", "--env-file", str(path)])
    assert_one_sentence(ended, 0, 3)


@given(before=st.sampled_from(["", "'", '"', "=", "\\", "export ", "\x1b[2J", "X ", "#'\n'"]))
def test_what_stands_in_a_line_that_is_no_setting_is_not_repeated(
    tmp_path_factory: pytest.TempPathFactory, before: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = folder / "lines.env"
    path.write_text(f"{before}{SECRET}\nIB_REALM=x\n{SECRET} = {SECRET}'\n{before}{SECRET}")
    with alone(folder):
        ended = said(["config", "show", "--env-file", str(path)])
    assert_one_sentence(ended, 0)
    assert SECRET not in ended.out + ended.err


def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ibcli.config.envfile._PATIENCE", 0.05)
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as stream:
        stream.truncate(100 << 20)
    for name in ("folder", "loop", "pipe", "huge", "/dev/zero", "/dev/urandom", "x" * 300):
        with alone(tmp_path):
            for argv in (["config", "show", "--env-file", name], ["quote", "ARM"]):
                os.environ["IBCLI_ENV_FILE"] = name
                ended = said(argv)
                assert_one_sentence(ended, 3)
                assert "env file" in ended.err


def test_a_pipe_with_somebody_at_its_other_end(tmp_path: Path) -> None:
    """As of a shell's <(decrypt .env)."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("IB_REALM=x\nIBCLI_MAX_RPS=4\n",))
    writer.start()
    settings = load_settings(env_file=pipe, environ={}, cwd=tmp_path)
    writer.join()
    assert (settings.realm, settings.max_rps) == ("x", 4)


@COSTLY
@given(profile=st.one_of(st.text(st.characters(exclude_characters="\0"), max_size=30), VALUES))
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_any_profile(tmp_path_factory: pytest.TempPathFactory, profile: str) -> None:
    with alone(tmp_path_factory.getbasetemp()):
        assert_one_sentence(said(["config", "show", "--profile", profile]), 0, 2, 3)


def test_bytes_that_are_no_text_in_the_environment(tmp_path: Path) -> None:
    odd = os.fsdecode(b"/tmp/\xff")
    for name in [*NAMES, "HOME", "XDG_STATE_HOME", "COLUMNS", "LANG"]:
        with alone(tmp_path, **{name: odd}):
            for argv in (["config", "show"], ["config", "show", "--json"], ["quote", "ARM"]):
                assert_one_sentence(said(argv), 0, 3)
