"""On a terminal: cancel and close ask first, and orders can be watched."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.after.conftest import WORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.after.conftest import Trader

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, trader: Trader, *argv: str) -> None:
        ours, theirs = pty.openpty()
        env = {**os.environ, "TERM": "xterm-256color"}
        command = [sys.executable, "-m", "ibcli", *argv]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=trader.folder
        )
        os.close(theirs)
        self._ours = ours
        self.text = ""

    def until(self, words: str, seconds: float = 20) -> str:
        """Everything that was printed until these words stand there."""
        end = time.monotonic() + seconds
        while words not in self.text:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
            assert ready, self.text
            self._read()
        return self.text

    def _read(self) -> bool:
        try:
            piece = os.read(self._ours, 65536).decode()
        except OSError:  # how Linux says that the other side is closed
            return False
        self.text += ESCAPES.sub("", piece)
        return bool(piece)

    def say(self, words: str) -> None:
        os.write(self._ours, f"{words}\n".encode())

    def ends(self) -> int:
        """Its exit code, and the rest of what it prints."""
        while self._read():
            pass
        return self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def on_terminal(trader: Trader, terminals: list[Terminal], *argv: str) -> Terminal:
    terminal = Terminal(trader, *argv)
    terminals.append(terminal)
    return terminal


@pytest.mark.parametrize(("word", "code", "left"), [("n", 9, 1), ("y", 0, 0)])
def test_cancel_shows_what_protects_and_asks(
    trader: Trader, terminals: list[Terminal], word: str, code: int, left: int
) -> None:
    _, stop = trader.short()
    terminal = on_terminal(trader, terminals, "cancel", "--all")
    shown = terminal.until("Cancel 1 order?")
    assert f"{stop}  BUY" in shown
    assert "protects a position" in shown
    terminal.say(word)
    assert terminal.ends() == code, terminal.text
    assert len(trader.json("orders")["orders"]) == left


@pytest.mark.parametrize(("word", "code", "held"), [("n", 9, -1), ("y", 0, 0)])
def test_close_shows_the_plan_and_asks(
    trader: Trader, terminals: list[Terminal], word: str, code: int, held: int
) -> None:
    trader.short()
    terminal = on_terminal(trader, terminals, "close", "--all", "--market")
    shown = terminal.until("Close 1 position?")
    assert WORD in shown
    assert "would be cancelled first" in shown
    terminal.say(word)
    assert terminal.ends() == code, terminal.text
    trader.pass_time()
    assert trader.held().get(WORD, 0) == held


def test_watching_draws_again_until_interrupted(trader: Trader, terminals: list[Terminal]) -> None:
    _, stop = trader.short()
    terminal = on_terminal(trader, terminals, "orders", "--watch")
    terminal.until(str(stop))
    terminal.text = ""
    trader("cancel", str(stop), "--yes")
    terminal.until("No open orders.")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.ends() == 130
    assert "Traceback" not in terminal.text
