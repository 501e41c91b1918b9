"""The journal as a file: only added to, whole or not at all, one claim for each leg."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.config import Settings, load_settings
from ibcli.domain.contracts import Right
from ibcli.domain.ledger import Act, Kind
from ibcli.domain.orders import Bracket, OrderType, Role, Side, Ticket, TicketLeg, Tif
from ibcli.domain.standing import LegState
from ibcli.errors import ConfigurationError
from ibcli.trading.journal.coded import bracket_document, bracket_from, text_of
from ibcli.trading.journal.folding import standing_of
from ibcli.trading.journal.journal import Claim, JobTakenError, Journal, Note
from ibcli.trading.journal.opening import journal_path
from tests.once.values import ACCOUNT, CALL, MOMENT, PUT, short
from tests.scenes.contracts import DAY, option

if TYPE_CHECKING:
    from pathlib import Path

PROCESSES = 20


class Clock:
    """A second passes with each look."""

    def __init__(self) -> None:
        self.moment = MOMENT

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    environ = {"IBCLI_STATE_DIR": str(tmp_path / "state"), "IBCLI_MARKET_CLOCK": "now"}
    return load_settings(environ=environ, cwd=tmp_path)


@pytest.fixture
def journal(settings: Settings) -> Any:
    with Journal.open(settings, Clock()) as opened:
        yield opened


def claim(journal: Journal, job: str = "spy", run: int = 1, *brackets: Bracket) -> None:
    legs = [
        (leg, bracket.named(f"{job}-{run}-{leg}"))
        for leg, bracket in enumerate(brackets or (short(),), 1)
    ]
    journal.claim(Claim(ACCOUNT, DAY, job, run, "order SPY", legs))


def note(journal: Journal, kind: Kind, cause: str = "", **detail: Any) -> None:
    intent = journal.intents(ACCOUNT)[-1].id
    journal.write(Note(ACCOUNT, DAY, Act.PLACE, kind, cause, detail, intent=intent))


def test_nothing_can_be_changed_or_removed(journal: Journal) -> None:
    claim(journal)
    other = sqlite3.connect(journal.path)
    for statement in (
        "UPDATE events SET kind = 'absent'",
        "DELETE FROM events",
        "UPDATE intents SET run = 2",
        "DELETE FROM intents",
        "INSERT OR REPLACE INTO intents SELECT * FROM intents",
    ):
        other.execute("PRAGMA recursive_triggers = ON")
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            other.execute(statement)
    other.close()
    assert [entry.kind for entry in journal.entries()] == [Kind.INTENT]


def test_what_is_written_is_read_back(journal: Journal) -> None:
    brackets = (short(PUT), short(CALL, stop=None))
    claim(journal, "spy", 1, *brackets)
    (put, call) = journal.intents(ACCOUNT, day=DAY, job="spy")
    assert put.bracket == brackets[0].named("spy-1-1")
    assert call.bracket == brackets[1].named("spy-1-2")
    assert (put.command, put.leg, call.leg) == ("order SPY", 1, 2)


decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4)
tickets = st.builds(
    Ticket,
    role=st.sampled_from(Role),
    side=st.sampled_from(Side),
    quantity=st.integers(1, 10**6),
    type=st.sampled_from(OrderType),
    legs=st.lists(
        st.builds(TicketLeg, st.just(PUT), st.integers(-9, 9)), min_size=1, max_size=4
    ).map(tuple),
    tif=st.sampled_from(Tif),
    coid=st.none() | st.text(max_size=64),
    parent_coid=st.none() | st.text(max_size=64),
    limit=st.none() | decimals,
    trigger=st.none() | decimals,
    trail=st.none() | decimals,
    trail_is_percent=st.booleans(),
    outside_rth=st.booleans(),
    single_group=st.booleans(),
)


@given(st.lists(tickets, min_size=1, max_size=4))
def test_every_bracket_survives_the_journal(several: list[Ticket]) -> None:
    import json

    bracket = Bracket(several[0], tuple(several[1:]))
    assert bracket_from(json.loads(text_of(bracket_document(bracket)))) == bracket


def test_a_run_belongs_to_one(journal: Journal) -> None:
    claim(journal)
    with pytest.raises(JobTakenError):
        claim(journal)
    claim(journal, run=2)
    assert journal.latest_run(ACCOUNT, DAY, "spy") == 2
    assert len(journal.intents(ACCOUNT)) == 2


def test_a_claim_is_whole_or_not_there(journal: Journal) -> None:
    claim(journal)
    named = short().named("spy-1-1")  # a name that is taken
    fresh = short(CALL).named("other-1-1")
    with pytest.raises(JobTakenError):
        journal.claim(Claim(ACCOUNT, DAY, "other", 1, "order SPY", [(1, fresh), (2, named)]))
    assert [intent.job for intent in journal.intents(ACCOUNT)] == ["spy"]
    assert journal.count() == 1


CLAIMING = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from ibcli.config import load_settings
from ibcli.trading.journal.journal import Claim, JobTakenError, Journal
from tests.once.values import ACCOUNT, short
from tests.scenes.contracts import DAY

settings = load_settings(environ={"IBCLI_STATE_DIR": sys.argv[1]}, cwd=Path(sys.argv[1]).parent)
sys.stdin.readline()
with Journal.open(settings, lambda: datetime.now(UTC)) as journal:
    try:
        journal.claim(Claim(ACCOUNT, DAY, "spy", 1, "order", [(1, short().named("spy-1-1"))]))
        print("mine")
    except JobTakenError:
        print("taken")
"""


