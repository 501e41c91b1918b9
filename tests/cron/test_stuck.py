"""What neither a signal nor the deadline can interrupt is ended over its head."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN = """
import sys
from time import monotonic
from ibcli.commands.signals import heed_signals
heed_signals()
from ibcli.cli import root
from ibcli.commands.boundary import guarded
import click
from ibcli.commands.context import pass_app
from ibcli.commands.options import output_options, root_options
from ibcli.render.result import Result
from ibcli.errors import OutcomeUnknownError
from ibcli.stopping import Uninterrupted, ending
from tests.render.values import CHAIN
import sqlite3, tempfile, os

def deaf():
    "As a disk that does not answer: the main thread is not there to hear."
    folder = tempfile.mkdtemp()
    one = sqlite3.connect(folder + "/x")
    one.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(folder + "/x", timeout=60)
    ending.warning = "Look."
    with Uninterrupted():
        print("ready", file=sys.stderr, flush=True)
        other.execute("CREATE TABLE x (y)")

@click.group()
@root_options
def shop():
    pass

@shop.command()
@output_options
@pass_app
def wait(app):
    app.be_bounded()
    {does}

sys.exit(guarded(shop, sys.argv[1:], program="shop", example_for=str))
"""


@pytest.fixture
def pipes() -> Iterator[tuple[int, int]]:
    """A pipe that nobody reads, and that is full."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def begun(
    does: str, *argv: str, out: int = subprocess.PIPE, **settings: str
) -> subprocess.Popen[bytes]:
    code = textwrap.dedent(BEGIN).replace("{does}", does)
    return subprocess.Popen(
        [sys.executable, "-c", code, "wait", *argv],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        env={**environment(), **settings},
    )


@pytest.mark.parametrize(
    ("sent", "code", "how"),
    [
        (signal.SIGTERM, 143, "terminated"),
        pytest.param(signal.SIGINT, 130, "interrupted", marks=pytest.mark.proof),
        pytest.param(signal.SIGHUP, 129, "hung-up", marks=pytest.mark.proof),
    ],
)
def test_within_a_second_of_a_signal(sent: signal.Signals, code: int, how: str) -> None:
    with begun("deaf()", "--json") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"ready\n"
        began = time.monotonic()
        for _ in range(3):  # whoever sends it thrice means the same
            process.send_signal(sent)
        out, err = process.communicate(timeout=20)
        took = time.monotonic() - began
    assert process.returncode == code
    assert took < 1.5  # of the processor's, not ours: the promise is 1
    assert json.loads(out)["error"]["code"] == how
    assert json.loads(out)["warnings"] == ["Look."]
    assert err.startswith(b"Warning: Look.\n")
    assert err.decode().endswith(f"[{how}]\n")
    assert b"Traceback" not in err


STUCK = "import ibcli.render.emit as emit, signal; "
TERMINATED = "os.kill(os.getpid(), signal.SIGTERM)"
FAILS = "raise OutcomeUnknownError('Who knows.')"


def test_a_signal_while_an_error_is_printed_changes_nothing() -> None:
    """It was raised there, once, and nothing at all was said."""
    does = f"{STUCK}real = emit._document; emit._document = lambda *a: ({TERMINATED}, real(*a))[1]"
    with begun(f"{does}; {FAILS}", "--json") as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == 8
    assert json.loads(out)["error"]["code"] == "outcome-unknown"
    assert err.count(b"Error: ") == 1


@pytest.mark.parametrize(
    ("ends", "code", "how"),
    [
        (f"{TERMINATED}; print('never')", 143, "terminated"),
        pytest.param("deaf()", 7, "deadline", marks=pytest.mark.proof),
        pytest.param(FAILS, 7, "deadline", marks=pytest.mark.proof),
        pytest.param("return Result('chain', CHAIN)", 3, "output-unwritable", marks=[]),
    ],
)
def test_who_is_about_to_say_how_it_ended_and_does_not(ends: str, code: int, how: str) -> None:
    """The document is not written, nor begun: the thread beside writes it."""
    with begun(
        f"{STUCK}emit._document = lambda *a: deaf(); {ends}", "--json", "--deadline", "0.5"
    ) as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == code
    (line,) = out.splitlines()
    assert json.loads(line)["error"]["code"] == how
    assert err.count(b"Error: ") == 1


@pytest.mark.parametrize(
    "unbuffered", ["1", pytest.param("", marks=pytest.mark.proof)], ids=["unbuffered", "buffered"]
)
def test_half_a_document_is_followed_by_no_other(pipes: tuple[int, int], unbuffered: str) -> None:
    """The pipe takes a page, and what is printed is longer; nobody reads on."""
    assert os.read(pipes[0], 4096) == b"x" * 4096
    does = "return Result('chain', CHAIN, ('w' * 9000,))"
    words = ("--json", "--deadline", "0.5")
    with begun(does, *words, out=pipes[1], PYTHONUNBUFFERED=unbuffered) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert b"[output-unwritable]" in err
    os.set_blocking(pipes[0], False)
    printed = os.read(pipes[0], 1 << 20).lstrip(b"x")
    assert printed.count(b'"schema"') == 1
    assert len(printed) == 4096


def test_who_is_saying_it_may_finish() -> None:
    """The thread beside has had enough just when the document is being made."""
    does = """\
import _thread
import ibcli.commands.signals as signals
import ibcli.render.emit as emit
enough, speaking, real = _thread.allocate_lock(), _thread.allocate_lock(), emit._document
enough.acquire(), speaking.acquire()
end = signals._end
def had_enough(number):
    speaking.acquire()
    enough.release()
    end(number)
def document(*words):
    speaking.release()
    enough.acquire()
    return real(*words)
emit._document = document
signals._end = had_enough
signals.os.kill(os.getpid(), signals.signal.SIGTERM)
"""
    with begun(textwrap.indent(does, " " * 4).lstrip(), "--json") as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert json.loads(out)["command"] == "wait"  # only the main thread knows
    assert err.count(b"Error: ") == 1


@pytest.mark.proof
def test_soon_after_the_deadline() -> None:
    with begun("deaf()", "--json", "--deadline", "1") as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == 7
    assert json.loads(out)["error"]["code"] == "deadline"
    assert b"[deadline]" in err


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ('Result("chain", CHAIN)', 3),
        pytest.param(
            'Result("chain", CHAIN, error=OutcomeUnknownError("Who knows."))',
            8,
            marks=pytest.mark.proof,
        ),
    ],
)
def test_a_full_pipe_that_nobody_reads(pipes: tuple[int, int], result: str, code: int) -> None:
    with begun(f"return {result}", "--deadline", "0.5", out=pipes[1]) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert b"[output-unwritable]" in err


def test_a_result_that_cannot_be_printed_keeps_its_own_exit_code() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123, SIM117
        with begun(
            'return Result("chain", CHAIN, error=OutcomeUnknownError("Who knows."))',
            out=full.fileno(),
        ) as process:
            _, err = process.communicate(timeout=20)
    assert process.returncode == 8
    assert b"[outcome-unknown]" in err
    assert b"[output-unwritable]" in err


@pytest.mark.proof
def test_a_simulator_serves_until_it_is_told_to_end() -> None:
    command = [sys.executable, "-m", "ibcli", "--deadline", "10", "sim", "serve", "--port", "0"]
    began = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stderr is not None
        while b"Ready." not in process.stderr.readline():
            assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=12 - (time.monotonic() - began))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
