"""How the journal's file is made and opened: whole, its owner's alone, never silently replaced."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ibcli.broker.exhausted import has_no_file_left, too_many_files
from ibcli.broker.private import is_private, private_folder
from ibcli.errors import ConfigurationError
from ibcli.trading.journal.patience import AT_ONCE
from ibcli.trading.journal.schema import OBJECTS, STATEMENTS, VERSION
from ibcli.trading.journal.sums import add_columns, wrong_row

if TYPE_CHECKING:
    from ibcli.config import Settings
    from ibcli.trading.journal.patience import Patience

_NO_TEXT = "Could not decode to UTF-8"  # Python's own words, of a row's text
_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_MISMATCH", "SQLITE_FORMAT")


def journal_path(settings: Settings) -> Path:
    """One journal for each server: two profiles with the same account share it."""
    return journal_file(settings.base_state_dir, settings.pace_key)


def journal_file(folder: Path, server: str) -> Path:
    """The journal of a server's accounts in a state folder."""
    return folder / f"journal-{server}.sqlite3"


def put_aside(path: Path, now: datetime) -> Path | None:
    """Rename a journal, whose account is no more, by the time; None: there is none.

    Raises OSError when that cannot be done.
    """
    if not path.exists():
        return None
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = path.with_name(f"{path.stem}.until-{now:%Y%m%dT%H%M%SZ}{path.suffix}")
    if aside.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(aside))
    for source in (path, *_beside(path)):
        with suppress(FileNotFoundError):
            source.rename(aside.with_name(aside.name + source.name.removeprefix(path.name)))
    return aside


def open_to_write(path: Path, patience: Patience) -> sqlite3.Connection:
    """The journal's file, made when there is none.

    Raises ConfigurationError: ``journal-damaged``, ``journal-unwritable``, ``journal-busy``,
    ``state-insecure``.
    """
    try:
        private_folder(path.parent)
        if not _is_there(path):
            _make(path)
        connection = _connected(f"{path.as_uri()}?mode=rw", path)
    except OSError as error:
        raise unwritable(path, error.strerror or type(error).__name__) from None
    try:
        patience.attempt(lambda: _prepare(connection, path))
    except sqlite3.Error as error:
        connection.close()
        raise failure(path, error) from None
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(path: Path, patience: Patience) -> sqlite3.Connection | None:
    """The journal's file, to read only, also from a disk that cannot be written; None: no file.

    Raises ConfigurationError: ``journal-damaged``, ``journal-unwritable``, ``journal-busy``,
    ``state-insecure``.
    """
    try:
        if not _is_there(path):
            return None
    except OSError as error:
        raise unwritable(path, error.strerror or type(error).__name__) from None
    try:
        connection = _connected(f"{path.as_uri()}?mode=ro", path)
        try:
            patience.attempt(lambda: _check(connection, path))
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError:  # its folder takes no -shm beside it
        connection = _connected(f"{path.as_uri()}?immutable=1", path)
        try:
            _check(connection, path)
        except sqlite3.Error as error:
            connection.close()
            raise failure(path, error) from None
    return connection


def _is_there(path: Path) -> bool:
    """Whether there is a file, ours alone. Raises ConfigurationError ``state-insecure``."""
    there = is_private(path)
    for each in _beside(path):  # somebody else's -wal would be taken into the journal
        is_private(each)
    return there


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _make(path: Path) -> None:
    """Make the file elsewhere and put it in place whole, unless another process was faster.

    So an empty file in its place is damage, not a journal that is still to be made.
    """
    import tempfile  # takes 4 ms, and the file is made once

    with tempfile.TemporaryDirectory(prefix=".journal.", dir=path.parent) as folder:
        made = Path(folder) / path.name
        Path(folder).chmod(0o700)  # the umask may have left less, here and below
        os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        made.chmod(0o600)
        try:
            with closing(sqlite3.connect(made, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN")
                for statement in STATEMENTS:
                    connection.execute(statement)
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise unwritable(path, str(error)) from None
        _synced(made)
        with suppress(FileExistsError):
            path.hardlink_to(made)
    _synced(path.parent)


def makeshift() -> sqlite3.Connection:
    """A journal in memory, where none can be opened: to look and to cancel, never to order."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in STATEMENTS:
        connection.execute(statement)
    return connection


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connected(uri: str, path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(uri, uri=True, timeout=AT_ONCE, isolation_level=None)
    except sqlite3.Error as error:
        raise failure(path, error) from None


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _check(connection, path)
    add_columns(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")  # REPLACE would delete unseen


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """See that it is a whole journal. Raises ConfigurationError, sqlite3.OperationalError."""
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ConfigurationError(
                f"The journal {path} was written by a newer ibcli.",
                hint="Use that one; two versions must not trade side by side.",
                code="journal-damaged",
            )
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if version != VERSION or not found >= OBJECTS:
            raise damaged(path, "it lacks a part of the journal")
        # The indexes too: an entry that an index lacks would be an order that is not looked for.
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict == "ok":
            verdict = wrong_row(connection) or "ok"
    except sqlite3.Error as error:
        if _is_damage(error):
            raise damaged(path, str(error)) from None
        raise
    except UnicodeDecodeError:  # SQLite's verdict quotes what it found
        raise damaged(path, "a name in it is no text") from None
    if verdict != "ok":
        raise damaged(path, str(verdict))


def identity(path: Path) -> tuple[int, int] | None:
    """Which file the path leads to; None: to none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def failure(path: Path, error: sqlite3.Error) -> ConfigurationError:
    """What to raise over an error of SQLite's."""
    if _is_damage(error):
        return damaged(path, str(error))
    return too_many_files() if has_no_file_left() else unwritable(path, str(error))


def _is_damage(error: sqlite3.Error) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(_DAMAGE) or str(error).startswith(_NO_TEXT)


def unwritable(path: Path, why: str) -> ConfigurationError:
    """The journal cannot take an entry, so nothing may be sent."""
    return ConfigurationError(
        f"The journal of orders {path} cannot be used: {why}.",
        hint="No order is sent without it. Free some space, make the folder writable, or wait for "
        "what else is writing there.",
        code="journal-unwritable",
    )


def damaged(path: Path, why: str) -> ConfigurationError:
    """The journal is not whole; a copy of it is kept aside, once for each state of the file."""
    copy = _kept_aside(path)
    kept = f"A copy is kept as {copy}." if copy else "No copy of it could be made."
    return ConfigurationError(
        f"The journal of orders {path} is damaged: {why}. {kept} No order is sent.",
        hint=f"Compare `ibcli orders` and `ibcli trades` with what you meant to trade; then move "
        f"{path} away, so that a new journal is begun, and run `ibcli reconcile --fix`.",
        code="journal-damaged",
    )


def _kept_aside(path: Path) -> Path | None:
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        copy = path.with_name(f"{path.stem}.damaged-{changed:%Y%m%dT%H%M%SZ}{path.suffix}")
        for source in (path, _beside(path)[0]):
            target = copy.with_name(copy.name + source.name.removeprefix(path.name))
            if source.exists() and not target.exists():
                _copied(source, target)
    except OSError:
        return None
    return copy


def _copied(source: Path, target: Path) -> None:
    import shutil

    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out, source.open("rb") as content:
        shutil.copyfileobj(content, out)
