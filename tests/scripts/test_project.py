"""make, and the pinned versions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")
PINS = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What make looks at, in a folder of its own."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(checkout: Path, *argv: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run make there, with ``path`` before the PATH."""
    found = os.environ["PATH"] if path is None else f"{path}:{os.environ['PATH']}"
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "-C", checkout, *argv],
        capture_output=True,
        text=True,
        check=False,
        env=env | {"PATH": found},
    )


@needs_make
def test_a_python_that_is_too_old_is_named(checkout: Path) -> None:
    folder = checkout / "bin"
    folder.mkdir()
    for name in PYTHONS:
        (folder / name).write_text(
            '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 || exit 1\n'
        )
        (folder / name).chmod(0o755)
    ended = make(checkout, "demo", path=folder)
    assert ended.returncode != 0
    assert "ibcli needs Python 3.11 or newer; python3 here is: Python 3.9.2" in ended.stderr
    assert not (checkout / ".venv").exists()


@needs_make
@pytest.mark.parametrize("target", ["demo", "test"])
def test_it_installs_again_only_when_the_requirements_changed(checkout: Path, target: str) -> None:
    stamps = checkout / ".venv"
    (stamps / "bin").mkdir(parents=True)
    for name in ("bin/python", ".demo", ".dev"):
        (stamps / name).touch()
    assert "pip" not in make(checkout, "-n", target).stdout
    newer = (stamps / ".dev").stat().st_mtime + 10
    os.utime(checkout / "constraints.txt", (newer, newer))
    assert "install -c constraints.txt -e" in make(checkout, "-n", target).stdout


@needs_make
def test_help_names_the_targets(checkout: Path) -> None:
    out = make(checkout, "help").stdout
    for target in ("demo", "test", "check", "docs"):
        assert re.search(rf"^{target} +\w", out, re.MULTILINE)


@pytest.mark.parametrize("line", PINS)
def test_each_pin_is_a_name_and_a_version(line: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9A-Za-z.]*", line)


def test_every_requirement_is_pinned() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(r'"([A-Za-z0-9-]+)(?:\[\w+\])?[><=]', text)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in PINS}
    assert len(wanted) > 15
    assert {name.lower() for name in wanted} - {"setuptools"} <= pinned
