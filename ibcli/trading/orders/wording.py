"""What is said beside an order: what limits its loss, and how its words were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.domain.orders import Role
from ibcli.domain.wishes import IfLegFails

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.trading.orders.pricing import Priced
    from ibcli.trading.orders.request import OrderRequest
    from ibcli.trading.orders.shapes import Shape


def protection(one: Priced) -> str:
    """What limits the loss of an order, in words."""
    if one.stop is not None and one.stop.trigger is not None:
        multiple = abs(one.stop.trigger) / one.premium
        return f"stop at {abs(one.stop.trigger)} ({multiple:.2f} x the premium)"
    if not one.shape.sells or one.liability == 0:
        return "bought: the premium is all that can be lost"
    if one.shape.payoff(one.cash) is None:
        return "not known: its legs expire on different days"
    if one.liability is None:
        return "none: the loss has no bound"
    if one.shape.is_covered:
        return f"the wing: to close can never cost more than {one.liability:.2f}"
    return "none but the strike"


def notes(request: OrderRequest, priced: Sequence[Priced]) -> list[str]:
    """How the words were read, where they leave room."""
    told = []
    shapes: list[Shape] = [one.shape for one in priced]
    separate = len(shapes) > 1
    if separate:
        numbers = ", then ".join(str(shape.number) for shape in shapes)
        bought_first = any(s.sells for s in shapes) and not shapes[0].sells
        why = ": what is bought goes first, so that a failure leaves no short alone" * bought_first
        told.append(f"Sent one after another, {numbers}{why}.")
        told.append(_if_leg_fails(request.if_leg_fails))
    if separate and any(not s.sells for s in shapes) and any(s.sells for s in shapes):
        told.append(
            "A wing that is not filled covers nothing: what is sold keeps a stop of its own."
        )
    if request.stop_multiple is None and any(one.is_credit for one in priced):
        told.append("Without a stop, as was said (--no-stop).")
    if any(child.role is Role.STOP for one in priced for child in one.bracket.children):
        told.append("A stop becomes a market order: it may fill beyond its trigger.")
    return told


def _if_leg_fails(policy: IfLegFails) -> str:
    told = {
        IfLegFails.KEEP: "those placed stay, with their stops",
        IfLegFails.CANCEL: "those placed are cancelled where they are not filled; what is filled "
        "stays, with its stop",
        IfLegFails.UNWIND: "those placed are cancelled, and what is filled is closed at the market",
    }
    return f"If one is refused, {told[policy]} (--if-leg-fails {policy}); exit code 6."
