"""Which of the broker's questions are answered with yes.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#order-reply-suppression lists
their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.domain.orders import OrderType

if TYPE_CHECKING:
    from ibcli.broker.decode import Asked
    from ibcli.domain.orders import Bracket

_NO_MARKET_DATA = "o354"
_FAR_FROM_MARKET = "o163"
_MARKET_ORDER = "o10151"
_STOP_ORDER = frozenset({"o10152", "o10331"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """``objections`` say, message by message, why not; empty: yes to all of them."""

    objections: tuple[str, ...]
    may_be_asked: bool = True  # whether a person may still say yes

    @property
    def accepted(self) -> bool:
        """Whether every message is accepted."""
        return not self.objections


def judge(asked: Asked, bracket: Bracket, *, within_band: bool, confirm: frozenset[str]) -> Verdict:
    """Judge a question by the ids of its messages. ``confirm`` lists those the user accepts."""
    objections = []
    ids = [(message.id or "").lower() for message in asked.messages]
    for message_id in ids:
        objection = _objection(message_id, bracket, within_band=within_band, confirm=confirm)
        if objection:
            objections.append(objection)
    if not ids:
        objections.append("it says nothing")
    return Verdict(tuple(objections), may_be_asked=_NO_MARKET_DATA not in ids)


def _objection(
    message_id: str, bracket: Bracket, *, within_band: bool, confirm: frozenset[str]
) -> str:
    """Why a message is not accepted; empty when it is."""
    if not message_id:
        return "a message without an id is never accepted"
    if message_id == _NO_MARKET_DATA:
        return f"{message_id} (no market data) is never accepted"
    if message_id not in {each.lower() for each in confirm}:
        return f"{message_id} is not among IBCLI_CONFIRM"
    if message_id == _FAR_FROM_MARKET and not within_band:
        return f"{message_id} is accepted only for a limit inside IBCLI_PRICE_BAND"
    if message_id == _MARKET_ORDER and not _has(bracket, OrderType.MKT):
        return f"{message_id} is accepted only for a market order"
    if message_id in _STOP_ORDER and not any(t.type.has_trigger for t in bracket.tickets):
        return f"{message_id} is accepted only for a stop"
    return ""


def _has(bracket: Bracket, order_type: OrderType) -> bool:
    return any(ticket.type is order_type for ticket in bracket.tickets)


def words_of(asked: Asked) -> str:
    """The question in full, each message with its id."""
    return " / ".join(
        f"[{message.id or 'no id'}] {message.text}".strip() for message in asked.messages
    )
