"""Open market-data streams: how much of a contract's data has arrived yet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ibcli.sim.options import SimOptions
    from ibcli.sim.store import Store


@dataclass(frozen=True, slots=True)
class Arrival:
    """Which parts of a row are there."""

    data: bool = False
    greeks: bool = False


class Streams:
    """Streams in the store. ``real`` gives the seconds since the epoch."""

    def __init__(self, store: Store, options: SimOptions, real: Callable[[], float]) -> None:
        self._store = store
        self._options = options
        self._real = real

    def poll(self, username: str, conids: Sequence[int], starved: set[int]) -> dict[int, Arrival]:
        """One snapshot request: opens what is not open, and says what of each contract has arrived.

        ``starved`` contracts (derivatives whose underlying was not searched) never get data through
        a stream that is opened now; one opened before stays as it is.
        """
        now, arrivals = self._real(), {}
        with self._store.transaction() as db:
            found = self._store.rows(
                f"SELECT * FROM stream WHERE username = ? AND conid IN ({_marks(conids)})",  # noqa: S608 - marks alone
                username,
                *conids,
            )
            for row in found:
                if not row["starved"] or row["conid"] in starved:
                    arrivals[row["conid"]] = self._arrival(
                        row["polls"] + 1, now - row["opened"], bool(row["starved"])
                    )
            db.execute(
                f"UPDATE stream SET polls = polls + 1 WHERE username = ? AND conid IN"  # noqa: S608
                f" ({_marks(arrivals)})",
                (username, *arrivals),
            )
            fresh = [conid for conid in dict.fromkeys(conids) if conid not in arrivals]
            self._open(username, fresh, starved, now)
        return arrivals | {conid: self._arrival(0, 0.0, conid in starved) for conid in fresh}

    def _open(self, username: str, conids: Sequence[int], starved: set[int], now: float) -> None:
        """Streams without data for the starved ones, and for those beyond the lines."""
        left = self._lines_left(username)
        rows = []
        for conid in conids:
            fed = conid not in starved and left > 0
            left -= fed
            rows.append((username, conid, now, int(not fed)))
        with self._store.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO stream VALUES (?, ?, ?, 0, ?)", rows)

    def _lines_left(self, username: str) -> float:
        if self._options.lines is None:
            return math.inf
        sql = "SELECT count(*) AS n FROM stream WHERE username = ? AND NOT starved"
        row = self._store.row(sql, username)
        return self._options.lines - (0 if row is None else int(row["n"]))

    def _arrival(self, polls: int, age: float, starved: bool) -> Arrival:
        if starved:
            return Arrival()
        age_ms = age * 1000
        options = self._options
        data = polls >= options.data_after_polls and age_ms >= options.data_after_ms
        greeks = polls >= options.greeks_after_polls and age_ms >= options.greeks_after_ms
        return Arrival(data, data and greeks)

    def close(self, username: str, conid: int) -> bool:
        """Whether there was a stream to close."""
        sql = "DELETE FROM stream WHERE username = ? AND conid = ?"
        return self._store.run(sql, username, conid) > 0

    def close_all(self, username: str) -> None:
        """unsubscribeall."""
        self._store.run("DELETE FROM stream WHERE username = ?", username)

    def first_chart(self, username: str, conid: int) -> bool:
        """Whether this is the session's first history request of a contract."""
        return self._store.run("INSERT OR IGNORE INTO chart VALUES (?, ?)", username, conid) > 0


def _marks(values: Collection[object]) -> str:
    """As many marks of SQL as there are values."""
    return ",".join("?" * len(values))
