"""The words with which ibcli is told what a plan wants done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.plan import Order, Structure, Task, Verb

if TYPE_CHECKING:
    from chaos.plan import Leg

_BY_LEG = frozenset({Structure.BUTTERFLY, Structure.STRANGLE_COMBO})
_IN_WINGS = frozenset({Structure.VERTICAL_LEGS, Structure.CONDOR_LEGS})


def order_words(order: Order) -> list[str]:
    """``ibcli order ...``"""
    words = ["order"]
    words += _by_leg(order) if order.structure in _BY_LEG else _by_side(order)
    words += ["--qty", str(order.quantity), "--limit", order.limit, "--job", order.job]
    if order.structure in _IN_WINGS:
        words.append("--legs")
    if order.stop_multiple is not None:
        words += ["--stop-multiple", str(order.stop_multiple)]
    elif any(leg.side == "SELL" for leg in order.legs):
        words.append("--no-stop")
    if order.take_profit:
        words += ["--take-profit", order.take_profit]
    if order.separate and len(order.legs) > 1:
        words += ["--if-leg-fails", order.if_leg_fails]
    return [*words, *(["--queue"] if order.queue else []), "--json"]


def _by_leg(order: Order) -> list[str]:
    return [
        word
        for leg in order.legs
        for word in ("--leg", f"{leg.side.lower()} {leg.ratio} {contract_words(order.symbol, leg)}")
    ]


def _by_side(order: Order) -> list[str]:
    puts = [leg for leg in order.legs if leg.right == "P"]
    calls = [leg for leg in order.legs if leg.right == "C"]
    nearest = [legs[0] for legs in (puts, calls) if legs]
    side = "both" if len(nearest) > 1 else ("put" if puts else "call")
    strikes = ",".join(str(leg.strike) for leg in nearest)
    expiry = order.legs[0].expiry.isoformat()
    words = [order.symbol, "--side", side, "--expiry", expiry, "--strike", strikes]
    if nearest[0].side == "BUY":
        words += ["--action", "buy"]
    wings = [leg for leg in order.legs if leg not in nearest]
    if wings:
        width = abs(wings[0].strike - next(n.strike for n in nearest if n.right == wings[0].right))
        words += ["--width", str(width)]
    return words


def contract_words(symbol: str, leg: Leg) -> str:
    """``SPY 22AUG25 650 C``"""
    return f"{symbol} {leg.expiry:%d%b%y} {leg.strike} {leg.right}".upper()


def task_words(task: Task, order: Order) -> list[str]:
    """The command line of a task; of ``modify`` all but the order's number and what changes."""
    contract = contract_words(order.symbol, order.legs[0])
    match task.verb:
        case Verb.ORDER:
            return order_words(order)
        case Verb.CANCEL:
            which = ["--job", order.job] if task.words == "job" else ["--all"]
            return ["cancel", *which, "--json"]
        case Verb.CLOSE:
            which = ["--symbol", order.symbol] if task.words == "symbol" else [contract]
            return ["close", *which, "--json"]
        case Verb.RECONCILE:
            return ["reconcile", *(["--fix"] if task.words == "fix" else []), "--json"]
        case Verb.MODIFY:
            return ["modify"]
        case Verb.READ:
            more = {"quote": [contract], "orders": ["--all"]}.get(task.words, [])
            return [task.words, *more, "--json"]
