"""Whatever befalls the journal's file, it is noticed or changes nothing of what is read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.config import Settings, load_settings
from ibcli.domain.ledger import Act, Kind
from ibcli.errors import ConfigurationError
from ibcli.trading.journal.journal import Claim, Journal, Note
from ibcli.trading.journal.opening import journal_path
from tests.hostile.local_scene import COSTLY
from tests.once.test_journal import Clock
from tests.once.values import ACCOUNT, CALL, PUT, short
from tests.scenes.contracts import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

CODES = {"journal-damaged", "journal-unwritable", "journal-busy", "state-insecure"}
Read = tuple[object, ...]


@dataclass(frozen=True)
class Kept:
    """A journal's file, and what it says."""

    path: Path
    said: Read = field(repr=False)


def settings_of(folder: Path) -> Settings:
    environ = {"IBCLI_STATE_DIR": str(folder), "IBCLI_MARKET_CLOCK": "now"}
    return load_settings(environ=environ, cwd=folder)


def fill(journal: Journal, runs: int = 6) -> None:
    """Runs of two legs: one working, the other in doubt."""
    for run in range(1, runs + 1):
        legs = [(n, short(which).named(f"spy-{run}-{n}")) for n, which in ((1, PUT), (2, CALL))]
        journal.claim(Claim(ACCOUNT, DAY, f"job{run % 3}", run, "order SPY", legs))
        for leg, intent in enumerate(journal.intents(ACCOUNT, run=run)):
            told = {"orders": [{"place": 0, "order_id": 1000 * run + leg, "status": "Submitted"}]}
            for kind in (Kind.SENDING, *([Kind.ACKNOWLEDGED] if leg else [])):
                detail = told if kind is Kind.ACKNOWLEDGED else {}
                note = Note(ACCOUNT, DAY, Act.PLACE, kind, "", detail, intent=intent.id)
                journal.write(note)


