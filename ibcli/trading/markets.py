"""Quotes of contracts that are held or ordered already."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ibcli.broker.snapshots import Snapshots, Wanted, collect

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ibcli.broker.contract_book import ContractBook
    from ibcli.broker.fields import Field
    from ibcli.domain.orders import Tradable


def markets(
    book: ContractBook,
    contracts: Sequence[Tradable],
    *,
    fields: tuple[Field, ...],
    required: tuple[Field, ...] = (),
    also: tuple[Field, ...] = (),
    slow: tuple[Field, ...] = (),
    without_slow: Collection[int] = (),
) -> Snapshots:
    """A snapshot of each, after a search for each option's underlying: its data waits for that.

    ``slow`` are those of the fields that some contracts, named by conid, can do without.

    Raises what ``BrokerClient.read`` raises while nothing at all has come.
    """
    underlyings = {
        one.underlying_conid: one.symbol for one in contracts if one.underlying_conid is not None
    }
    book.client.parallel([partial(book.ensure_searched, *each) for each in underlyings.items()])

    def revive() -> None:
        for conid, symbol in underlyings.items():
            book.client.memory.forget_searched(conid)
            book.ensure_searched(conid, symbol)

    quick = tuple(field for field in fields if field not in slow)
    wanted = [
        Wanted(
            one.conid,
            quick if one.conid in without_slow else fields,
            required,
            (*also, *slow),
            names=tuple(filter(None, _names(one))),
        )
        for one in contracts
    ]
    return collect(book.client, wanted, revive=revive)


def _names(one: Tradable) -> tuple[str | None, ...]:
    return (one.symbol, one.trading_class)
