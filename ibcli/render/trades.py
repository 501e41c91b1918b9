"""Executions, what they cost and what they realised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.newyork import NEW_YORK
from ibcli.render import numbers
from ibcli.render.numbers import MISSING
from ibcli.render.tickets import tradable_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from rich.console import RenderableType

    from ibcli.domain.fills import Fill, Fills, FillTotals
    from ibcli.render.table import Column

_HEADER = (
    "at", "side", "contract", "conid", "size", "price", "commission", "realized", "cash",
    "order_id", "coid", "job", "exchange", "execution_id",
)  # fmt: skip


def document(fills: Fills) -> dict[str, Any]:
    """One object an execution, and sums of what is known."""
    totals = fills.totals
    return {
        "as_of": fills.as_of,
        "days": fills.days,
        "symbol": fills.symbol,
        "trades": [_fill_document(row) for row in fills.rows],
        "totals": {
            "net_cash": totals.net_cash,
            "commissions": totals.commissions,
            "realized": totals.realized,
            "cash_missing": totals.cash_missing,
            "commissions_missing": totals.commissions_missing,
            "realized_missing": totals.realized_missing,
        },
    }


def _fill_document(row: Fill) -> dict[str, Any]:
    done = row.execution
    return {
        "at": done.at,
        "side": row.side,
        "expired": row.expired,
        "contract": row.words,
        "conid": done.conid,
        "terms": tradable_document(row.tradable) if row.tradable else None,
        "size": done.size,
        "price": done.price,
        "commission": done.commission,
        "realized": row.realized,
        "realized_unknown": row.realized_unknown,
        "cash": row.cash,
        "net_amount": done.net_amount,
        "order_id": done.order_id,
        "coid": done.coid,
        "job": row.job,
        "exchange": done.exchange,
        "execution_id": done.execution_id,
        "account": done.account,
    }


def rows(fills: Fills) -> tuple[Sequence[str], Iterator[list[object]]]:
    """One row an execution; sums are for the reader's own tool."""
    documents = (_fill_document(row) for row in fills.rows)
    return _HEADER, ([one[name] for name in _HEADER] for one in documents)


def draw(fills: Fills, width: int) -> Iterator[RenderableType]:
    """A line an execution, New York's time; then the totals."""
    from ibcli.render.grid import DIM, line, prose
    from ibcli.render.table import facts, table

    yield line(numbers.new_york(fills.as_of))
    yield line()
    if not fills.rows:
        days = "today" if fills.days == 1 else f"in {fills.days} days"
        yield prose(f"No trades{f' of {fills.symbol}' if fills.symbol else ''} {days}.")
        return
    yield from table(_columns(fills.rows), width)
    yield line()
    yield from facts(_sums(fills.totals), width)
    if any(row.expired for row in fills.rows):
        yield prose("EXPIRED: nothing was traded, the contract ended.", style=DIM)
    if any(row.realized_unknown for row in fills.rows):
        yield prose(
            "?: what it closed was opened before these trades, or a commission has not come.",
            style=DIM,
        )


def _columns(fills: Sequence[Fill]) -> list[Column]:
    from ibcli.render.table import column

    def numbers_of(read: Any, write: Any) -> list[str]:
        return [write(read(row)) for row in fills]

    return [
        column("Time", [_time(row) for row in fills], left=True),
        column("Side", [row.side for row in fills], left=True),
        column("Contract", [row.words for row in fills], left=True, style="bold"),
        column("Size", numbers_of(lambda row: row.execution.size, numbers.count)),
        column("Price", numbers_of(lambda row: row.execution.price, numbers.price)),
        column("Comm", [_commission(row) for row in fills], rank=1),
        column("Realised", [_realized(row) for row in fills], rank=2),
        column("Cash", numbers_of(lambda row: row.cash, _signed), rank=3),
        column("Order", [_text(row.execution.order_id) for row in fills], rank=4),
        column("Exchange", [_text(row.execution.exchange) for row in fills], rank=7, left=True),
        column("Job", [_text(row.job) for row in fills], rank=5, left=True),
        column("Execution", [row.execution.execution_id for row in fills], rank=6, left=True),
    ]


def _time(row: Fill) -> str:
    if row.execution.at is None:
        return MISSING
    return f"{row.execution.at.astimezone(NEW_YORK):%d %b %H:%M:%S}"


def _commission(row: Fill) -> str:
    if row.expired and row.execution.commission is None:
        return ""
    return _money(row.execution.commission)


def _realized(row: Fill) -> str:
    if row.realized_unknown:
        return "?"
    return _signed(row.realized) if row.realized is not None else ""


def _sums(totals: FillTotals) -> list[tuple[str, str]]:
    without = [
        (totals.cash_missing, "without the cash of"),
        (totals.commissions_missing, "without the commissions of"),
    ]
    lacks = [f"{words} {_executions(number)}" for number, words in without if number]
    lack = f"  ({', '.join(lacks)})" if lacks else ""
    missing = totals.commissions_missing
    return [
        ("Net cash", _signed(totals.net_cash) + lack),
        (
            "Commissions",
            _money(totals.commissions)
            + (f"  ({_executions(missing)} without one yet)" if missing else ""),
        ),
        (
            "Realised",
            _signed(totals.realized)
            + (
                f"  (without {_executions(totals.realized_missing)} of which it is not known)"
                if totals.realized_missing
                else ""
            ),
        ),
    ]


def _executions(number: int) -> str:
    return f"{number} execution{'s' * (number != 1)}"


def _money(value: Decimal | None) -> str:
    return MISSING if value is None else f"{value:,.2f}"


def _signed(value: Decimal | None) -> str:
    return MISSING if value is None else f"{value:+,.2f}"


def _text(value: object) -> str:
    return MISSING if value is None else str(value)
