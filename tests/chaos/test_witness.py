"""What is amiss when the broker hears of an order is seen; what is as it should be is not."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chaos.day import DayRun
from chaos.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chaos.desk import Desk
    from chaos.evidence import Evidence

PATH = "/iserver/account/DU1/orders"


def told(name: str) -> str:
    return json.dumps({"orders": [{"cOID": name}]})


@contextmanager
def locked(state: Path) -> Iterator[None]:
    with (state / "orders-0.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def journal(state: Path, *kinds: str) -> None:
    with sqlite3.connect(state / "journal-0.sqlite3") as connection:
        connection.execute("CREATE TABLE intents (id, coid, job, day, run, leg, bracket)")
        connection.execute(
            "CREATE TABLE events (id, intent, act, kind, order_id, execution_id, detail)"
        )
        connection.execute("INSERT INTO intents VALUES (1, 'a', 'j', 'd', 1, 1, '[]')")
        for number, kind in enumerate(kinds):
            row = (number, 1, "place", kind, None, None, "{}")
            connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()


def test_all_is_as_it_should_be(desk: Desk, tmp_path: Path) -> None:
    journal(tmp_path, "intent", "sending")
    witness = Witness(desk.sim, tmp_path)
    with locked(tmp_path):
        assert not witness.matches("POST", PATH, told("a"))
    assert witness.seen == []


def test_what_is_not_is_seen(desk: Desk, tmp_path: Path) -> None:
    journal(tmp_path, "intent", "sending", "absent")
    witness = Witness(desk.sim, tmp_path)
    witness.matches("GET", PATH, told("a"))
    assert witness.seen == []
    with locked(tmp_path):
        witness.matches("POST", PATH, told("a"))
        witness.matches("POST", PATH, told("b"))
        witness.matches("POST", PATH, '["cOID"]')
    journal_said, unknown, unreadable = witness.seen
    assert "the journal did not say so before" in journal_said
    assert unknown == "b was sent and is not in the journal"
    assert "could not be looked at" in unreadable
    witness.matches("POST", PATH, told("b"))
    assert witness.seen[-1] == "b was sent without the account's lock"


def test_an_order_that_is_there(desk: Desk, calm: Evidence, tmp_path: Path) -> None:
    """After a calm day; its own witness has seen nothing."""
    assert calm.witnessed == ()
    run = DayRun(desk, calm.day, tmp_path)
    name = run.run().intents[0].coid
    witness = Witness(desk.sim, tmp_path / "state")
    witness.matches("POST", PATH, told(name))
    assert any("was sent again while it was at the broker" in each for each in witness.seen)
