"""What is seen at the instant at which the broker hears of an order: how things stand just then.

At the end of a day much has been made good: a name that is taken is not booked again, an order that
was never written down is found by its name. Whoever relies on that alone has one protection less
than is promised, and no day need show it. So each of them is looked at by itself, with each order.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from chaos.evidence import intents_in
from ibcli.sim.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chaos.evidence import Intent
    from ibcli.sim.embedded import SimServer

_LOCKS = "/proc/locks"


class Witness(Fault):
    """Hears each order request before any fault strikes it; answers none otherwise.

    ``seen`` holds a sentence for everything that is not as it is promised. ``may_be_dead``: its
    sender may have been killed since, and his locks with him.
    """

    def __init__(self, sim: SimServer, state: Path) -> None:
        super().__init__("/iserver/account/*/orders", method="POST", body_contains="cOID")
        self.sim = sim
        self.state = state
        self.may_be_dead = False
        self.seen: list[str] = []

    def matches(self, method: str, path: str, body: str) -> bool:
        """Never; it has only looked."""
        if super().matches(method, path, body):
            try:
                name = json.loads(body)["orders"][0].get("cOID")
                self.seen += [f"{name} {what}" for what in self._amiss(name)]
            except (ValueError, LookupError, TypeError, AttributeError, sqlite3.Error) as error:
                self.seen.append(f"an order could not be looked at: {error!r}: {body[:200]}")
        return False

    def _amiss(self, name: str) -> Iterator[str]:
        intents, _ = intents_in(self.state)
        yield from self._unannounced(next((one for one in intents if one.coid == name), None))
        with self.sim.sim.books.present(self.sim.options.account) as now:
            orders = [order for order in now.records.orders() if order.coid == name]
        if there := [order for order in orders if str(order.status) != "Inactive"]:
            yield f"was sent again while it was at the broker ({there[0].status})"
        if not self.may_be_dead and not _is_locked(self.state):
            yield "was sent without the account's lock"

    def _unannounced(self, intent: Intent | None) -> Iterator[str]:
        if intent is None:
            yield "was sent and is not in the journal"
        elif intent.turns[-1:] != ("sending",) and not self.may_be_dead:
            yield f"was sent and the journal did not say so before: {intent.kinds}"


def _is_locked(state: Path) -> bool:
    """Whether some process holds a lock on an account (``flock``, which Linux lists)."""
    inodes = {str(path.stat().st_ino) for path in state.rglob("orders-*.lock")}
    with open(_LOCKS, encoding="ascii") as lines:  # noqa: PTH123 - no file of ours
        held = {words[-3].rpartition(":")[2] for words in map(_words, lines) if "FLOCK" in words}
    return bool(inodes & held)


def _words(line: str) -> list[Any]:
    return [word for word in line.split() if word != "->"]