def test_twenty_processes_one_claim(settings: Settings) -> None:
    """All wait on the same pipe and begin at once; the journal does not even exist yet."""
    folder = settings.base_state_dir
    folder.mkdir(parents=True)
    gate, opener = os.pipe()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMING, str(folder)],
            stdin=gate,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    os.close(gate)
    os.write(opener, b"\n" * PROCESSES)
    os.close(opener)
    said = sorted(process.communicate(timeout=60)[0].strip() for process in started)
    assert said == ["mine"] + ["taken"] * (PROCESSES - 1)
    with Journal.open(settings, Clock()) as journal:
        assert len(journal.intents(ACCOUNT)) == 1
        assert journal.count() == 1


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from ibcli.config import load_settings
from ibcli.domain.ledger import Act, Kind
from ibcli.trading.journal.journal import Claim, Journal, Note
from tests.once.values import ACCOUNT, short
from tests.scenes.contracts import DAY

settings = load_settings(environ={"IBCLI_STATE_DIR": sys.argv[1]}, cwd=Path(sys.argv[1]).parent)
lines = 0

def traced(frame, event, argument):
    global lines
    if "journal" not in frame.f_code.co_filename:
        return None
    if event == "line":
        lines += 1
        if lines == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
    return traced

sys.settrace(traced)
with Journal.open(settings, lambda: datetime.now(UTC)) as journal:
    journal.claim(Claim(ACCOUNT, DAY, "spy", 1, "order", [(1, short().named("spy-1-1"))]))
    journal.write(Note(ACCOUNT, DAY, Act.PLACE, Kind.SENDING, intent=1))
    print("sent", flush=True)
