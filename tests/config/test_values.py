"""What the values mean, and what is said of those that mean nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ibcli.config import load_settings
from ibcli.errors import ConfigurationError

SECRET = "0123456789abcdef0123"


def failure(cwd: Path, **environ: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ=environ, cwd=cwd)
    return caught.value


def test_paths_start_where_they_were_written(cwd: Path, home: Path) -> None:
    (cwd / "config" / ".env").write_text(
        "IB_SIGNATURE_KEY_PATH=keys/sign.pem\nIB_ENCRYPTION_KEY_PATH=~/enc.pem\n"
    )
    settings = load_settings(environ={"IB_DH_PARAM_PATH": "dh.pem"}, cwd=cwd)
    assert settings.signature_key_path == cwd / "config" / "keys" / "sign.pem"
    assert settings.encryption_key_path == home / "enc.pem"
    assert settings.dh_param_path == cwd / "dh.pem"


@pytest.mark.parametrize("line_end", ["\n", "\\n", "\r\n", "\\r\\n"])
def test_key_text_may_hold_literal_line_ends(cwd: Path, line_end: str) -> None:
    text = line_end.join(["-----BEGIN PRIVATE KEY-----", "AAAA", "-----END PRIVATE KEY-----"])
    settings = load_settings(environ={"IB_SIGNATURE_KEY": text}, cwd=cwd)
    assert settings.signature_key == (
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    )


def test_key_text_over_several_lines_of_the_env_file(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text(
        'IB_SIGNATURE_KEY="-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"\n'
        "IB_ENCRYPTION_KEY=-----BEGIN PRIVATE KEY-----\\nBBBB\\n-----END PRIVATE KEY-----\n"
    )
    settings = load_settings(environ={}, cwd=cwd)
    assert settings.signature_key is not None
    assert settings.signature_key.splitlines()[1] == "AAAA"
    assert settings.encryption_key is not None
    assert settings.encryption_key.splitlines()[1] == "BBBB"


@pytest.mark.parametrize(
    "written", ["00ff0a", "0x00FF0A", "00:ff:0a", "00 ff 0a", "0xff\n 0a", "ff:0a:", "ff:\\n0a"]
)
def test_a_prime_in_the_forms_that_tools_print(cwd: Path, written: str) -> None:
    assert load_settings(environ={"IB_DH_PRIME": written}, cwd=cwd).dh_prime == "ff0a"


def test_nothing_is_interpolated(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IB_ACCESS_TOKEN=a${HOME}b\n")
    assert load_settings(environ={}, cwd=cwd).access_token == "a${HOME}b"


def test_the_test_consumer_has_a_realm_of_its_own(cwd: Path) -> None:
    def realm(**environ: str) -> str:
        return load_settings(environ=environ, cwd=cwd).realm

    assert realm(IB_CONSUMER_KEY="TESTCONS") == "test_realm"
    assert realm(IB_CONSUMER_KEY="TESTCONS", IB_REALM="mine") == "mine"
    assert realm(IB_CONSUMER_KEY="ABCDEFGHI") == "limited_poa"


@pytest.mark.parametrize(
    ("name", "written", "attribute", "value"),
    [
        ("IB_IS_LIVE", "TRUE", "is_live", True),
        ("IB_IS_LIVE", "0", "is_live", False),
        ("IBCLI_COMPETE", "yes", "compete", True),
        ("IB_API_URL", "https://api.ibkr.com/v1/api/", "api_url", "https://api.ibkr.com/v1/api"),
        ("IB_API_URL", "http://localhost:5000/v1/api", "api_url", "http://localhost:5000/v1/api"),
        ("IB_API_URL", "http://[::1]:5000/v1/api", "api_url", "http://[::1]:5000/v1/api"),
        ("IBIND_OAUTH1A_REST_URL", "https://x.ibkr.com/", "api_url", "https://x.ibkr.com"),
        ("IBCLI_DEADLINE", "2.5", "deadline", 2.5),
        ("IBIND_OAUTH1A_DH_GENERATOR", "5", "dh_generator", 5),
        ("IBIND_ACCOUNT_ID", "DU7", "account_id", "DU7"),
        ("IBIND_OAUTH1A_SIGNATURE_KEY_FP", "/k/s.pem", "signature_key_path", Path("/k/s.pem")),
        ("IBCLI_PROXY", "environment", "proxy", "environment"),
    ],
)
def test_values(cwd: Path, name: str, written: str, attribute: str, value: Any) -> None:
    assert getattr(load_settings(environ={name: written}, cwd=cwd), attribute) == value


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("IB_IS_LIVE", "maybe"),
        ("IBCLI_COMPETE", "2"),
        ("IBCLI_MAX_RPS", "0"),
        ("IBCLI_MAX_RPS", "ten"),
        ("IBCLI_DEADLINE", "-1"),
        ("IBCLI_DEADLINE", "nan"),
        ("IBCLI_DEADLINE", "1e400"),
        ("IBCLI_MAX_RPS", "9" * 44),
        ("IB_DH_GENERATOR", "9" * 44),
        ("IB_CONSUMER_KEY", "ABC\nDEF"),
        ("IB_CONSUMER_KEY", "ABCDEFGHÉ"),
        ("IB_ACCESS_TOKEN", "0123 4567"),
        ("IB_REALM", 'x", oauth_token="y'),
        ("IB_ACCOUNT_ID", "../U1"),
        ("IB_SIGNATURE_KEY_PATH", "a\0b"),
        ("IBCLI_STATE_DIR", "a\nb"),
        ("IB_API_URL", "https://api.ibkr.com /v1"),
        ("IB_API_URL", "https://api.ib\tkr.com"),
        ("IB_API_URL", "https://@api.ibkr.com"),
        ("IB_API_URL", "https://api.ibkr.com\\@evil.example"),
        ("IB_API_URL", "https://ibkr.cöm"),
        ("IBCLI_PROXY", "http://user:pass@[x"),
        ("IBCLI_PROXY", "http://user:pass@x:y"),
        ("IB_DH_PRIME", "xyz"),
        ("IB_DH_GENERATOR", "1"),
        ("IB_API_URL", "api.ibkr.com"),
        ("IB_API_URL", "ftp://api.ibkr.com"),
        ("IB_API_URL", "https://user:pass@api.ibkr.com"),
        ("IB_API_URL", "https://api.ibkr.com:port/"),
        ("IBCLI_PROXY", "proxy:3128"),
        ("IB_SIGNATURE_KEY_PATH", "~nobody-of-this-name/x"),
    ],
)
def test_a_value_of_the_wrong_form(cwd: Path, name: str, written: str) -> None:
    error = failure(cwd, **{name: written})
    assert error.code == "setting-invalid"
    assert error.exit_code == 3
    assert name in error.message
    assert "environment" in error.message
    assert "user:pass" not in error.message


@pytest.mark.parametrize(
    "address",
    [
        "http://api.ibkr.com/v1/api",
        "http://127.0.0.1.evil.com",
        "http://127.0.0.1.nip.io",
        "http://localhost.evil.com",
        "http://api.localhost",  # a name server may be asked for it
        "http://0.0.0.0",
    ],
)
def test_plain_http_is_for_this_machine(cwd: Path, address: str) -> None:
    assert failure(cwd, IB_API_URL=address).code == "insecure-url"


def test_two_names_that_disagree(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IB_ACCOUNT_ID=DU1\n")
    error = failure(cwd, IBIND_ACCOUNT_ID="DU2")
    assert error.code == "settings-disagree"
    assert "IB_ACCOUNT_ID" in error.message
    assert "IBIND_ACCOUNT_ID" in error.message
    # said twice alike, or overruled by a flag, is no disagreement
    environ = {"IBIND_ACCOUNT_ID": "DU1"}
    assert load_settings(environ=environ, cwd=cwd).account_id == "DU1"
    flags, environ = {"IB_ACCOUNT_ID": "DU3"}, {"IBIND_ACCOUNT_ID": "DU2"}
    assert load_settings(flags=flags, environ=environ, cwd=cwd).account_id == "DU3"


def test_a_disagreement_shows_no_secret(cwd: Path) -> None:
    error = failure(cwd, IB_ACCESS_TOKEN=SECRET, IBIND_OAUTH1A_ACCESS_TOKEN=SECRET[::-1])
    assert "IB_ACCESS_TOKEN" in error.message
    assert SECRET not in f"{error.message}{error.hint}"
    assert SECRET[::-1] not in f"{error.message}{error.hint}"


def test_one_file_written_in_two_ways_is_no_disagreement(cwd: Path) -> None:
    (cwd / "config" / ".env").write_text("IB_SIGNATURE_KEY_PATH=k.pem\n")
    environ = {"IBIND_OAUTH1A_SIGNATURE_KEY_FP": str(cwd / "config" / "k.pem")}
    settings = load_settings(environ=environ, cwd=cwd)
    assert settings.signature_key_path == cwd / "config" / "k.pem"


def test_no_secret_shows(cwd: Path) -> None:
    secrets = {
        "IB_CONSUMER_KEY": "ABCDEFGHI",
        "IB_ACCESS_TOKEN": SECRET,
        "IB_ACCESS_TOKEN_SECRET": "c2VjcmV0",
        "IB_SIGNATURE_KEY": "PEM-of-signature",
        "IB_ENCRYPTION_KEY": "PEM-of-encryption",
        "IB_DH_PRIME": "abcdef",
        "IBCLI_PROXY": "http://me:open-sesame@proxy:3128",
    }
    settings = load_settings(environ=secrets, cwd=cwd)
    shown = repr(settings) + repr(settings.entries)
    for secret in (*secrets.values(), "open-sesame"):
        assert secret not in shown
    proxy = next(entry for entry in settings.entries if entry.name == "IBCLI_PROXY")
    assert proxy.value == "http://***@proxy:3128"


def test_haste_is_for_a_simulator_on_this_machine(cwd: Path) -> None:
    near = {"IB_API_URL": "http://127.0.0.1:5080/v1/api", "IBCLI_HASTE": "50"}
    assert load_settings(environ=near, cwd=cwd).haste == 50
    far = load_settings(environ={"IBCLI_HASTE": "50"}, cwd=cwd)
    assert far.haste == 1
    assert any("IBCLI_HASTE" in warning for warning in far.warnings)
    assert load_settings(environ={}, cwd=cwd).haste == 1
    assert failure(cwd, IBCLI_HASTE="0").code == "setting-invalid"
    assert failure(cwd, IBCLI_HASTE="1001").code == "setting-invalid"
