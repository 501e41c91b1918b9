"""What appears on a terminal alone: colour, width, the progress bar, a word on the demo."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import textwrap

import pytest

from tests.cli.conftest import environment

START = """
import sys
from ibcli.commands.boundary import guarded
from tests.cli.conftest import shop
sys.exit(guarded(shop, sys.argv[1:], program="shop", example_for=str))
"""
PROGRESS = """
from ibcli.commands.progress import lookup_progress
with lookup_progress("Counting") as report:
    report(1, 40)
    report(23, 40)
import sys
print("rich" in sys.modules, file=sys.stderr)
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")


def on_terminal(code: str, *argv: str, width: int = 80, **changes: str) -> str:
    """What code prints to a terminal of this width, stdout and stderr together."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    env = environment(TERM="xterm-256color", **changes)
    for name in ("COLUMNS", "LINES", "CI") + (() if "NO_COLOR" in changes else ("NO_COLOR",)):
        env.pop(name, None)
    command = [sys.executable, "-c", textwrap.dedent(code), *argv]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env):
        os.close(theirs)
        return "".join(_pieces(ours)).replace("\r\n", "\n")


def _pieces(terminal: int) -> list[str]:
    """All that is written until the last writer has gone."""
    pieces = []
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(terminal)
    return [b"".join(pieces).decode()]


def plain(text: str) -> str:
    """The text without escape sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_terminal_gets_colour() -> None:
    assert COLOUR.search(on_terminal(START, "good"))


def test_sentences_break_between_words() -> None:
    said = "Error: the limit of SPY 18AUG25 639 P is 540.0% off mid. [guard-price-band]"
    code = "import sys; from ibcli.render.streams import say; say(sys.argv[1])"
    lines = on_terminal(code, said, width=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert " ".join(lines) == said
    path = "/a/path/longer/than/the/screen/is/wide/and/copied/whole"
    assert path in on_terminal(code, f"See {path}", width=40).splitlines()
    assert on_terminal(code, said, width=80) == said + "\n"


def test_no_color_is_honoured() -> None:
    text = on_terminal(START, "good", NO_COLOR="1")
    assert not COLOUR.search(text)
    assert "shaded" not in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_tables_rows_fit_the_terminal(width: int) -> None:
    lines = plain(on_terminal(START, "good", width=width)).splitlines()
    rule = next(line for line in lines if line.startswith("─"))
    assert len(rule) <= width
    assert ("Vol" in "".join(lines[4:8])) is (width >= 110)


def test_json_is_laid_out_for_a_reader() -> None:
    assert '{\n  "schema": 1,\n' in on_terminal(START, "good", "--json")


def test_the_demo_is_called_simulated() -> None:
    assert "Simulated data" in on_terminal(START, "--demo", "good")
    assert "Simulated data" not in on_terminal(START, "good")


def test_the_progress_bar_is_shown_and_wiped() -> None:
    text = on_terminal(PROGRESS)
    assert "23/40" in plain(text)
    assert text.rindex("\x1b[2K") > text.rindex("23/40")


def test_off_a_terminal_there_is_no_bar_and_no_rich() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRESS], capture_output=True, text=True, check=True
    )
    assert ended.stderr == "False\n"
    assert ended.stdout == ""
