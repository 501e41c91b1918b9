"""Following the orders of a job, and writing down what they do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ibcli.broker.blotter import executions, order_status
from ibcli.domain.blotter import OrderStatus
from ibcli.errors import IbcliError, OutcomeUnknownError
from ibcli.trading.journal.folding import standing_of
from ibcli.trading.placing.learning import learn
from ibcli.trading.placing.made_good import is_made_good
from ibcli.trading.placing.plan import Until, Wait
from ibcli.trading.placing.wholeness import lacking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ibcli.domain.standing import Standing, StandingLeg
    from ibcli.trading.journal.reading import Reading
    from ibcli.trading.placing.workplace import Workplace

# Seconds between two looks: the broker takes an order in within fractions of a second, its fill
# may take for ever.
_FIRST_PAUSE = 0.2
_PAUSE = 1.0
_GROWTH = 1.5
_TAKEN_IN = OrderStatus.PENDING_SUBMIT
_ON_THE_WAY = frozenset({_TAKEN_IN, OrderStatus.UNKNOWN})
_BEFORE_THE_END = 0.5  # seconds of the deadline that are left for what comes after
_TRADES = 7.0  # seconds that a look at the trades may take: one is allowed every five


def watch(work: Workplace, standing: Standing, wait: Wait) -> Standing:
    """Follow a standing job as far as is wished; what it has come to.

    Its trades, which tell the commission, are asked for where fills are waited for: one look at
    them is allowed every five seconds, for all processes together. Reads that fail end the watch
    with a warning: nothing is lost by that.
    """
    clock = work.client.deadline.clock
    end = work.client.deadline.at - _BEFORE_THE_END
    if wait.seconds is not None:
        end = min(end, clock() + wait.seconds / work.settings.haste)
    before = standing
    try:
        standing = _followed(work, standing, wait.until, end)
        waits = wait.until is Until.FILLED and end - clock() > _TRADES
        if waits and any(leg.entry.filled for leg in standing.legs):
            learn(work, (), executions(work.client, work.account, days=1).rows)
    except IbcliError as error:
        return before.but(before.error, f"The orders could not be followed: {error.message}")
    now = _again(work, standing).but(before.error, *before.warnings)
    return with_stops_checked(work.journal, now)


def _followed(work: Workplace, standing: Standing, until: Until, end: float) -> Standing:
    """Look until every leg's entry is as far as is wished, or it is too late.

    What protects them is looked at once that is known: in the same look, where it was before.
    """
    clock = work.client.deadline.clock
    pause = _FIRST_PAUSE
    if any(_is_new(leg) for leg in standing.legs):
        work.pause(pause)
    while True:
        was_done = _are_done(standing, until)
        standing = _looked_at(work, standing, _open_orders(standing, protecting=was_done))
        if _are_done(standing, until) or clock() >= end:  # what was done may show that it is not
            break
        work.pause(pause)
        pause = min(pause * _GROWTH, _PAUSE)
    seen = was_done
    while left := _open_orders(standing, entries=False, status=_TAKEN_IN if seen else None):
        if seen:  # the broker may yet refuse what he is still taking in
            if clock() >= end:
                break
            work.pause(pause)
        standing = _looked_at(work, standing, left)
        seen = True
    return standing


def _are_done(standing: Standing, until: Until) -> bool:
    return all(_is_done(leg, until) for leg in standing.legs)


def _is_new(leg: StandingLeg) -> bool:
    """Whether the broker was still taking it in, as far as is known."""
    return leg.state.is_placed and leg.entry.status in _ON_THE_WAY


def _open_orders(
    standing: Standing,
    *,
    entries: bool = True,
    protecting: bool = True,
    status: OrderStatus | None = None,
) -> list[int]:
    """The numbers of those orders that may still change; with ``status`` of those that are so."""
    return [
        order.order_id
        for leg in standing.legs
        if leg.state.is_placed
        for order in leg.orders
        if order.order_id is not None
        and not (order.status is not None and order.status.is_final)
        and (protecting if order.place else entries)
        and status in {None, order.status}
    ]


def _looked_at(work: Workplace, standing: Standing, order_ids: Iterable[int]) -> Standing:
    """Ask for the status of these orders, all at once."""
    numbers = list(order_ids)
    told = work.client.parallel([partial(order_status, work.client, each) for each in numbers])
    seen = [order for order in told if order is not None]
    unknown = {number for number, order in zip(numbers, told, strict=True) if order is None}
    for leg in standing.legs if unknown else ():
        for order in leg.orders[1:]:
            if order.order_id in unknown:
                work.warnings.append(
                    f"The broker does not know order {order.order_id}, the {order.role.value} of "
                    f"{leg.bracket.entry.words}, any more: see whether it is there, ibcli orders."
                )
    learn(work, seen, (), among=[leg.intent for leg in standing.legs])
    return _again(work, standing)


def _again(work: Workplace, standing: Standing) -> Standing:
    intents = work.journal.intents(
        work.account, day=standing.day, job=standing.job, run=standing.run
    )
    return standing_of(work.journal, intents) or standing


def _is_done(leg: StandingLeg, until: Until) -> bool:
    if not leg.state.is_placed:
        return True
    status = leg.entry.status
    if status is not None and status.is_final:
        return True
    return until is Until.WORKING and status is not None and status not in _ON_THE_WAY


def with_stops_checked(journal: Reading, standing: Standing) -> Standing:
    """With an error over a stop that has gone, or never came, while its entry stands."""
    account, day = standing.account, standing.day
    for leg in standing.legs:
        missing = () if leg.leg in standing.closed else lacking(leg)
        if missing and standing.error is None and not is_made_good(journal, account, day, leg):
            names = " and ".join(child.role.value for child in missing)
            return standing.but(
                OutcomeUnknownError(
                    f"The {names} of {leg.bracket.entry.words} (entry {leg.entry.order_id}) is "
                    "not there, and the entry stands.",
                    hint=f"See to it now: ibcli orders {leg.entry.order_id}; then cancel or close.",
                    code="bracket-incomplete",
                )
            )
    return standing
