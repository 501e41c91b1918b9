"""Which strikes an expiry lists.

An exchange lists strikes around the price when it lists the expiry and adds more as the price
moves; here the grids around the price on a few set days of the expiry's life are listed from the
first. A grid is thus a function of the expiry alone, and a contract that exists does so all day.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.sim.market.conids import STRIKES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ibcli.sim.market.expiries import Expiry
    from ibcli.sim.market.instruments import Ladder, StrikeLadders

_REVISIONS = tuple(timedelta(days=days) for days in (90, 45, 21, 4))
_SHORT_LIFE, _MEDIUM_LIFE = timedelta(days=56), timedelta(days=400)


def _ladder(ladders: StrikeLadders, life: timedelta) -> Ladder:
    if life <= _SHORT_LIFE:
        return ladders.short
    return ladders.medium if life <= _MEDIUM_LIFE else ladders.long


def _revisions(expiry: Expiry) -> Iterator[date]:
    yield expiry.listed
    for before in _REVISIONS:
        if expiry.day - before > expiry.listed:
            yield expiry.day - before


def _rungs(ladder: Ladder, centres: list[float]) -> Iterator[float]:
    """The strikes around some prices; a band's step applies outside every price's inner bands."""
    inner = 0.0
    for width, step in ladder:
        for centre in centres:
            first, last = math.ceil(centre * (1 - width) / step), int(centre * (1 + width) / step)
            for strike in (count * step for count in range(max(1, first), last + 1)):
                if not any(abs(strike / other - 1) < inner for other in centres):
                    yield strike
        inner = width


def strike_grid(
    ladders: StrikeLadders, expiry: Expiry, reference: Callable[[date], float]
) -> tuple[int, ...]:
    """The strikes of ``expiry`` in units, ascending; ``reference`` is the price on a day."""
    ladder = _ladder(ladders, expiry.day - expiry.listed)
    centres = [reference(day) for day in _revisions(expiry)]
    units = {round(strike / ladders.unit) for strike in _rungs(ladder, centres)}
    return tuple(sorted(unit for unit in units if unit < STRIKES))


def strike_value(ladders: StrikeLadders, units: int) -> Decimal:
    """The strike of so many units, without trailing zeros: 143, 142.5."""
    value = Decimal(units) * Decimal(str(ladders.unit))
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def strike_units(ladders: StrikeLadders, strike: Decimal) -> int | None:
    """The inverse of ``strike_value``; ``None`` for a strike between two units."""
    units = strike / Decimal(str(ladders.unit))
    return int(units) if units == units.to_integral_value() else None
