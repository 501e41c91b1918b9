"""What an order would do to the account: /iserver/account/{id}/orders/whatif."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from ibcli.sim.books import commissions, matching, valuation
from ibcli.sim.books.ledger import plain
from ibcli.sim.books.order import NOUGHT
from ibcli.sim.books.tickets import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.sim.books.books import Present
    from ibcli.sim.books.margin import Holding
    from ibcli.sim.books.questions import Question
    from ibcli.sim.books.tickets import Ticket

_CENT = Decimal("0.01")
_NUMBERS = {"o354": 21, "o10151": 23, "o10153": 26}  # before a warning's text (recorded)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a ticket would trade: ``cost`` is negative for a credit, ``commission`` comes on top."""

    holdings: list[Holding]
    cost: Decimal
    commission: Decimal


def estimate(now: Present, ticket: Ticket) -> Estimate:
    """At the ticket's own price, or at the market's."""
    contracts, at = now.contracts, now.at
    sign = 1 if ticket.buy else -1
    quotes = [contracts.quote(leg.conid, at) for leg in ticket.legs]
    face = matching.face_of(ticket.legs, quotes)
    price = ticket.price if ticket.price is not None else ticket.stop
    if price is None and face is not None:
        price = face.ask if ticket.buy else face.bid
        price = face.last if price is None else price
    held, due, multiplier = [], NOUGHT, 1
    for leg in ticket.legs:
        quantity = ticket.quantity * leg.ratio * sign
        holding = valuation.holding_of(contracts, leg.conid, quantity, at)
        alone = len(ticket.legs) == 1 and price is not None
        due += commissions.of_fill(
            holding.contract.sec_type,
            abs(quantity),
            price if alone and price is not None else holding.mark,
        )
        multiplier = max(multiplier, holding.contract.multiplier)
        held.append(holding)
    cost = (price or NOUGHT) * ticket.quantity * sign * multiplier
    stock = len(held) == 1 and held[0].contract.option is None
    return Estimate(held, cost, commissions.of_order(due, abs(cost) if stock else None))


def affordable(now: Present, entries: Sequence[Ticket]) -> None:
    """Refuse orders for which the funds do not suffice; the text is recorded.

    What other working orders would need is not counted.

    Raises:
        Refused: when they ask for more than is available.
    """
    if not entries:
        return
    before, after, _ = _around(now, entries)
    if after.available < 0 and after.available < before.available:
        have = _amount(before.available)
        need = _amount(before.available - after.available)
        raise Refused(
            f"Available converted to base: {have} USD Cash needed for this order and other"
            f" pending orders: {need} USD"
        )


def _around(
    now: Present, entries: Sequence[Ticket]
) -> tuple[valuation.Balance, valuation.Balance, list[Estimate]]:
    """The account before and after."""
    made = [estimate(now, ticket) for ticket in entries]
    extra = [holding for one in made for holding in one.holdings]
    spent = sum((one.cost + one.commission for one in made), NOUGHT)
    before = valuation.balance(now.records, now.contracts, now.at)
    after = valuation.balance(now.records, now.contracts, now.at, extra, spent)
    return before, after, made


def preview(
    now: Present, ticket: Ticket, warnings: Sequence[Question], error: str | None
) -> dict[str, Any]:
    """The answer: amounts are strings with commas, whole dollars for equity and margins."""
    before, after, made = _around(now, [ticket])
    warns = [_numbered(question) for question in warnings]
    return {
        "amount": _amounts(ticket, made[0], error),
        "equity": _change(before.equity, after.equity),
        "initial": _change(before.initial, after.initial),
        "maintenance": _change(before.maintenance, after.maintenance),
        "position": _position(now, ticket),
        "warn": warns[0] if warns else None,
        "error": error,
        "warns": warns,
        "errors": [] if error is None else [error],
        "accruedInterest": None,
        "action": None if error is None else "order_submit_issue",
    }


def _amounts(ticket: Ticket, made: Estimate, error: str | None) -> dict[str, str]:
    unit = "Shares" if made.holdings[0].contract.option is None else "Contracts"
    amount = made.cost if ticket.buy else -made.cost
    total = amount + made.commission if ticket.buy else amount - made.commission
    return {
        "amount": f"{_amount(amount)} USD ({plain(ticket.quantity)} {unit})",
        "commission": "NA" if error is not None else f"{_amount(made.commission)} USD",
        "total": "NA" if error is not None else f"{_amount(total)} USD",
    }


def _position(now: Present, ticket: Ticket) -> dict[str, str] | None:
    """Of one contract; None for several."""
    if len(ticket.legs) != 1:
        return None
    current = now.records.position(ticket.legs[0].conid).quantity
    change = ticket.quantity * (1 if ticket.buy else -1)
    return {"current": plain(current), "change": plain(change), "after": plain(current + change)}


def _numbered(question: Question) -> str:
    number = _NUMBERS.get(question.id)
    return question.text if number is None else f"{number}/{question.text}"


def _amount(value: Decimal) -> str:
    """Commas, and cents where there are any: "1,977.60", "1" (recorded)."""
    rounded = value.quantize(_CENT, ROUND_HALF_UP)
    return f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,}"


def _change(before: Decimal, after: Decimal) -> dict[str, str]:
    """Rounded so that the change is the difference of what is shown."""
    first, last = (value.quantize(Decimal(1), ROUND_HALF_UP) for value in (before, after))
    return {"current": f"{first:,}", "change": f"{last - first:,}", "after": f"{last:,}"}
