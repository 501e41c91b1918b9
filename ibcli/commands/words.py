"""The kinds of words that commands take: read by the domain, refused with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from ibcli.domain import months, symbols
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")
LONGEST = 300  # characters of a word
_MOST_STRIKES = 1000


class Word(click.ParamType[Value], Generic[Value]):
    """A word that ``read`` makes a value of; ``read`` raises UsageError."""

    def __init__(self, name: str, read: Callable[[str], Value]) -> None:
        self.name = name
        self._read = read

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Value:
        """The value; raises UsageError."""
        if isinstance(value, str) and len(value) > LONGEST:
            raise UsageError(
                f"{value[:20]!r}... is too long for a {self.name.partition('|')[0]}.",
                hint=f"{len(value)} characters; an unclosed quote?",
            )
        return self._read(value) if isinstance(value, str) else value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The word that help shows."""
        return self.name.upper()


def _fields(text: str) -> object:
    from ibcli.broker.fields import parse_fields

    return parse_fields(text)


def _trading_class(text: str) -> str:
    word = text.strip().upper()
    if not (word.isascii() and word.isalnum() and len(word) <= 12):
        raise UsageError(f"{text!r} is not a trading class.", hint="Example: --class SPXW")
    return word


def _strikes(text: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdigit() and int(word) <= _MOST_STRIKES):
        raise UsageError(
            f"--strikes {text}: not a number of strikes from 0 to {_MOST_STRIKES}.",
            hint="Example: --strikes 5 (each way); --all shows every strike.",
        )
    return int(word)


SYMBOL = Word("symbol", symbols.parse_symbol)
MONTH = Word("month", months.Month.parse)
EXPIRY = Word("date|0dte|next", months.parse_expiry)
STRIKES = Word("n", _strikes)
DAYS = Word("min[:max]", months.DaysRange.parse)
DELTAS = Word("lo:hi", months.DeltaRange.parse)
TRADING_CLASS = Word("class", _trading_class)
FIELDS = Word("fields", _fields)
WHAT = Word("what", lambda text: (text, symbols.parse_what(text)))
