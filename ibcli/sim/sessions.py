"""The brokerage session: one per user name, with all that it has already done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ibcli.sim.books.schema import OF_A_SESSION
from ibcli.sim.errors import accounts_first, no_bridge
from ibcli.sim.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from sqlite3 import Row

    from ibcli.sim.options import SimOptions
    from ibcli.sim.store import Store

NEW_YORK = ZoneInfo("America/New_York")
READ_ONLY_MESSAGE = "User is read-only and may not open a brokerage session"  # wording invented


@dataclass(frozen=True, slots=True)
class Status:
    """What ssodh/init and auth/status report."""

    authenticated: bool = False
    established: bool = False
    competing: bool = False
    connected: bool = False
    message: str = ""


class Sessions:
    """Brokerage sessions in the store. ``real`` gives the seconds since the epoch."""

    def __init__(self, store: Store, options: SimOptions, real: Callable[[], float]) -> None:
        self._store = store
        self._options = options
        self._real = real

    def begin(self, username: str, *, compete: bool) -> Status:
        """ssodh/init: open the session, or say why not. A session that is open already stays as it
        is.
        """
        with self._store.transaction() as db:
            switches = Switches.load(self._store)
            if switches.read_only:
                return Status(connected=True, message=READ_ONLY_MESSAGE)
            if switches.another_session:
                if not compete:
                    return Status(competing=True, connected=True)
                switches.saved(self._store, another_session=False)
            if self._live(username) is None:
                now = self._real()
                db.execute(
                    "INSERT INTO session (username, polls_left, started, used) VALUES (?, ?, ?, ?)",
                    (username, self._options.establish_polls, now, now),
                )
            return self._status(username)

    def poll(self, username: str) -> Status:
        """auth/status and tickle: report, and come one poll nearer to being established."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE session SET polls_left = max(0, polls_left - 1) WHERE username = ?",
                (username,),
            )
            self.touch(username)
            return self._status(username)

    def _status(self, username: str) -> Status:
        row = self._live(username)
        if row is not None:
            return Status(authenticated=True, established=row["polls_left"] == 0, connected=True)
        if Switches.load(self._store).another_session:
            return Status(competing=True, connected=True)
        return Status()

    def _live(self, username: str) -> Row | None:
        """The session's row; one that has idled out or met a reset is ended first."""
        row = self._store.row("SELECT * FROM session WHERE username = ?", username)
        if row is None:
            return None
        now = self._real()
        idle = now - row["used"] > self._options.idle_seconds
        reset = self._options.midnight_reset and row["started"] < last_midnight(now)
        if idle or reset:
            self.end(username)
            return None
        return row

    def touch(self, username: str) -> None:
        """Any request keeps the session from idling out, unless it already has."""
        self._touched(username)

    def _touched(self, username: str) -> Row | None:
        row = self._live(username)
        if row is not None:
            sql = "UPDATE session SET used = ? WHERE username = ?"
            self._store.run(sql, self._real(), username)
        return row

    def is_open(self, username: str) -> bool:
        """Whether there is an established session; asking does not keep it alive."""
        with self._store.transaction():
            row = self._live(username)
        return row is not None and row["polls_left"] == 0

    def require(self, username: str) -> None:
        """Let a request under /iserver pass.

        Raises:
            WireError: 400 "no bridge" without an established session.
        """
        with self._store.transaction():
            row = self._touched(username)
        if row is None or row["polls_left"] > 0:
            raise no_bridge()

    def end(self, username: str | None = None) -> None:
        """End the session of one user, or of all, and forget what it did."""
        with self._store.transaction() as db:
            for table in ("session", "searched", "stream", "chart", *OF_A_SESSION):
                db.execute(
                    f"DELETE FROM {table} WHERE ? IS NULL OR username = ?",  # noqa: S608 - our own names
                    (username, username),
                )

    def note_accounts(self, username: str) -> None:
        """/iserver/accounts was called."""
        self._store.run("UPDATE session SET accounts_called = 1 WHERE username = ?", username)

    def require_accounts(self, username: str) -> None:
        """Let a request pass that needs /iserver/accounts before it.

        Raises:
            WireError: 500 "Please query /accounts first".
        """
        row = self._store.row("SELECT accounts_called FROM session WHERE username = ?", username)
        if row is None or not row["accounts_called"]:
            raise accounts_first()

    def first_time(self, username: str, what: str) -> bool:
        """Whether this session asks for something for the first time."""
        return self._store.run("INSERT OR IGNORE INTO asked VALUES (?, ?)", username, what) > 0

    def ask_anew(self, username: str, what: str) -> None:
        """The next request is a first one again."""
        self._store.run("DELETE FROM asked WHERE username = ? AND what = ?", username, what)

    def has_asked(self, username: str, what: str) -> bool:
        """Whether this session has asked for something."""
        sql = "SELECT 1 FROM asked WHERE username = ? AND what = ?"
        return self._store.row(sql, username, what) is not None

    def note_search(self, username: str, conids: Iterable[int]) -> None:
        """secdef/search answered with these underlyings."""
        with self._store.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO searched VALUES (?, ?)", [(username, c) for c in conids]
            )

    def searched(self, username: str, conid: int) -> bool:
        """Whether secdef/search has shown that underlying in this session."""
        sql = "SELECT 1 FROM searched WHERE username = ? AND conid = ?"
        return self._store.row(sql, username, conid) is not None


def last_midnight(now: float) -> float:
    """The latest New York midnight before an instant; both in seconds since the epoch."""
    local = datetime.fromtimestamp(now, UTC).astimezone(NEW_YORK)
    return datetime.combine(local.date(), time(), NEW_YORK).timestamp()
