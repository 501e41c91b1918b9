"""The kinds of words that commands take: read by the domain, refused with an example.

The domain is imported when there is a word to read; help and completion do without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from ibcli.commands.context import Context
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from click.shell_completion import CompletionItem

    from ibcli.domain.months import DaysRange, DeltaRange, ExpiryWord, Month
    from ibcli.domain.symbols import What

Value = TypeVar("Value")
Offer = Callable[[click.Context, str], "Iterable[str]"]
LONGEST = 300  # characters of a word
_MOST_STRIKES = 1000
TIFS = ("DAY", "GTC", "IOC", "OPG")  # offered; the domain knows what they mean
PRICES = ("mid", "natural", "bid", "ask")


class Word(click.ParamType[Value], Generic[Value]):
    """A word that ``read`` makes a value of; ``read`` raises UsageError.

    ``offered`` are the words that a shell completes to, or say them for what is written so far.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[str], Value],
        offered: tuple[str, ...] | Offer = (),
    ) -> None:
        self.name = name
        self._read = read
        self._offered = offered

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

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The offered words that begin so, in small or capital letters."""
        from click.shell_completion import CompletionItem

        offered = self._offered
        words = offered(ctx, incomplete) if callable(offered) else offered
        begun = incomplete.upper()
        return [CompletionItem(word) for word in words if word.upper().startswith(begun)]


def read_symbol(text: str) -> str:
    """A symbol as the broker writes it; raises UsageError."""
    from ibcli.domain.symbols import parse_symbol

    return parse_symbol(text)


def _what(text: str) -> tuple[str, What]:
    from ibcli.domain.symbols import parse_what

    return text, parse_what(text)


def _month(text: str) -> Month:
    from ibcli.domain.months import Month

    return Month.parse(text)


def _expiry(text: str) -> date | ExpiryWord:
    from ibcli.domain.months import parse_expiry

    return parse_expiry(text)


def _days(text: str) -> DaysRange:
    from ibcli.domain.months import DaysRange

    return DaysRange.parse(text)


def _deltas(text: str) -> DeltaRange:
    from ibcli.domain.months import DeltaRange

    return DeltaRange.parse(text)


def _fields(text: str) -> object:
    from ibcli.broker.fields import parse_fields

    return parse_fields(text)


def _field_names(_: click.Context, written: str) -> Iterable[str]:
    """Behind each comma another one."""
    from ibcli.broker.fields import NAMED

    before, comma, _last = written.rpartition(",")
    return (f"{before}{comma}{field.attribute}" for field in NAMED)


def _months_ahead(ctx: click.Context, _written: str) -> Iterable[str]:
    """A year of months from the market's present one; in the demo that of its day."""
    from datetime import UTC, date, datetime

    from ibcli.commands.demo import DEMO_DAY
    from ibcli.domain.months import Month
    from ibcli.domain.newyork import new_york_day

    demo = ctx.find_root().ensure_object(Context).demo
    month = Month.of(date.fromisoformat(DEMO_DAY) if demo else new_york_day(datetime.now(UTC)))
    for _ in range(12):
        yield str(month)
        month = month.next


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


SYMBOL = Word("symbol", read_symbol)
MONTH = Word("month", _month, _months_ahead)
EXPIRY = Word("date|0dte|next", _expiry, ("0dte", "next"))
STRIKES = Word("n", _strikes)
DAYS = Word("min[:max]", _days)
DELTAS = Word("lo:hi", _deltas)
TRADING_CLASS = Word("class", _trading_class)
FIELDS = Word("fields", _fields, _field_names)
WHAT = Word("what", _what)
