"""What is to be closed, as it stands now: positions, their prices, and the orders in the way.

Whatever can be checked is checked here, before a position loses its protection.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions
from ibcli.broker.portfolio import positions
from ibcli.domain.holdings import Holding
from ibcli.domain.trading_day import trading_day
from ibcli.errors import GuardError, IbcliError, IncompleteError
from ibcli.trading.bare import bare_positions, close_job
from ibcli.trading.blotter import listed, rows_of
from ibcli.trading.change_guards import check_attended, check_open, check_symbols
from ibcli.trading.closing.offers import closing_quotes, offer
from ibcli.trading.closing.protection import in_the_way, own_close
from ibcli.trading.closing.rows import Case, notes_on, with_message
from ibcli.trading.closing.targets import chosen
from ibcli.trading.halt import check_halt
from ibcli.trading.holdings import terms_of
from ibcli.trading.placing.desk import LegState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ibcli.broker.contract_book import ContractBook
    from ibcli.domain.order_list import OrderRow
    from ibcli.domain.quotes import Quote
    from ibcli.trading.closing.offers import Offer
    from ibcli.trading.closing.wish import Manner, Positions
    from ibcli.trading.placing.desk import Desk

_LAG = 60.0  # seconds for which the broker's positions may be old


@dataclass(frozen=True, slots=True)
class Survey:
    """The positions that are meant, short ones first, and sentences on them.

    ``held`` and ``orders`` are all that the account has. ``left`` is about positions that are meant
    and cannot be closed here.
    """

    cases: tuple[Case, ...]
    notes: tuple[str, ...]
    held: tuple[Holding, ...]
    orders: tuple[OrderRow, ...]
    left: IbcliError | None


def survey(book: ContractBook, desk: Desk, which: Positions, manner: Manner) -> Survey:
    """The positions that are meant, each with its closing order and what must go first.

    Raises GuardError, UsageError, NotFoundError, IncompleteError; also of what an earlier close
    that was cut short has left.
    """
    try:
        if not manner.dry_run:
            check_halt(book.client.settings)
            check_attended(book.client.settings, paper=desk.paper, asked=manner.attended)
        held = held_now(book, desk)
        found = chosen(book, which, held)
        orders = _orders(book, desk)
        meant = sorted(found.rows, key=lambda row: row.position.quantity > 0)  # wings last
        cases = _cases(book, desk, manner, meant, orders)
    except IbcliError as exc:  # what was cut short before is not to be forgotten over it
        for one in bare_positions(desk):
            exc.add_note(f"{one.sentence} IT MAY BE UNPROTECTED: ibcli orders tells.")
        raise
    notes = (*found.notes, *notes_on(cases, orders, held))
    return Survey(tuple(cases), notes, tuple(held), orders, found.error)


def held_now(book: ContractBook, desk: Desk) -> list[Holding]:
    """The account's positions, as fresh as the broker tells them."""
    told = positions(book.client, desk.account, fresh=True)
    held = [one for one in told.rows if one.quantity]
    terms = terms_of(book, held)
    return [Holding(one, terms.get(one.conid)) for one in held]


def _orders(book: ContractBook, desk: Desk) -> tuple[OrderRow, ...]:
    blotter = listed(book.client, desk)
    if not blotter.complete:
        raise IncompleteError(
            "The account's orders are not known in full: one of them may close the position "
            "too. Nothing was sent.",
            hint="Try again, or give it longer with --deadline SECONDS.",
            code="orders-incomplete",
            retryable=True,
        )
    return rows_of(book, desk, blotter.orders)


def _cases(
    book: ContractBook,
    desk: Desk,
    manner: Manner,
    meant: Sequence[Holding],
    orders: tuple[OrderRow, ...],
) -> list[Case]:
    """Each position as it is to be closed; raises if none of them can be."""
    fresh = [row for row in meant if own_close(orders, row) is None]
    quotes = closing_quotes(book, fresh)
    cases = []
    for row in meant:
        priced, error = None, None
        if row in fresh:
            priced, error = _offer(book, manner, row, quotes.get(row.position.conid))
        if priced is not None:
            check_symbols(book.client.settings, priced.ticket)
        day = _day(book, manner, row)
        _check_lag(book, desk, row, day)
        cases.append(Case(row, priced, day, in_the_way(orders, row), error))
    if cases and all(case.error is not None for case in cases):
        first = cases[0].error or IbcliError("")
        raise with_message(first, f"{first.message} Nothing was sent.")
    return cases


def _offer(
    book: ContractBook, manner: Manner, row: Holding, quote: Quote | None
) -> tuple[Offer | None, IbcliError | None]:
    """How to close it; why not, if nobody makes a price: that need not keep the others."""
    try:
        return offer(book, row, quote, manner.limit), None
    except GuardError as exc:
        if exc.code != "guard-quote":
            raise
        return None, exc


def _day(book: ContractBook, manner: Manner, row: Holding) -> date:
    """The trading day; raises GuardError ``guard-market`` while the market is closed."""
    terms = row.tradable
    conid = terms.underlying_conid if terms and terms.underlying_conid else row.position.conid
    hours, now = book.hours(conid), book.client.settings.market_now()
    if not manner.dry_run:
        check_open(row.words, hours, now)
    return trading_day(hours, now)


def _check_lag(book: ContractBook, desk: Desk, row: Holding, day: date) -> None:
    """Raise IncompleteError when just this was closed a moment ago: the broker's positions
    are kept for a while, and to close it again would turn it around.
    """
    standing = desk.standing(close_job(row.words), day)
    leg = standing.legs[0] if standing is not None else None
    if leg is None or leg.state is not LegState.FILLED or leg.entry.order_id is None:
        return
    seen = max(entry.at for entry in desk.history(leg.entry.order_id))
    passed = (book.client.now() - seen).total_seconds()
    lag = _LAG / book.client.settings.haste
    if leg.entry.filled != abs(row.position.quantity) or passed >= lag:
        return
    if not _opened_since(book, desk, row, leg.entry.order_id):
        raise IncompleteError(
            f"{row.words} was closed a moment ago (order {leg.entry.order_id}), and the "
            "broker's positions do not show that yet. Nothing was sent.",
            hint=f"If it was opened again since, wait {_LAG:.0f} seconds.",
            code="positions-stale",
            retryable=True,
        )


def _opened_since(book: ContractBook, desk: Desk, row: Holding, order_id: int) -> bool:
    """Whether a later order than that has traded the position's way."""
    held = row.position
    return any(
        one.conid == held.conid
        and (one.order_id or 0) > order_id
        and (one.signed_size or Decimal(0)) * held.quantity > 0
        for one in executions(book.client, desk.account, days=1).rows
    )
