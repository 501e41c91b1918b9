"""The kinds of words that say what to order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ibcli.commands.words import PRICES, TIFS, Value, Word
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from ibcli.domain.wishes import Limit, TakeProfit
    from ibcli.trading.orders.request import LegWish, Trail

_JOB = "[a-z0-9][a-z0-9._-]{0,59}"  # Lunch and lunch would be two, and twice
_STRIKE = r"[0-9]{1,6}(?:\.[0-9]{1,3})?"

_TYPES = ("LMT", "MKT", "STP", "STOP_LIMIT", "MIDPRICE", "TRAIL", "TRAILLMT")


def _read(option: str, read: Callable[[str], Value], example: str) -> Callable[[str], Value]:
    """As ``read``, its ValueError a UsageError about the option."""

    def reading(text: str) -> Value:
        try:
            return read(text.strip())
        except ValueError as error:
            raise UsageError(f"{option} {text}: {error}.", hint=f"Example: {example}") from None

    return reading


def _strikes(text: str) -> tuple[Decimal, ...]:
    from decimal import Decimal

    words = [word.strip() for word in text.split(",")]
    if not 1 <= len(words) <= 2 or not all(
        re.fullmatch(_STRIKE, word) and Decimal(word) for word in words
    ):
        raise UsageError(
            f"--strike {text}: not one strike, or two.",
            hint="Example: --strike 640, or with --side both: --strike 630,650 (the put's first)",
        )
    return tuple(Decimal(word) for word in words)


def _job(text: str) -> str:
    word = text.strip()
    if not re.fullmatch(_JOB, word):
        raise UsageError(
            f"--job {text}: not a job's name.",
            hint="Up to 60 small letters, digits, dots, - and _: --job morning-condor",
        )
    return word


def _leg(text: str) -> LegWish:
    from ibcli.trading.orders.request import LegWish

    return LegWish.parse(text)


def _trail(text: str) -> Trail:
    from ibcli.trading.orders.request import Trail

    return Trail.parse(text)


def _take_profit(text: str) -> TakeProfit | str:
    """``none`` takes away what the settings say."""
    from ibcli.domain import wishes

    return text.lower() if text.lower() == "none" else wishes.parse_take_profit(text)


def _setting(name: str) -> Callable[[str], object]:
    """As the setting of that name is read."""

    def read(text: str) -> object:
        from ibcli.config import trading

        found: object = getattr(trading, name)(text)
        return found

    return read


def _amount(text: str) -> Decimal:
    from ibcli.domain.wishes import amount

    return amount(text)


def _limit(text: str) -> Limit:
    from ibcli.domain.wishes import parse_limit

    return parse_limit(text)


SIDES = ("call", "put", "both")
ACTION = Word("buy|sell", _read("--action", _setting("action"), "--action sell"), ("buy", "sell"))
DELTA = Word("delta", _read("--delta", _setting("delta"), "--delta 0.10"))
PLACE = Word("n", _read("--otm", _setting("whole"), "--otm 5"))
OFFSET = Word("dollars", _read("--offset", _amount, "--offset 10"))
STRIKE = Word("p[,c]", _strikes)
QUANTITY = Word("n", _read("--qty", _setting("whole"), "--qty 2"))
TYPE = Word("type", _read("--type", _setting("order_type"), "--type LMT"), _TYPES)
TIF = Word("tif", _read("--tif", _setting("tif"), "--tif DAY"), TIFS)
LIMIT = Word("price", _read("--limit", _limit, "--limit mid"), PRICES)
STOP_PRICE = Word("price", _read("--stop-price", _amount, "--stop-price 2.50"))
TRAIL = Word("amount|n%", _read("--trail", _trail, "--trail 0.50"))
MULTIPLE = Word("x", _read("--stop-multiple", _setting("multiple"), "--stop-multiple 3.5"))
TAKE_PROFIT = Word("n%|price", _read("--take-profit", _take_profit, "--take-profit 50%"))
WIDTH = Word("dollars", _read("--width", _amount, "--width 5"))
LEG = Word("leg", _leg)
IF_LEG_FAILS = Word(
    "keep|cancel|unwind",
    _read("--if-leg-fails", _setting("if_leg_fails"), "--if-leg-fails unwind"),
    ("keep", "cancel", "unwind"),
)
WAIT = Word(
    "working|filled|seconds",
    _read("--wait", _setting("wait"), "--wait filled"),
    ("working", "filled"),
)
JOB = Word("name", _job)
