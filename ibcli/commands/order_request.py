"""What the words of ``ibcli order`` ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.contracts import Right
from ibcli.errors import UsageError
from ibcli.trading.orders.request import ByDelta, ByOffset, ByPlace, ByStrike, OrderRequest

if TYPE_CHECKING:
    from ibcli.config.trading import OrderDefaults
    from ibcli.trading.orders.request import StrikeWish

_SIDES = {"call": (Right.CALL,), "put": (Right.PUT,), "both": (Right.PUT, Right.CALL)}
_WAYS = ("delta", "strike", "offset", "otm")  # to choose strikes


def request_of(symbol: str | None, said: dict[str, Any], habits: OrderDefaults) -> OrderRequest:
    """What is asked for: flags first, settings where they are silent. Raises UsageError."""
    legs = said["legs"]
    sides = _SIDES[said["side"].lower()] if said["side"] else ()
    if symbol is None:
        if not legs:
            raise UsageError(
                "Say on which underlying.", hint="Example: ibcli order SPY --side both"
            )
        symbol = legs[0].terms.underlying_symbols[0]

    def told(name: str, habit: Any) -> Any:
        return habit if said[name] is None else said[name]

    width = said["width"] if legs else told("width", habits.width)
    combo = told("combo", habits.combo)
    several = len(legs) > 1 or len(sides) > 1 or width is not None
    return OrderRequest(
        symbol=symbol,
        sides=sides,
        action=told("action", habits.action),
        expiry=told("expiry", habits.expiry),
        strikes=_strike_wish(said, habits),
        legs=tuple(legs),
        quantity=told("qty", habits.quantity),
        limit=told("limit", habits.limit),
        type=told("kind", habits.type),
        stop_price=said["stop_price"],
        trail=said["trail"],
        tif=told("tif", habits.tif),
        outside_rth=told("outside_rth", habits.outside_rth),
        stop_multiple=_stop_multiple(said, habits),
        take_profit=None
        if said["take_profit"] == "none"
        else told("take_profit", habits.take_profit),
        width=width,
        combo=combo if several or said["combo"] is not None else None,
        if_leg_fails=told("if_leg_fails", habits.if_leg_fails),
        trading_class=said["trading_class"],
    )


def _strike_wish(said: dict[str, Any], habits: OrderDefaults) -> StrikeWish:
    """The one way to choose strikes that was named, else the settings'."""
    named = [way for way in _WAYS if said[way] is not None]
    if len(named) > 1:
        raise UsageError(
            f"{' and '.join(f'--{way}' for way in named)} exclude each other.",
            hint="Choose strikes in one way: --delta 0.10",
        )
    if named and said["legs"]:
        raise UsageError(f"--{named[0]} goes with --side: a --leg names its own strike.")
    if said["strike"] is not None:
        return ByStrike(said["strike"])
    if named:
        return _counted(said["offset"], said["otm"], said["delta"])
    return _counted(habits.offset, habits.otm, habits.delta)


def _counted(offset: Any, place: Any, delta: Any) -> StrikeWish:
    """By whichever is there; the settings have one."""
    if offset is not None:
        return ByOffset(offset)
    return ByPlace(place) if place is not None else ByDelta(delta)


def _stop_multiple(said: dict[str, Any], habits: OrderDefaults) -> Any:
    """None only when it was said: --no-stop."""
    if said["no_stop"] and said["stop_multiple"] is not None:
        raise UsageError("--no-stop and --stop-multiple exclude each other.", hint="Leave one out.")
    if said["no_stop"]:
        return None
    return habits.stop_multiple if said["stop_multiple"] is None else said["stop_multiple"]
