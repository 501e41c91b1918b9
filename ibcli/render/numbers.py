"""How values look: prices, counts, percentages, greeks, ages, days, times, and their absence.

Rounding is to the nearest, for the eye; JSON and CSV carry the exact values.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

MISSING = "–"
_HUNDRED = Decimal(100)


def price(value: Decimal | None) -> str:
    """At least two decimals, and as many more as it came with: ``1.60``, ``138.455``."""
    if value is None:
        return MISSING
    return fixed(value, max(2, decimals_of(value)))


def count(value: Decimal | None) -> str:
    """Contracts or shares, with thousands marked: ``12,345``; a fraction is kept."""
    return MISSING if value is None else f"{_shortest(value):,f}"


def fraction(value: Decimal | None) -> str:
    """A fraction in percent: ``38.5%`` for 0.385."""
    return MISSING if value is None else f"{fixed(value * _HUNDRED, 1)}%"


def percent(value: Decimal | None) -> str:
    """A signed change that is in percent already: ``+0.40%``."""
    return MISSING if value is None else f"{signed(value, 2)}%"


def change(value: Decimal | None) -> str:
    """A signed change of a price: ``+0.56``."""
    return MISSING if value is None else signed(value, max(2, decimals_of(value)))


def greek(value: Decimal | None) -> str:
    """Delta, gamma, theta or vega: three decimals, as many as their size allows to compare."""
    return MISSING if value is None else fixed(value, 3)


def small_greek(value: Decimal | None) -> str:
    """Gamma, whose differences begin further to the right: four decimals."""
    return MISSING if value is None else fixed(value, 4)


def strikes(values: Iterable[Decimal]) -> Callable[[Decimal], str]:
    """A formatter that gives all these strikes equally many decimals: ``142.5``, ``143.0``."""
    places = max((decimals_of(value) for value in values), default=0)
    return lambda value: fixed(value, max(places, decimals_of(value)))


def strike(value: Decimal) -> str:
    """One strike on its own, without needless zeros: ``143``, ``142.5``."""
    return fixed(value, decimals_of(value))


def age(seconds: float | None) -> str:
    """``4 s``, ``12 min``, ``3 h``, ``2 days``."""
    if seconds is None:
        return MISSING
    for limit, divisor, unit in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{max(0, int(seconds // divisor))} {unit}"
    return f"{int(seconds // 86400)} days"


def day(value: date) -> str:
    """``Fri 22 Aug 2025``."""
    return f"{value:%a} {value.day} {value:%b %Y}"


def days(number: int) -> str:
    """Days to expiry in words: ``today``, ``1 day``, ``4 days``."""
    if number == 0:
        return "today"
    return f"{number} day" if number == 1 else f"{number} days"


def new_york(instant: datetime) -> str:
    """``Mon 18 Aug 2025 10:23:04 New York``."""
    from ibcli.domain.newyork import NEW_YORK

    there = instant.astimezone(NEW_YORK)
    return f"{day(there.date())} {there:%H:%M:%S} New York"


def decimals_of(value: Decimal) -> int:
    """How many decimals a number needs: 1 for 142.50, 0 for 1E+2."""
    exponent = _shortest(value).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def fixed(value: Decimal, places: int) -> str:
    """Rounded to so many decimals; what rounds to nothing loses its sign."""
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def signed(value: Decimal, places: int) -> str:
    """As ``fixed``, with a plus sign on gains."""
    text = fixed(value, places)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def _shortest(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent."""
    stripped = value.normalize()
    exponent = stripped.as_tuple().exponent
    return stripped.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else stripped


_FORMATS: dict[str, Callable[[Decimal | None], str]] = {
    "bid_size": count,
    "ask_size": count,
    "last_size": count,
    "volume": count,
    "open_interest": count,
    "option_volume": count,
    "change": change,
    "change_percent": percent,
    "implied_volatility": fraction,
    "implied_volatility_30d": fraction,
    "delta": greek,
    "gamma": small_greek,
    "theta": greek,
    "vega": greek,
}


def field(name: str, value: Decimal | None) -> str:
    """The value of a quote's attribute as that attribute is shown; prices are the rule."""
    return _FORMATS.get(name, price)(value)
