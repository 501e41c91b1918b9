"""Somebody at the terminal: he sees the preview first, and is asked."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import simplejson

from tests.cli.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.order.conftest import Trader

QUESTION = "Send 1 order to the paper account DU1234567? [y/N]: "


class Terminal:
    """A command on a terminal of 80 columns, its stdout in a file."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int, out: Path) -> None:
        self.process = process
        self._screen = screen
        self._out = out
        self.seen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def until(self, words: str) -> str:
        """All that was shown until these words stand there (or until the end)."""
        while words not in plain(self.seen):
            try:
                piece = os.read(self._screen, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not piece:
                break
            self.seen += self._decoder.decode(piece)
        return plain(self.seen)

    def type(self, words: str) -> None:
        os.write(self._screen, words.encode())

    def interrupt(self) -> None:
        """Send SIGINT until it ends: one that comes just before Python reads is heeded after."""
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(1)

    def end(self) -> tuple[int, str]:
        """The exit code, and what went to stdout."""
        self.until("\0")
        return self.process.wait(), self._out.read_text()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n")


@contextmanager
def on_terminal(out: Path, *argv: str, **changes: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 80, 0, 0))
    env = environment(TERM="xterm-256color", **changes)
    env.pop("COLUMNS", None)
    command = [sys.executable, "-m", "ibcli", *argv]
    with (
        out.open("wb") as stdout,
        subprocess.Popen(command, stdin=theirs, stdout=stdout, stderr=theirs, env=env) as process,
    ):
        os.close(theirs)
        try:
            yield Terminal(process, ours, out)
        finally:
            process.kill()  # it may still wait for an answer
            os.close(ours)


WORDS = ("order", "SPY", "--side", "put", "--strike", "641", "--json")


def test_a_yes_places_what_was_shown(quiet: Trader, tmp_path: Path) -> None:
    quiet.limited(IBCLI_UNATTENDED="never")  # somebody is there
    with on_terminal(tmp_path / "out", *WORDS, "--job", "asked") as terminal:
        shown = terminal.until(QUESTION)
        assert shown.index("SPY 18AUG25 641 P") < shown.index("IBCLI_MAX_DELTA")
        assert shown.rstrip().endswith(QUESTION.rstrip())
        assert max(map(len, shown.splitlines())) <= 80
        assert quiet.posts() == []
        terminal.type("y\n")
        code, out = terminal.end()
    assert code == 0, terminal.seen
    (leg,) = simplejson.loads(out)["data"]["legs"]
    assert leg["orders"][0]["order_id"]
    assert f"LMT {leg['orders'][0]['limit']:.2f}" in shown


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_anything_else_places_nothing(quiet: Trader, tmp_path: Path, answer: str) -> None:
    with on_terminal(tmp_path / "out", *WORDS, "--job", "unasked") as terminal:
        terminal.until(QUESTION)
        terminal.type(answer)
        ended, out = terminal.end()
    assert ended == 9, terminal.seen
    assert simplejson.loads(out)["error"]["code"] == "guard-declined"
    assert quiet.posts() == []


def test_ctrl_c_at_the_question_places_nothing(quiet: Trader, tmp_path: Path) -> None:
    with on_terminal(tmp_path / "out", *WORDS, "--job", "unasked") as terminal:
        terminal.until(QUESTION)
        terminal.interrupt()
        ended, _ = terminal.end()
    assert ended == 130, terminal.seen
    assert quiet.posts() == []


def test_yes_skips_the_question(quiet: Trader, tmp_path: Path) -> None:
    with on_terminal(tmp_path / "out", *WORDS, "--yes", "--job", "said") as terminal:
        code, out = terminal.end()
    assert code == 0, terminal.seen
    assert "[y/N]" not in terminal.seen
    assert simplejson.loads(out)["data"]["already"] is False


def test_what_is_beyond_a_limit_is_not_asked_about(quiet: Trader, tmp_path: Path) -> None:
    quiet.limited(IBCLI_MAX_DELTA="0.01")
    with on_terminal(tmp_path / "out", *WORDS, "--job", "beyond") as terminal:
        code, out = terminal.end()
    assert code == 9
    assert "[y/N]" not in terminal.seen
    assert simplejson.loads(out)["data"]["refused_by"] == "guard-max-delta"


def test_the_brokers_question_is_put_to_the_user(quiet: Trader, tmp_path: Path) -> None:
    quiet.limited(IBCLI_CONFIRM="none")
    words = (*WORDS, "--type", "MKT", "--no-stop", "--job", "market")
    with on_terminal(tmp_path / "out", *words) as terminal:
        terminal.until(QUESTION)
        terminal.type("y\n")
        asked = terminal.until("Answer with yes? [y/N]: ")
        assert "[o10151]" in asked
        terminal.type("y\n")
        code, _ = terminal.end()
    assert code == 0, terminal.seen


def test_ctrl_c_at_the_brokers_question_tells_of_the_order(quiet: Trader, tmp_path: Path) -> None:
    quiet.limited(IBCLI_CONFIRM="none")
    words = (*WORDS, "--type", "MKT", "--no-stop", "--yes", "--job", "left")
    with on_terminal(tmp_path / "out", *words) as terminal:
        terminal.until("Answer with yes? [y/N]: ")
        terminal.interrupt()
        code, out = terminal.end()
    assert code == 130
    assert "ibcli reconcile" in plain(terminal.seen)
    assert simplejson.loads(out)["error"]["code"] == "interrupted"
    quiet.limited(IBCLI_CONFIRM="o10151")
    (leg,) = quiet.order(*WORDS[1:-1], "--type", "MKT", "--no-stop", job="left").data["legs"]
    assert leg["orders"][0]["order_id"]


@pytest.mark.parametrize(("by", "ended"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_with_an_order_in_flight_tells_of_it(
    quiet: Trader, by: signal.Signals, ended: int
) -> None:
    fault = quiet.sim.faults.add("/iserver/account/*/orders", hold="after")
    words = (*WORDS, "--no-stop", "--job", f"cut-{by.name.lower()}")
    command = [sys.executable, "-m", "ibcli", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert fault.reached.wait(20)
        process.send_signal(by)
        out, err = process.communicate()
    fault.release()
    assert process.returncode == ended
    assert "run again, looks for it" in err
    document = simplejson.loads(out)
    assert "ibcli reconcile" in " ".join(document["warnings"])
    assert document["ok"] is False
    again = quiet(*words)
    assert (again.code, again.data["already"]) == (0, True)
    assert len([post for post in quiet.posts() if post.endswith("/orders")]) == 1


def test_off_utf_8_the_chart_is_drawn_in_ascii(trader: Trader) -> None:
    command = [sys.executable, "-m", "ibcli", *WORDS[:-1], "--dry-run"]
    ended = subprocess.run(
        command, capture_output=True, check=True, env=environment(PYTHONIOENCODING="ascii")
    )
    text = ended.stdout.decode("ascii")
    assert "***" in text
    assert "?" not in text
