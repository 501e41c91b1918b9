"""Contract ids of options: computed, not stored, and computed back.

An option's id is a point of a scrambled 29-bit space, so any process can tell which contract an id
means without having looked it up before. Ids of contracts whose real ones are known replace the
computed ones.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from ibcli.sim.market.model import Right

BASE = 600_000_000
BITS = 29
FIRST_EXPIRY = date(2019, 12, 30)  # a Monday; the first week whose expiries have ids
WEEKS = 1040  # up to 2039-12-02
CLASSES = 24
STRIKES = 2048  # per class, in the class's strike unit

_MASK = (1 << BITS) - 1
_SIZE = CLASSES * WEEKS * 5 * STRIKES * 2
# Odd, hence invertible modulo 2**29; chosen so that no real id below is a point of the scheme.
_MULTIPLIERS = (0x123D_A987, 0x1A85_EBCB)
_INVERSES = tuple(pow(m, -1, 1 << BITS) for m in _MULTIPLIERS)
_SHIFT = 15  # at least half of BITS, so that x ^= x >> SHIFT undoes itself


class Key(NamedTuple):
    """What an id spells; the strike is counted in the class's units."""

    option_class: int
    expiry: date
    strike: int
    right: Right


def _scramble(point: int) -> int:
    for multiplier in _MULTIPLIERS:
        point = point * multiplier & _MASK
        point ^= point >> _SHIFT
    return point


def _unscramble(point: int) -> int:
    for inverse in reversed(_INVERSES):
        point ^= point >> _SHIFT
        point = point * inverse & _MASK
    return point


def _weekday_number(day: date) -> int:
    week, weekday = divmod((day - FIRST_EXPIRY).days, 7)
    if weekday > 4 or not 0 <= week < WEEKS:
        raise ValueError(f"no contract expires on {day}")
    return week * 5 + weekday


def computed(key: Key) -> int:
    """The id of ``key`` in the scheme; ``ValueError`` where the scheme has no point for it."""
    if not (0 <= key.option_class < CLASSES and 0 <= key.strike < STRIKES):
        raise ValueError(f"no contract id for {key}")
    point = key.option_class * WEEKS * 5 + _weekday_number(key.expiry)
    point = (point * STRIKES + key.strike) * 2 + (key.right is Right.PUT)
    return BASE + _scramble(point)


def spelled(conid: int) -> Key | None:
    """The inverse of ``computed``; ``None`` for a number that is no point of the scheme."""
    if not 0 <= conid - BASE <= _MASK:
        return None
    point = _unscramble(conid - BASE)
    if point >= _SIZE:
        return None
    point, put = divmod(point, 2)
    point, strike = divmod(point, STRIKES)
    option_class, number = divmod(point, WEEKS * 5)
    week, weekday = divmod(number, 5)
    expiry = FIRST_EXPIRY + timedelta(days=week * 7 + weekday)
    return Key(option_class, expiry, strike, Right.PUT if put else Right.CALL)
