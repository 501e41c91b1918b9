"""What orders may bring and cost, all of them together."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.order_preview import Bounds, Margin
from ibcli.trading.orders.shapes import payoff_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.domain.terms import WhatIf
    from ibcli.trading.orders.pricing import Priced

_NOTHING = Decimal(0)


def margin_of(told: Sequence[WhatIf]) -> Margin | None:
    """All of them together: each was asked about as if the others were not there."""
    if not told:
        return None
    changes = [one.initial_change for one in told]
    known = [change for change in changes if change is not None]
    change = sum(known, _NOTHING) if len(known) == len(changes) else None
    first = told[0]
    after = None
    if first.initial_after is not None and first.initial_change is not None and change is not None:
        after = first.initial_after - first.initial_change + change
    equity = first.equity_after if first.equity_after is not None else first.equity
    share = after / equity if after is not None and equity is not None and equity > 0 else None
    fees = [one.commission for one in told]
    paid = [fee for fee in fees if fee is not None]
    words = " + ".join(one.commission_words for one in told if one.commission_words)
    return Margin(
        commission=sum(paid, _NOTHING) if len(paid) == len(fees) else None,
        commission_words=words or None,
        initial_change=change,
        initial_after=after,
        equity=equity,
        share=share,
        warnings=tuple(dict.fromkeys(one.warning for one in told if one.warning)),
    )


def bounds_of(priced: Sequence[Priced]) -> Bounds:
    """Best and worst at expiry, and when each stop fills where it should."""
    cash = sum((one.cash for one in priced), _NOTHING)
    payoff = payoff_of([one.shape for one in priced], cash)
    at_stops = _at_stops(priced)
    if payoff is None:
        return Bounds(is_known=False, most=None, least=None, at_stops=at_stops)
    return Bounds(
        is_known=True,
        most=payoff.most,
        least=payoff.least,
        at_stops=at_stops,
        break_evens=payoff.break_evens,
    )


def _at_stops(priced: Sequence[Priced]) -> Decimal | None:
    """Every order's worst one after another; None when one has neither stop nor bound."""
    if all(one.stop is None for one in priced):
        return None
    losses = []
    for one in priced:
        payoff = one.shape.payoff(one.cash)
        bound = -payoff.least if payoff is not None and payoff.least is not None else None
        loss = one.loss_at_stop if one.loss_at_stop is not None else bound
        if loss is None:
            return None
        losses.append(max(loss, _NOTHING))
    return sum(losses, _NOTHING)
