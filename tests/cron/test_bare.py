"""In environments that hold little or nothing, with streams that are closed, full or deaf."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.proof.scene import some

if TYPE_CHECKING:
    from tests.proof.scene import Scene

PROGRAM = str(Path(sys.executable).with_name("ibcli"))
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "nothing": {},
    "HOME is empty": {"HOME": ""},
    "HOME is nowhere": {"HOME": "/nonexistent/home"},
    "POSIX": {"HOME": "/", "LC_ALL": "POSIX"},
    "no such locale": {"LANG": "xx_YY.bogus", "LC_ALL": "xx_YY.bogus"},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii:strict"},
    "dumb": {"TERM": "dumb", "COLUMNS": "0"},
    "no such time zone": {"TZ": "Mars/Olympus"},
    "no time zones": {"PYTHONTZPATH": "", "TZ": "<+0545>-5:45"},
    "no folder for what is temporary": {"TMPDIR": "/nonexistent"},
}


def run(scene: Scene, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell, with the settings and nothing else."""
    settings = {
        name: value
        for name, value in scene.environment().items()
        if name.startswith(("IB_", "IBCLI_"))
    }
    return subprocess.run(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=scene.folder,
        env={**settings, **environment},
        timeout=60,
    )


@pytest.mark.parametrize(
    "name", some(["C without UTF-8"], [n for n in ENVIRONMENTS if n != "C without UTF-8"])
)
def test_a_quote_and_a_name_with_accents(scene: Scene, name: str) -> None:
    ended = run(scene, f"{PROGRAM} quote SPY", **ENVIRONMENTS[name])
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    assert "SPY" in ended.stdout
    ended = run(scene, f"{PROGRAM} journal --job caf\u00e9", **ENVIRONMENTS[name])
    assert (ended.returncode, ended.stderr) == (0, ""), ended


STREAMS = {
    ">&-": 3,
    "2>&-": 0,
    "<&- >&- 2>&-": 3,
    ">/dev/full": 3,
    "2>/dev/full": 0,
    ">/dev/full 2>/dev/full": 3,
    "| true": 0,
    "2>&1 | true": 0,
}


@pytest.mark.parametrize("command", some(["config show --json"], ["--help", "quote SPY", "halt x"]))
@pytest.mark.parametrize("streams", some([">/dev/full"], [s for s in STREAMS if "full" not in s]))
def test_streams(scene: Scene, command: str, streams: str) -> None:
    code = 0 if command == "--help" and "&-" in streams else STREAMS[streams]
    line = f"{PROGRAM} {command} {streams}"
    ended = run(scene, f"bash -c {shlex.quote('set -o pipefail; ' + line)}", PATH="/usr/bin:/bin")
    assert ended.returncode == code, ended
    for word in ("Traceback", "Exception ignored", "[bug]"):
        assert word not in ended.stderr
    assert ended.stderr.count("[output-unwritable]") <= 1


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", code]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


def test_closed_descriptors_are_filled() -> None:
    code = """
import os
for number in (0, 1, 2):
    os.close(number)
from ibcli.__main__ import _occupy
_occupy()
os._exit(0 if os.open(os.devnull, os.O_RDONLY) > 2 else 1)
"""
    assert python(code).returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody whom nobody knows")
@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("print(user_folder(Folder.STATE))", "no-home-folder"),
        ("print(load_settings(environ={'IBCLI_STATE_DIR': '/s'}, cwd=Path('/')).cache_dir)", "/s"),
    ],
)
def test_a_user_whom_the_system_does_not_know(does: str, said: str) -> None:
    code = f"""
import os
from pathlib import Path
from ibcli.config import load_settings
from ibcli.config.folders import Folder, user_folder
import pwd
from ibcli.errors import ConfigurationError
os.setuid(54321)
try:
    {does}
except ConfigurationError as error:
    print(error.code)
"""
    ended = python(code)
    assert said in ended.stdout, ended
