"""What executions realise, first in first out, and when that cannot be known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibcli.domain.blotter import Execution, ExecutionSide
from ibcli.domain.fills import Fill, Fills, once
from ibcli.domain.realized import Realized, realized
from tests.after.values import AS_OF, PUT, execution

B, S, X = ExecutionSide.BOUGHT, ExecutionSide.SOLD, ExecutionSide.EXPIRED
HUNDRED = Decimal(100)


def profits(executions: list[Execution], held: str | None) -> list[Decimal | str | None]:
    told = realized(executions, None if held is None else Decimal(held), HUNDRED)
    return ["?" if one.unknown else one.profit for one in told]


def test_a_short_bought_back_pays_both_commissions() -> None:
    trades = [execution(1, S, "0.52", size=2), execution(2, B, "0.30", size=2)]
    assert profits(trades, "0") == [None, Decimal("42.00")]


def test_first_in_first_out() -> None:
    trades = [
        execution(1, B, "1.00", commission="0"),
        execution(2, B, "2.00", commission="0"),
        execution(3, S, "3.00", commission="0"),
        execution(4, S, "3.00", commission="0"),
    ]
    assert profits(trades, "0") == [None, None, 200, 100]


def test_a_partial_close_takes_its_part_of_the_commission() -> None:
    trades = [execution(1, S, "0.50", size=4, commission="4"), execution(2, B, "0.25")]
    assert profits(trades, "-3") == [None, Decimal(25) - 1 - 1]


def test_through_zero_closes_and_opens() -> None:
    trades = [
        execution(1, S, "1.00", commission="0"),
        execution(2, B, "0.50", size=3, commission="0"),
        execution(3, S, "0.75", size=2, commission="0"),
    ]
    assert profits(trades, "0") == [None, 50, 50]


def test_what_was_opened_before_is_not_known() -> None:
    assert profits([execution(1, B, "0.30")], "0") == ["?"]


def test_only_the_older_part_is_unknown() -> None:
    trades = [execution(1, S, "0.50"), execution(2, B, "0.30"), execution(3, B, "0.20")]
    assert profits(trades, "0") == [None, "?", Decimal("28.00")]


def test_an_opening_alone_realises_nothing() -> None:
    assert profits([execution(1, B, "0.30")], "1") == [None]


def test_without_positions_nothing_is_known() -> None:
    assert profits([execution(1, B, "0.30")], None) == ["?"]


@pytest.mark.parametrize("late", [1, 2])
def test_a_commission_that_has_not_come(late: int) -> None:
    trades = [
        execution(1, S, "0.52", commission=None if late == 1 else "1"),
        execution(2, B, "0.30", commission=None if late == 2 else "1"),
    ]
    assert profits(trades, "0") == [None, "?"]


@pytest.mark.parametrize(("side", "profit"), [(S, Decimal(51)), (B, Decimal(-53))])
def test_an_expiry_ends_what_the_trades_opened(side: ExecutionSide, profit: Decimal) -> None:
    trades = [execution(1, side, "0.52"), execution(2, X, None, commission=None, minutes=300)]
    assert profits(trades, "0") == [None, profit]


def test_an_expiry_of_more_than_was_seen_is_not_known() -> None:
    trades = [execution(1, S, "0.52"), execution(2, X, "0", size=2, commission=None)]
    assert profits(trades, "0") == ["?", "?"]


def test_without_a_multiplier_no_profit_is_known() -> None:
    trades = [execution(1, S, "0.52"), execution(2, B, "0.30")]
    assert realized(trades, Decimal(0), None) == [Realized(), Realized(unknown=True)]


def test_an_execution_seen_twice_counts_once_with_its_commission() -> None:
    first, again = execution(1, S, "0.52", commission=None), execution(1, S, "0.52")
    assert once([first, again]) == once([again, first]) == [again]


def test_executions_go_by_time() -> None:
    late, early = execution(1, S, "1", minutes=5), execution(2, S, "1", minutes=-5)
    assert once([late, early]) == [early, late]


def test_totals_count_what_is_missing() -> None:
    rows = (
        Fill(execution(1, S, "0.52"), PUT, Decimal(52)),
        Fill(execution(2, S, "0.52", commission=None), PUT, Decimal(52)),
        Fill(execution(3, X, None, commission=None), PUT, Decimal(0), Decimal(51)),
        Fill(execution(4, B, "0.10"), None, None, realized_unknown=True),
    )
    totals = Fills(rows, 1, None, AS_OF).totals
    assert (totals.net_cash, totals.commissions, totals.realized) == tuple(
        map(Decimal, (102, 2, 51))
    )
    assert (totals.cash_missing, totals.commissions_missing, totals.realized_missing) == (1, 1, 1)
