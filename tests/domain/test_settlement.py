"""Index options that settle in the morning, between OCC's day and the broker's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ibcli.domain.contracts import OptionContract, Right
from ibcli.domain.settlement import last_trading_day, settlement_day


@pytest.mark.parametrize(
    ("root", "listed", "settled"),
    [
        ("SPX", date(2025, 9, 18), date(2025, 9, 19)),
        ("NDX", date(2025, 9, 18), date(2025, 9, 19)),
        ("SPX", date(2026, 6, 17), date(2026, 6, 18)),  # the Friday is Juneteenth
        ("SPXW", date(2025, 9, 18), date(2025, 9, 18)),
        ("SPXW", date(2025, 9, 19), date(2025, 9, 19)),
        ("ARM", date(2026, 6, 18), date(2026, 6, 18)),
        ("ARM", date(2025, 9, 19), date(2025, 9, 19)),
    ],
)
def test_both_days(root: str, listed: date, settled: date) -> None:
    assert settlement_day(root, listed) == settled
    assert last_trading_day(root, settled) == listed
    contract = OptionContract(1, 2, root, root, listed, Decimal(6500), Right.CALL, Decimal(100))
    assert f"{settled:%y%m%d}" in contract.occ_symbol


def test_other_days_stay() -> None:
    assert settlement_day("SPX", date(2025, 9, 12)) == date(2025, 9, 12)
    assert last_trading_day("SPX", date(2025, 9, 26)) == date(2025, 9, 26)
