"""The gate before the wire: through it goes each request of each process."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ibcli.broker.deadline import Deadline
from ibcli.broker.lock_order import Rank
from ibcli.broker.locks import locked
from ibcli.broker.pace.book import Book, Request
from ibcli.broker.pace.record import decoded, encoded
from ibcli.broker.pace.rules import goes_first, kept, rule_of
from ibcli.broker.private import private_folder, written
from ibcli.broker.scrub import mask_accounts
from ibcli.errors import IbcliError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PATIENCE = 1.0  # seconds in which to note an answer, also after the deadline
_SHORTEST_SLEEP = 0.0005  # seconds: an instant that clocks tell apart
_PIECE = 1 << 14  # bytes read at once: some 400 requests
_BIGGEST = 1 << 20
_USABLE = 1.5  # seconds; half a second before an unanswered request is taken to have arrived


class Slot(NamedTuple):
    """Leave for one request to be sent now; ``taken`` is the instant of the pace's clock."""

    ticket: int
    taken: float


class Pace:
    """The gate before the wire; safe to use from several threads.

    ``clock`` gives seconds since 1970, alike in all processes. ``haste`` shortens the windows that
    are longer than a second: for a simulator.
    """

    def __init__(
        self,
        folder: Path,
        key: str,
        max_rps: int,
        clock: Callable[[], float] = time.time,
        haste: int = 1,
    ) -> None:
        self._folder = folder
        self._path = folder / f"pace-{key}"
        self._max_rps = max_rps
        self._rules = kept(haste)
        self._clock = clock
        self._file = threading.Lock()  # one thread of a process is at the file at a time
        self._ready = False  # whether the folder has been made and looked at

    def enter(self, method: str, path: str, deadline: Deadline, unused: Slot | None = None) -> Slot:
        """Wait for a slot and take it; give it to ``leave`` when the answer is there.

        ``unused`` is one of the same request, which was not sent: it is given back, and the request
        stands where it stood.

        Raises UnreachableError when the slot comes only after the deadline: ``rate-limited`` if the
        broker has closed the gate with a 429, ``pacing`` if we keep within its limits ourselves.
        """
        ticket = unused.ticket if unused is not None else 0
        mine = Request(ticket, rule_of(path), goes_first(method, path), self._max_rps)
        try:
            while wait := self._look(mine, path, deadline):
                deadline.sleep(wait)
        except BaseException:
            self._give_up(mine)
            raise
        return Slot(mine.ticket, mine.sent)

    def is_good(self, slot: Slot) -> bool:
        """Whether a request that is sent now arrives while its slot counts."""
        return 0 <= self._clock() - slot.taken < _USABLE

    def overdue(self, method: str, path: str, slot: Slot) -> Slot:
        """Its request was sent only now, when others may have used its place: it counts anew."""
        mine = Request(slot.ticket, rule_of(path), goes_first(method, path), self._max_rps)
        with suppress(IbcliError):
            self._change(lambda book, now: book.resend(mine, now), Deadline.after(_PATIENCE))
        return Slot(slot.ticket, mine.sent or slot.taken)

    def leave(self, slot: Slot) -> None:
        """The answer is there, or will not come."""
        at = self._clock()
        with suppress(IbcliError):  # counted as arrived in two seconds then
            self._change(lambda book, _: book.answer(slot.ticket, at), Deadline.after(_PATIENCE))

    def refused(self, retry_after: float | None) -> None:
        """A 429 came: close the gate for everybody, for as long as it says or ever longer."""
        self._change(lambda book, now: book.close(now, retry_after), Deadline.after(_PATIENCE))

    def _look(self, mine: Request, path: str, deadline: Deadline) -> float:
        """Seconds until the next look; 0 when the slot is taken."""
        wait = 0.0
        too_late: UnreachableError | None = None

        def look(book: Book, now: float) -> None:
            nonlocal wait, too_late
            mine.ticket = mine.ticket or book.ticket(now)
            book.withdraw(mine.ticket)
            place = book.queue(mine)
            turn = book.turn(place, now, self._rules)
            if turn <= now:
                book.send(place, now)
                mine.sent = now
                return
            if turn - now > deadline.remaining or deadline.passed:
                too_late = self._too_late(path, turn, closed=book.closed_until > now)
                return
            wait = max(_SHORTEST_SLEEP, book.sleep(place, now, turn))

        self._change(look, deadline)
        if too_late is not None:
            raise too_late
        return wait

    def _give_up(self, mine: Request) -> None:
        """Leave the queue, if the file allows: else the others pass us over in a moment."""
        if mine.ticket:
            with suppress(IbcliError):
                self._change(lambda book, _: book.drop(mine.ticket), Deadline.after(_PATIENCE))

    def _change(self, change: Callable[[Book, float], None], deadline: Deadline) -> None:
        if not self._ready:
            private_folder(self._folder)
            self._ready = True
        with (
            self._file,
            locked(self._path, deadline, Rank.PACE, busy="the request pacing") as descriptor,
        ):
            now = self._clock()
            content = _content(descriptor)
            book = decoded(content, now)
            book.prune(now)
            change(book, now)
            after = encoded(book)
            if not content.startswith(after):
                with written(self._path):
                    _write(descriptor, after)

    def _too_late(self, path: str, turn: float, *, closed: bool) -> UnreachableError:
        path = mask_accounts(path)
        if closed:
            opens = datetime.fromtimestamp(turn, UTC)
            return UnreachableError(
                f"The broker's rate limit holds requests to {path} back until "
                f"{opens:%Y-%m-%dT%H:%M:%SZ}, which is after the deadline.",
                hint="It answered 429 to this machine. Try again then; a lower IBCLI_MAX_RPS "
                "helps if other programs use the same address.",
                code="rate-limited",
            )
        return UnreachableError(
            f"{path} was still waiting for its turn at the deadline: ibcli keeps within "
            f"the broker's limits ({self._max_rps} requests a second, fewer on some).",
            hint="Give it longer with --deadline SECONDS, or run fewer commands at a time.",
            code="pacing",
        )


def _content(descriptor: int) -> bytes:
    if os.fstat(descriptor).st_size > _BIGGEST:  # never so many requests: something else
        os.ftruncate(descriptor, _PIECE)
    content = os.pread(descriptor, _PIECE, 0)
    while len(content) % _PIECE == 0 and (more := os.pread(descriptor, _PIECE, len(content))):
        content += more
    return content


def _write(descriptor: int, content: bytes) -> None:
    """At the beginning; what is left of longer content is not read. A full disk: OSError."""
    done = 0
    while done < len(content):
        done += os.pwrite(descriptor, content[done:], done)
