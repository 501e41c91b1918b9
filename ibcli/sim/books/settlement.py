"""Expiry: what an option is worth at the settlement, and what becomes of who holds or owes it.

In the money by a cent or more is exercised and assigned, always. Options on an index pay cash,
those on a stock turn into shares at the strike. The side X and the word EXPIRED are recorded; how
IBKR words an exercise and an assignment in its list of trades is not known.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.sim.books.contracts import Contract
from ibcli.sim.books.ledger import Booking, book, money, plain, venue
from ibcli.sim.books.order import NOUGHT
from ibcli.sim.market.model import Right

if TYPE_CHECKING:
    from datetime import datetime

    from ibcli.sim.books.contracts import Contracts
    from ibcli.sim.books.records import Position, Records
    from ibcli.sim.books.timeline import Boundary
    from ibcli.sim.market import OptionContract

_CENT = Decimal("0.01")


def settle_at_close(records: Records, contracts: Contracts, boundary: Boundary) -> None:
    """Settle what expires on the day of a close, at that close."""
    for position, contract, option in _options(records, contracts):
        if option.expiry <= boundary.day and not option.am_settled:
            quote = contracts.quote(option.underlying_conid, boundary.at)
            spot = None if quote is None else quote.last
            _settle(records, boundary, (position, contract), spot or NOUGHT)


def settle_at_open(records: Records, contracts: Contracts, boundary: Boundary) -> None:
    """Settle AM-settled options, whose last day was the one before, at an open."""
    for position, contract, option in _options(records, contracts):
        if option.expiry < boundary.day and option.am_settled:
            quote = contracts.quote(option.underlying_conid, boundary.at)
            spot = None if quote is None else quote.open
            _settle(records, boundary, (position, contract), spot or NOUGHT)


def _options(
    records: Records, contracts: Contracts
) -> list[tuple[Position, Contract, OptionContract]]:
    known = ((position, contracts.get(position.conid)) for position in records.positions())
    return [(position, c, c.option) for position, c in known if c.option is not None]


def intrinsic(option: OptionContract, spot: Decimal) -> Decimal:
    """What exercising gives, per unit."""
    gain = spot - option.strike if option.right is Right.CALL else option.strike - spot
    return max(gain, NOUGHT)


def _settle(
    records: Records, boundary: Boundary, held: tuple[Position, Contract], spot: Decimal
) -> None:
    position, contract = held
    option = contract.option
    if option is None:
        return
    when = (boundary.beat, boundary.at)
    worth = intrinsic(option, spot)
    exercised = worth >= _CENT
    in_cash = contract.underlying.sec_type == "IND"
    word = "EXPIRED"
    if exercised:
        word = "EXERCISED" if position.quantity > 0 else "ASSIGNED"
    size = plain(abs(position.quantity))
    price = worth if exercised and in_cash else NOUGHT
    text = f"{word} {size} on {venue(contract)}"
    book(records, Booking(contract, -position.quantity, price, "X", text), when)
    if exercised and not in_cash:
        _deliver(records, contract, position.quantity, when)


def _deliver(
    records: Records, contract: Contract, quantity: Decimal, when: tuple[int, datetime]
) -> None:
    """Shares change hands at the strike."""
    option = contract.option
    assert option is not None  # noqa: S101 - _settle has looked
    stock = Contract(option.underlying_conid, contract.underlying)
    sign = 1 if option.right is Right.CALL else -1
    shares = quantity * contract.multiplier * sign
    side, word = ("B", "Bot") if shares > 0 else ("S", "Sold")
    text = f"{word} {plain(abs(shares))} @ {money(option.strike)} on {venue(stock)}"
    book(records, Booking(stock, shares, option.strike, side, text), when)
