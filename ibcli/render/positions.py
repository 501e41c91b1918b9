"""What is held, its value, profit and delta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.render import numbers
from ibcli.render.numbers import MISSING
from ibcli.render.tickets import tradable_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from rich.console import RenderableType

    from ibcli.domain.holdings import Holding, Holdings
    from ibcli.render.table import Column

_HEADER = (
    "contract", "conid", "quantity", "average_price", "average_cost", "mark", "value",
    "unrealized", "realized", "delta", "currency",
)  # fmt: skip


def document(holdings: Holdings) -> dict[str, Any]:
    """One object a position; sums by currency, deltas by underlying (null: a part is missing)."""
    return {
        "as_of": holdings.as_of,
        "greeks": holdings.greeks,
        "positions": [_holding_document(row) for row in holdings.rows],
        "totals": [
            {
                "currency": total.currency,
                "value": total.value,
                "unrealized": total.unrealized,
                "realized": total.realized,
            }
            for total in holdings.totals
        ],
        "deltas": holdings.deltas if holdings.greeks else {},
    }


def _holding_document(row: Holding) -> dict[str, Any]:
    held = row.position
    return {
        "contract": row.words,
        "conid": held.conid,
        "account": held.account,
        "sec_type": held.sec_type,
        "terms": tradable_document(row.tradable) if row.tradable else None,
        "quantity": held.quantity,
        "average_price": held.average_price,
        "average_cost": held.average_cost,
        "mark": held.mark,
        "value": held.value,
        "unrealized": held.unrealized,
        "realized": held.realized,
        "delta": row.delta,
        "currency": held.currency,
        "underlying_conid": held.underlying_conid,
        "unreadable": list(held.odd),
    }


def rows(holdings: Holdings) -> tuple[Sequence[str], Iterator[list[object]]]:
    """One row a position."""
    documents = (_holding_document(row) for row in holdings.rows)
    return _HEADER, ([one[name] for name in _HEADER] for one in documents)


def draw(holdings: Holdings, width: int) -> Iterator[RenderableType]:
    """A line a position; then the sums."""
    from ibcli.render.grid import DIM, line, prose
    from ibcli.render.table import facts, table

    yield line(numbers.new_york(holdings.as_of))
    yield line()
    if not holdings.rows:
        yield prose("No positions.")
        return
    yield from table(_columns(holdings), width)
    yield line()
    yield from facts(_sums(holdings), width)
    if holdings.greeks and any(row.delta is None for row in holdings.rows):
        yield prose(f"{MISSING}: not told; delta is that of all contracts together.", style=DIM)


def _columns(holdings: Holdings) -> list[Column]:
    from ibcli.render.grid import Cell
    from ibcli.render.table import Column, column

    held = [row.position for row in holdings.rows]
    gains = tuple(Cell(_signed(one.unrealized), _gain(one.unrealized)) for one in held)
    several = len({one.currency for one in held}) > 1
    return [
        column("Contract", [row.words for row in holdings.rows], left=True, style="bold"),
        column("Qty", [numbers.count(one.quantity) for one in held]),
        column("Avg", [numbers.price(_cents(one.average_price)) for one in held], rank=2),
        column("Mark", [numbers.price(_cents(one.mark)) for one in held]),
        column("Value", [_money(one.value) for one in held], rank=1),
        Column("P&L", gains),
        column(
            "Delta", [_delta(row.delta) for row in holdings.rows], rank=0 + (not holdings.greeks)
        ),
        *([column("Currency", [one.currency or MISSING for one in held])] if several else []),
        column("Realised", [_signed(one.realized) for one in held], rank=4),
        column("Conid", [str(one.conid) for one in held], rank=3),
    ]


def _sums(holdings: Holdings) -> list[tuple[str, str]]:
    totals = holdings.totals
    sums = []
    for total in totals:
        unit = f" {total.currency}" if total.currency else ""
        words = f"value {_money(total.value)}, P&L {_signed(total.unrealized)}{unit}"
        sums.append(("Total", words))
    if holdings.greeks:
        deltas = (f"{symbol} {_delta(delta)}" for symbol, delta in holdings.deltas.items())
        sums.append(("Delta", ", ".join(deltas)))
    return sums


def _cents(value: Decimal | None) -> Decimal | None:
    """An average to a hundredth of a cent at most: it comes with the digits of a division."""
    if value is None or numbers.decimals_of(value) <= 4:
        return value
    return round(value, 4)


def _gain(value: Decimal | None) -> str:
    if not value:
        return ""
    return "green" if value > 0 else "red"


def _delta(value: Decimal | None) -> str:
    return MISSING if value is None else numbers.signed(value, 1)


def _money(value: Decimal | None) -> str:
    return MISSING if value is None else f"{value:,.2f}"


def _signed(value: Decimal | None) -> str:
    return MISSING if value is None else f"{value:+,.2f}"
