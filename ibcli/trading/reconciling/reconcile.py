"""Compare, and write into the journal what the broker knows; never an order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions, live_orders, order_status
from ibcli.broker.contract_book import ContractBook
from ibcli.broker.portfolio import positions
from ibcli.domain.blotter import Blotter, OrderStatus
from ibcli.domain.differences import Difference, DifferenceKind, Reconciliation
from ibcli.domain.ledger import Act, Kind
from ibcli.domain.newyork import new_york_day
from ibcli.errors import IncompleteError, OutcomeUnknownError
from ibcli.trading.bare import bare_positions, look_at_bare
from ibcli.trading.blotter import rows_of
from ibcli.trading.journal.journal import Note
from ibcli.trading.outcome import Outcome
from ibcli.trading.placing.desk import Desk
from ibcli.trading.placing.learning import ENDED, execution_notes
from ibcli.trading.reconciling.books import Shown, kept_by
from ibcli.trading.reconciling.comparing import (
    differences,
    is_ours,
    unknown_executions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ibcli.broker.client import BrokerClient
    from ibcli.trading.reconciling.books import Kept

_DAYS = 7


def reconcile(client: BrokerClient, *, fix: bool) -> Outcome[Reconciliation]:
    """Hold the journal against orders, trades of seven days, and positions.

    Doubts are settled first, as before every order. With ``fix`` the journal learns the rest. What
    remains is an OutcomeUnknownError ``differences`` beside the data. Raises IncompleteError when
    the broker's lists are not whole: nothing can be compared then.
    """
    with Desk.open(client, writing=False) as desk:
        desk.check_journal()
        return _compared(client, desk, fix=fix)


def _compared(client: BrokerClient, desk: Desk, *, fix: bool) -> Outcome[Reconciliation]:
    with desk.alone(settled=False):
        today = new_york_day(client.settings.market_now())
        kept = kept_by(desk.journal, desk.account)
        shown = _with_unlisted(client, _shown(client, desk.account), kept, today)
        found = differences(kept, shown, today)
        if fix:
            _write(desk, kept, shown, found, today)
            left = differences(kept_by(desk.journal, desk.account), shown, today)
            found = tuple(replace(one, fixed=one not in left) for one in found)
        settled = [
            Difference(DifferenceKind.SETTLED, one.words, one.result, fixed=fix)
            for one in desk.settled
        ]
        data = Reconciliation(
            account=desk.account,
            as_of=client.settings.market_now(),
            differences=(*settled, *_bare(client, desk, shown), *found),
            fixing=fix,
            jobs=len({(own.intent.day, own.intent.job, own.intent.run) for own in kept.legs}),
            orders=len(shown.orders),
            executions=len(shown.executions),
            positions=sum(one.quantity != 0 for one in shown.positions),
        )
        return Outcome(data, tuple(desk.warnings), _error(data))


def _bare(client: BrokerClient, desk: Desk, shown: Shown) -> list[Difference]:
    """Positions that lost their stops to a close that was cut short."""
    if not bare_positions(desk):
        return []
    with ContractBook(client) as book:
        alarm = look_at_bare(client, desk, rows_of(book, desk, shown.orders))
    return [
        Difference(DifferenceKind.POSITION_BARE, one.words, text, conid=one.conid)
        for one, text in alarm.found
    ]


def _shown(client: BrokerClient, account: str) -> Shown:
    blotter = live_orders(client, account)
    if not blotter.complete:
        raise _not_whole(blotter.odd)
    trades = executions(client, account, days=_DAYS)
    held = positions(client, account, fresh=True)
    if odd := (*blotter.odd, *trades.odd, *held.odd):
        raise _not_whole(odd)
    return Shown(blotter.orders, trades.rows, held.rows)


def _not_whole(odd: tuple[str, ...]) -> IncompleteError:
    return IncompleteError(
        "The broker's lists of orders, trades and positions are not whole, so that nothing can be "
        f"compared{f': {odd[0]}' if odd else ''}.",
        hint="Try again in a minute; give it longer with --deadline SECONDS.",
        retryable=True,
    )


def _with_unlisted(client: BrokerClient, shown: Shown, kept: Kept, today: date) -> Shown:
    """With today's orders of ours that the list leaves out, each asked for by its number."""
    more = []
    for own in kept.legs:
        for order in own.leg.orders:
            ended = order.status is not None and order.status.is_final
            if order.order_id is None or ended or own.intent.day < today:
                continue
            if shown.order(order.order_id) is None:
                told = order_status(client, order.order_id)
                more += [told] if told is not None else []
    return replace(shown, orders=(*shown.orders, *more))


