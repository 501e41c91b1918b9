"""What an account holds, with the deltas of its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.contract_book import ContractBook
from ibcli.broker.fields import Field
from ibcli.broker.portfolio import positions
from ibcli.domain.holdings import Holding, Holdings
from ibcli.errors import IncompleteError, RefusedError, UnreachableError
from ibcli.trading.bare import Alarm, bare_positions, look_at_bare
from ibcli.trading.blotter import listed, rows_of
from ibcli.trading.markets import markets
from ibcli.trading.outcome import Outcome
from ibcli.trading.tradables import tradables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import Position
    from ibcli.domain.orders import Tradable
    from ibcli.trading.placing.desk import Desk


def holdings(
    client: BrokerClient, desk: Desk, symbol: str | None = None, *, greeks: bool = True
) -> Outcome[Holdings]:
    """Every position that is not nil, by underlying; of one underlying with ``symbol``.

    Rows that could not be read are an IncompleteError beside the others; a delta that does not
    come is missing from its row, with a warning. Raises what ``BrokerClient.read`` raises.
    """
    told = positions(client, desk.account)
    with ContractBook(client) as book:
        held = [one for one in told.rows if one.quantity]
        terms = terms_of(book, held)
        kept = [Holding(one, terms.get(one.conid)) for one in held]
        kept = [row for row in kept if symbol is None or row.symbol == symbol]
        deltas = _deltas(book, kept) if greeks else {}
        rows = [Holding(row.position, row.tradable, deltas.get(row.position.conid)) for row in kept]
        rows.sort(key=_place)
        found = Holdings(tuple(rows), greeks, client.settings.market_now())
        odd = [f"A position could not be read: {reason}" for reason in told.odd]
        odd += [f"{one.words}: {reason} could not be read." for one in held for reason in one.odd]
        alarm = _alarm(client, desk, book)
        warnings = (*book.warnings, *alarm.warnings, *odd)
        return Outcome(found, warnings, alarm.error or _unreadable(told.odd))


def _alarm(client: BrokerClient, desk: Desk, book: ContractBook) -> Alarm:
    """What is to be said of positions that have lost their stops."""
    if not bare_positions(desk):
        return Alarm()
    try:
        rows = rows_of(book, desk, listed(client, desk).orders)
    except (RefusedError, UnreachableError, IncompleteError) as exc:
        book.warnings.append(f"Orders are not known: {exc.message}")
        rows = ()
    return look_at_bare(client, desk, rows)


def terms_of(book: ContractBook, held: Iterable[Position]) -> dict[int, Tradable]:
    """What can be traded of these, by conid: as the row tells it in full, else looked up.

    A row that does not name its trading class may be of SPX or of SPXW.
    """
    held = list(held)
    told = {one.conid: one.tradable for one in held if one.tradable is not None}
    whole = {c for c, one in told.items() if one.right is None or one.trading_class is not None}
    return told | tradables(book, (one.conid for one in held if one.conid not in whole))


def _deltas(book: ContractBook, rows: Sequence[Holding]) -> dict[int, Decimal]:
    """The delta of each position in units of its underlying, as far as it is told."""
    found = {
        row.position.conid: row.position.quantity
        for row in rows
        if row.tradable is not None and row.tradable.sec_type == "STK"
    }
    options = [row for row in rows if row.tradable is not None and row.tradable.right is not None]
    if not options:
        return found
    try:
        contracts = [row.tradable for row in options if row.tradable is not None]
        told = markets(book, contracts, fields=(Field.DELTA,), also=(Field.BID, Field.ASK))
    except (RefusedError, UnreachableError, IncompleteError) as exc:
        book.warnings.append(f"Deltas are missing: {exc.message}")
        return found
    for row in options:
        quote = told.quotes.get(row.position.conid)
        if quote is not None and quote.delta is not None and row.tradable is not None:
            units = row.position.quantity * row.tradable.multiplier
            found[row.position.conid] = units * quote.delta
    book.warnings += told.strangers
    if told.stopped is not None:
        book.warnings.append(f"Deltas may be missing: {told.stopped.message}")
    return found


def _place(row: Holding) -> tuple[object, ...]:
    """By underlying: shares first, then options by expiry, strike and right."""
    terms = row.tradable
    if terms is None or terms.expiry is None:
        return (row.symbol, 0, "", 0, "", row.position.conid)
    return (
        row.symbol,
        1,
        terms.expiry.isoformat(),
        terms.strike or 0,
        terms.right or "",
        row.position.conid,
    )


def _unreadable(odd: Sequence[str]) -> IncompleteError | None:
    if not odd:
        return None
    return IncompleteError(
        f"{len(odd)} of the account's positions could not be read.",
        hint="The warnings say why; look at them in Client Portal.",
        code="positions-incomplete",
    )
