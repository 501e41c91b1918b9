"""What was recorded, in the order in which it is to be told again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibcli.sim.replay.matching import Asked, Key, asked, is_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ibcli.sim.replay.reading import Exchange

_UNSENT = "not sent"


@dataclass(slots=True)
class Entry:
    """An exchange. ``after`` counts the writes that had begun before it did: what a read shows
    belongs between them.
    """

    exchange: Exchange
    asked: Asked
    after: int
    served: int = 0

    @property
    def is_write(self) -> bool:
        """Whether it changed something at the broker."""
        return is_write(self.exchange.method, self.exchange.path)


@dataclass(slots=True)
class Tape:
    """Finds the answer to each request."""

    entries: tuple[Entry, ...]
    _by_key: dict[Key, list[Entry]] = field(default_factory=dict)
    _next: Counter[Key] = field(default_factory=Counter)
    _written: int = 0  # writes served

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> Tape:
        """A tape of all exchanges, in whatever order they come; what was never sent is left out."""
        sent = sorted((e for e in exchanges if e.failed != _UNSENT), key=lambda e: e.ended)
        begun = sorted(e.began for e in sent if is_write(e.method, e.path))
        tape = cls(
            tuple(
                Entry(e, asked(e.method, e.path, e.query, e.body), _before(begun, e.began))
                for e in sent
            )
        )
        for entry in tape.entries:
            tape._by_key.setdefault(entry.asked.key, []).append(entry)
        return tape

    def find(self, request: Asked) -> Entry | None:
        """The next recorded answer to this request, the last one again when there is no other; None
        when it was never recorded, or is a write that has been answered.
        """
        recorded = self._by_key.get(request.key)
        if not recorded:
            return None
        if recorded[0].is_write:
            return self._once(request.key, recorded)
        return self._read(request.key, recorded)

    def _once(self, key: Key, recorded: list[Entry]) -> Entry | None:
        place = self._next[key]
        if place >= len(recorded):
            return None
        self._next[key] += 1
        self._written += 1
        return recorded[place]

    def _read(self, key: Key, recorded: list[Entry]) -> Entry:
        """What was heard since the latest write, if anything was; nothing from after the next."""
        place = self._next[key]
        while (
            place + 1 < len(recorded)
            and recorded[place].after < self._written
            and recorded[place + 1].after <= self._written
        ):
            place += 1
        if place >= len(recorded) or (place and recorded[place].after > self._written):
            place -= 1
        self._next[key] = place + 1
        return recorded[place]

    def at(self, method: str, path: str) -> Iterator[Entry]:
        """All entries of a method and path, whatever was asked there."""
        return (each for each in self.entries if each.asked.place == (method, path))

    def unserved(self) -> list[Entry]:
        """What was recorded and has not been asked for."""
        return [each for each in self.entries if not each.served]


def _before(begun: list[float], instant: float) -> int:
    return sum(each < instant for each in begun)
