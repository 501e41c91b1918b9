"""From tickets to the wire's orders; the one place that knows their field names.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#place-order. Prices stay exact
decimals; whoever sends them writes them as JSON numbers without rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.domain.orders import OrderType

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.domain.orders import Bracket, Ticket

SPREAD_CONID = 28812380  # stands for a combination in US dollars (documented)
Wire = dict[str, Any]


def encode_bracket(account: str, bracket: Bracket) -> Wire:
    """The body of an order request: the parent first, then its children."""
    return {"orders": [encode_ticket(account, ticket) for ticket in bracket.tickets]}


def encode_ticket(account: str, ticket: Ticket) -> Wire:
    """One order of an order request. Raises ValueError when the ticket lacks what its type needs.

    A stop's trigger is ``price``; where there is a limit too, that is ``price`` and the trigger
    ``auxPrice``.
    """
    named: Wire = {}
    if ticket.coid is not None:
        named["cOID"] = ticket.coid
    if ticket.parent_coid is not None:
        named["parentId"] = ticket.parent_coid
    if ticket.single_group:
        named["isSingleGroup"] = True
    return {**_terms(account, ticket), **named}


def encode_changed(account: str, ticket: Ticket) -> Wire:
    """An order as it shall be from now on: all its fields again, but for its names.

    The order is named in the address; its own name would look like a second order's.
    """
    return _terms(account, ticket)


def _terms(account: str, ticket: Ticket) -> Wire:
    if ticket.quantity <= 0:
        raise ValueError("a ticket's quantity must be positive")
    return {
        "acctId": account,
        **_contract(ticket),
        "orderType": str(ticket.type),
        "side": str(ticket.side),
        "quantity": ticket.quantity,
        "tif": str(ticket.tif),
        "outsideRTH": ticket.outside_rth,
        **_prices(ticket),
    }


def _contract(ticket: Ticket) -> Wire:
    if ticket.is_combo:
        legs = ",".join(f"{leg.tradable.conid}/{leg.ratio}" for leg in ticket.legs)
        return {"conidex": f"{SPREAD_CONID};;;{legs}"}
    (leg,) = ticket.legs
    if leg.ratio != 1:
        raise ValueError("a single contract's ratio must be 1: its side says which way it goes")
    conid = leg.tradable.conid
    return {
        "conid": conid,
        "secType": f"{conid}:{leg.tradable.sec_type}",
        "ticker": leg.tradable.symbol,
    }


def _prices(ticket: Ticket) -> Wire:
    prices: Wire = {}
    if ticket.type.has_limit:
        prices["price"] = _needed(ticket.limit, "limit")
        if ticket.type.has_trigger:
            prices["auxPrice"] = _needed(ticket.trigger, "trigger")
    elif ticket.type is OrderType.STP:
        prices["price"] = _needed(ticket.trigger, "trigger")
    elif ticket.type is OrderType.TRAIL and ticket.trigger is not None:
        prices["price"] = _plain(ticket.trigger)  # where it starts from
    elif ticket.type is OrderType.MIDPRICE and ticket.limit is not None:
        prices["price"] = _plain(ticket.limit)  # not beyond it
    if ticket.type.is_trailing:
        prices["trailingAmt"] = _needed(ticket.trail, "trail")
        prices["trailingType"] = "%" if ticket.trail_is_percent else "amt"
    return prices


def _needed(price: Decimal | None, name: str) -> Decimal | int:
    if price is None:
        raise ValueError(f"the ticket lacks its {name}")
    return _plain(price)


def _plain(price: Decimal) -> Decimal | int:
    """The number without an exponent, for readers of JSON that know no 1E+2."""
    if not price.is_finite():
        raise ValueError("a price must be a number")
    exponent = price.as_tuple().exponent
    return int(price) if isinstance(exponent, int) and exponent > 0 else price
