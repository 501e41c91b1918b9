"""Every file that commands write, whatever the umask of who runs them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ibcli.cli import run
from tests.secrets.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITING = (
    "quote 804155360 --output quote.json --record recorded.json",
    "order SPY --side put --yes --job modes --output order.txt",
    "positions --output positions.csv",
    "halt modes",
)


@pytest.fixture
def scene(
    keys_of_a_simulator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    with Scene.opened(keys_of_a_simulator, tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(made.home / "work")
        yield made


def modes_below(*folders: Path) -> dict[str, str]:
    return {
        path.name: stat.filemode(path.lstat().st_mode)
        for folder in folders
        for path in (folder, *folder.rglob("*"))
    }


def wrong(modes: dict[str, str]) -> dict[str, str]:
    return {name: mode for name, mode in modes.items() if mode not in {"-rw-------", "drwx------"}}


@pytest.mark.parametrize(
    "mask", [0, pytest.param(0o777, marks=pytest.mark.proof)], ids=lambda mask: f"{mask:04o}"
)
def test_all_that_commands_write(
    scene: Scene, capfd: pytest.CaptureFixture[str], mask: int
) -> None:
    """In this process, so that the umask is as it is: each file sees to its own mode."""
    (scene.home / "work").chmod(0o700)
    before = os.umask(mask)
    try:
        codes = [int(run(command.split())) for command in WRITING]
    finally:
        os.umask(before)
    said = capfd.readouterr().err
    assert codes == [0, 0, 0, 0], said
    modes = modes_below(*(scene.home / name for name in ("state", "cache", "work")))
    kinds = (
        "login-",
        "pace-",
        "journal-",
        "contracts-",
        "orders-",
        "halt",
        "quote.json",
        "recorded",
    )
    for kind in kinds:
        assert any(name.startswith(kind) for name in modes), (kind, modes)
    assert wrong(modes) == {}


@pytest.mark.proof
@pytest.mark.parametrize("mask", [0, 0o777], ids=lambda mask: f"{mask:04o}")
def test_all_that_the_demo_writes(tmp_path: Path, mask: int) -> None:
    environment = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
    for command in ("order SPY --side put --yes", "search ARM", "sim reset"):
        subprocess.run(
            [sys.executable, "-m", "ibcli", "--demo", *command.split()],
            check=True,
            capture_output=True,
            env=environment,
            cwd=tmp_path,
            preexec_fn=lambda: os.umask(mask) and None,
        )
    modes = modes_below(tmp_path / "home" / ".local", tmp_path / "home" / ".cache")
    assert len(modes) > 15
    public = {"public_signature.pem", "public_encryption.pem", "dhparam.pem"}
    assert set(wrong(modes)) <= public
