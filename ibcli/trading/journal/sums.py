"""Sums over what was written, so that a bit that turned over inside a row is seen.

SQLite notices a page that is no page and an index that does not fit, but not a 1 that became a 3 in
the text of a row. Rows of a journal from before there were sums have none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

EVENT = (
    *("at", "market_at", "account", "day", "act", "kind", "cause", "detail"),
    *("intent", "order_id", "execution_id"),
)
INTENT = ("account", "day", "job", "run", "leg", "coid", "command", "bracket")
_LATEST = (("intents", INTENT, 100), ("events", EVENT, 500))  # rows that are looked at on opening


def sum_of(values: Iterable[object]) -> int:
    """Of a row's texts, numbers and nulls, in the order of the columns above."""
    return crc32(json.dumps(list(values)).encode())


def is_right(expected: int | None, values: Iterable[object]) -> bool:
    """Whether the row says what was written; one without a sum is taken at its word."""
    return expected is None or expected == sum_of(values)


def has_sums(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the table has the column; raises sqlite3.Error."""
    query = "SELECT 1 FROM pragma_table_info(?) WHERE name = 'sum'"
    return connection.execute(query, (table,)).fetchone() is not None


def add_columns(connection: sqlite3.Connection) -> None:
    """To a journal from before there were sums; raises sqlite3.Error."""
    for table, _, _ in _LATEST:
        if not has_sums(connection, table):
            try:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN sum INTEGER")
            except Exception:
                if not has_sums(connection, table):  # another process was not faster
                    raise


def wrong_row(connection: sqlite3.Connection) -> str | None:
    """The first of the latest rows that is not what was written; raises sqlite3.Error."""
    for table, columns, most in _LATEST:
        if not has_sums(connection, table):
            continue
        rows = connection.execute(
            f"SELECT id, sum, {', '.join(columns)} FROM {table} ORDER BY id DESC LIMIT ?",  # noqa: S608 -- own names
            (most,),
        )
        for number, expected, *values in rows:
            if not is_right(expected, values):
                return words_of(table, number)
    return None


def words_of(table: str, row: Any) -> str:
    """What is said of a row that is wrong."""
    return f"row {row} of its {table} is not what was written"


def unreadable(table: str, row: Sequence[Any], error: Exception) -> str:
    """What is said of a row that does not read as what it should be."""
    return f"{words_of(table, row[0])} ({type(error).__name__})"
