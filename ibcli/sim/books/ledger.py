"""Booking a fill: cash, position, cost, realised profit, commission, the execution itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.sim.books import commissions
from ibcli.sim.books.order import NOUGHT
from ibcli.sim.books.records import Execution, Position

if TYPE_CHECKING:
    from datetime import datetime

    from ibcli.sim.books.contracts import Contract, Contracts
    from ibcli.sim.books.matching import Deal
    from ibcli.sim.books.order import Order
    from ibcli.sim.books.records import Records

_EXACT = Decimal("0.00000001")  # what leaves a position's cost is rounded to, and then exact


@dataclass(frozen=True, slots=True)
class Booking:
    """What is to be booked of one contract; ``quantity`` is signed, positive when bought."""

    contract: Contract
    quantity: Decimal
    price: Decimal
    side: str
    description: str
    commission: Decimal | None = None
    order: Order | None = None


def book_deal(
    records: Records, contracts: Contracts, order: Order, deal: Deal, when: tuple[int, datetime]
) -> None:
    """Book a fill of all of an order's legs; ``when`` is the beat and the market's instant."""
    traded = [contracts.get(leg.conid) for leg in order.legs]
    quantities = [deal.quantity * leg.ratio * order.sign for leg in order.legs]
    dues = [
        commissions.of_fill(contract.sec_type, abs(quantity), price)
        for contract, quantity, price in zip(traded, quantities, deal.leg_prices, strict=True)
    ]
    order.filled += deal.quantity
    order.paid += deal.quantity * deal.price
    order.due += sum(dues, NOUGHT)
    single_stock = len(traded) == 1 and traded[0].sec_type != "OPT"
    whole = commissions.of_order(order.due, abs(order.paid) if single_stock else None)
    charge, order.charged = whole - order.charged, whole
    shares = commissions.shared(charge, dues)
    for contract, quantity, price, share in zip(
        traded, quantities, deal.leg_prices, shares, strict=True
    ):
        word = "Bot" if quantity > 0 else "Sold"
        booking = Booking(
            contract,
            quantity,
            price,
            "B" if quantity > 0 else "S",
            f"{word} {plain(abs(quantity))} @ {money(price)} on {venue(contract)}",
            share,
            order,
        )
        book(records, booking, when)


def book(records: Records, booking: Booking, when: tuple[int, datetime]) -> None:
    """Book one execution."""
    contract, beat = booking.contract, when[0]
    worth = booking.quantity * booking.price * contract.multiplier
    charge = booking.commission or NOUGHT
    before = records.position(contract.conid)
    after, realized = moved(before, booking.quantity, worth, charge)
    records.set_position(after)
    records.set("cash", records.amount("cash") - worth - charge)
    records.set("realized", records.amount("realized") + realized)
    number = records.next_id()
    records.add(
        Execution(
            id=f"0001f4e3.{number:08x}.01.01",
            beat=beat,
            at=int(when[1].timestamp() * 1000),
            conid=contract.conid,
            side=booking.side,
            quantity=abs(booking.quantity),
            price=booking.price,
            amount=-worth,
            commission=booking.commission,
            description=booking.description,
            position=after.quantity,
            order_id=None if booking.order is None else booking.order.id,
            coid=None if booking.order is None else booking.order.coid,
            realized=realized,
        )
    )


def moved(
    before: Position, quantity: Decimal, worth: Decimal, charge: Decimal
) -> tuple[Position, Decimal]:
    """A position after a trade of a signed quantity worth ``worth`` (of the same sign), and the
    profit that it realised. Commissions count towards the cost.
    """
    held, cost = before.quantity, before.cost
    if held * quantity >= 0:
        after = Position(before.conid, held + quantity, cost + worth + charge, before.realized)
        return after, NOUGHT
    closing = min(abs(held), abs(quantity))
    freed = (cost * closing / abs(held)).quantize(_EXACT)
    if closing == abs(held):
        freed = cost
    closing_worth, closing_charge = worth, charge
    if closing < abs(quantity):
        part = closing / abs(quantity)
        closing_worth, closing_charge = (
            (worth * part).quantize(_EXACT),
            (charge * part).quantize(_EXACT),
        )
    realized = -closing_worth - closing_charge - freed
    opened = (worth - closing_worth) + (charge - closing_charge)
    after = Position(
        before.conid, held + quantity, cost - freed + opened, before.realized + realized
    )
    return after, realized


def plain(value: Decimal) -> str:
    """A number without idle zeros."""
    return f"{value.normalize():f}"


def money(price: Decimal) -> str:
    """A price with at least two decimals."""
    text = plain(price)
    return text if len(text.partition(".")[2]) >= 2 else f"{price:.2f}"


def venue(contract: Contract) -> str:
    """Where it was dealt."""
    if contract.option is not None:
        return "CBOE"
    return "ISLAND" if contract.underlying.listing_exchange == "NASDAQ" else "ARCA"