sys.settrace(None)
print("lines", lines, flush=True)
"""


def killed_at(folder: Path, line: int) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(line)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode, done.stdout


def test_killed_between_any_two_statements(tmp_path: Path) -> None:
    """The file is a whole journal at every moment, and holds what was said to be written."""
    _, said = killed_at(tmp_path / "whole" / "state", 10**9)
    lines = int(said.split()[-1])
    assert lines > 60
    kinds: set[tuple[Kind, ...]] = set()
    for line in sorted({*range(1, lines, 13), *range(lines - 9, lines + 1, 3)}):
        folder = tmp_path / str(line) / "state"
        code, said = killed_at(folder, line)
        settings = load_settings(environ={"IBCLI_STATE_DIR": str(folder)}, cwd=tmp_path)
        with Journal.open(settings, Clock()) as journal:
            found = tuple(entry.kind for entry in journal.entries())
            assert found in {(), (Kind.INTENT,), (Kind.INTENT, Kind.SENDING)}
            assert len(journal.intents(ACCOUNT)) == min(1, len(found))
            if "sent" in said:
                assert found == (Kind.INTENT, Kind.SENDING)
                assert [e.kind for e in journal.in_doubt(ACCOUNT)] == [Kind.SENDING]
        kinds.add(found)
        assert code == -signal.SIGKILL
    assert len(kinds) == 3


def damaged(settings: Settings) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Journal.open(settings, Clock())
    assert caught.value.code == "journal-damaged"
    assert str(journal_path(settings)) in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(
    "content",
    [b"", b"not a journal at all, but long enough to be a page" * 100, b"SQLite format 3\0"],
    ids=["empty", "something else", "cut off"],
)
def test_a_damaged_file_is_kept_and_refused(settings: Settings, content: bytes) -> None:
    with Journal.open(settings, Clock()) as journal:
        claim(journal)
    path = journal_path(settings)
    path.write_bytes(content)
    message = damaged(settings)
    assert damaged(settings) == message  # one copy, however often it is tried
    (copy,) = path.parent.glob("*.damaged-*.sqlite3")
    assert str(copy) in message
    assert copy.read_bytes() == content == path.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_flipped_page_is_damage(settings: Settings) -> None:
    with Journal.open(settings, Clock()) as journal:
        for run in range(1, 60):
            claim(journal, run=run)
    path = journal_path(settings)
    content = bytearray(path.read_bytes())
    content[4096 * 6 : 4096 * 7] = b"\xa5" * 4096
    path.write_bytes(content)
    damaged(settings)


def test_without_its_triggers_it_is_damaged(settings: Settings) -> None:
    with Journal.open(settings, Clock()) as journal:
        claim(journal)
    other = sqlite3.connect(journal_path(settings))
    other.execute("DROP TRIGGER events_no_update")
    other.close()
    damaged(settings)


def test_moved_away_a_new_one_is_begun(settings: Settings) -> None:
    with Journal.open(settings, Clock()) as journal:
        claim(journal)
    path = journal_path(settings)
    path.write_bytes(b"")
    damaged(settings)
    path.rename(path.with_suffix(".old"))
    with Journal.open(settings, Clock()) as journal:
        assert journal.count() == 0


def test_for_its_owner_alone(settings: Settings, journal: Journal) -> None:
    claim(journal)
    files = list(settings.base_state_dir.glob("journal-*"))
    assert len(files) == 3  # the file, -wal and -shm
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(settings.base_state_dir.stat().st_mode) == 0o700


def test_a_loose_mode_is_tightened(settings: Settings) -> None:
    with Journal.open(settings, Clock()) as journal:
        claim(journal)
    journal_path(settings).chmod(0o644)
    with Journal.open(settings, Clock()):
        assert stat.S_IMODE(journal_path(settings).stat().st_mode) == 0o600


def test_a_link_is_refused(settings: Settings, tmp_path: Path) -> None:
    with Journal.open(settings, Clock()) as journal:
        claim(journal)
    path = journal_path(settings)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError) as caught:
        Journal.open(settings, Clock())
    assert caught.value.code == "state-insecure"


LIMITED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from ibcli.config import load_settings
from ibcli.errors import ConfigurationError
from ibcli.trading.journal.journal import Claim, Journal
from tests.once.values import ACCOUNT, short
from tests.scenes.contracts import DAY

settings = load_settings(environ={"IBCLI_STATE_DIR": sys.argv[1]}, cwd=Path(sys.argv[1]).parent)
with Journal.open(settings, lambda: datetime.now(UTC)) as journal:
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
    try:
        for run in range(2, 1000):
            named = short().named(f"spy-{run}-1")
            journal.claim(Claim(ACCOUNT, DAY, "spy", run, "order", [(1, named)]))
            print(run, flush=True)
    except ConfigurationError as error:
        print(error.code, flush=True)
"""


