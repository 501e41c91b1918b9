"""/pa: the account's performance, and a contract's transactions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ibcli.sim.books import valuation
from ibcli.sim.errors import bad_request
from ibcli.sim.market import sessions
from ibcli.sim.reports import balances, trades
from ibcli.sim.wire import conid_of, json_object, reply, signed_in, sim_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from ibcli.sim.core import Who

_DAYS = {"1D": 1, "7D": 7, "MTD": 31, "1M": 31, "3M": 92, "6M": 183, "YTD": 366, "1Y": 366}
_LONGEST = 366
_DEFAULT_DAYS = 90
_MOST_DAYS = 3660


def _own(body: Mapping[str, Any]) -> Who:
    who = signed_in()
    if body.get("acctIds") != [who.account]:
        raise bad_request("acctIds are not valid")  # wording invented
    return who


async def performance(request: web.Request) -> web.Response:
    """The account's value at each close, and now, with returns on what it started from."""
    body = await json_object(request)
    who = _own(body)
    days = _DAYS.get(str(body.get("period", "1Y")).upper(), _LONGEST)
    with sim_of(request).books.present(who.account) as now:
        today = sessions.new_york_date(now.at)
        first = (today - timedelta(days=days)).strftime("%Y%m%d")
        balance = valuation.balance(now.records, now.contracts, now.at)
        values = {day: value for _, day, value in now.records.values()}
        values[today.strftime("%Y%m%d")] = balance.net
        start = (now.records.value("opened"), sim_of(request).options.cash)
        before = [(day, value) for day, value in sorted(values.items()) if day < first]
        within = [(day, value) for day, value in sorted(values.items()) if day >= first]
        return reply(balances.performance(within, before[-1] if before else start, who.account))


async def transactions(request: web.Request) -> web.Response:
    """What was bought, sold and expired of one contract."""
    body = await json_object(request)
    who = _own(body)
    conids = body.get("conids")
    if not isinstance(conids, list) or len(conids) != 1:
        raise bad_request("one conid is required")  # wording invented
    conid = conid_of(conids[0])
    try:
        days = int(body.get("days", _DEFAULT_DAYS))
    except (TypeError, ValueError, OverflowError):
        raise bad_request("invalid days") from None
    if not 1 <= days <= _MOST_DAYS:
        raise bad_request(f"invalid days {days}")  # wording invented
    with sim_of(request).books.present(who.account) as now:
        if now.contracts.find(conid) is None:
            raise bad_request(f"invalid conid {conid}")
        span = (now.at - timedelta(days=days), now.at)
        found = now.records.executions()
        return reply(trades.transactions(found, now.contracts, who.account, conid, span))
