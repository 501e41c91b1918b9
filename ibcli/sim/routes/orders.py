"""/iserver: placing, previewing, modifying and cancelling orders, and answering questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from ibcli.sim.books.desk import Desk
from ibcli.sim.errors import bad_request
from ibcli.sim.wire import json_object, reply, signed_in, sim_of, truth

if TYPE_CHECKING:
    from ibcli.sim.core import Who


def own_account(request: web.Request) -> Who:
    """The user, when the path names his account.

    Raises:
        WireError: 400 for another one, wording invented.
    """
    who, named = signed_in(), request.match_info["account"]
    if named != who.account:
        raise bad_request(f"accountId is not valid: {named}")
    return who


def _desk(request: web.Request) -> Desk:
    """The desk of the account in the path, after /iserver/accounts.

    Raises:
        WireError: 400 for another account, 500 before /iserver/accounts.
    """
    who, sim = own_account(request), sim_of(request)
    sim.sessions.require_accounts(who.username)
    return Desk(sim.books, who)


async def _orders(request: web.Request) -> list[dict[str, Any]]:
    body = await json_object(request)
    orders = body.get("orders")
    if not isinstance(orders, list) or not orders or not all(isinstance(o, dict) for o in orders):
        raise bad_request("orders are required")  # wording invented
    for order in orders:
        if order.get("acctId") not in (None, request.match_info["account"]):
            raise bad_request(f"accountId is not valid: {order['acctId']}")
    return orders


def _number(request: web.Request) -> int:
    text = request.match_info["order"]
    try:
        return int(text)
    except ValueError:
        raise bad_request(f"invalid orderId {text}") from None


async def place(request: web.Request) -> web.Response:
    """One order, several, a bracket or a one-cancels-all group."""
    desk = _desk(request)
    return reply(desk.place(await _orders(request)))


async def what_if(request: web.Request) -> web.Response:
    """A preview; nothing is placed."""
    desk = _desk(request)
    return reply(desk.what_if(await _orders(request)))


async def answer(request: web.Request) -> web.Response:
    """Confirm or decline a question."""
    desk = Desk(sim_of(request).books, signed_in())
    body = await json_object(request)
    return reply(desk.reply(request.match_info["reply"], confirmed=truth(body.get("confirmed"))))


async def notification(request: web.Request) -> web.Response:
    """Answer an advanced reject's prompt; a JSON string comes back (IBKR's reference)."""
    desk, body = Desk(sim_of(request).books, signed_in()), await json_object(request)
    facts = (str(body.get(name, "")) for name in ("orderId", "reqId", "text"))
    return web.json_response(desk.notify(*facts))


async def suppress(request: web.Request) -> web.Response:
    """No questions of these ids in this session."""
    body = await json_object(request)
    messages = body.get("messageIds")
    if not isinstance(messages, list):
        raise bad_request("messageIds are required")  # wording invented
    desk = Desk(sim_of(request).books, signed_in())
    desk.inquiry.suppress([str(message) for message in messages])
    return reply({"status": "submitted"})


async def unsuppress(request: web.Request) -> web.Response:
    """All questions again."""
    Desk(sim_of(request).books, signed_in()).inquiry.unsuppress()
    return reply({"status": "submitted"})


async def modify(request: web.Request) -> web.Response:
    """All of an order's fields again, some of them changed."""
    desk = _desk(request)
    return reply(desk.modify(_number(request), await json_object(request)))


async def cancel(request: web.Request) -> web.Response:
    """Ask for a cancellation; -1 stands for all orders."""
    return reply(_desk(request).cancel(_number(request)))
