"""Which recorded request a request is: the same method, path, query and body, but for the names
that a client gives its orders, which are other ones each time.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAMING = ("cOID", "parentId")
_WRITES = re.compile(
    r"/iserver/(account/[^/]+/(orders|order/[^/]+)|reply/[^/]+|notification)"
)  # what places, changes, confirms or cancels an order

Key: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in the form in which it is compared; ``names`` are its orders' in their order."""

    key: Key
    names: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """``GET /iserver/accounts``, for the user."""
        return f"{self.key[0]} {self.key[1] or '/'}"

    @property
    def place(self) -> tuple[str, str]:
        """Method and path alone."""
        return self.key[:2]


def asked(
    method: str, path: str, query: Iterable[tuple[str, str]] = (), body: str | None = None
) -> Asked:
    """A request to be compared; ``path`` is below the API's address."""
    names: list[str] = []
    key = (method, path.rstrip("/"), tuple(sorted(query)), _body(body, names))
    return Asked(key, tuple(names))


def is_write(method: str, path: str) -> bool:
    """Whether the request changes something at the broker: it is answered once."""
    return method == "DELETE" or (method == "POST" and _WRITES.fullmatch(path) is not None)


def _body(text: str | None, names: list[str]) -> str:
    if not text or not text.strip():
        return ""
    try:
        data = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        return text
    return repr(_comparable(data, names))


def _comparable(value: Any, names: list[str], key: str = "") -> Any:
    if isinstance(value, dict):
        return tuple((each, _comparable(value[each], names, each)) for each in sorted(value))
    if isinstance(value, list):
        return tuple(_comparable(each, names, key) for each in value)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return ("number", str(Decimal(value).normalize()))
    if isinstance(value, str) and key in _NAMING:
        if value not in names:
            names.append(value)
        return ("name", names.index(value))
    return value


class Names:
    """The names of orders: what they were called in the recording, and what they are called now."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}

    def learn(self, recorded: Iterable[str], now: Iterable[str]) -> None:
        """Two requests are the same: their names stand for each other, in their order."""
        self._now.update(zip(recorded, now, strict=False))

    def told(self, text: str) -> str:
        """A recorded text with the names of now."""
        return _replaced(text, self._now)


def _replaced(text: str, words: Mapping[str, str]) -> str:
    if not words:
        return text
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    whole = rf"(?<![A-Za-z0-9-])(?:{pattern})(?![A-Za-z0-9-])"
    return re.sub(whole, lambda found: words[found[0]], text)
