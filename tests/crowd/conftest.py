"""The brokers and folders of ``tests.proof``, and processes that hold a lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.proof.conftest import broker, cold, parent, scene, warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

__all__ = ["broker", "cold", "parent", "scene", "warm"]

Program = "Callable[..., AbstractContextManager[subprocess.Popen[str]]]"
ROOT = Path(__file__).parents[2]


def stop(process: subprocess.Popen[str]) -> None:
    """See that it is stopped, as by Ctrl-Z."""
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)


@pytest.fixture
def program() -> Callable[..., AbstractContextManager[subprocess.Popen[str]]]:
    """Runs a program up to the first line that it prints; it ends with the block."""

    @contextmanager
    def started(code: str, *argv: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *argv], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        try:
            assert process.stdout is not None
            with process.stdout:
                assert process.stdout.readline() == "there\n"
                yield process
        finally:
            process.kill()
            process.wait()

    return started
