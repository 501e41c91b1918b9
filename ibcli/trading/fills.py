"""Executions of the last days: each once, by its contract's terms, with what it realised."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions
from ibcli.broker.contract_book import ContractBook
from ibcli.broker.portfolio import positions
from ibcli.domain.fills import Fill, Fills, once
from ibcli.domain.realized import Realized, realized
from ibcli.errors import IncompleteError, RefusedError, UnreachableError
from ibcli.trading.outcome import Outcome
from ibcli.trading.tradables import tradables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import Execution
    from ibcli.domain.orders import Tradable
    from ibcli.trading.placing.desk import Desk

COMBINATION = "BAG"  # a row for the whole beside those of its legs; its money is in theirs


def trades(
    client: BrokerClient, desk: Desk, days: int, symbol: str | None = None
) -> Outcome[Fills]:
    """The executions of so many days, by time; what was seen goes into the journal.

    Rows that could not be read are an IncompleteError beside the others. Raises what
    ``BrokerClient.read`` raises.
    """
    told = executions(client, desk.account, days)
    seen = once(told.rows)
    desk.learn(None, seen)
    with ContractBook(client) as book:
        known = tradables(book, (one.conid for one in seen))
        profits = _realized(client, desk, seen, known, book.warnings)
        jobs = {one.order_id: one.job for one in desk.own_orders() if one.order_id is not None}
        rows = [_fill(one, known.get(one.conid), profits[one.execution_id], jobs) for one in seen]
        kept = tuple(row for row in rows if symbol is None or row.symbol == symbol)
        found = Fills(kept, days, symbol, client.settings.market_now())
        odd = [f"An execution could not be read: {reason}" for reason in told.odd]
        return Outcome(found, (*book.warnings, *odd), _unreadable(told.odd))


def _fill(
    one: Execution, tradable: Tradable | None, profit: Realized, jobs: dict[int, str]
) -> Fill:
    return Fill(
        execution=one,
        tradable=tradable,
        cash=_cash(one, tradable),
        realized=profit.profit,
        realized_unknown=profit.unknown,
        job=jobs.get(one.order_id) if one.order_id is not None else None,
    )


def _cash(one: Execution, tradable: Tradable | None) -> Decimal | None:
    """What it moved: by price, size and multiplier, else the broker's amount with our sign."""
    size = one.signed_size
    if size is None or one.sec_type == COMBINATION:
        return Decimal(0)
    if tradable is not None and one.price is not None:
        return -size * one.price * tradable.multiplier
    if one.net_amount is None:
        return None
    return abs(one.net_amount).copy_sign(-size)


def _realized(
    client: BrokerClient,
    desk: Desk,
    seen: Sequence[Execution],
    known: dict[int, Tradable],
    warnings: list[str],
) -> dict[str, Realized]:
    """What each execution realised. What is held tells whether its opening is among them."""
    groups: dict[int, list[Execution]] = defaultdict(list)
    for one in seen:
        groups[one.conid].append(one)
    held: defaultdict[int, Decimal] | None = None
    try:
        if seen:
            held = defaultdict(Decimal)
            for position in positions(client, desk.account).rows:
                held[position.conid] += position.quantity
    except (RefusedError, UnreachableError, IncompleteError) as exc:
        warnings.append(f"What was realised is not known: {exc.message}")
        held = None
    found: dict[str, Realized] = {}
    for conid, group in groups.items():
        multiplier = known[conid].multiplier if conid in known else None
        told = realized(group, None if held is None else held[conid], multiplier)
        found |= dict(zip((one.execution_id for one in group), told, strict=True))
    return found


def _unreadable(odd: Sequence[str]) -> IncompleteError | None:
    if not odd:
        return None
    return IncompleteError(
        f"{len(odd)} of the executions could not be read.",
        hint="The warnings say why; look at them in Client Portal.",
        code="trades-incomplete",
    )
