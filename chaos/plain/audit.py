"""A day of the plain program judged: the broker's books against what it has noted."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from chaos.audit import duplicates, entries, sums, unprotected
from chaos.outcome import Outcome
from chaos.said import leaks_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.evidence import Evidence

_CLOSING = "close-"


def audit(evidence: Evidence) -> Outcome:
    """The day's figures, by the same definitions as ibcli's. It knows no doubts: none is counted,
    told or settled.
    """
    found = {
        "duplicates": [*duplicates(evidence), *closed_twice(evidence)],
        "lost": list(lost(evidence)),
        "unprotected": list(unprotected(evidence)),
        "leaks": list(leaks_in(evidence)),
        "wrong": list(sums(evidence)),
    }
    books, ended = evidence.books, evidence.ended
    return Outcome(
        seed=evidence.day.seed,
        orders=len(entries(evidence)),
        stops=len(books.orders) - len(entries(evidence)),
        fills=len(books.executions),
        faults=dict(evidence.faults),
        kills=dict(evidence.kills),
        codes=dict(sorted(Counter(str(each.code) for each in ended).items())),
        commands=len(ended),
        requests=evidence.requests,
        seconds=round(evidence.seconds, 2),
        cpu=round(evidence.cpu, 2),
        findings=tuple(f"{kind}: {text}" for kind, texts in found.items() for text in texts),
        **{kind: len(texts) for kind, texts in found.items()},
    )


def closed_twice(evidence: Evidence) -> Iterator[str]:
    """Entries that were closed more than once, under whatever names."""
    names = [order.coid or "" for order in entries(evidence)]
    closed = Counter(name.split("-")[1] for name in names if name.startswith(_CLOSING))
    for entry, times in closed.items():
        if times > 1:
            yield f"order {entry} was closed {times} times"


def lost(evidence: Evidence) -> Iterator[str]:
    """What stands at the broker and not in the notes, or the other way round."""
    noted = _noted(evidence)
    booked = {order.id for order in evidence.books.orders}
    for order in entries(evidence):
        if order.id not in noted:
            yield f"order {order.id} ({order.coid}) is not in the notes"
    if gone := noted - booked:
        yield f"the notes know orders {sorted(gone)}, the broker does not"


def _noted(evidence: Evidence) -> set[int]:
    """Numbers of entries, of what hangs on them, and of closing orders."""
    notes = [
        json.loads(line)
        for name, text in evidence.files.items()
        if name.endswith(".orders")
        for line in text.splitlines()
        if line.endswith("}")
    ]
    return {int(number) for note in notes for number in [*note.get("ids", ()), *_closing(note)]}


def _closing(note: dict[str, str]) -> list[str]:
    return [note["order"]] if "order" in note else []
