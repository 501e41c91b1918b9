"""What is sent along with an entry: its stop, and the order that takes its profit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.orders import OrderType, Role, Ticket, Tif
from ibcli.errors import GuardError, UsageError

if TYPE_CHECKING:
    from ibcli.domain.terms import TickRules
    from ibcli.domain.wishes import TakeProfit
    from ibcli.trading.orders.pricing import Priced
    from ibcli.trading.orders.request import OrderRequest

_NOTHING = Decimal(0)


def check_protection(priced: Priced, request: OrderRequest) -> None:
    """Raise UsageError for sold contracts that nothing covers and that can have no stop.

    A stop is a multiple of the premium received; a ratio spread, say, may be paid for and cost far
    more than that all the same.
    """
    is_open = not priced.is_credit and not priced.shape.is_covered
    if is_open and request.stop_multiple is not None:
        raise UsageError(
            f"{priced.bracket.entry.words} sells more than it buys and is paid for: there is no "
            "premium to set a stop by.",
            hint="Buy as many as are sold, or add --no-stop if it is meant so.",
        )


def children(priced: Priced, request: OrderRequest, rules: TickRules) -> tuple[Ticket, ...]:
    """Take-profit and stop; both together are one-cancels-all."""
    profit = _take_profit(priced, request.take_profit, rules)
    stop = _stop_trigger(priced, request.stop_multiple, rules)
    both = profit is not None and stop is not None
    found = []
    if profit is not None:
        found.append(_child(priced, Role.TAKE_PROFIT, OrderType.LMT, profit, grouped=both))
    if stop is not None:
        found.append(_child(priced, Role.STOP, OrderType.STP, stop, grouped=both))
    return tuple(found)


def _child(priced: Priced, role: Role, kind: OrderType, at: Decimal, *, grouped: bool) -> Ticket:
    """A child as long in force as its entry: one that outlives it must not be unprotected."""
    entry = priced.bracket.entry
    return Ticket(
        role=role,
        side=entry.side.opposite,
        quantity=entry.quantity,
        type=kind,
        legs=entry.legs,
        tif=Tif.GTC if entry.tif is Tif.GTC else Tif.DAY,
        limit=at if kind is OrderType.LMT else None,
        trigger=at if kind is OrderType.STP else None,
        outside_rth=entry.outside_rth,
        single_group=grouped,
    )


def _stop_trigger(priced: Priced, multiple: Decimal | None, rules: TickRules) -> Decimal | None:
    """Premium times multiple, rounded away from it; None where there is nothing to stop.

    What is bought needs none, nor what can never cost as much as the trigger: there its own wing
    limits the loss.
    """
    if multiple is None or not priced.is_credit:
        return None
    trigger = rules.up(priced.premium * multiple)
    if priced.liability is not None and trigger >= priced.liability:
        return None
    cost = -priced.market.bid if priced.shape.is_combo else priced.market.ask  # to close it now
    if trigger <= cost:
        raise GuardError(
            f"The stop of {priced.bracket.entry.words} at {trigger} would go off at once: to close "
            f"costs {cost} now.",
            hint="Give it room, or a better price: --stop-multiple 3.5, --limit mid",
            code="guard-quote",
        )
    return -trigger if priced.shape.is_combo else trigger


def _take_profit(priced: Priced, wish: TakeProfit | None, rules: TickRules) -> Decimal | None:
    """Where a profit is taken, rounded the way that the child's side prefers."""
    if wish is None:
        return None
    premium = priced.premium
    keep = wish.share if wish.share is not None else _NOTHING
    wished = wish.price or premium * (1 - keep if priced.is_credit else 1 + keep)
    found = rules.down(wished) if priced.is_credit else rules.up(wished)
    found = found or rules.tick(wished)  # the least price there is
    gains = found < premium if priced.is_credit else found > premium
    if not gains:
        raise UsageError(
            f"--take-profit {wish} of {priced.bracket.entry.words} is {found}, "
            f"no better than its premium of {premium}.",
            hint="Leave it out, or choose strikes with more premium.",
        )
    return -found if priced.shape.is_combo and priced.is_credit else found
