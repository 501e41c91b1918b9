"""A shell's prompt at a desk: command lines, run in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.cli import run
from tests.scenes.ended import Ended

if TYPE_CHECKING:
    import pytest


class Prompt:
    """Runs command lines in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *argv: str) -> Ended:
        code = run(argv)
        out, err = self._capsys.readouterr()
        return Ended(code, out, err)
