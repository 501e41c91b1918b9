"""The file that holds the queue: what is written is read, and what is torn is known."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.broker.client import is_write
from ibcli.broker.deadline import Deadline
from ibcli.broker.pace import RULES, Pace
from ibcli.broker.pace.book import Book, Request
from ibcli.broker.pace.record import decoded, encoded
from ibcli.broker.pace.rules import NO_RULE, SECOND, goes_first, rule_of
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

instants = st.floats(1e9, 3e9)
requests = st.builds(
    Request,
    ticket=st.integers(0, 1 << 60),
    rule=st.integers(NO_RULE, len(RULES) - 1),
    is_write=st.booleans(),
    limit=st.integers(1, 50),
    sent=instants,
    answered=st.just(0.0) | instants,
    looks=instants,
)
waiting = st.builds(
    Request,
    ticket=st.integers(0, 1 << 60),
    rule=st.integers(NO_RULE, len(RULES) - 1),
    is_write=st.booleans(),
    limit=st.integers(1, 50),
    looks=instants,
)
books = st.builds(
    Book,
    sent=st.lists(requests, max_size=8),
    waiting=st.lists(waiting, max_size=8),
    last_ticket=st.integers(0, 1 << 60),
    writes_in_a_row=st.integers(0, 4),
    closed_until=instants,
    refusals=st.integers(0, 9),
    refused_at=instants,
)


@given(book=books, left_over=st.binary(max_size=100))
def test_what_is_written_is_read(book: Book, left_over: bytes) -> None:
    assert decoded(encoded(book) + left_over, 2e9) == book


@given(book=books, data=st.data())
def test_what_is_torn_is_known(book: Book, data: st.DataObject) -> None:
    content = bytearray(encoded(book))
    at = data.draw(st.integers(0, len(content) - 1))
    cut, turned = bytes(content[:at]), content
    turned[at] ^= data.draw(st.integers(1, 255))
    for torn in (cut, bytes(turned)):
        found = decoded(torn, 2e9)
        assert len(found.sent) == (50 if torn else 0)  # nobody may send for a second
        assert {request.sent for request in found.sent} <= {2e9}


def test_more_wait_than_are_read_at_once(tmp_path: Path) -> None:
    book = Book(waiting=[Request(n, NO_RULE, False, 1, looks=2e9) for n in range(1, 1000)])
    (tmp_path / "pace-x").write_bytes(encoded(book))
    pace = Pace(tmp_path, "x", 1, lambda: 2e9)

    def stop(seconds: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        pace.enter("GET", "/x", Deadline(2e9 + 5000, clock=lambda: 2e9, sleeper=stop))
    assert decoded((tmp_path / "pace-x").read_bytes(), 2e9).waiting == book.waiting


def test_who_is_interrupted_leaves_the_queue(tmp_path: Path) -> None:
    now = 2e9
    pace = Pace(tmp_path, "x", 1, lambda: now)
    pace.enter("GET", "/x", Deadline(now + 9, clock=lambda: now))

    def interrupt(seconds: float) -> None:
        assert len(decoded((tmp_path / "pace-x").read_bytes(), now).waiting) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pace.enter("GET", "/x", Deadline(now + 9, clock=lambda: now, sleeper=interrupt))
    assert not decoded((tmp_path / "pace-x").read_bytes(), now).waiting


def test_a_clock_that_is_set_leaves_those_who_wait_their_places(tmp_path: Path) -> None:
    for change in (-3600.0, 3600.0, -0.5):
        now = 2e9
        pace = Pace(tmp_path, f"x{change}", 1, lambda: now)  # noqa: B023
        pace.enter("GET", "/x", Deadline.after(9))
        seen: list[float] = []

        def sleep(seconds: float) -> None:
            nonlocal now
            seen.append(seconds)  # noqa: B023
            now += seconds + (change if len(seen) == 1 else 0.0)  # noqa: B023

        pace.enter("GET", "/x", Deadline(9e9, clock=lambda: now, sleeper=sleep))  # noqa: B023
        assert sum(seen) < 3.02 + 0.5 + 0.1


def test_the_dead_of_a_later_day_hold_nobody_after_the_clock_was_set_back(tmp_path: Path) -> None:
    now = 2e9
    dead = [Request(n, NO_RULE, False, 1, looks=now + 3600) for n in range(1, 9)]
    (tmp_path / "pace-x").write_bytes(encoded(Book(waiting=dead)))
    Pace(tmp_path, "x", 1, lambda: now).enter("GET", "/x", Deadline(now, clock=lambda: now))


def test_who_was_passed_over_stands_where_he_stood() -> None:
    book = Book()
    for ticket in (3, 9, 5):
        book.queue(Request(ticket, NO_RULE, False, 1))
    assert [each.ticket for each in book.waiting] == [3, 5, 9]


def test_the_lowest_limit_among_those_in_front_holds() -> None:
    now, quick, slow = 2e9, 50, 4
    ahead = [Request(n, NO_RULE, False, quick) for n in range(1, 101)]
    book = Book(waiting=ahead[:5])
    mine = book.queue(Request(999, NO_RULE, False, slow))
    assert now < book.turn(mine, now, RULES) < now + 0.1  # five go first, more than it allows
    book = Book(waiting=[*ahead, mine])
    assert book.turn(mine, now, RULES) == now + 2 * SECOND  # a hundred, of fifty a second
    late = book.queue(Request(1000, NO_RULE, False, quick))
    book.waiting = [mine, late]
    book.sent = [Request(1, NO_RULE, False, quick, now - 0.5, now - 0.5) for _ in range(slow)]
    assert book.turn(late, now, RULES) == now - 0.5 + SECOND  # not before the slow one


def test_charts_answered_soon_do_not_hold_up_others(tmp_path: Path) -> None:
    now = 2e9
    pace = Pace(tmp_path, "x", 50, lambda: now)
    for _ in range(20):
        pace.leave(pace.enter("GET", "/iserver/marketdata/history", Deadline(0, lambda: now)))


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: nothing can be written either."""
    code = f"""
import resource
from pathlib import Path
from ibcli.broker.deadline import Deadline
from ibcli.broker.pace import Pace
from ibcli.errors import ConfigurationError
pace = Pace(Path({str(tmp_path)!r}), "x", 10)
key = pace.enter("GET", "/x", Deadline.after(5))
resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))
pace.leave(key)
try:
    pace.enter("GET", "/x", Deadline.after(5))
except ConfigurationError as error:
    print(error.code)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "state-unwritable\n"


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        Pace(tmp_path / "file" / "state", "x", 10).enter("GET", "/x", Deadline.after(5))
    assert caught.value.code == "state-unwritable"


@pytest.mark.parametrize(
    "path",
    [
        "/iserver/account/DU1/orders",
        "/iserver/account/DU1/order/123",
        "/iserver/account/DU1/orders/whatif",
        "/iserver/reply/0a1b",
        "/iserver/account",
        "/iserver/account/orders",
        "/iserver/auth/ssodh/init",
        "/iserver/secdef/search",
        "/oauth/live_session_token",
        "/tickle",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_goes_first_is_what_is_sent_once(method: str, path: str) -> None:
    assert goes_first(method, path) == is_write(method, path)


def test_each_path_counts_under_its_rule() -> None:
    assert [rule_of(rule.name) for rule in RULES] == list(range(len(RULES)))
    assert RULES[rule_of("/fyi/settings/M8")].name == "/fyi/"
    assert rule_of("/iserver/accounts") == NO_RULE
