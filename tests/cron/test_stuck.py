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


def begun(does: str, *argv: str, out: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    code = textwrap.dedent(BEGIN).replace("{does}", does)
    return subprocess.Popen(
        [sys.executable, "-c", code, "wait", *argv],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        env=environment(),
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
