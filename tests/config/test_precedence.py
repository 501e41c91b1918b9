"""Which value wins, and which file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibcli.config import Settings, load_settings
from ibcli.errors import ConfigurationError


def origins(settings: Settings) -> dict[str, str]:
    return {entry.name: entry.origin for entry in settings.entries}


def test_flag_beats_environment_beats_file_beats_default(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IBCLI_MAX_RPS=3\nIB_REALM=file\nIBCLI_DEADLINE=7\n")
    settings = load_settings(
        flags={"IBCLI_MAX_RPS": "1"},
        environ={"IBCLI_MAX_RPS": "2", "IB_REALM": "environment"},
        cwd=cwd,
    )
    assert (settings.max_rps, settings.realm, settings.deadline) == (1, "environment", 7.0)
    assert not settings.compete
    found = origins(settings)
    assert found["IBCLI_MAX_RPS"] == "flag"
    assert found["IB_REALM"] == "environment"
    assert found["IBCLI_DEADLINE"] == str(cwd / "config" / ".env")
    assert found["IBCLI_COMPETE"] == "default"
    assert found["IBCLI_PROXY"] == "not set"


def test_an_empty_value_counts_as_not_given(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IB_ACCOUNT_ID=DU1\n")
    assert load_settings(environ={"IB_ACCOUNT_ID": ""}, cwd=cwd).account_id == "DU1"


def test_env_files_are_looked_for_in_order(cwd: Path, home: Path) -> None:
    user = home / ".config" / "ibcli" / ".env"
    user.parent.mkdir(parents=True)
    named, in_environment = cwd / "named.env", cwd / "other.env"
    for path in (user, cwd / "config" / ".env", in_environment, named):
        path.write_text(f"IB_REALM={path.name}-{path.parent.name}\n")

    def realm(env_file: Path | None = None, **environ: str) -> str:
        return load_settings(env_file=env_file, environ=environ, cwd=cwd).realm

    assert realm(named, IBCLI_ENV_FILE="other.env") == "named.env-work"
    assert realm(IBCLI_ENV_FILE="other.env") == "other.env-work"
    assert realm() == ".env-config"
    (cwd / "config" / ".env").unlink()
    assert realm() == ".env-ibcli"
    user.unlink()
    assert realm() == "limited_poa"


@pytest.mark.parametrize("by_flag", [True, False])
def test_a_named_env_file_must_exist(cwd: Path, by_flag: bool) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(
            env_file=Path("gone.env") if by_flag else None,
            environ={} if by_flag else {"IBCLI_ENV_FILE": "gone.env"},
            cwd=cwd,
        )
    assert caught.value.code == "env-file-missing"
    assert str(cwd / "gone.env") in caught.value.message


def test_an_env_file_that_is_no_text_file(cwd: Path) -> None:
    (cwd / "bytes.env").write_bytes(b"IB_REALM=\xff\xfe\n")
    (cwd / "folder.env").mkdir()
    for name in ("bytes.env", "folder.env"):
        with pytest.raises(ConfigurationError) as caught:
            load_settings(env_file=cwd / name, environ={}, cwd=cwd)
        assert caught.value.code == "env-file-unreadable"


def test_a_profile_reads_its_file_and_keeps_its_state_apart(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IB_REALM=live\nIB_ACCOUNT_ID=U1\n")
    (cwd / "config" / ".env.paper").write_text("IB_REALM=paper\n")
    plain = load_settings(environ={}, cwd=cwd)
    by_flag = load_settings(profile="paper", environ={"IBCLI_PROFILE": "else"}, cwd=cwd)
    by_environment = load_settings(environ={"IBCLI_PROFILE": "paper"}, cwd=cwd)
    assert (plain.realm, by_flag.realm, by_environment.realm) == ("live", "paper", "paper")
    assert by_flag.account_id is None
    assert by_flag.state_dir == by_environment.state_dir != plain.state_dir
    assert by_flag.base_state_dir == plain.base_state_dir


def test_a_profile_stands_beside_the_named_env_file(cwd: Path) -> None:
    (cwd / ".env.paper").write_text("IB_REALM=beside\n")
    settings = load_settings(env_file=cwd / "mine.env", profile="paper", environ={}, cwd=cwd)
    assert settings.realm == "beside"


def test_a_missing_profile_names_those_that_exist(cwd: Path) -> None:
    for name in (".env", ".env.paper", ".env.second", ".env.example"):
        (cwd / "config" / name).write_text("")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(profile="papr", environ={}, cwd=cwd)
    assert caught.value.code == "profile-missing"
    assert "paper, second" in caught.value.hint


@pytest.mark.parametrize("name", ["../x", "a/b", ".", "a b"])
def test_a_profile_is_no_path(cwd: Path, name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(profile=name, environ={}, cwd=cwd)
    assert caught.value.code == "profile-invalid"


def test_the_demo_reads_no_env_file(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IB_SIGNATURE_KEY=the user's own\n")
    settings = load_settings(
        environ={}, cwd=cwd, profile="demo", demo={"IB_CONSUMER_KEY": "SIMULATED"}
    )
    assert settings.signature_key is None
    assert settings.env_file is None


def test_the_demo_has_one_state_whatever_its_port(cwd: Path) -> None:
    demos = [{"IB_API_URL": f"http://127.0.0.1:{port}/v1/api"} for port in (5001, 5002)]
    own = {load_settings(environ={}, cwd=cwd, demo=demo).state_key for demo in demos}
    real = {load_settings(environ=demo, cwd=cwd).state_key for demo in demos}
    assert (len(own), len(real), len(own | real)) == (1, 2, 3)


def test_what_the_demo_hands_out_says_so(cwd: Path) -> None:
    demo = {"IB_CONSUMER_KEY": "SIMULATED"}
    settings = load_settings(environ={"IBCLI_STATE_DIR": str(cwd)}, cwd=cwd, demo=demo)
    origins = {entry.name: entry.origin for entry in settings.entries}
    assert origins["IB_CONSUMER_KEY"] == "the demo"
    assert origins["IBCLI_STATE_DIR"] == "environment"
