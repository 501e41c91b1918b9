"""Commissions as IBKR's price list has them for US options (tiered) and US stocks (fixed):
https://www.interactivebrokers.com/en/pricing/commissions-options.php and commissions-stocks.php.
Exchange and regulatory fees are left out.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CENT = Decimal("0.01")
_MINIMUM = Decimal("1.00")  # an order
_TIERS = (
    (Decimal("0.10"), Decimal("0.65")),
    (Decimal("0.05"), Decimal("0.50")),
    (Decimal(0), Decimal("0.25")),
)  # premium from, a contract
_SHARE = Decimal("0.005")
_MOST_OF_VALUE = Decimal("0.01")  # of a stock order's value, even below the minimum


def of_fill(sec_type: str, quantity: Decimal, price: Decimal) -> Decimal:
    """What a fill adds to its order's commission, before the minimum."""
    if sec_type != "OPT":
        return quantity * _SHARE
    rate = next(rate for start, rate in _TIERS if abs(price) >= start)
    return quantity * rate


def of_order(due: Decimal, stock_value: Decimal | None) -> Decimal:
    """An order's whole commission so far; ``stock_value`` when it is of one stock."""
    whole = max(due, _MINIMUM)
    if stock_value is not None:
        whole = min(whole, stock_value * _MOST_OF_VALUE)
    return whole.quantize(_CENT, ROUND_HALF_UP)


def shared(charge: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """A charge over an order's legs, in cents; the last one takes what rounding leaves."""
    whole = sum(weights, Decimal(0))
    parts = [(charge * w / whole).quantize(_CENT, ROUND_HALF_UP) for w in weights[:-1]]
    return [*parts, charge - sum(parts, Decimal(0))]
