"""What `trades` answers: executions, what they cost and what they realised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.blotter import ExecutionSide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ibcli.domain.blotter import Execution
    from ibcli.domain.orders import Tradable

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fill:
    """An execution and the contract it is of.

    ``cash`` is what it moved before commission: negative when paid, 0 for an expiry; None when
    the price or the multiplier is not known. ``realized`` is the profit of what it closed, after
    the commissions of both ends; None when it closed nothing or that is not known, which
    ``realized_unknown`` tells apart.
    """

    execution: Execution
    tradable: Tradable | None = None
    cash: Decimal | None = None
    realized: Decimal | None = None
    realized_unknown: bool = False
    job: str | None = None

    @property
    def words(self) -> str:
        """The contract as people write it, else what the broker calls it."""
        if self.tradable is not None:
            return self.tradable.words
        return self.execution.words or self.execution.symbol or str(self.execution.conid)

    @property
    def symbol(self) -> str | None:
        """The underlying's symbol."""
        return self.tradable.symbol if self.tradable else self.execution.symbol

    @property
    def side(self) -> str:
        """BUY, SELL or EXPIRED."""
        return _SIDES[self.execution.side]

    @property
    def expired(self) -> bool:
        """Whether it is an expiry, not a trade."""
        return self.execution.side is ExecutionSide.EXPIRED


_SIDES = {
    ExecutionSide.BOUGHT: "BUY",
    ExecutionSide.SOLD: "SELL",
    ExecutionSide.EXPIRED: "EXPIRED",
}


@dataclass(frozen=True, slots=True)
class FillTotals:
    """Sums of what is known, and of how many rows it is not.

    ``net_cash`` is after the commissions that have come.
    """

    net_cash: Decimal
    commissions: Decimal
    realized: Decimal
    cash_missing: int
    commissions_missing: int
    realized_missing: int

    @classmethod
    def of(cls, rows: Iterable[Fill]) -> FillTotals:
        """Those of these rows."""
        rows = tuple(rows)
        traded = [row for row in rows if not row.expired]
        commissions = sum((row.execution.commission or Decimal(0) for row in rows), Decimal(0))
        cash = sum((row.cash for row in rows if row.cash is not None), Decimal(0))
        return cls(
            net_cash=cash - commissions,
            commissions=commissions,
            realized=sum((row.realized for row in rows if row.realized is not None), Decimal(0)),
            cash_missing=sum(row.cash is None for row in rows),
            commissions_missing=sum(row.execution.commission is None for row in traded),
            realized_missing=sum(row.realized_unknown for row in rows),
        )


@dataclass(frozen=True, slots=True)
class Fills:
    """Executions by time, each once; ``days`` is how far back was asked for."""

    rows: tuple[Fill, ...]
    days: int
    symbol: str | None
    as_of: datetime  # aware UTC, by the market's clock

    @property
    def totals(self) -> FillTotals:
        """Sums over the rows."""
        return FillTotals.of(self.rows)


def once(rows: Iterable[Execution]) -> list[Execution]:
    """Each execution once, by time; of two reports of one, that which tells its commission."""
    found: dict[str, Execution] = {}
    for one in rows:
        known = found.get(one.execution_id)
        if known is None or known.commission is None:
            found[one.execution_id] = one
    return sorted(found.values(), key=lambda one: (one.at or _BEGINNING, one.execution_id))