def test_a_full_disk_takes_nothing_back(settings: Settings) -> None:
    with Journal.open(settings, Clock()) as journal:
        claim(journal)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(settings.base_state_dir)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *runs, code = done.stdout.split()
    assert code == "journal-unwritable"
    with Journal.open(settings, Clock()) as journal:
        kept = [intent.run for intent in journal.intents(ACCOUNT)]
        assert kept == [1, *map(int, runs)]


READ_ONLY = """
import os, sys, tempfile  # the last: what is imported late may be out of reach of a stranger
from datetime import UTC, datetime
from pathlib import Path
from ibcli.config import load_settings
from ibcli.errors import ConfigurationError
from ibcli.trading.journal.journal import Claim, Journal
from ibcli.trading.journal.pages import pages
from tests.once.values import ACCOUNT, short
from tests.scenes.contracts import DAY

folder = Path(sys.argv[1])
settings = load_settings(environ={"IBCLI_STATE_DIR": str(folder / "state")}, cwd=folder)
now = lambda: datetime.now(UTC)
if os.geteuid() == 0:  # who may write everywhere becomes somebody who may not
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)

def claim(run):
    with Journal.open(settings, now) as journal:
        named = short().named(f"spy-{run}")
        journal.claim(Claim(ACCOUNT, DAY, "spy", run, "order", [(1, named)]))
        return journal.path

path = claim(1)
for file_mode, folder_mode in ((0o400, 0o500), (0o600, 0o500), (0o400, 0o700)):
    path.chmod(file_mode)
    path.parent.chmod(folder_mode)
    print(len(pages(settings, now, everything=True).entries))
    try:
        print(claim(2))
    except ConfigurationError as error:
        print(error.code)
    path.parent.chmod(0o700)
"""