def read(journal: Journal) -> Read:
    return (
        journal.intents(ACCOUNT),
        journal.entries(),
        journal.in_doubt(ACCOUNT),
        [journal.latest_run(ACCOUNT, DAY, f"job{n}") for n in range(3)],
        journal.naming(ACCOUNT, [1001]),
        journal.execution_ids(ACCOUNT),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A journal in one file, and what it says."""
    folder = tmp_path_factory.mktemp("whole")
    with Journal.open(settings_of(folder), Clock()) as journal:
        fill(journal)
        said = read(journal)
    return Kept(journal_path(settings_of(folder)), said)


@pytest.fixture(scope="module")
def with_wal(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """As a killed process leaves it: the latest entries beside the file."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("with-wal")
    with Journal.open(settings_of(source), Clock()) as journal:
        fill(journal, runs=4)
        said = read(journal)
        for path in source.glob("journal-*"):
            shutil.copy(path, folder)
    return Kept(journal_path(settings_of(folder)), said)


def assert_noticed_or_harmless(
    kept: Kept, harm: Callable[[Path], object], *, older: bool = False
) -> None:
    """``older``: what an earlier moment would have read counts as harmless too."""
    path, before = kept.path, kept.said
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in path.parent.glob("journal-*"):
            shutil.copy(source, folder)
        harm(folder / path.name)
        for writing in (True, False):
            after = told(folder, writing=writing)
            if isinstance(after, ConfigurationError):
                assert after.code in CODES
                assert len(after.message) < 600
                if after.code == "journal-damaged":
                    assert list(folder.glob("*damaged*")) or "newer ibcli" in after.message
            elif older:
                for now, then in zip(after[:2], before[:2], strict=True):
                    assert isinstance(now, tuple)
                    assert isinstance(then, tuple)
                    assert now == then[: len(now)]
            else:
                assert after == before


def told(folder: Path, *, writing: bool) -> Read | ConfigurationError:
    try:
        opened = Journal.open if writing else Journal.open_to_read
        journal = opened(settings_of(folder), Clock())
        assert journal is not None
        with journal:
            return read(journal)
    except ConfigurationError as error:
        return error


def put(at: int, noise: bytes, suffix: str = "") -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        target = path.with_name(path.name + suffix)
        content = bytearray(target.read_bytes())
        start = at % max(1, len(content))
        content[start : start + len(noise)] = noise
        target.write_bytes(content)

    return harm


def flip(at: int, bit: int) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[at % len(content)] ^= 1 << bit
        path.write_bytes(content)

    return harm


AT = st.integers(0, 1 << 17)


@COSTLY
@given(at=AT, bit=st.integers(0, 7))
def test_a_bit_turned_over_anywhere(whole: Kept, at: int, bit: int) -> None:
    assert_noticed_or_harmless(whole, flip(at, bit))


@COSTLY
@given(at=AT, noise=st.binary(min_size=1, max_size=600))
def test_noise_anywhere(whole: Kept, at: int, noise: bytes) -> None:
    assert_noticed_or_harmless(whole, put(at, noise))


@COSTLY
@given(length=AT)
def test_cut_off_anywhere(whole: Kept, length: int) -> None:
    size = whole.path.stat().st_size
    assert_noticed_or_harmless(whole, lambda path: os.truncate(path, length % size))


@COSTLY
@given(at=AT, noise=st.binary(min_size=1, max_size=60), cut=st.booleans())
def test_the_latest_entries_cut_off_or_noise(
    with_wal: Kept, at: int, noise: bytes, cut: bool
) -> None:
    """SQLite leaves out what is not whole, without a word: the journal of an earlier moment.

    That no order comes of it twice is for the names of orders to see to, which a repeat makes
    again and the broker and ``reconcile`` know.
    """

    def shorter(path: Path) -> None:
        wal = path.with_name(path.name + "-wal")
        os.truncate(wal, at % wal.stat().st_size)

    harm = shorter if cut else put(at, noise, "-wal")
    assert_noticed_or_harmless(with_wal, harm, older=True)


@COSTLY
@given(at=AT, noise=st.binary(min_size=1, max_size=600))
def test_noise_in_what_is_made_anew(with_wal: Kept, at: int, noise: bytes) -> None:
    assert_noticed_or_harmless(with_wal, put(at, noise, "-shm"))


TEXTS = [
    (b'"quantity":1', b'"quantity":3'),
    (b'"strike":"6', b'"strike":"7'),
    (b'"side":"SELL"', b'"side":"SALL"'),
    (b'"order_id":1001', b'"order_id":1003'),
    (b"sending", b"sendinf"),
    (b"sending", b"absent_"),
    (b"job1", b"job2"),
    (b"spy-1-1", b"spy-1-7"),
    (ACCOUNT.encode(), ACCOUNT[:-1].encode() + b"x"),
]


@pytest.mark.parametrize(("right", "wrong"), TEXTS, ids=[wrong.decode() for _, wrong in TEXTS])
@pytest.mark.parametrize("which", ["first", "last", "all"])
def test_a_row_says_something_else(whole: Kept, right: bytes, wrong: bytes, which: str) -> None:
    """Pages and their cells are sound, and the row is none that was written."""
    content = whole.path.read_bytes()
    assert right in content
    parts = content.split(right)
    if which == "first":
        harmed = content.replace(right, wrong, 1)
    else:
        harmed = right.join(parts[:-1]) + wrong + parts[-1]
        harmed = harmed if which == "last" else content.replace(right, wrong)
    assert harmed != content
    assert_noticed_or_harmless(whole, lambda path: path.write_bytes(harmed))


def damaged_or_insecure(settings: Settings) -> str:
    for opened in (Journal.open, Journal.open_to_read):
        with pytest.raises(ConfigurationError) as caught:
            opened(settings, Clock())
    return str(caught.value.code)


def test_something_else_in_its_place(tmp_path: Path, whole: Kept) -> None:
    for name in ("folder", "pipe", "link", "loop", "device", "foreign"):
        settings = settings_of(tmp_path / name)
        path = journal_path(settings)
        path.parent.mkdir(mode=0o700)
        if name == "folder":
            path.mkdir()
        elif name == "pipe":
            os.mkfifo(path)
        elif name == "link":
            path.symlink_to(whole.path)
        elif name == "loop":
            path.symlink_to(path.name)
        elif name == "device":
            path.symlink_to("/dev/zero")
        elif os.geteuid() == 0:
            shutil.copy(whole.path, path)
            os.chown(path, 12345, 12345)
        else:
            continue
        assert damaged_or_insecure(settings) == "state-insecure"
        assert path.is_symlink() or path.exists()


@pytest.mark.parametrize("mode", [0o000, 0o666, 0o444])
def test_modes(tmp_path: Path, whole: Kept, mode: int) -> None:
    settings = settings_of(tmp_path)
    path = journal_path(settings)
    shutil.copy(whole.path, path)
    path.chmod(mode)
    found = told(tmp_path, writing=True)
    if isinstance(found, ConfigurationError):
        assert (found.code, mode == 0o666) == ("journal-unwritable", False)
    else:
        assert found == whole.said
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or mode == 0o444


def test_from_the_future(tmp_path: Path, whole: Kept) -> None:
    settings = settings_of(tmp_path)
    path = journal_path(settings)
    shutil.copy(whole.path, path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    assert damaged_or_insecure(settings) == "journal-damaged"
    assert path.read_bytes() == before


def test_from_before_there_were_sums(tmp_path: Path, whole: Kept) -> None:
    settings = settings_of(tmp_path)
    path = journal_path(settings)
    shutil.copy(whole.path, path)
    with sqlite3.connect(path) as connection:
        for table in ("intents", "events"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN sum")
    connection.close()
    looked = Journal.open_to_read(settings, Clock())
    assert looked is not None
    with looked:
        assert read(looked) == whole.said
    with Journal.open(settings, Clock()) as first, Journal.open(settings, Clock()) as second:
        assert read(first) == read(second) == whole.said
        note = Note(ACCOUNT, DAY, Act.KEEP, Kind.RESUMED)
        first.write(note)
        assert len(second.entries()) == len(first.entries())
    content = path.read_bytes()
    path.write_bytes(content.replace(b"resumed", b"resumec"))
    assert damaged_or_insecure(settings) == "journal-damaged"


@pytest.mark.parametrize("how", ["removed", "replaced", "moved"])
def test_gone_while_in_use(tmp_path: Path, whole: Kept, how: str) -> None:
    """What is written to a removed file is gone with the process: so nothing may be sent."""
    settings = settings_of(tmp_path)
    path = journal_path(settings)
    with Journal.open(settings, Clock()) as journal:
        fill(journal, runs=1)
        for each in tmp_path.glob("journal-*"):
            each.rename(tmp_path / f"old-{each.name}")
            if how == "removed":
                (tmp_path / f"old-{each.name}").unlink()
        if how == "replaced":
            shutil.copy(whole.path, path)
        with pytest.raises(ConfigurationError, match="while it was in use"):
            journal.write(Note(ACCOUNT, DAY, Act.KEEP, Kind.HALTED))
        with pytest.raises(ConfigurationError, match="while it was in use"):
            fill(journal, runs=2)
