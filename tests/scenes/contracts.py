"""Contracts that no broker has to be asked for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ibcli.domain.contracts import Right
from ibcli.domain.orders import Tradable

DAY = date(2025, 8, 18)
SPY = 756733


def option(conid: int, strike: str, right: Right = Right.PUT) -> Tradable:
    """An option on SPY that expires on the day."""
    return Tradable(
        conid=conid,
        sec_type="OPT",
        symbol="SPY",
        words=f"SPY 18AUG25 {strike} {right}",
        multiplier=Decimal(100),
        underlying_conid=SPY,
        trading_class="SPY",
        expiry=DAY,
        strike=Decimal(strike),
        right=right,
    )
