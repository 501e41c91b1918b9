"""What `positions` answers: everything held, with its market value and delta."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ibcli.domain.blotter import Position
    from ibcli.domain.orders import Tradable


@dataclass(frozen=True, slots=True)
class Holding:
    """A position. ``delta`` is that of all of it, in units of the underlying; None: not told."""

    position: Position
    tradable: Tradable | None = None
    delta: Decimal | None = None

    @property
    def words(self) -> str:
        """The contract as people write it, else what the broker calls it."""
        return self.tradable.words if self.tradable else self.position.words

    @property
    def symbol(self) -> str:
        """The underlying's symbol; the broker's first word when that is not told."""
        if self.tradable is not None:
            return self.tradable.symbol
        return next(iter(self.position.words.split()), str(self.position.conid))


@dataclass(frozen=True, slots=True)
class CurrencyTotals:
    """Sums of the rows of one currency; None when a row does not tell the value."""

    currency: str | None
    value: Decimal | None
    unrealized: Decimal | None
    realized: Decimal | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that is held. ``greeks``: whether deltas were asked for."""

    rows: tuple[Holding, ...]
    greeks: bool
    as_of: datetime  # aware UTC, by the market's clock

    @property
    def totals(self) -> tuple[CurrencyTotals, ...]:
        """Sums by currency: amounts of different ones do not add up."""
        currencies = dict.fromkeys(row.position.currency for row in self.rows)
        return tuple(
            self._total(currency, [r for r in self.rows if r.position.currency == currency])
            for currency in currencies
        )

    def _total(self, currency: str | None, rows: list[Holding]) -> CurrencyTotals:
        return CurrencyTotals(
            currency,
            _sum(row.position.value for row in rows),
            _sum(row.position.unrealized for row in rows),
            _sum(row.position.realized for row in rows),
        )

    @property
    def deltas(self) -> dict[str, Decimal | None]:
        """The delta of each underlying, by symbol; None when one of its rows lacks it."""
        symbols = dict.fromkeys(row.symbol for row in self.rows)
        return {s: _sum(row.delta for row in self.rows if row.symbol == s) for s in symbols}


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None when a part of it is not known."""
    total = Decimal(0)
    for value in values:
        if value is None:
            return None
        total += value
    return total
