"""How values are spelled on the wire: nearly everything of a snapshot is a string.

Examples in comments are recorded ones unless they say otherwise.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from ibcli.sim.market.model import Feed, OptionContract, Right

if TYPE_CHECKING:
    from datetime import date

    from ibcli.sim.market.model import Quote

CENT = Decimal("0.01")
_THOUSANDTH = Decimal("0.001")
_TENTH = Decimal("0.1")
_ABBREVIATED_FROM = 10_000  # "10.2K" is recorded; where abbreviation starts is not known
_MILLION = 1_000_000
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def price(value: Decimal) -> str:
    """At least two decimals, more where the value has them: "1.60", "270.00", "0.0525"."""
    text = str(value)
    if text[-3:-2] == ".":  # as nearly all are
        return text
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        return f"{value.normalize():f}"
    return f"{value.quantize(CENT):f}"


def size(value: int) -> str:
    """A number of shares or contracts: "1", "1,300"."""
    return f"{value:,}"


def volume(value: int) -> tuple[str, float]:
    """The text, and the number that goes with it as 87_raw: ("10.2K", 10200.0), ("25.5M",
    25500000.0).
    """
    if value < _ABBREVIATED_FROM:
        return size(value), float(value)
    unit, letter = (_MILLION, "M") if value >= _MILLION else (1000, "K")
    short = (Decimal(value) / unit).quantize(_TENTH, ROUND_HALF_EVEN)
    return f"{short}{letter}", float(short * unit)


def greek(value: Decimal) -> str:
    """Three decimals: "0.271", "-0.282"."""
    return f"{value.quantize(_THOUSANDTH):f}"


def percent(fraction: Decimal) -> str:
    """ "38.5%" for 0.385 (the sign is reported by clients, not recorded)."""
    return f"{(fraction * 100).quantize(_TENTH):f}%"


def last(quote: Quote) -> str | None:
    """ "C" before a price that is the prior close, "H" before that of a halted contract (IBKR's
    field list).
    """
    if quote.last is None:
        return None
    prefix = "H" if quote.halted else "C" if quote.last_is_prior_close else ""
    return prefix + price(quote.last)


_AVAILABILITY = {
    Feed.LIVE: "RpB",
    Feed.DELAYED: "DPB",
    Feed.FROZEN: "ZB",
    Feed.FROZEN_DELAYED: "YB",
    Feed.NOT_SUBSCRIBED: "N",
}


def availability(feed: Feed, *, derivative: bool) -> str:
    """Field 6509: "RpB", "DPB", "ZB"; options were seen with a further letter, "ZBd"."""
    letters = _AVAILABILITY[feed]
    return letters + "d" if derivative and feed is Feed.FROZEN else letters


def strike(value: Decimal) -> str:
    """Without idle zeros: "217.5", "143"."""
    return f"{value.normalize():f}"


def compact_date(day: date) -> str:
    """ "20241018"."""
    return day.strftime("%Y%m%d")


def month_code(day: date) -> str:
    """ "OCT24"."""
    return f"{MONTHS[day.month - 1]}{day:%y}"


def right_word(right: Right) -> str:
    """ "Call" or "Put"."""
    return "Call" if right is Right.CALL else "Put"


def option_description(option: OptionContract) -> str:
    """ "OCT 18 '24 217.5 Call"."""
    return _described(option.expiry, option.strike, option.right)


@lru_cache(maxsize=16384)
def _described(day: date, at: Decimal, right: Right) -> str:
    return f"{MONTHS[day.month - 1]} {day:%d} '{day:%y} {strike(at)} {right_word(right)}"


def occ_symbol(option: OptionContract) -> str:
    """ "IBM   240315C00187500": class padded to six, YYMMDD, right, strike in thousandths."""
    thousandths = int(option.strike * 1000)
    return f"{option.trading_class:<6}{option.expiry:%y%m%d}{option.right.value}{thousandths:08d}"
