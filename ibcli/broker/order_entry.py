"""Orders: place, answer the broker's questions, change, cancel; and ask what one would do.

Whatever changes something raises what ``BrokerClient.write`` raises: IbcliError when nothing was
sent, for certain, and DoubtError when it is not known what became of it. A refusal is an answer.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#orders
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from ibcli.broker.decode import CancelReply, Reply, decode_cancel, decode_reply, decode_what_if
from ibcli.broker.decode.values import UnreadableError, prose, unexpected
from ibcli.broker.doubt import DoubtError
from ibcli.broker.encode import encode_bracket, encode_changed
from ibcli.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.client import BrokerClient
    from ibcli.domain.orders import Bracket, Ticket
    from ibcli.domain.terms import WhatIf

Read = TypeVar("Read")


def post(
    client: BrokerClient,
    account: str,
    bracket: Bracket,
    check: Callable[[], None] | None = None,
) -> Reply:
    """Place an entry with its children, in one request that is sent once.

    ``check`` may raise an IbcliError just before the first byte; nothing is sent then.
    Raises ValueError, and sends nothing, when a ticket lacks what its type needs.
    """
    body = encode_bracket(account, bracket)
    path = f"/iserver/account/{quote(account)}/orders"
    answer = client.write("POST", path, body, check=check)
    return _read("the order", decode_reply, answer)


def answer(client: BrokerClient, reply_id: str, *, confirmed: bool) -> Reply:
    """Answer a question, which may bring the next one; what a declined one brings is a refusal."""
    path = f"/iserver/reply/{quote(reply_id, safe='')}"
    told = client.write("POST", path, {"confirmed": confirmed}, prove=False)
    return _read("the reply", decode_reply, told)


def modify(client: BrokerClient, account: str, order_id: int, ticket: Ticket) -> Reply:
    """Change an order to the ticket, which repeats all that stays."""
    path = f"/iserver/account/{quote(account)}/order/{order_id}"
    return _read(
        "the change", decode_reply, client.write("POST", path, encode_changed(account, ticket))
    )


def cancel(client: BrokerClient, account: str, order_id: int) -> CancelReply:
    """Ask for an order to be cancelled; it may be filled before it is.

    Raises ValueError for a number that would name all orders (-1 does) or none.
    """
    if order_id <= 0:
        raise ValueError("not the number of one order")
    path = f"/iserver/account/{quote(account)}/order/{order_id}"
    return _read("the cancellation", decode_cancel, client.write("DELETE", path))


def what_if(client: BrokerClient, account: str, bracket: Bracket) -> WhatIf:
    """What the broker thinks the order would do to the account; nothing is placed.

    Raises RefusedError with its words when it would refuse the order, and what
    ``BrokerClient.read`` raises.
    """
    body = encode_bracket(account, bracket)
    path = f"/iserver/account/{quote(account)}/orders/whatif"
    try:
        return decode_what_if(client.read("POST", path, body=body))
    except RefusedError as refusal:
        if refusal.code != "broker-error":
            raise
        said = prose(refusal.message.partition(": ")[2]) or refusal.message
        raise RefusedError(
            f"The broker would refuse this order: {said}",
            hint="The words are the broker's own.",
            code=refusal.code,
        ) from None


def _read(what: str, decode: Callable[[object], Read], answer: object) -> Read:
    """The answer read; one of an unknown shape leaves in doubt what became of it."""
    try:
        return decode(answer)
    except UnreadableError:
        raise DoubtError(unexpected(what, answer)) from None
