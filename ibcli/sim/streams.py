"""Open market-data streams: how much of a contract's data has arrived yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        arrivals = {}
        with self._store.transaction() as db:
            for conid in conids:
                row = self._store.row(
                    "SELECT * FROM stream WHERE username = ? AND conid = ?", username, conid
                )
                if row is None or (row["starved"] and conid not in starved):
                    self._open(username, conid, conid in starved)
                    arrivals[conid] = self._arrival(0, self._real(), conid in starved)
                    continue
                polls = row["polls"] + 1
                db.execute(
                    "UPDATE stream SET polls = ? WHERE username = ? AND conid = ?",
                    (polls, username, conid),
                )
                arrivals[conid] = self._arrival(polls, row["opened"], bool(row["starved"]))
        return arrivals

    def _open(self, username: str, conid: int, starved: bool) -> None:
        limit = self._options.lines
        if limit is not None and not starved:
            row = self._store.row(
                "SELECT count(*) AS n FROM stream WHERE username = ? AND NOT starved", username
            )
            starved = row is not None and row["n"] >= limit
        self._store.run(
            "INSERT OR REPLACE INTO stream VALUES (?, ?, ?, 0, ?)",
            username,
            conid,
            self._real(),
            int(starved),
        )

    def _arrival(self, polls: int, opened: float, starved: bool) -> Arrival:
        if starved:
            return Arrival()
        age_ms = (self._real() - opened) * 1000
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
