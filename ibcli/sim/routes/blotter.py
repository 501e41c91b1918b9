"""/iserver: the lists of orders and trades, one order's status, the account's summary and P&L."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ibcli.sim.books import valuation
from ibcli.sim.errors import WireError, bad_request
from ibcli.sim.reports import balances, trades
from ibcli.sim.reports.orders import OrderReport
from ibcli.sim.routes.orders import own_account
from ibcli.sim.wire import reply, signed_in, sim_of, truth, whole

if TYPE_CHECKING:
    from aiohttp import web

    from ibcli.sim.books.books import Present
    from ibcli.sim.books.order import Order
    from ibcli.sim.books.records import Execution
    from ibcli.sim.core import Simulator

_MOST_DAYS = 7


def listed_orders(now: Present) -> list[Order]:
    """Orders that have not ended, and those that did on this trading day, latest first."""
    return now.records.orders(since=now.timeline.first(now.beat, 1))[::-1]


def listed_trades(sim: Simulator, now: Present, days: int) -> list[Execution]:
    """Fills of the latest ``days`` days, latest first; a commission comes a little later."""
    delay = sim.options.commission_ms // 500
    found = now.records.executions(since=now.timeline.first(now.beat, days))
    return [trades.as_known(execution, now.beat, delay) for execution in reversed(found)]


def _first(sim: Simulator, what: str) -> bool:
    """Whether the answer is empty because the session asks for the first time."""
    first = sim.sessions.first_time(signed_in().username, what)
    return first and sim.options.empty_first


def _plain(text: str) -> str:
    return text.replace("_", "").lower()


async def orders(request: web.Request) -> web.Response:
    """Live orders. The first answer of a session is empty (recorded); ``force`` empties one."""
    sim, who = sim_of(request), signed_in()
    query = {name.lower(): value for name, value in request.query.items()}
    if query.get("accountid", who.account) != who.account:
        raise bad_request(f"accountId is not valid: {query['accountid']}")  # wording invented
    if _first(sim, "orders") or truth(query.get("force")):
        return reply({"orders": [], "snapshot": False})
    wanted = {_plain(name) for name in query.get("filters", "").split(",") if name.strip()}
    wanted.discard("sortbytime")
    with sim.books.present(who.account) as now:
        report = OrderReport(now.contracts, now.timeline)
        rows = [
            report.row(order)
            for order in listed_orders(now)
            if not wanted or _plain(order.status.value) in wanted
        ]
    return reply({"orders": rows, "snapshot": True})


async def status(request: web.Request) -> web.Response:
    """One order, whenever it was. An unknown one is 503 after a while (recorded)."""
    sim, text = sim_of(request), request.match_info["order"]
    with sim.books.present(signed_in().account) as now:
        number = whole(text)
        order = None if number is None else now.records.order(number)
        body = None if order is None else OrderReport(now.contracts, now.timeline).status(order)
    if body is None:
        await asyncio.sleep(sim.options.unknown_order_seconds)
        raise WireError(503, {"error": f"Order {text} is not found", "statusCode": 503})
    return reply(body)


async def trade_list(request: web.Request) -> web.Response:
    """Fills of the current day, or of up to seven."""
    sim, who = sim_of(request), signed_in()
    text = request.query.get("days", "1")
    days = whole(text)
    if days is None or not 1 <= days <= _MOST_DAYS:
        raise bad_request(f"invalid days {text}")  # wording invented
    if _first(sim, "trades"):
        return reply([])
    with sim.books.present(who.account) as now:
        found = listed_trades(sim, now, days)
        rows = [trades.row(e, now.contracts, who.account, who.username) for e in found]
    return reply(rows)


async def partitioned(request: web.Request) -> web.Response:
    """Profit and loss; the first answer of a session is empty (recorded)."""
    sim, account = sim_of(request), signed_in().account
    if _first(sim, "pnl"):
        return reply({"upnl": {}})
    return reply({"upnl": pnl_of(sim, account)})


def pnl_of(sim: Simulator, account: str) -> dict[str, Any]:
    """The account's profit and loss."""
    with sim.books.present(account) as now:
        return balances.pnl(valuation.balance(now.records, now.contracts, now.at), account)


async def summary(request: web.Request) -> web.Response:
    """The account in whole dollars."""
    account = own_account(request).account
    with sim_of(request).books.present(account) as now:
        balance = valuation.balance(now.records, now.contracts, now.at)
    return reply(balances.iserver_summary(balance))
