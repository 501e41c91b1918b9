"""The tables of the books. Facts of orders and executions are JSON, amounts in them text."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS book (
  name TEXT PRIMARY KEY, beat INTEGER NOT NULL, next_id INTEGER NOT NULL,
  cash TEXT NOT NULL, opened TEXT NOT NULL, opening_value TEXT NOT NULL, realized TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS book_order (
  id INTEGER PRIMARY KEY, book TEXT NOT NULL, coid TEXT, alive INTEGER NOT NULL,
  changed INTEGER NOT NULL, facts TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS book_order_alive ON book_order (book, alive, changed);
CREATE INDEX IF NOT EXISTS book_order_coid ON book_order (book, coid);
CREATE TABLE IF NOT EXISTS order_event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, book TEXT NOT NULL, order_id INTEGER NOT NULL,
  facts TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS execution (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, book TEXT NOT NULL, beat INTEGER NOT NULL,
  facts TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS position (
  book TEXT NOT NULL, conid INTEGER NOT NULL, quantity TEXT NOT NULL, cost TEXT NOT NULL,
  realized TEXT NOT NULL, PRIMARY KEY (book, conid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS day_value (
  book TEXT NOT NULL, beat INTEGER NOT NULL, day TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (book, beat)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS question (
  id TEXT PRIMARY KEY, username TEXT NOT NULL, alive INTEGER NOT NULL, facts TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS suppressed (
  username TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (username, message)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asked (
  username TEXT NOT NULL, what TEXT NOT NULL, PRIMARY KEY (username, what)
) WITHOUT ROWID;
"""

TABLES = (
    "book",
    "book_order",
    "order_event",
    "execution",
    "position",
    "day_value",
    "question",
    "suppressed",
    "asked",
)
GIVEN = "numbers_given"
"""The setting that keeps, over a reset, up to where numbers of orders and fills were given."""
OF_A_SESSION = ("question", "suppressed", "asked")
"""What is forgotten when a brokerage session ends; each has a column ``username``."""
