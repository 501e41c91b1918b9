"""Rows of the broker's lists: what can be read of them, and what cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from ibcli.broker.decode.values import (
    UnreadableError,
    says_nothing,
    shown,
    text,
    unexpected,
)

Row = Mapping[str, object]
Value = TypeVar("Value")

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Decoded(Generic[Value]):
    """What could be read of a list, and in words what could not."""

    rows: tuple[Value, ...]
    odd: tuple[str, ...] = ()


def few(odd: Sequence[str], what: str) -> tuple[str, ...]:
    """What could not be read, by name the first of it: nobody reads a thousand warnings."""
    more = len(odd) - _MOST_NAMED
    if more <= 0:
        return tuple(odd)
    return (*odd[:_MOST_NAMED], f"{more} more could not be read in the answer about {what}")


def first(answer: object, most: int, what: str, odd: list[str]) -> object:
    """A list's first values, so many at most; what is left out is named in ``odd``."""
    if not isinstance(answer, list) or len(answer) <= most:
        return answer
    odd.append(f"{len(answer)} {what} were told: those after {most} are left out")
    return answer[:most]


def split(value: object, separator: str) -> tuple[str, ...]:
    """The words of a list in a string; blanks and empty words (a trailing separator) fall away."""
    return _split(value, separator) if isinstance(value, str) else ()


@lru_cache  # a month's contracts have thousands of times the same exchanges
def _split(value: str, separator: str) -> tuple[str, ...]:
    words = (text(word) for word in value.split(separator))
    return tuple(dict.fromkeys(w for w in words if w))


def each(answer: object, what: str, read: Callable[[Row], Value]) -> Decoded[Value]:
    """Read each row of a list (or a lone object, as the broker answers at times)."""
    if isinstance(answer, Mapping) and answer:
        answer = [answer]
    if answer is None or answer == {}:
        answer = []
    if not isinstance(answer, list):
        raise unexpected(what, answer)
    rows, odd = [], []
    for row in answer:
        try:
            if not isinstance(row, Mapping):
                raise UnreadableError("not an object")
            rows.append(read(row))
        except UnreadableError as exc:
            odd.append(f"a row about {what} could not be read: {exc}")
    return Decoded(tuple(rows), few(odd, what))


def wanted(row: Row, key: str, read: Callable[[object], Value | None]) -> Value:
    """A value that a row is useless without. Raises UnreadableError naming it."""
    try:
        found = read(row.get(key))
    except UnreadableError:
        found = None
    if found is None:
        raise UnreadableError(f"{key} = {shown(row.get(key))}")
    return found


def optional(row: Row, key: str, read: Callable[[object], Value | None]) -> Value | None:
    """A value that a row can do without."""
    try:
        return read(row.get(key))
    except UnreadableError:
        return None


class Fields:
    """A row whose values go by several names. ``odd`` gathers those that cannot be read."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.odd: list[str] = []

    def get(self, read: Callable[[object], Value | None], *keys: str) -> Value | None:
        """The value under the first of the names that holds one that can be read."""
        for key in keys:
            value = self.row.get(key)
            try:
                found = read(value)
            except UnreadableError:
                found = None
            if found is not None:
                return found
            if value is not None and not (isinstance(value, str) and says_nothing(value)):
                self.odd.append(f"{key} = {shown(value)}")
        return None