def _error(data: Reconciliation) -> OutcomeUnknownError | None:
    if not data.remaining:
        return None
    dangers = [one for one in data.remaining if one.kind.is_danger]
    count = len(data.remaining)
    what = f"{count} difference{'s' if count != 1 else ''} between the journal and the broker"
    told = f": {dangers[0].kind.value}, {dangers[0].words}" if dangers else ""
    return OutcomeUnknownError(
        f"{what}{told}.",
        hint="See to those that put money at risk (ibcli orders, ibcli positions)."
        if dangers
        else "ibcli reconcile --fix writes what the broker knows into the journal.",
        code="differences",
    )


def _write(
    desk: Desk, kept: Kept, shown: Shown, found: tuple[Difference, ...], today: date
) -> None:
    """Everything that the journal can learn from what was shown, together."""
    desk.learn(Blotter(shown.orders, complete=True), shown.executions, strictly=True)
    notes = [
        *_foreign_fills(desk, kept, shown, today),
        *_endings(desk, kept, shown, found),
        *_corrections(desk, found, today),
    ]
    if notes:
        desk.journal.write_new(notes)


def _foreign_fills(desk: Desk, kept: Kept, shown: Shown, today: date) -> Iterator[Note]:
    """Executions without an order of ours: expiries, and what others traded in this account."""
    for execution in unknown_executions(kept, shown):
        if kept.owner(execution.order_id, execution.coid) is None:
            cause = ENDED
            if not is_ours(kept, execution):
                cause = "not ordered by ibcli"
            yield from execution_notes(desk.account, today, execution, cause=cause, act=Act.KEEP)


def _endings(desk: Desk, kept: Kept, shown: Shown, found: tuple[Difference, ...]) -> Iterator[Note]:
    """Orders of ours that the broker knows no more: whatever they did, they are over."""
    for one in found:
        own = kept.owner(one.order_id, None)
        ended = one.kind in {DifferenceKind.ORDER_GONE, DifferenceKind.STATUS_MISSED}
        if own is None or not ended or shown.order(one.order_id) is not None:
            continue
        place = next(o.place for o in own.leg.orders if o.order_id == one.order_id)
        status = OrderStatus.CANCELLED.value
        yield Note(
            desk.account,
            own.intent.day,
            Act.PLACE,
            Kind.STATUS,
            "the broker knows it no more",
            {"place": place, "order_id": one.order_id, "status": status},
            intent=own.intent.id,
            order_id=one.order_id,
        )


def _corrections(desk: Desk, found: tuple[Difference, ...], today: date) -> Iterator[Note]:
    """What is not ours is noted, and held apart from what is."""
    for one in found:
        if one.kind is DifferenceKind.ORDER_NOT_OURS:
            detail: dict[str, object] = {"what": "order", "words": one.words, "coid": one.coid}
        elif one.kind is DifferenceKind.POSITION_DIFFERS:
            delta = (one.broker or 0) - (one.journal or 0)
            detail = {
                "what": "position",
                "conid": one.conid,
                "words": one.words,
                "quantity": delta,
            }
        else:
            continue
        yield Note(
            desk.account,
            today,
            Act.KEEP,
            Kind.CORRECTED,
            f"{one.kind.value}: {one.words}, {one.text}",
            detail,
            order_id=one.order_id,
        )
