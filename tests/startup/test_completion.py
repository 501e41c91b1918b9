"""What a shell offers when the user presses Tab."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.startup.conftest import Door, Words, completing

PROGRAMS = Path(sys.executable).parent
OFFERED = {
    "ibcli con": ["config"],
    "ibcli config s": ["show"],
    "ibcli chain ARM --exp": ["--expiry"],
    "ibcli chain ARM --expiry ": ["0dte", "next"],
    "ibcli --demo chain ARM --month s": ["SEP25"],
    "ibcli chain ARM --side ": ["call", "put", "both"],
    "ibcli quote ARM --fields bid,open_": ["bid,open_interest"],
    "ibcli order SPY --action s": ["sell"],
    "ibcli order SPY --type stop": ["STOP_LIMIT"],
    "ibcli order SPY --if-leg-fails ": ["keep", "cancel", "unwind"],
    "ibcli modify 1 --tif g": ["GTC"],
    "ibcli close --limit n": ["natural"],
    "ibcli quote ARM --profile p": ["paper"],
    "ibcli quote AR": [],
}


@pytest.mark.parametrize("written", OFFERED)
def test_words_offered(door: Door, written: str) -> None:
    (door.home / "config").mkdir()
    for name in (".env", ".env.paper", ".env.example"):
        (door.home / "config" / name).touch()
    told = door.run(completing(written))
    assert told.codes == [0]
    assert told.out.split() == [f"plain,{word}" for word in OFFERED[written]]
    assert told.err == ""


def test_a_year_of_months_is_offered(door: Door) -> None:
    months = door.run(completing("ibcli --demo strikes ARM --month ")).out.split()
    assert (len(months), months[0], months[-1]) == (12, "plain,AUG25", "plain,JUL26")


@pytest.mark.parametrize("option", ["--output", "--env-file"])
def test_files_are_left_to_the_shell(door: Door, option: str) -> None:
    assert door.run(completing(f"ibcli quote ARM {option} a")).out.strip() == "file,a"


@pytest.mark.parametrize(
    ("shell", "place", "offered"),
    [
        ("zsh", "2", "plain\nshow\nList each setting, its value and its origin.\n"),
        ("fish", "s", "plain,show\tList each setting, its value and its origin.\n"),
    ],
)
def test_other_shells_say_what_a_command_does(
    door: Door, shell: str, place: str, offered: str
) -> None:
    asked = {"COMP_WORDS": "ibcli config s", "COMP_CWORD": place}
    assert door.run(Words((), {"_IBCLI_COMPLETE": f"{shell}_complete", **asked})).out == offered


def test_bash_completes_by_the_script_in_the_readme(door: Door, tmp_path: Path) -> None:
    script = door.run(Words((), {"_IBCLI_COMPLETE": "bash_source"})).out
    (tmp_path / "complete.sh").write_text(
        f"{script}\nCOMP_WORDS=(ibcli order SPY --side p) COMP_CWORD=4\n"
        '_ibcli_completion ibcli; echo "${COMPREPLY[*]}"\n'
    )
    ended = subprocess.run(
        ["bash", str(tmp_path / "complete.sh")],
        capture_output=True,
        text=True,
        check=False,
        env={**door.environment, "PATH": f"{PROGRAMS}:{door.environment['PATH']}"},
    )
    assert ended.stdout == "put\n", ended.stderr