def test_what_may_only_be_read() -> None:
    """A read-only file or folder: shown, and no claim is made."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, folder],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**os.environ, "HOME": folder},
        )
    assert done.stdout.split() == ["1", "journal-unwritable"] * 3


def test_reading_makes_nothing(settings: Settings) -> None:
    assert Journal.open_to_read(settings, Clock()) is None
    assert not settings.base_state_dir.exists()


def test_a_reader_cannot_write(settings: Settings) -> None:
    with Journal.open(settings, Clock()) as journal:
        claim(journal)
    reading = Journal.open_to_read(settings, Clock())
    assert reading is not None
    with reading, pytest.raises(ConfigurationError) as caught:
        claim(reading, run=2)
    assert caught.value.code == "journal-unwritable"


def test_two_connections_see_each_other(settings: Settings, journal: Journal) -> None:
    with Journal.open(settings, Clock()) as other:
        claim(journal)
        assert [intent.job for intent in other.intents(ACCOUNT)] == ["spy"]
        claim(other, run=2)
        assert journal.latest_run(ACCOUNT, DAY, "spy") == 2


def test_an_execution_counts_once(journal: Journal) -> None:
    claim(journal)
    fill = Note(
        ACCOUNT, DAY, Act.PLACE, Kind.FILL, "", {"conid": 101, "size": "1"}, execution_id="x1"
    )
    assert journal.write_new([fill, fill]) == 1
    assert journal.write_new([fill]) == 0
    with pytest.raises(ConfigurationError):
        journal.write(fill)


# What is folded out of it


def fold(journal: Journal) -> Any:
    standing = standing_of(journal, journal.intents(ACCOUNT, job="spy"))
    assert standing is not None
    return standing.legs[0]


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ([], LegState.INTENDED),
        ([Kind.SENDING], LegState.UNKNOWN),
        ([Kind.SENDING, Kind.DOUBT], LegState.UNKNOWN),
        ([Kind.SENDING, Kind.DOUBT, Kind.LOOKED], LegState.UNKNOWN),
        ([Kind.SENDING, Kind.DOUBT, Kind.LOOKED, Kind.ABSENT], LegState.ABSENT),
        ([Kind.SENDING, Kind.QUESTION], LegState.QUESTIONED),
        ([Kind.SENDING, Kind.QUESTION, Kind.ANSWERING], LegState.UNKNOWN),
        ([Kind.SENDING, Kind.QUESTION, Kind.ANSWERING, Kind.DECLINED], LegState.DECLINED),
        ([Kind.SENDING, Kind.REFUSED], LegState.REFUSED),
        ([Kind.SENDING, Kind.REFUSED, Kind.SENDING], LegState.UNKNOWN),
        ([Kind.SENDING, Kind.REFUSED, Kind.ABANDONED], LegState.ABANDONED),
    ],
)
def test_the_state_follows_the_last_word(
    journal: Journal, kinds: list[Kind], state: LegState
) -> None:
    claim(journal)
    for kind in kinds:
        note(journal, kind, "because")
    assert fold(journal).state is state
    doubtful = journal.in_doubt(ACCOUNT)
    assert bool(doubtful) is (state is LegState.UNKNOWN)


def test_an_order_from_its_answer_to_its_fills(journal: Journal) -> None:
    claim(journal, "spy", 1, short(quantity=3))
    note(journal, Kind.SENDING)
    rows = [
        {"place": 0, "order_id": 11, "status": "Submitted"},
        {"place": 1, "order_id": 12, "status": "PreSubmitted"},
    ]
    note(journal, Kind.ACKNOWLEDGED, orders=rows)
    leg = fold(journal)
    assert (leg.state, leg.sent, leg.is_whole) == (LegState.WORKING, 1, True)
    intent = journal.intents(ACCOUNT)[0].id
    for name, size, price in (("x1", "1", "0.50"), ("x2", "2", "0.53")):
        detail = {"place": 0, "conid": 101, "side": "S", "size": size, "price": price}
        journal.write(
            Note(ACCOUNT, DAY, Act.PLACE, Kind.FILL, "", detail, intent, 11, execution_id=name)
        )
    leg = fold(journal)
    assert leg.state is LegState.FILLED
    assert (leg.entry.filled, leg.entry.average_price) == (3, Decimal("0.52"))
    assert leg.entry.commission is None  # not told yet, which is not nothing
    for name, paid in (("x1", "1.05"), ("x2", "2.10")):
        detail = {"commission": paid}
        journal.write(Note(ACCOUNT, DAY, Act.PLACE, Kind.COMMISSION, "", detail, intent, 11, name))
    assert fold(journal).entry.commission == Decimal("3.15")


def test_a_combination_is_as_full_as_its_least_filled_leg(journal: Journal) -> None:
    legs = (TicketLeg(PUT, -1), TicketLeg(option(103, "625"), 2))
    entry = Ticket(Role.ENTRY, Side.BUY, 2, OrderType.LMT, legs, limit=Decimal("-0.30"))
    claim(journal, "spy", 1, Bracket(entry))
    note(journal, Kind.ACKNOWLEDGED, orders=[{"place": 0, "order_id": 11, "status": "Submitted"}])
    intent = journal.intents(ACCOUNT)[0].id
    for name, conid, size in (("x1", 101, "2"), ("x2", 103, "2")):
        detail = {"place": 0, "conid": conid, "side": "B", "size": size, "price": "1"}
        journal.write(
            Note(ACCOUNT, DAY, Act.PLACE, Kind.FILL, "", detail, intent, 11, execution_id=name)
        )
    leg = fold(journal)
    assert (leg.state, leg.entry.filled) == (LegState.WORKING, 1)


def test_repriced_before_it_is_sent_again(journal: Journal) -> None:
    claim(journal)
    note(journal, Kind.SENDING)
    note(journal, Kind.ABSENT)
    again = short(limit="0.45", stop="1.60").named("spy-1-1")
    note(journal, Kind.REPRICED, orders=bracket_document(again))
    assert fold(journal).bracket == again
    assert journal.intents(ACCOUNT)[0].bracket == short().named("spy-1-1")  # as first meant


def test_right_is_kept(journal: Journal) -> None:
    claim(journal, "spy", 1, short(CALL))
    assert journal.intents(ACCOUNT)[0].bracket.entry.legs[0].tradable.right is Right.CALL
