"""The kinds of words by which orders and positions are named and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.commands.words import PRICES, TIFS, Word
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.domain.order_terms import Tif
    from ibcli.domain.wishes import Limit

_MOST_CONTRACTS = 100_000
_LONGEST_ID = 12  # digits


def _order_id(text: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdigit() and 0 < len(word) <= _LONGEST_ID and int(word)):
        raise UsageError(
            f"{text!r} is not an order id.", hint="ibcli orders lists them; example: 912091175"
        )
    return int(word)


def _price(text: str) -> Decimal:
    """A price, negative for a combination's credit."""
    from ibcli.domain.wishes import amount

    word = text.strip()
    try:
        number = amount(word.removeprefix("-"))
    except ValueError:
        raise UsageError(f"{text!r} is not a price.", hint="Example: 1.25") from None
    return -number if word.startswith("-") else number


def _quantity(text: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdigit() and 0 < int(word[:9]) <= _MOST_CONTRACTS):
        raise UsageError(
            f"--qty {text}: not a number of contracts from 1 to {_MOST_CONTRACTS}.",
            hint="Example: --qty 2",
        )
    return int(word)


def _tif(text: str) -> Tif:
    from ibcli.domain.order_terms import Tif

    try:
        return Tif(text.strip().upper())
    except ValueError:
        raise UsageError(
            f"--tif {text}: not a time in force.", hint=f"One of {', '.join(Tif)}."
        ) from None


def _limit(text: str) -> Limit:
    from ibcli.domain.wishes import parse_limit

    try:
        return parse_limit(text)
    except ValueError as exc:
        raise UsageError(f"--limit {text}: {exc}.", hint="Example: --limit mid") from None


def _job(text: str) -> str:
    word = " ".join(text.split())
    if not word:
        raise UsageError("--job needs a job's name.", hint="ibcli journal lists them.")
    return word


ORDER_ID = Word("id", _order_id)
PRICE = Word("price", _price)
QUANTITY = Word("n", _quantity)
TIF = Word("tif", _tif, TIFS)
LIMIT = Word("mid|natural|bid|ask|price", _limit, PRICES)
JOB = Word("name", _job)
