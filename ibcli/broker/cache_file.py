"""The file of the contract cache: opened, used, set aside when it is damaged, done without."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from ibcli.broker.lock_order import Rank, ranked
from ibcli.broker.private import is_private, private_folder
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

Outcome = TypeVar("Outcome")

_VERSION = 2  # of the tables; a file of another version is emptied
_BUSY_SECONDS = 3.0
_SCHEMA = (
    "DROP TABLE IF EXISTS contracts",
    "DROP TABLE IF EXISTS answers",
    """
    CREATE TABLE contracts (
        conid INTEGER PRIMARY KEY,
        underlying_conid INTEGER NOT NULL,
        symbol TEXT NOT NULL,
        trading_class TEXT NOT NULL,
        expiry TEXT NOT NULL,
        strike TEXT NOT NULL,
        side TEXT NOT NULL,
        multiplier TEXT,
        currency TEXT NOT NULL,
        exchanges TEXT NOT NULL,
        sum INTEGER NOT NULL
    )
    """,
    "CREATE INDEX contracts_expiry ON contracts (expiry)",
    """
    CREATE TABLE answers (
        day TEXT NOT NULL,
        kind TEXT NOT NULL,
        about TEXT NOT NULL,
        answer TEXT NOT NULL,
        sum INTEGER NOT NULL,
        PRIMARY KEY (kind, about)
    ) WITHOUT ROWID
    """,
    f"PRAGMA user_version = {_VERSION}",
)
_MOST_VALUES = 500  # in one query


class CacheFile:
    """One process's view of the file. Safe to use from several threads and processes.

    ``today`` is New York's date; ``warn`` takes a sentence for the user.
    """

    def __init__(self, path: Path, today: date, warn: Callable[[str], None]) -> None:
        self.path = path
        self.today = today.isoformat()
        self._warn = warn
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._patience = _BUSY_SECONDS
        self.use(lambda _: None)

    def close(self) -> None:
        """Let go of the file; later calls open it again."""
        with ranked(Rank.CACHE), self._lock:
            self._disconnect()

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[str, ...]]:
        """The rows of a query; none when the file cannot be used."""
        return self.use(lambda connection: connection.execute(query, values).fetchall()) or []

    def some_rows(
        self, query: str, values: Sequence[object], among: Sequence[object]
    ) -> Iterator[tuple[str, ...]]:
        """The rows of a query about some of many things, a few hundred of them at a time."""
        for start in range(0, len(among), _MOST_VALUES):
            some = among[start : start + _MOST_VALUES]
            yield from self.rows(query.format(", ".join("?" * len(some))), (*values, *some))

    def change(self, change: Callable[[sqlite3.Connection], None]) -> None:
        """Make changes in one transaction."""

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                change(connection)

        self.use(write)

    def use(self, use: Callable[[sqlite3.Connection], Outcome]) -> Outcome | None:
        """What ``use`` makes of the open file; None when that cannot be done."""
        with ranked(Rank.CACHE), self._lock:
            for attempt in (1, 2):
                try:
                    return use(self._connected())
                except sqlite3.Error as exc:
                    self._disconnect()
                    if attempt == 2 or not self._curable(exc):
                        return None
                except UnicodeDecodeError:  # SQLite's message quotes a name that is no text
                    self._disconnect()
                    if attempt == 2 or not self._set_aside():
                        return None
                except OSError as exc:
                    self._give_up(exc.strerror or type(exc).__name__)
                    return None
                except ConfigurationError as exc:
                    self._give_up(exc.message.rstrip("."))
                    return None
        return None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        self._make_private()
        connection = sqlite3.connect(
            self.path, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        try:
            with suppress(sqlite3.OperationalError):  # another process is changing it just now
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if _version(connection) != _VERSION:
                _make_tables(connection)
            self._prune(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_private(self) -> None:
        """What lies here says which conid is ordered, so nobody else may write it."""
        private_folder(self.path.parent)
        if not is_private(self.path):
            with suppress(FileExistsError):
                flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
                descriptor = os.open(self.path, flags, 0o600)
                os.fchmod(descriptor, 0o600)  # the umask may have left less
                os.close(descriptor)
        for suffix in ("-wal", "-shm"):
            is_private(self.path.with_name(self.path.name + suffix))

    def _prune(self, connection: sqlite3.Connection) -> None:
        """Forget what has expired and what was kept for an earlier day, if there is any."""
        old = "SELECT EXISTS (SELECT 1 FROM answers WHERE day < ?)"
        if connection.execute(old, (self.today,)).fetchone() == (1,):
            connection.execute("DELETE FROM answers WHERE day < ?", (self.today,))
            connection.execute("DELETE FROM contracts WHERE expiry < ?", (self.today,))

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _curable(self, exc: sqlite3.Error) -> bool:
        """Whether another attempt may go well; sets a damaged file aside first."""
        name = getattr(exc, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            self._patience = 0.0  # not as long again for each answer that is to be remembered
            return False  # another process writes: this once, do without
        if name == "SQLITE_READONLY_DBMOVED":
            return True  # another process set the file aside
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_MISMATCH")):
            return self._set_aside()
        self._give_up(str(exc))
        return False

    def _set_aside(self) -> bool:
        aside = self.path.with_suffix(".damaged")
        try:
            self.path.replace(aside)
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        except FileNotFoundError:  # another process was faster
            return True
        except OSError as exc:
            self._give_up(exc.strerror or type(exc).__name__)
            return False
        self._warn(f"The contract cache was damaged; it is now {aside}, and a new one is made.")
        return True

    def _give_up(self, reason: str) -> None:
        """Warn once; the same file is not tried in vain again and again."""
        if self._warn is not _quietly:
            self._warn(f"Contracts cannot be remembered in {self.path.parent}: {reason}.")
        self._warn = _quietly


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _make_tables(connection: sqlite3.Connection) -> None:
    """Empty the file and make its tables, unless another process has just done so."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) != _VERSION:
            for statement in _SCHEMA:
                connection.execute(statement)


def _quietly(_sentence: str) -> None:
    """What is left to say after a warning."""
