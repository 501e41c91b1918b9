"""What an account is worth, and what of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.sim.books import margin
from ibcli.sim.books.margin import Holding
from ibcli.sim.books.order import NOUGHT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal

    from ibcli.sim.books.contracts import Contracts
    from ibcli.sim.books.records import Records


@dataclass(frozen=True, slots=True)
class Balance:
    """Money, in the account's currency. Equity with loan counts cash and stock, not options, as
    Regulation T does.
    """

    cash: Decimal
    stock: Decimal
    options: Decimal
    gross: Decimal
    initial: Decimal
    maintenance: Decimal
    unrealized: Decimal
    realized: Decimal
    opening: Decimal  # the account's value at the last close

    @property
    def net(self) -> Decimal:
        """Net liquidation value."""
        return self.cash + self.stock + self.options

    @property
    def equity(self) -> Decimal:
        """Equity with loan value."""
        return self.cash + self.stock

    @property
    def available(self) -> Decimal:
        """Funds available for new positions."""
        return self.equity - self.initial

    @property
    def excess(self) -> Decimal:
        """Excess liquidity."""
        return self.equity - self.maintenance

    @property
    def daily(self) -> Decimal:
        """The day's profit."""
        return self.net - self.opening


def holdings(records: Records, contracts: Contracts, at: datetime) -> list[Holding]:
    """The positions with their marks."""
    return [
        holding_of(contracts, position.conid, position.quantity, at)
        for position in records.positions()
    ]


def holding_of(contracts: Contracts, conid: int, quantity: Decimal, at: datetime) -> Holding:
    """A position in a contract, valued."""
    contract = contracts.get(conid)
    mark = contracts.mark(conid, at)
    spot = mark if contract.option is None else contracts.mark(contract.underlying.conid, at)
    return Holding(contract, quantity, mark, spot)


def net_liquidation(records: Records, contracts: Contracts, at: datetime) -> Decimal:
    """Cash and all positions at their marks."""
    held = holdings(records, contracts, at)
    return records.amount("cash") + sum((h.value for h in held), NOUGHT)


def balance(
    records: Records,
    contracts: Contracts,
    at: datetime,
    extra: Iterable[Holding] = (),
    spent: Decimal = NOUGHT,
) -> Balance:
    """The account as it is, or as it would be with ``extra`` bought for ``spent`` of cash."""
    held = margin.merged([*holdings(records, contracts, at), *extra])
    initial, maintenance = margin.requirement(held)
    cost = sum((position.cost for position in records.positions()), NOUGHT)
    cost += spent
    value = sum((h.value for h in held), NOUGHT)
    return Balance(
        cash=records.amount("cash") - spent,
        stock=sum((h.value for h in held if h.contract.option is None), NOUGHT),
        options=sum((h.value for h in held if h.contract.option is not None), NOUGHT),
        gross=sum((abs(h.value) for h in held), NOUGHT),
        initial=initial,
        maintenance=maintenance,
        unrealized=value - cost,
        realized=records.amount("realized"),
        opening=records.amount("opening_value"),
    )
