"""A user's desk: a folder with config/.env and keys, a simulator, and the command line."""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.cli import run
from ibcli.sim.embedded import SimOptions, SimServer
from tests.scenes.ended import Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET_SETTINGS = {
    "IB_CONSUMER_KEY",
    "IB_ACCESS_TOKEN",
    "IB_ACCESS_TOKEN_SECRET",
    "IB_SIGNATURE_KEY",
    "IB_ENCRYPTION_KEY",
    "IB_DH_PRIME",
}
KEY_FILES = ("IB_SIGNATURE_KEY_PATH", "IB_ENCRYPTION_KEY_PATH", "IB_DH_PARAM_PATH")


@dataclass
class Desk:
    """``env`` is what config/.env says; write to it, or to the key files, to break things."""

    sim: SimServer
    folder: Path
    capsys: pytest.CaptureFixture[str]
    env: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> Path:
        return self.folder / "config" / "keys"

    def ibcli(self, *argv: str) -> Ended:
        """Run a command line on the settings as they are now; nothing secret may come out."""
        lines = (f"{name}={value}\n" for name, value in self.env.items())
        path = self.folder / "config" / ".env"
        path.write_text("".join(lines))
        path.chmod(0o600)
        self.capsys.readouterr()
        code = run(argv)
        out, err = self.capsys.readouterr()
        leaks = [secret for secret in self.secrets() if secret in out or secret in err]
        assert leaks == [], f"ibcli {' '.join(argv)} shows what it must not"
        return Ended(int(code), out, err)

    def secrets(self) -> set[str]:
        """Tokens, keys line by line, and what stands in Authorization headers."""
        texts = [value for name, value in self.env.items() if name in SECRET_SETTINGS]
        home = self.folder.parent
        files = [*self.keys.glob("private_*.pem"), *self.keys.glob("dhparam.pem")]
        for path in files:
            if path.is_file() and os.access(path, os.R_OK):
                texts += path.read_text(errors="replace").splitlines()
        for path in home.rglob("login-*.json"):
            texts += re.findall(r'"live_session_token": "([^"]+)"', path.read_text())
        texts += ["Authorization", "oauth_", "realm="]
        return {text for text in texts if len(text) > 5 and "-----" not in text}


@pytest.fixture(autouse=True)
def own_folder(nobodys_settings: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work/config/keys").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def desk_of(
    tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Desk]]:
    """Makes a desk with these simulator options; ``ahead`` moves the server's clock."""
    with ExitStack() as stack:

        def make(ahead: float = 0.0, **options: Any) -> Desk:
            chosen = SimOptions(clock="2025-08-18", keys=keys, **options)
            sim = stack.enter_context(SimServer(chosen, real=lambda: time.time() + ahead))
            desk = Desk(sim, tmp_path / "work", capsys, sim.env())
            for name in KEY_FILES:
                path = Path(desk.env[name])
                shutil.copy(path, desk.keys / path.name)
                desk.env[name] = f"keys/{path.name}"
            for path in Path(sim.env()[KEY_FILES[0]]).parent.glob("public_*.pem"):
                shutil.copy(path, desk.keys / path.name)
            return desk

        yield make


@pytest.fixture
def desk(desk_of: Callable[..., Desk]) -> Desk:
    return desk_of()
