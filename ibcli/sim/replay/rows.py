"""Market data told contract by contract: which contracts a client asks for together depends on how
fast it was, so that a request may be new although each of its contracts was recorded.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ibcli.sim.replay.reading import Exchange
    from ibcli.sim.replay.tape import Entry

PATH = "/iserver/marketdata/snapshot"
_ROW = re.compile(r"[0-9]{1,12}")


class Rows:
    """For each contract and list of fields, the rows that were told of it, one after the other."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._rows: dict[tuple[str, str], list[tuple[Entry, str]]] = {}
        self._told: dict[tuple[str, str], int] = {}
        for entry in entries:
            for conid, row in _rows_of(entry.exchange):
                key = (_fields(entry.exchange.query), conid)
                self._rows.setdefault(key, []).append((entry, row))

    def told(self, entry: Entry) -> None:
        """A recorded answer was given as it was: what it says of its contracts is told."""
        for conid, row in _rows_of(entry.exchange):
            key = (_fields(entry.exchange.query), conid)
            for place, (of, _) in enumerate(self._rows.get(key, ())):
                if of is entry and row:
                    self._told[key] = max(self._told.get(key, 0), place + 1)

    def answer(self, query: Iterable[tuple[str, str]]) -> str | None:
        """The next row of each contract asked for; None when one of them was never recorded."""
        asked = dict(query)
        conids = [conid for conid in asked.get("conids", "").split(",") if _ROW.fullmatch(conid)]
        keys = [(asked.get("fields", ""), conid) for conid in conids]
        if not keys or any(key not in self._rows for key in keys):
            return None
        return f"[{','.join(self._next(key) for key in keys)}]"

    def _next(self, key: tuple[str, str]) -> str:
        rows = self._rows[key]
        place = min(self._told.get(key, 0), len(rows) - 1)
        self._told[key] = place + 1
        entry, row = rows[place]
        entry.served += 1
        return row


def _fields(query: Iterable[tuple[str, str]]) -> str:
    return dict(query).get("fields", "")


def _rows_of(exchange: Exchange) -> list[tuple[str, str]]:
    """Each row's contract and text; numbers in it are texts as they were."""
    if exchange.status != 200:
        return []
    try:
        rows = json.loads(exchange.text, parse_float=_Exact, parse_int=_Exact)
    except (ValueError, RecursionError):
        return []
    return [
        (str(row["conid"]), _dumped(row))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and isinstance(row.get("conid"), str)
    ]


class _Exact(str):
    """A number as it was written."""

    __slots__ = ()


def _dumped(value: Any) -> str:
    if isinstance(value, _Exact):
        return str(value)
    if isinstance(value, dict):
        inner = (f"{json.dumps(str(key))}:{_dumped(each)}" for key, each in value.items())
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(_dumped, value))}]"
    return json.dumps(value)
