"""The journal with many who write, one who is stopped, and one who is killed in the midst."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.broker.deadline import Deadline
from ibcli.config import Settings, load_settings
from ibcli.config.market_clock import utc_now
from ibcli.domain.ledger import Act, Kind
from ibcli.errors import ExitCode
from ibcli.trading.journal.journal import Claim, Journal, Note
from ibcli.trading.journal.opening import journal_path
from ibcli.trading.journal.patience import JournalBusyError
from tests.crowd.conftest import ROOT, stop
from tests.once.values import ACCOUNT, short
from tests.proof.scene import CALL
from tests.scenes.contracts import DAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.proof.scene import Scene

    Program = Callable[..., AbstractContextManager[subprocess.Popen[str]]]

WRITING = """
import signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute(
    "INSERT INTO events (at, market_at, account, day, act, kind, cause, detail) "
    "VALUES ('', '', '', '', 'keep', 'halted', 'half done', '{}')"
)
print("there", flush=True)
signal.pause()
"""
READING = """
import signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM events").fetchall()
print("there", flush=True)
signal.pause()
"""
# Forked from one interpreter, so that a hundred begin within some milliseconds.
MANY = """
import os, sys
from pathlib import Path
from ibcli.broker.deadline import Deadline
from ibcli.config import load_settings
from ibcli.config.market_clock import utc_now
from ibcli.domain.ledger import Act, Kind
from ibcli.trading.journal.journal import Claim, Journal, Note
from tests.once.values import ACCOUNT, short
from tests.scenes.contracts import DAY
folder, processes, notes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
settings = load_settings(environ={"IBCLI_STATE_DIR": str(folder)}, cwd=folder.parent)
def write(number):
    gate.read(1)
    with Journal.open(settings, utc_now, Deadline.after(60)) as journal:
        name = f"job{number}"
        journal.claim(Claim(ACCOUNT, DAY, name, 1, "order", [(1, short().named(f"{name}-1-1"))]))
        (intent,) = journal.intents(ACCOUNT, job=name)
        for _ in range(notes):
            journal.write(Note(ACCOUNT, DAY, Act.PLACE, Kind.SENDING, intent=intent.id))
reader, writer = os.pipe()
gate = os.fdopen(reader, "rb", buffering=0)
children = []
for number in range(processes):
    pid = os.fork()
    if not pid:
        os.close(writer)
        try:
            write(number)
        except BaseException as error:
            print(type(error).__name__, error, flush=True)
            os._exit(1)
        os._exit(0)
    children.append(pid)
os.close(writer)
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
sys.exit(sum(code != 0 for code in codes))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(environ={"IBCLI_STATE_DIR": str(tmp_path / "state")}, cwd=tmp_path)


@pytest.fixture
def journal(settings: Settings) -> Any:
    with Journal.open(settings, utc_now, Deadline.after(30)) as opened:
        yield opened


def sending() -> Note:
    return Note(ACCOUNT, DAY, Act.KEEP, Kind.SENDING)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute(query).fetchall()


def test_a_stopped_writer_is_waited_for_until_the_deadline_and_named(
    settings: Settings, journal: Journal, program: Program
) -> None:
    with program(WRITING, str(journal.path)) as writer:
        stop(writer)
        with Journal.open(settings, utc_now, Deadline.after(0.2)) as other:
            assert other.entries() == ()  # to read nobody waits
            for write in (
                lambda: other.write(sending()),
                lambda: other.write_new([sending()]),
                lambda: other.claim(
                    Claim(ACCOUNT, DAY, "spy", 1, "order", [(1, short().named("spy-1-1"))])
                ),
            ):
                began = time.monotonic()
                with pytest.raises(JournalBusyError) as caught:
                    write()
                assert 0.9 < time.monotonic() - began < 3
                assert (caught.value.exit_code, caught.value.code) == (10, "journal-busy")
                assert caught.value.retryable
                assert "locked" not in caught.value.message
                if sys.platform == "linux":
                    assert f"process {writer.pid}, which is stopped" in caught.value.message
                    assert f"kill -CONT {writer.pid}" in caught.value.hint
        writer.kill()
        writer.wait()
        began = time.monotonic()
        journal.write(sending())  # at once, and nothing of what was half done is there
        assert time.monotonic() - began < 1
    assert rows(journal.path, "SELECT cause FROM events") == [("",)]


