"""All that the simulator remembers, in one SQLite database that several server processes may share.

In a folder it is ``sim.sqlite3`` in WAL mode; without one it is in memory. Every change is one
short ``BEGIN IMMEDIATE`` transaction. ``synchronous`` is off: a killed process loses nothing, and a
simulator need not survive a power cut.
"""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ibcli.sim.books.schema import GIVEN
from ibcli.sim.books.schema import SCHEMA as BOOKS_SCHEMA
from ibcli.sim.books.schema import TABLES as BOOKS_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASE = "sim.sqlite3"
SERVER = (
    "server:"  # settings of that prefix and a port number describe the servers that are running
)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consumer (
  consumer_key TEXT PRIMARY KEY, realm TEXT NOT NULL, signature_pem TEXT NOT NULL,
  encryption_pem TEXT NOT NULL, dh_prime TEXT NOT NULL, dh_generator INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS access_token (
  token TEXT PRIMARY KEY, consumer_key TEXT NOT NULL, secret BLOB NOT NULL,
  username TEXT NOT NULL, account TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request_token (
  token TEXT PRIMARY KEY, consumer_key TEXT NOT NULL, verifier TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS live_token (
  value TEXT PRIMARY KEY, access_token TEXT NOT NULL, session_id TEXT NOT NULL,
  expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nonce (
  consumer_key TEXT NOT NULL, nonce TEXT NOT NULL, seen REAL NOT NULL,
  PRIMARY KEY (consumer_key, nonce)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (
  username TEXT PRIMARY KEY, polls_left INTEGER NOT NULL, started REAL NOT NULL, used REAL NOT NULL,
  accounts_called INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS searched (
  username TEXT NOT NULL, conid INTEGER NOT NULL, PRIMARY KEY (username, conid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream (
  username TEXT NOT NULL, conid INTEGER NOT NULL, opened REAL NOT NULL, polls INTEGER NOT NULL,
  starved INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (username, conid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chart (
  username TEXT NOT NULL, conid INTEGER NOT NULL, PRIMARY KEY (username, conid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hit (address TEXT NOT NULL, rule TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS nonce_seen ON nonce (seen);
CREATE INDEX IF NOT EXISTS hit_at ON hit (address, rule, at);
CREATE TABLE IF NOT EXISTS penalty (address TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
"""

_TABLES = (
    "consumer",
    "access_token",
    "request_token",
    "live_token",
    "nonce",
    "session",
    "searched",
    "stream",
    "chart",
    "hit",
    "penalty",
    *BOOKS_TABLES,
)


_VERSION = 1  # of the schema; raise it with every change of a table


class Store:
    """One connection, usable from several threads; ``close`` it.

    Raises:
        OSError: when the database cannot be opened, or is damaged.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.RLock()
        path = ":memory:"
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = str(folder / DATABASE)
            (folder / DATABASE).touch(mode=0o600)
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            reason = f"{error}; delete it, only sessions and simulated orders are lost"
            raise OSError(errno.EIO, reason, path) from error

    def _open(self, path: str) -> None:
        self._db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=10.0
        )
        try:
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
            with self.transaction():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        """Make the tables; those of another version are dropped with all that they hold."""
        if self._db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            for table in (*_TABLES, "setting"):
                self._db.execute(f"DROP TABLE IF EXISTS {table}")
            self._db.execute(f"PRAGMA user_version = {_VERSION}")
        for statement in (_SCHEMA + BOOKS_SCHEMA).split(";"):
            self._db.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nested ones join the outermost."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query."""
        with self._lock:
            found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return found

    def run(self, sql: str, *values: object) -> int:
        """One changing statement in a transaction of its own; the number of rows changed."""
        with self.transaction() as db:
            return db.execute(sql, values).rowcount

    def setting(self, name: str, default: Any = None) -> Any:
        """A remembered JSON value."""
        row = self.row("SELECT value FROM setting WHERE name = ?", name)
        return default if row is None else json.loads(row["value"])

    def set_setting(self, name: str, value: object) -> None:
        """Remember a JSON value; None forgets it."""
        if value is None:
            self.run("DELETE FROM setting WHERE name = ?", name)
        else:
            self.run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, json.dumps(value))

    def clear(self) -> None:
        """Forget everything but which servers run, and which numbers orders and fills had: who
        remembers those of old takes no new one for them. Consumers have to be registered again.
        """
        with self.transaction() as db:
            (given,) = db.execute("SELECT max(next_id) FROM book").fetchone()
            for table in _TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names are this module's own
            kept = (f"{SERVER}%", GIVEN)
            db.execute("DELETE FROM setting WHERE name NOT LIKE ? AND name != ?", kept)
            if given is not None:
                self.set_setting(GIVEN, given)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()
