"""What conids stand for, in terms that can be traded and read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.orders import TicketLeg, Tradable
from ibcli.errors import IncompleteError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.blotter import LiveOrder
    from ibcli.domain.watchlist import Instrument

_LEG = re.compile(r"([0-9]+)/(-?[0-9]+)")


def tradables(book: ContractBook, conids: Iterable[int]) -> dict[int, Tradable]:
    """The contracts of these conids; what the broker no longer knows is left out.

    A look-up that fails is a warning in the book: the broker's own words must then do.
    """
    wanted = list(dict.fromkeys(conids))
    try:
        found = book.definitions(wanted) if wanted else {}
    except (RefusedError, UnreachableError, IncompleteError) as exc:
        book.warnings.append(f"Contracts could not be looked up: {exc.message}")
        return {}
    told = {conid: tradable_of(one.instrument) for conid, one in found.items()}
    return {conid: tradable for conid, tradable in told.items() if tradable is not None}


def tradable_of(instrument: Instrument) -> Tradable | None:
    """An option with all its terms, or a stock; None for anything else."""
    if instrument.contract is not None:
        return Tradable.of(instrument.contract) if instrument.contract.multiplier else None
    if instrument.sec_type != "STK" or instrument.symbol is None:
        return None
    symbol = instrument.symbol
    return Tradable(instrument.conid, "STK", symbol, symbol, Decimal(1))


def ratios(order: LiveOrder) -> dict[int, int]:
    """Conid and ratio of each leg; a combination's stand in its ``conidex``.

    https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#combo-orders:
    ``28812380;;;<conid>/<ratio>,<conid>/-<ratio>``.
    """
    legs = (order.conidex or "").rpartition(";")[2]
    found = {int(conid): int(ratio) for conid, ratio in _LEG.findall(legs)}
    return found or dict.fromkeys(order.conids, 1)


def legs_of(order: LiveOrder, known: dict[int, Tradable]) -> tuple[TicketLeg, ...]:
    """The legs of an order; none at all unless each is known."""
    wanted = ratios(order)
    if not wanted or any(conid not in known for conid in wanted):
        return ()
    return tuple(TicketLeg(known[conid], ratio) for conid, ratio in wanted.items())
