"""What executions realised, first in first out, as far as what they closed is known."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.domain.blotter import Execution

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Realized:
    """The profit of what one execution closed, after the commissions of both its ends.

    Both fields are empty for one that only opened; ``unknown`` when it closed, or may have closed,
    something whose price or commission is not known.
    """

    profit: Decimal | None = None
    unknown: bool = False


@dataclass(slots=True)
class _Lot:
    """What is open of one opening trade; ``price`` None: it was opened before what is seen."""

    size: Decimal  # signed
    price: Decimal | None
    commission: Decimal | None  # a unit


def realized(
    executions: Sequence[Execution], held: Decimal | None, multiplier: Decimal | None
) -> list[Realized]:
    """For each execution of one contract, by time, what it realised.

    ``held`` is what is held after the last of them (None: not known). What was held before the
    first follows from it, and is of unknown price. Without a multiplier no profit is known.
    """
    start = _held_before(executions, held)
    if start is None:
        return [Realized(unknown=True) for _ in executions]
    lots = deque([_Lot(start, None, None)] if start else [])
    found = []
    for one in executions:
        size = one.signed_size
        if size is None:  # an expiry takes away what there is
            there = sum((lot.size for lot in lots), _ZERO)
            size = one.size.copy_sign(-there) if there else _ZERO
        price = one.price if one.signed_size is not None else one.price or _ZERO
        per_unit = _commission_per_unit(one)
        rest, told = _close(lots, size, price, per_unit, multiplier)
        if rest:
            lots.append(_Lot(rest, price, per_unit))
        found.append(told)
    return found


def _held_before(executions: Sequence[Execution], held: Decimal | None) -> Decimal | None:
    """What was held before the first; None when it cannot be told.

    An expiry does not say which way it went: it can be told only when it took away exactly what
    the trades had brought.
    """
    traded = sum((one.signed_size or _ZERO for one in executions), _ZERO)
    expired = sum((one.size for one in executions if one.signed_size is None), _ZERO)
    if held is None:
        return None
    if not expired:
        return held - traded
    return _ZERO if not held and abs(traded) == expired else None


def _commission_per_unit(one: Execution) -> Decimal | None:
    if one.commission is None:
        return _ZERO if one.signed_size is None else None
    return one.commission / one.size if one.size else _ZERO


def _close(
    lots: deque[_Lot],
    size: Decimal,
    price: Decimal | None,
    per_unit: Decimal | None,
    multiplier: Decimal | None,
) -> tuple[Decimal, Realized]:
    """Close the oldest lots of the other sign; what of ``size`` is left, and what was realised."""
    profit, closed, unknown = _ZERO, False, False
    while size and lots and lots[0].size * size < 0:
        lot = lots[0]
        taken = min(abs(size), abs(lot.size))
        closed = True
        if None in (lot.price, lot.commission, price, per_unit, multiplier):
            unknown = True
        else:
            profit += _profit(lot, taken, price, per_unit, multiplier)
        size += taken.copy_sign(lot.size)
        lot.size -= taken.copy_sign(lot.size)
        if not lot.size:
            lots.popleft()
    if unknown:
        return size, Realized(unknown=True)
    return size, Realized(profit if closed else None)


def _profit(
    lot: _Lot,
    taken: Decimal,
    price: Decimal | None,
    per_unit: Decimal | None,
    multiplier: Decimal | None,
) -> Decimal:
    gain = ((price or _ZERO) - (lot.price or _ZERO)) * taken.copy_sign(lot.size)
    costs = taken * ((lot.commission or _ZERO) + (per_unit or _ZERO))
    return gain * (multiplier or _ZERO) - costs
