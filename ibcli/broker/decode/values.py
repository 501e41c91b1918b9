"""Single values of the broker's JSON: text, numbers, conids, days, instants."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

from ibcli.broker.signs import shown_signs
from ibcli.errors import RefusedError

# What the broker writes where it has nothing to say ("-" and "N/A" are recorded).
NOTHING = frozenset({"", "-", "--", "N/A", "NA", "NULL", "NONE", "NAN"})
NO_CONID = 2**31 - 1  # stands for "a bond, not yet chosen" (recorded)

_LONGEST_TEXT = 500
_LONGEST_PROSE = 4000
_MOST_DIGITS = 15  # before the point
_FINEST = -40  # places after it
_FIRST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LAST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC).timestamp()

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]{1,3})?)"
    r" ?(?P<suffix>[KMB%]?)"
)
_SUFFIXES = {"": Decimal(1), "%": Decimal(1), "K": Decimal(10**3), "M": Decimal(10**6)}
_SUFFIXES["B"] = Decimal(10**9)


class UnreadableError(ValueError):
    """A value that is there but cannot be read."""


def unexpected(what: str, answer: object) -> RefusedError:
    """The error for an answer whose shape is none of the known ones."""
    return RefusedError(
        f"The broker's answer about {what} has an unknown form ({type(answer).__name__}).",
        hint="Try again; if it stays so, run with --debug and report it.",
        code="unexpected-answer",
        retryable=True,
    )


def text(value: object, longest: int = _LONGEST_TEXT) -> str | None:
    """A string fit for a terminal: entities resolved, control characters and escapes taken out.

    None for what is no string, or has nothing left.
    """
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isprintable() and "&" not in value:  # most are, and soon read
        return value[:longest].strip() or None
    import html  # the table of entities takes a millisecond or two, and few texts come so far

    plain = _ESCAPE.sub("", html.unescape(value[:longest]))
    return shown_signs(plain).strip() or None


def prose(value: object) -> str | None:
    """What the broker says in sentences, in full: HTML's tags taken out, blanks evened."""
    if not isinstance(value, str):
        return None
    plain = text(_TAG.sub(" ", value[:_LONGEST_PROSE]), _LONGEST_PROSE)
    return " ".join(plain.split()) if plain else None


def whole(value: object) -> int | None:
    """An order's number, or another whole one: an int or a string of digits, not negative.

    None where the broker says nothing; raises UnreadableError for anything else.
    """
    found = number(value, suffixes="")
    if found is None:
        return None
    if found < 0 or found % 1 != 0:
        raise UnreadableError
    return int(found)


def says_nothing(word: str) -> bool:
    """Whether it stands where the broker has nothing to say."""
    return word.strip().upper() in NOTHING


def number(value: object, suffixes: str = "KMB%") -> Decimal | None:
    """A JSON number, or a string such as "1,300", "10.2K", "38.5%" (its number alone).

    ``suffixes`` are those that may occur: a price is never abbreviated, a size is no percentage.
    None where the broker says nothing; raises UnreadableError for anything else.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _number_in(value, suffixes)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise UnreadableError
    return _within_reason(Decimal(str(value)) if isinstance(value, float) else Decimal(value))


def _number_in(value: str, suffixes: str) -> Decimal | None:
    word = value.strip()
    if says_nothing(word):
        return None
    match = _NUMBER.fullmatch(word) if len(word) <= 60 else None
    if match is None or not any(c in "0123456789" for c in match["number"].partition("E")[0]):
        raise UnreadableError
    if match["suffix"] not in suffixes:
        raise UnreadableError
    try:
        return _within_reason(
            Decimal(match["number"].replace(",", "")) * _SUFFIXES[match["suffix"]]
        )
    except ArithmeticError:
        raise UnreadableError from None


def _within_reason(found: Decimal) -> Decimal:
    """The number, unless it is infinite or so long that printing it would fill the screen."""
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int):  # infinite, or not a number
        raise UnreadableError
    if exponent < _FINEST or exponent > _MOST_DIGITS or found.adjusted() >= _MOST_DIGITS:
        raise UnreadableError
    return found


def conid(value: object) -> int | None:
    """A contract's number from an int or a string of digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        value = int(value)
    if isinstance(value, Decimal) and value.is_finite() and 0 < value < 10**12 and value % 1 == 0:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12:
        return value
    return None


def day(value: object) -> date | None:
    """A date from "20250822" or the same as a JSON number; None for anything else."""
    word = str(value) if isinstance(value, int) else value
    if not isinstance(word, str) or not re.fullmatch("[0-9]{8}", word):
        return None
    try:
        return date(int(word[:4]), int(word[4:6]), int(word[6:]))
    except ValueError:
        return None


def instant(value: object) -> datetime | None:
    """An aware UTC instant from milliseconds since 1970. Raises UnreadableError."""
    milliseconds = number(value)
    if milliseconds is None:
        return None
    seconds = milliseconds / 1000
    if not _FIRST_INSTANT <= seconds < _LAST_INSTANT:
        raise UnreadableError
    return datetime.fromtimestamp(float(seconds), UTC)


def amount(value: object) -> Decimal | None:
    """Money, a price or a size: a number in full, never abbreviated. Raises UnreadableError."""
    return number(value, suffixes="")


def size(value: object) -> Decimal | None:
    """A number of contracts or shares: ``1.0`` is 1, ``0.5`` stays. Raises UnreadableError."""
    found = amount(value)
    return Decimal(int(found)) if found is not None and found % 1 == 0 else found


def clock_instant(value: object) -> datetime | None:
    """An aware UTC instant from "20231211-18:00:49" or "231211180049" (both recorded, both UTC)."""
    for form in ("%Y%m%d-%H:%M:%S", "%y%m%d%H%M%S"):
        with suppress(ValueError, TypeError):
            return datetime.strptime(str(value), form).replace(tzinfo=UTC)
    return None


def boolean(value: object) -> bool | None:
    """A JSON boolean, or its word; None for anything else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def shown(value: object) -> str:
    """A value that could not be read, short enough for a message."""
    word = text(value) if isinstance(value, str) else type(value).__name__
    return repr((word or "")[:40])