def test_who_has_a_budget_does_not_wait_anew_each_time(
    settings: Settings, journal: Journal, program: Program
) -> None:
    with (
        program(WRITING, str(journal.path)),
        Journal.open(settings, utc_now, Deadline.after(60), 0.3) as other,
    ):
        began = time.monotonic()
        for _ in range(4):
            with pytest.raises(JournalBusyError):
                other.write(sending())
        assert time.monotonic() - began < 3


def test_a_stopped_reader_keeps_nobody_from_writing(journal: Journal, program: Program) -> None:
    """What is written meanwhile waits in the -wal file, and is put in its place afterwards."""
    wal = journal.path.with_name(f"{journal.path.name}-wal")
    journal.write(sending())
    with program(READING, str(journal.path)) as reader:
        stop(reader)
        for _ in range(500):
            journal.write(sending())
        assert journal.count() == 501
        assert 4_000_000 < wal.stat().st_size < 50_000_000
        reader.kill()
        reader.wait()
        for _ in range(2):
            journal.write(sending())  # the checkpoint, and the first that begins anew
    grown = wal.stat().st_size
    for _ in range(200):
        journal.write(sending())
    assert wal.stat().st_size == grown  # it is used again from its beginning
    journal.close()
    assert not wal.exists()
    assert rows(journal.path, "SELECT count(*) FROM events") == [(703,)]


def all_write(settings: Settings, processes: int, notes: int) -> float:
    """Seconds that they took; the journal does not exist before."""
    folder = settings.base_state_dir
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", MANY, str(folder), str(processes), str(notes)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    took = time.monotonic() - began
    assert (done.returncode, done.stdout) == (0, ""), done
    path = journal_path(settings)
    assert rows(path, "SELECT count(*), count(DISTINCT job) FROM intents") == [
        (processes, processes)
    ]
    assert rows(path, "SELECT count(*) FROM events GROUP BY intent") == [(1 + notes,)] * processes
    return took


def test_twenty_write_at_once(settings: Settings) -> None:
    assert all_write(settings, 20, 3) < 30


@pytest.mark.proof
def test_a_hundred_write_at_once(settings: Settings) -> None:
    took = all_write(settings, 100, 10)
    sys.stderr.write(f"100 processes, 1,100 transactions: {took:.1f} s\n")


def test_an_order_before_a_stuck_journal_sends_nothing(scene: Scene, program: Program) -> None:
    """It is said who is in the way; to look needs no writing, and goes on."""
    assert scene.run([*CALL, "--job", "before"]).code == 0
    sent = scene.sent()
    (path,) = scene.state.glob("journal-*[0-9a-f].sqlite3")
    with program(WRITING, str(path)) as writer:
        stop(writer)
        looking = scene.run(["journal", "--json"])
        assert looking.code == 0
        status = scene.run(["auth", "status", "--offline", "--json"])
        ended = scene.run([*CALL, "--job", "other", "--deadline", "2"])
        assert (ended.code, ended.error) == (ExitCode.UNREACHABLE, "journal-busy"), ended
        assert scene.sent() == sent
        if sys.platform == "linux":
            assert f"process {writer.pid}" in ended.err
            (lock,) = status.data["locks"]
            assert (lock["name"], lock["process"]) == ("journal", writer.pid)
            assert lock["stopped"] is True
            assert str(writer.pid) in status.err
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    assert scene.run([*CALL, "--job", "other"]).code == 0
    assert scene.sent() == sent + 1


@pytest.mark.proof
def test_a_cancel_goes_through_before_a_stuck_journal(scene: Scene, program: Program) -> None:
    """It says what could not be written down; the journal learns it later."""
    assert scene.run(CALL).code == 0
    (path,) = scene.state.glob("journal-*[0-9a-f].sqlite3")
    number = str(scene.entries()[0].id)
    with program(WRITING, str(path)) as writer:
        stop(writer)
        began = time.monotonic()
        ended = scene.run(["cancel", number, "--yes", "--json"])
        took = time.monotonic() - began
    assert ended.code == 0, ended
    assert took < 20
    assert "still held the journal of orders" in ended.err
    assert not scene.entries()[0].working
    scene.assert_reconciled()
