"""Questions on a terminal are open for as long as the deadline; the terminal stays as it was."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from tests.proof.scene import BOTH

if TYPE_CHECKING:
    from tests.proof.scene import Scene


def read_until(terminal: int, words: bytes) -> bytes:
    """What is shown until then, or until nothing more comes."""
    shown = b""
    while words not in shown and select.select([terminal], [], [], 30)[0]:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
    return shown


@pytest.mark.proof
@pytest.mark.parametrize(
    ("sent", "code"),
    [(None, 7), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
)
def test_a_question_that_nobody_answers(scene: Scene, sent: int | None, code: int) -> None:
    terminal, end = pty.openpty()
    before = termios.tcgetattr(end)
    words = [*BOTH[:-1], "--deadline", "6" if sent is None else "60"]
    with subprocess.Popen(
        [sys.executable, "-m", "ibcli", *words],
        stdin=end,
        stdout=subprocess.PIPE,
        stderr=end,
        env=scene.environment(TERM="xterm"),
        cwd=scene.folder,
    ) as process:
        shown = read_until(terminal, b"[y/N]")
        assert b"[y/N]" in shown, shown
        if sent is not None:
            process.send_signal(sent)
        assert process.wait(timeout=20) == code
    after = termios.tcgetattr(end)
    os.close(end)
    shown += read_until(terminal, b"never")
    os.close(terminal)
    assert after[3] == before[3]  # echo among them
    assert shown.rfind(b"\x1b[?25h") >= shown.rfind(b"\x1b[?25l")
    assert scene.orders() == []
