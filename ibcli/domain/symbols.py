"""The ways to name what is quoted: conids, symbols, OCC symbols, "ARM 22AUG25 143 C"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.contracts import Right
from ibcli.domain.months import parse_day
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

_OCC = r"([A-Z][A-Z0-9]{0,5}) *([0-9]{6})([CP])([0-9]{8})"
_SYMBOL = r"[A-Z0-9][A-Z0-9]{0,11}([ .][A-Z0-9]{1,4})?"
_RIGHT = r"(CALLS?|PUTS?|C|P)"
_STRIKE = r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,3})?|[0-9]{1,6}(?:\.[0-9]{1,3})?)"
_STRIKE_FIRST = rf"(.+?) +{_STRIKE} *{_RIGHT}"
_RIGHT_FIRST = rf"(.+?) +{_RIGHT} *{_STRIKE}"
_LARGEST_CONID = (
    2**31 - 2
)  # one above it stands for "a bond, not yet chosen" in the broker's answers

EXAMPLES = '653400472, ARM, "ARM   250822C00143000" or "ARM 22AUG25 143 C"'


@dataclass(frozen=True, slots=True)
class Conid:
    """The broker's number of a contract."""

    number: int

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Ticker:
    """The symbol of a stock, fund or index, as the broker writes it (``BRK B``)."""

    symbol: str

    def __str__(self) -> str:
        return self.symbol


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """An option by its terms. ``root`` is a trading class (OCC's root) or the underlying's symbol.

    ``strict``: only the trading class ``root`` is meant, as in an OCC symbol; otherwise a class of
    another name serves when the underlying has no such class on that day (SPX's dailies are SPXW).
    """

    root: str
    expiry: date
    strike: Decimal
    right: Right
    strict: bool = False

    def __str__(self) -> str:
        return f"{self.root} {self.expiry:%d%b%y} {self.strike} {self.right}".upper()

    @property
    def underlying_symbols(self) -> tuple[str, ...]:
        """Symbols under which the broker may list the underlying, the likeliest first.

        The classes of weekly and afternoon-settled index options carry a letter more than the
        index (SPXW, NDXP), adjusted classes a digit (ARM1), and OCC writes share classes without
        their blank (BRKB).
        """
        symbols = [self.root]
        if " " not in self.root and len(self.root) > 1:
            bare = self.root.strip("0123456789")
            symbols += [bare] if bare != self.root else []
            symbols += [self.root[:-1]] if self.root[-1] in "WP" and len(self.root) > 2 else []
            symbols += [f"{self.root[:-1]} {self.root[-1]}"] if self.root[-1] in "AB" else []
        return tuple(dict.fromkeys(s for s in symbols if s))


What = Conid | Ticker | OptionTerms


def parse_symbol(text: str) -> str:
    """A symbol as the broker writes it, a share class after a blank. Raises UsageError."""
    word = " ".join(text.upper().replace("/", " ").split())
    # Beyond ASCII there are letters whose capitals are A to Z: \u017fpy is not SPY.
    if not text.isascii() or not re.fullmatch(_SYMBOL, word) or not re.search("[A-Z]", word):
        raise UsageError(f"{text!r} is not a symbol.", hint="Write it as ARM or BRK.B.")
    return word.replace(".", " ")


def parse_occ(text: str) -> OptionTerms | None:
    """Read an OCC symbol, with or without the blanks that fill its root to six; else None.

    https://www.theocc.com/ "options symbology": root, yymmdd, C or P, strike in thousandths.
    """
    word = text.strip().upper()
    match = re.fullmatch(_OCC, word)
    if match is None or not text.isascii():
        return None
    day = parse_day(match[2])
    strike = tidy(Decimal(match[4]) / 1000)
    if day is None or not strike:
        return None
    return OptionTerms(match[1], day, strike, Right(match[3]), strict=True)


def tidy(number: Decimal) -> Decimal:
    """The same number without trailing zeros, never in exponent form (215.0 gives 215)."""
    if number == number.to_integral_value():
        return number.quantize(Decimal(1))
    return number.normalize()


def _parse_words(word: str) -> OptionTerms | None:
    if match := re.fullmatch(_STRIKE_FIRST, word):
        head, strike, right = match[1], match[2], match[3]
    elif match := re.fullmatch(_RIGHT_FIRST, word):
        head, strike, right = match[1], match[3], match[2]
    else:
        return None
    parts = head.split(" ")
    for cut in range(1, len(parts)):  # the day is whatever of the head's end reads as one
        day = parse_day(" ".join(parts[cut:]))
        if day is not None:
            number = tidy(Decimal(strike.replace(",", "")))
            root = parse_symbol(" ".join(parts[:cut]))
            return OptionTerms(root, day, number, Right(right[0])) if number else None
    return None


def parse_what(text: str) -> What:
    """Read one thing to quote. Raises UsageError with an example of each right form."""
    word = " ".join(text.upper().split())
    if word.isascii() and word.isdigit():
        if 0 < int(word[:20]) <= _LARGEST_CONID:
            return Conid(int(word))
        raise UsageError(f"{text!r} is not a conid.", hint=f"Write {EXAMPLES}.")
    option = parse_occ(word) or _parse_words(word)
    if option is not None and text.isascii():
        return option
    if parse_day(word) or re.fullmatch(rf"[0-9]{{6}}[CP][0-9]{{8}}|{_STRIKE} *{_RIGHT}", word):
        raise UsageError(
            f"{text!r} alone names no contract.",
            hint='Put an option into quotes as one word: "ARM 22AUG25 143 C".',
        )
    try:
        return Ticker(parse_symbol(text))
    except UsageError:
        raise UsageError(
            f"{text!r} is not a conid, a symbol or an option.", hint=f"Write {EXAMPLES}."
        ) from None
