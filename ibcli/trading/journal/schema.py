"""The journal's tables: what was meant, and what happened; neither is ever changed or removed."""

from __future__ import annotations

VERSION = 1

_NEVER = "the journal is only added to"

STATEMENTS = (
    """
    CREATE TABLE intents (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        account TEXT NOT NULL,
        day TEXT NOT NULL,
        job TEXT NOT NULL,
        run INTEGER NOT NULL,
        leg INTEGER NOT NULL,
        coid TEXT NOT NULL,
        command TEXT NOT NULL,
        bracket TEXT NOT NULL,
        sum INTEGER,
        UNIQUE (account, day, job, run, leg),
        UNIQUE (account, coid)
    )
    """,
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        market_at TEXT NOT NULL,
        account TEXT NOT NULL,
        day TEXT NOT NULL,
        intent INTEGER REFERENCES intents (id),
        act TEXT NOT NULL,
        kind TEXT NOT NULL,
        order_id INTEGER,
        execution_id TEXT,
        cause TEXT NOT NULL,
        detail TEXT NOT NULL,
        sum INTEGER
    )
    """,
    "CREATE INDEX events_intent ON events (intent, act, id)",
    "CREATE INDEX events_order ON events (account, order_id, act, id)",
    "CREATE INDEX events_kind ON events (account, kind, id)",
    "CREATE INDEX events_day ON events (day, id)",
    """
    CREATE UNIQUE INDEX events_execution ON events (account, execution_id, kind)
        WHERE execution_id IS NOT NULL
    """,
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END"
        for table in ("intents", "events")
        for verb in ("UPDATE", "DELETE")
    ),
    f"PRAGMA user_version = {VERSION}",
)

# What must be there for the file to be a journal: without a trigger or an index it is none.
OBJECTS = frozenset(
    {
        "intents",
        "events",
        "events_intent",
        "events_order",
        "events_kind",
        "events_day",
        "events_execution",
        "intents_no_update",
        "intents_no_delete",
        "events_no_update",
        "events_no_delete",
    }
)
