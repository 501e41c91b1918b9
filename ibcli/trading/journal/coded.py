"""Brackets as the journal keeps them: JSON, decimals as texts."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ibcli.domain.contracts import Right
from ibcli.domain.orders import Bracket, OrderType, Role, Side, Ticket, TicketLeg, Tif, Tradable


def text_of(value: object) -> str:
    """Plain values as JSON: decimals, dates and instants as texts."""
    return json.dumps(value, default=_plain, separators=(",", ":"), sort_keys=True)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} in the journal")


def bracket_document(bracket: Bracket) -> list[dict[str, Any]]:
    """All its tickets as plain values, the entry first."""
    return [ticket_document(ticket) for ticket in bracket.tickets]


def ticket_document(ticket: Ticket) -> dict[str, Any]:
    """A ticket as plain values; what it does not say is left out."""
    document = {
        "role": ticket.role.value,
        "side": ticket.side.value,
        "quantity": ticket.quantity,
        "type": ticket.type.value,
        "tif": ticket.tif.value,
        "coid": ticket.coid,
        "parent_coid": ticket.parent_coid,
        "limit": ticket.limit,
        "trigger": ticket.trigger,
        "trail": ticket.trail,
        "trail_is_percent": ticket.trail_is_percent or None,
        "outside_rth": ticket.outside_rth or None,
        "single_group": ticket.single_group or None,
        "legs": [_leg_document(leg) for leg in ticket.legs],
    }
    return {name: value for name, value in document.items() if value is not None}


def _leg_document(leg: TicketLeg) -> dict[str, Any]:
    tradable = leg.tradable
    document = {
        "ratio": leg.ratio,
        "conid": tradable.conid,
        "sec_type": tradable.sec_type,
        "symbol": tradable.symbol,
        "words": tradable.words,
        "multiplier": tradable.multiplier,
        "underlying_conid": tradable.underlying_conid,
        "trading_class": tradable.trading_class,
        "expiry": tradable.expiry,
        "strike": tradable.strike,
        "right": tradable.right.value if tradable.right else None,
    }
    return {name: value for name, value in document.items() if value is not None}


def bracket_from(document: list[dict[str, Any]]) -> Bracket:
    """The bracket. Raises ValueError, KeyError or TypeError for anything else."""
    entry, *children = [ticket_from(ticket) for ticket in document]
    return Bracket(entry, tuple(children))


def ticket_from(document: dict[str, Any]) -> Ticket:
    """The ticket."""
    return Ticket(
        role=Role(document["role"]),
        side=Side(document["side"]),
        quantity=int(document["quantity"]),
        type=OrderType(document["type"]),
        legs=tuple(_leg_from(leg) for leg in document["legs"]),
        tif=Tif(document["tif"]),
        coid=document.get("coid"),
        parent_coid=document.get("parent_coid"),
        limit=decimal_from(document.get("limit")),
        trigger=decimal_from(document.get("trigger")),
        trail=decimal_from(document.get("trail")),
        trail_is_percent=bool(document.get("trail_is_percent")),
        outside_rth=bool(document.get("outside_rth")),
        single_group=bool(document.get("single_group")),
    )


def _leg_from(document: dict[str, Any]) -> TicketLeg:
    expiry, right = document.get("expiry"), document.get("right")
    tradable = Tradable(
        conid=int(document["conid"]),
        sec_type=document["sec_type"],
        symbol=document["symbol"],
        words=document["words"],
        multiplier=Decimal(document["multiplier"]),
        underlying_conid=document.get("underlying_conid"),
        trading_class=document.get("trading_class"),
        expiry=date.fromisoformat(expiry) if expiry else None,
        strike=decimal_from(document.get("strike")),
        right=Right(right) if right else None,
    )
    return TicketLeg(tradable, int(document["ratio"]))


def decimal_from(text: str | None) -> Decimal | None:
    """The number; None when it is missing."""
    return None if text is None else Decimal(text)
