"""What a journal says is read as it stands at the day's end."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING

from chaos.evidence import intents_in

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = {"role": "entry"}
STOP = {"role": "stop"}


def test_what_was_priced_anew_is_what_was_to_be_sent(tmp_path: Path) -> None:
    """Its stop may have gone since its wing goes off first, or have come."""
    with contextlib.closing(sqlite3.connect(tmp_path / "journal-0a.sqlite3")) as journal:
        journal.execute("CREATE TABLE intents (id, coid, job, day, run, leg, bracket)")
        journal.execute(
            "CREATE TABLE events (id, intent, act, kind, order_id, execution_id, detail)"
        )
        for number, tickets in ((1, [ENTRY, STOP]), (2, [ENTRY]), (3, [ENTRY, STOP])):
            row = (number, f"c{number}", "job", "2025-08-18", 1, 1, json.dumps(tickets))
            journal.execute("INSERT INTO intents VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        for number, anew in ((1, [ENTRY]), (2, [ENTRY, STOP]), (2, [ENTRY]), (2, [STOP])):
            detail = json.dumps({"orders": anew})
            told = (number, number, "place", "repriced", None, None, detail)
            journal.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", told)
        journal.commit()
    intents, _ = intents_in(tmp_path)
    assert [intent.tickets for intent in intents] == [[ENTRY], [STOP], [ENTRY, STOP]]
