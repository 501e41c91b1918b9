"""A command line of a user without any settings, in a folder of its own."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from hypothesis import settings

from ibcli.cli import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# For examples that take a dozen milliseconds each: a fifth of what the profile says.
COSTLY = settings(max_examples=(settings.default or settings()).max_examples // 5)

_OURS = ("IB_", "IBCLI_", "IBIND_", "XDG_")


@dataclass(frozen=True)
class Said:
    """How a command line ended; ``seconds`` of CPU."""

    code: int
    out: str
    err: str
    seconds: float


@contextmanager
def alone(folder: Path, **settings: str) -> Iterator[None]:
    """Nothing is set but this; home and current folder are ``folder``.

    Not a fixture: it is entered anew for each example.
    """
    before, where = dict(os.environ), Path.cwd()
    kept = {name: value for name, value in before.items() if not name.startswith(_OURS)}
    try:
        os.environ.clear()
        os.environ.update({**kept, "HOME": str(folder), "COLUMNS": "100", **settings})
        os.chdir(folder)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.chdir(where)


def said(argv: Sequence[str]) -> Said:
    """Run a command line with the streams that a program in cron has."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace", write_through=True)
    began = process_time()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(argv)
    seconds = process_time() - began
    return Said(int(code), _text(out), _text(err), seconds)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def assert_one_sentence(ended: Said, *codes: int) -> None:
    """It says what is wrong, in a line and a hint, and the code is one of these."""
    assert ended.code in codes, ended
    assert "A bug in" not in ended.err + ended.out, ended
    assert "Traceback" not in ended.err, ended
    assert "\x1b" not in ended.err + ended.out, ended
    assert ended.seconds < 2, ended
    if ended.code:
        assert ended.err.count("Error: ") >= 1, ended
        assert len(ended.err) < 4000, ended
