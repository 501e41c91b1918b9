"""Index options that settle in the morning: one contract, two days.

They trade until the day before the market opens on the day that settles them. OCC's symbols carry
the day of settlement (``SPX   250919C06500000``), the broker lists the last trading day (recorded:
maturityDate 20260917 of class SPX for the third Friday, 2026-09-18).
"""

from __future__ import annotations

from datetime import date, timedelta

from ibcli.domain.months import Month

# Trading classes of Cboe's and Nasdaq's broad indices whose monthlies settle in the morning:
# https://www.cboe.com/tradable_products/ (contract specifications)
MORNING_SETTLED = frozenset({"SPX", "NDX", "RUT", "DJX", "RUI", "RLG", "RLV", "MXEA", "MXEF"})
_DAY = timedelta(days=1)


def settlement_day(trading_class: str, last_day: date) -> date:
    """The day that an OCC symbol carries, for a contract that the broker lists on ``last_day``."""
    if trading_class in MORNING_SETTLED and _is_monthly(last_day + _DAY):
        return last_day + _DAY
    return last_day


def last_trading_day(root: str, settled: date) -> date:
    """The day that the broker lists, for a contract whose OCC symbol carries ``settled``."""
    return settled - _DAY if root in MORNING_SETTLED and _is_monthly(settled) else settled


def _is_monthly(day: date) -> bool:
    """Whether it may be the day of the standard monthly: the Friday, or before a closed one."""
    return 0 <= (Month.of(day).third_friday - day).days <= 1
