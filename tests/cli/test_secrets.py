"""No token, key or signature reaches stdout, stderr, the log or the file of --output."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from ibcli.commands.demo import demo_settings
from tests.cli.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = [
    "auth test",
    "auth test --json",
    "auth check",
    "auth check --json",
    "auth status",
    "auth logout",
    "config show",
    "config show --json",
    "config path",
    "search ARM",
    "search NOSUCHTHING",
    "expiries ARM --month AUG25",
    "expiries ARM --month SEP99",
    "strikes ARM --expiry 2025-08-22",
    "chain ARM --expiry 2025-08-22 --strikes 2 --csv",
    "chain ARM --expiry 2025-08-22 --strikes 2 --deadline 0.05",
    "quote 804155360 ARM",
    "quote 1 --json",
]
WORDS = re.compile(
    "oauth_signature|authorization|bearer|diffie_hellman_challenge|BEGIN [A-Z ]*KEY", re.IGNORECASE
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """State and cache in a folder of these tests' own; the demo makes its keys there once."""
    folder = tmp_path_factory.mktemp("secrets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("IBCLI_STATE_DIR", str(folder / "state"))
        patch.setenv("IBCLI_CACHE_DIR", str(folder / "cache"))
        yield folder


def secrets_of_the_demo(folder: Path) -> Iterator[str]:
    """Tokens, keys and every long word of the kept login."""
    with ExitStack() as stack:
        settings = demo_settings(stack)
        for value in (settings.access_token, settings.access_token_secret):
            assert value
            yield value
        for path in (settings.signature_key_path, settings.encryption_key_path):
            assert path
            yield from (line for line in path.read_text().splitlines() if len(line) == 64)
        for path in settings.state_dir.glob("login*.json"):
            kept = json.loads(path.read_text())
            if kept["live_session_token"]:
                yield kept["live_session_token"]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_secret_is_printed(command: str, folders: Path) -> None:
    output = folders / "printed.txt"
    output.unlink(missing_ok=True)
    words = [*command.split(), "--debug", "--output", str(output)]
    ended = subprocess.run(
        [sys.executable, "-m", "ibcli", "--demo", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert ended.returncode != 1, ended.stderr
    printed = ended.stdout + ended.stderr
    printed += output.read_text(encoding="utf-8") if output.exists() else ""
    assert printed
    assert not WORDS.search(printed)
    for secret in secrets_of_the_demo(folders):
        assert secret not in printed


def test_the_secrets_looked_for_are_there(folders: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "ibcli", "--demo", "auth", "test"],
        capture_output=True,
        check=True,
        env=environment(),
    )
    found = list(secrets_of_the_demo(folders))
    assert len(found) > 40
    assert any(len(secret) == 28 for secret in found), "the live session token: 20 bytes in base64"
