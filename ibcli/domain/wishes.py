"""What a trader asks of an order before any market is known: limit, take-profit, hours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_NUMBER = r"[0-9]{1,7}(?:\.[0-9]{1,6})?|\.[0-9]{1,6}"
_TIME = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"


def amount(text: str) -> Decimal:
    """A number above 0, without sign, exponent or thousands. Raises ValueError."""
    word = text.strip()
    if not re.fullmatch(_NUMBER, word) or not Decimal(word):
        raise ValueError("must be a number above 0, such as 1.25")
    return Decimal(word)


class LimitWord(StrEnum):
    """Prices that are read off the market."""

    MID = "mid"
    NATURAL = "natural"  # where it fills at once: the bid for a sale, the ask for a purchase
    BID = "bid"
    ASK = "ask"


Limit = LimitWord | Decimal


def parse_limit(text: str) -> Limit:
    """Read mid, natural, bid, ask or a price. Raises ValueError."""
    word = text.strip().lower()
    if word in tuple(LimitWord):
        return LimitWord(word)
    try:
        return amount(word)
    except ValueError:
        raise ValueError("must be mid, natural, bid, ask or a price above 0") from None


@dataclass(frozen=True, slots=True)
class TakeProfit:
    """When to take a profit: a ``share`` of the premium earned (0.5), or at a ``price`` a unit."""

    share: Decimal | None = None
    price: Decimal | None = None

    def __str__(self) -> str:
        return f"{(self.share or 0) * 100:f}%" if self.share is not None else f"{self.price:f}"


def parse_take_profit(text: str) -> TakeProfit:
    """Read 50% or a price. Raises ValueError."""
    word = text.strip()
    wrong = "must be a share of the premium above 0% and below 100%, such as 50%, or a price"
    try:
        number = amount(word.removesuffix("%"))
    except ValueError:
        raise ValueError(wrong) from None
    if not word.endswith("%"):
        return TakeProfit(price=number)
    if number >= 100:
        raise ValueError(wrong)
    return TakeProfit(share=number / 100)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of New York's day, from ``opens`` until before ``closes``."""

    opens: time
    closes: time

    def holds(self, instant: datetime) -> bool:
        """Whether an instant (New York's, aware) lies within."""
        return self.opens <= instant.time() < self.closes

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


def parse_window(text: str) -> Window:
    """Read 11:00-13:00. Raises ValueError."""
    match = re.fullmatch(rf"{_TIME} ?- ?{_TIME}", text.strip())
    if match is None:
        raise ValueError("must be hours of New York's day, such as 11:00-13:00")
    hours = [int(part) for part in match.groups()]
    window = Window(time(hours[0], hours[1]), time(hours[2], hours[3]))
    if window.opens >= window.closes:
        raise ValueError("must begin before it ends, such as 11:00-13:00")
    return window


class IfLegFails(StrEnum):
    """What becomes of the legs already placed when a later one of separate legs is refused."""

    KEEP = "keep"
    CANCEL = "cancel"
    UNWIND = "unwind"
