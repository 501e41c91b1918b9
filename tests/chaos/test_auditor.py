"""The auditor finds what is wrong: a calm day's evidence is doctored, one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from chaos.audit import audit, entries
from chaos.plan import Verb
from ibcli.sim.books.order import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.evidence import Evidence
    from ibcli.sim.books.order import Order


def with_orders(evidence: Evidence, *orders: Order) -> Evidence:
    return replace(evidence, books=replace(evidence.books, orders=orders))


def booked_twice(evidence: Evidence) -> Evidence:
    entry = entries(evidence)[0]
    return with_orders(evidence, *evidence.books.orders, replace(entry, id=7, coid="another"))


def named_twice(evidence: Evidence) -> Evidence:
    first, second = entries(evidence)
    others = [order for order in evidence.books.orders if order.id != second.id]
    return with_orders(evidence, *others, replace(second, coid=first.coid))


def run_twice(evidence: Evidence) -> Evidence:
    first = replace(evidence.intents[0], run=2, coid="anew")
    return replace(evidence, intents=(*evidence.intents, first))


def not_in_the_journal(evidence: Evidence) -> Evidence:
    return replace(evidence, intents=evidence.intents[1:])


def not_at_the_broker(evidence: Evidence) -> Evidence:
    return with_orders(evidence, *evidence.books.orders[1:])


def of_another_quantity(evidence: Evidence) -> Evidence:
    first, *others = evidence.books.orders
    return with_orders(evidence, replace(first, total=first.total + 1), *others)


def taken_for_absent(evidence: Evidence) -> Evidence:
    first, *others = evidence.intents
    return replace(evidence, intents=(replace(first, kinds=("sending", "absent")), *others))


def without_a_stop(evidence: Evidence) -> Evidence:
    stop = next(order for order in evidence.books.orders if order.parent is not None)
    return with_orders(evidence, *(o for o in evidence.books.orders if o.id != stop.id))


def with_a_cancelled_stop(evidence: Evidence) -> Evidence:
    orders = [
        order if order.parent is None else replace(order, status=Status.CANCELLED)
        for order in evidence.books.orders
    ]
    return with_orders(evidence, *orders)


def in_doubt(evidence: Evidence) -> Evidence:
    first, *others = evidence.intents
    return replace(evidence, intents=(replace(first, kinds=("sending", "doubt")), *others))


def in_doubt_and_told(evidence: Evidence) -> Evidence:
    return replace(in_doubt(evidence), reconciled=8)


def otherwise_named(evidence: Evidence) -> Evidence:
    first, *others = evidence.intents
    return replace(evidence, intents=(replace(first, coid=f"{first.coid[:-3]}x-1"), *others))


def without_any_stop(evidence: Evidence) -> Evidence:
    """As if none had been planned either."""
    orders = [order for order in evidence.books.orders if order.parent is None]
    intents = tuple(replace(one, tickets=one.tickets[:1]) for one in evidence.intents)
    return with_orders(replace(evidence, intents=intents), *orders)


def with_a_stop_left_over(evidence: Evidence) -> Evidence:
    return replace(evidence, books=replace(evidence.books, positions=()))


def seen_amiss(evidence: Evidence) -> Evidence:
    return replace(evidence, witnessed=("x was sent without the account's lock",))


def said(evidence: Evidence, **changes: object) -> Evidence:
    first, *others = evidence.ended
    return replace(evidence, ended=(replace(first, **changes), *others))  # type: ignore[arg-type]


def with_a_token_printed(evidence: Evidence) -> Evidence:
    return said(evidence, err=f"DEBUG sent {evidence.secrets[0]}")


def with_the_account_in_the_log(evidence: Evidence) -> Evidence:
    return said(evidence, err=f"DEBUG /account/{evidence.account}")


def with_a_token_in_a_file(evidence: Evidence) -> Evidence:
    return replace(evidence, files={"cache/x": f"...{evidence.secrets[0]}..."})


def open_to_others(evidence: Evidence) -> Evidence:
    return replace(evidence, modes={"state/x": 0o644})


def with_money_missing(evidence: Evidence) -> Evidence:
    books = replace(evidence.books, cash=evidence.books.cash - Decimal("0.01"))
    return replace(evidence, books=books)


def with_a_fill_missed(evidence: Evidence) -> Evidence:
    return replace(evidence, executions=frozenset(sorted(evidence.executions)[1:]))


def closed_twice(evidence: Evidence) -> Evidence:
    (trade, *trades), books = evidence.books.executions, evidence.books
    back = replace(trade, id="b", side="B", quantity=trade.quantity * 2, amount=-trade.amount * 2)
    return replace(evidence, books=replace(books, executions=(trade, back, *trades)))


def with_a_bug(evidence: Evidence) -> Evidence:
    return said(evidence, code=1)


def with_a_traceback(evidence: Evidence) -> Evidence:
    start = replace(evidence.ended[0].start, debug=False)
    return said(evidence, start=start, err="Traceback (most recent call last):")


def with_a_false_success(evidence: Evidence) -> Evidence:
    leg = '{"state": "working", "coid": "nobody"}'
    out = '{"ok": true, "command": "order", "data": {"legs": [' + leg + "]}}"
    return said(evidence, code=0, out=out)


def without_a_document(evidence: Evidence) -> Evidence:
    return said(evidence, out="")


def killed_by_nobody(evidence: Evidence) -> Evidence:
    return said(evidence, code=-9)


def too_late(evidence: Evidence) -> Evidence:
    return said(evidence, seconds=60.0)


def test_a_calm_day_is_good(calm: Evidence) -> None:
    outcome = audit(calm)
    assert outcome.good, outcome.findings
    assert (outcome.orders, outcome.stops, outcome.fills) == (2, 2, len(calm.executions))
    assert outcome.fills >= 2
    ordered = {each.code for each in calm.ended if each.start.task.verb is Verb.ORDER}
    assert (ordered, calm.reconciled) == ({0}, 0)  # before, something may be filled meanwhile


@pytest.mark.parametrize(
    ("doctored", "figure"),
    [
        (booked_twice, "duplicates"),
        (named_twice, "duplicates"),
        (run_twice, "duplicates"),
        (not_in_the_journal, "lost"),
        (not_at_the_broker, "lost"),
        (of_another_quantity, "lost"),
        (taken_for_absent, "lost"),
        (with_a_false_success, "lost"),
        (without_a_stop, "unprotected"),
        (with_a_cancelled_stop, "unprotected"),
        (without_any_stop, "unprotected"),
        (in_doubt, "unsettled"),
        (in_doubt_and_told, "unsettled"),
        (otherwise_named, "wrong"),
        (with_a_stop_left_over, "wrong"),
        (seen_amiss, "wrong"),
        (with_a_token_printed, "leaks"),
        (with_the_account_in_the_log, "leaks"),
        (with_a_token_in_a_file, "leaks"),
        (open_to_others, "leaks"),
        (with_money_missing, "wrong"),
        (with_a_fill_missed, "wrong"),
        (closed_twice, "wrong"),
        (with_a_bug, "wrong"),
        (with_a_traceback, "wrong"),
        (without_a_document, "wrong"),
        (killed_by_nobody, "wrong"),
        (too_late, "wrong"),
    ],
)
def test_what_is_wrong_is_found(
    calm: Evidence, doctored: Callable[[Evidence], Evidence], figure: str
) -> None:
    outcome = audit(doctored(calm))
    assert getattr(outcome, figure) > 0, outcome
    assert not outcome.good
