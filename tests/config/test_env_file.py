"""What is said about the env file, and the example of one."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import platformdirs
import pytest
from dotenv.parser import parse_stream
from hypothesis import given
from hypothesis import strategies as st

from ibcli.config import load_settings
from ibcli.config.envfile import read_env_file
from ibcli.config.example import example_env_file
from ibcli.config.folders import Folder, user_folder
from ibcli.config.table import SETTINGS
from ibcli.errors import ConfigurationError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("IB_ACOUNT_ID", "IB_ACCOUNT_ID"),
        ("IB_SIGNATURE_KEYPATH", "IB_SIGNATURE_KEY_PATH"),
        ("IBCLI_MAXRPS", "IBCLI_MAX_RPS"),
    ],
)
def test_an_unknown_name_draws_a_warning_with_the_nearest(cwd: Path, name: str, meant: str) -> None:
    (cwd / "config" / ".env").write_text(f"{name}=x\nOTHER_PROGRAMS=1\nIBIND_LOG_LEVEL=INFO\n")
    (warning,) = load_settings(environ={}, cwd=cwd).warnings
    assert f"{name} is not a setting. Did you mean {meant}?" in warning


def test_a_line_that_does_not_parse_draws_a_warning(
    cwd: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (cwd / "config" / ".env").write_text("IB_REALM=x\nsecret words here\nIBCLI_MAX_RPS=4\n")
    settings = load_settings(environ={}, cwd=cwd)
    assert settings.max_rps == 4
    (warning,) = settings.warnings
    assert "line 2" in warning
    assert "secret words" not in warning
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("IB_REALM=é\n".encode("latin-1"), "not UTF-8"),
        ("IB_REALM=x\n".encode("utf-16"), "not UTF-8"),
        (b"IB_REALM=x\0y\n", "not a text file"),
        (b"#" + b"x" * (1 << 20) + b"\nIB_REALM=x\n", "larger than 1 MiB"),
    ],
    ids=["latin-1", "utf-16", "nul", "huge"],
)
def test_a_file_that_is_no_env_file(cwd: Path, content: bytes, why: str) -> None:
    (cwd / "config" / ".env").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ={}, cwd=cwd)
    assert caught.value.code == "env-file-unreadable"
    assert why in caught.value.message


@pytest.mark.parametrize("name", ["x" * 300, "config/.env/below"])
def test_a_path_that_cannot_be(cwd: Path, name: str) -> None:
    (cwd / "config" / ".env").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ={"IBCLI_ENV_FILE": name}, cwd=cwd)
    assert caught.value.code in {"env-file-unreadable", "env-file-missing"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_line_ends(cwd: Path, end: str) -> None:
    (cwd / "config" / ".env").write_bytes(end.join(["IB_REALM=x", "IB_ACCOUNT_ID=DU1"]).encode())
    settings = load_settings(environ={}, cwd=cwd)
    assert (settings.realm, settings.account_id) == ("x", "DU1")


def test_what_looks_like_a_mistake_draws_a_warning(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IB_REALM=a\nIB_REALM=b\nib_account_id=DU1\n")
    settings = load_settings(environ={}, cwd=cwd)
    assert settings.realm == "b"
    twice, lower = settings.warnings
    assert "IB_REALM is set twice" in twice
    assert "Did you mean IB_ACCOUNT_ID?" in lower


def test_warnings_come_to_an_end(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("no setting at all\n" * 500)
    warnings = load_settings(environ={}, cwd=cwd).warnings
    assert len(warnings) == 21
    assert "480 more" in warnings[-1]


def test_choosing_the_env_file_in_the_env_file_has_no_effect(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IBCLI_PROFILE=paper\n")
    settings = load_settings(environ={}, cwd=cwd)
    assert settings.profile is None
    assert "IBCLI_PROFILE has no effect here" in settings.warnings[0]


def test_quotes_export_comments_and_a_byte_order_mark(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text(
        "\ufeffexport IB_ACCESS_TOKEN_SECRET='single $x'\n# comment\nIB_ACCOUNT_ID=\"DU1\" # x\n",
        encoding="utf-8",
    )
    settings = load_settings(environ={}, cwd=cwd)
    assert (settings.access_token_secret, settings.account_id) == ("single $x", "DU1")


NAMES = st.sampled_from(["IB_REALM", "A", "_b2", "é", "1x", "a b", ""])
VALUES = st.text(st.sampled_from("ab/+=.,:@%~-_ \t#'\"\\$é"), max_size=5)
LINES = st.one_of(
    st.sampled_from(["", "  ", "# a remark", " # x='", "export A=1", "export  B=", "word", "="]),
    st.builds("{}={}".format, NAMES, VALUES),
    st.builds("  export {} = {} ".format, NAMES, VALUES),
)


@given(st.lists(LINES, max_size=3), st.sampled_from(["", "\n"]))
def test_plain_files_are_read_as_dotenv_reads_them(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "plain.env"
    path.write_text("\n".join(lines) + end)
    read = read_env_file(path)
    bindings = list(parse_stream(StringIO("\n".join(lines) + end)))
    assert read.values == {b.key: b.value for b in bindings if b.key and b.value is not None}
    assert sum("not NAME=value" in said for said in read.warnings) == sum(b.error for b in bindings)


@pytest.mark.parametrize("variable", [None, "", "/srv/x", "/srv/x/ ", "relative", "~/x", " /srv"])
@pytest.mark.parametrize("home", [None, "", "/home/me", "relative"])
@pytest.mark.parametrize("folder", Folder)
def test_folders_are_those_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, folder: Folder, variable: str | None, home: str | None
) -> None:
    for name, value in ((f"XDG_{folder.name}_HOME", variable), ("HOME", home)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert user_folder(folder) == getattr(platformdirs, f"user_{folder}_path")("ibcli")


def test_the_example_is_up_to_date() -> None:
    """To renew it: python -m ibcli.config.example > config/.env.example"""
    assert (ROOT / "config" / ".env.example").read_text() == example_env_file()


def test_the_example_names_every_setting_and_sets_none(cwd: Path) -> None:
    text = example_env_file()
    for setting in SETTINGS:
        assert f"\n#{setting.name}=" in text
    (cwd / "config" / ".env").write_text(text)
    assert load_settings(environ={}, cwd=cwd).warnings == ()


def test_config_imports_nothing_heavy() -> None:
    code = (
        "import sys, ibcli.config; ibcli.config.load_settings(environ={});"
        "print([m for m in ('ibind', 'requests', 'rich', 'Crypto', 'click') if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
