"""/iserver/secdef: search, strikes, info. Preconditions and oddities as recorded."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ibcli.sim import rows
from ibcli.sim.errors import WireError, bad_request, server_error
from ibcli.sim.market.model import OptionContract, Right
from ibcli.sim.options import BASE_PATH
from ibcli.sim.wire import conid_of, json_object, reply, signed_in, sim_of, truth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ibcli.sim.core import Simulator

_MONTH = re.compile(r"(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\d\d")
_HIGHEST_STRIKE = Decimal(10**9)
_SEC_TYPES = (None, "", "STK", "IND", "BOND")


async def search_get(request: web.Request) -> web.Response:
    """Underlyings by symbol, or by name."""
    return _search(request, request.query)


async def search_post(request: web.Request) -> web.Response:
    """The same with a JSON body."""
    return _search(request, await json_object(request))


def _search(request: web.Request, asked: Mapping[str, Any]) -> web.Response:
    sim = sim_of(request)
    symbol, sec_type = str(asked.get("symbol") or "").strip(), asked.get("secType")
    if not symbol:
        raise bad_request("symbol is required")  # wording invented
    if sec_type not in _SEC_TYPES:
        raise bad_request(f"unsupported secType {sec_type}")  # wording invented
    found = []
    if sec_type != "BOND":
        by_name = truth(asked.get("name", False))
        found = sim.market.search(symbol, sim.now, by_name=by_name, sec_type=sec_type or None)
    sim.sessions.note_search(signed_in().username, [row.conid for row in found])
    answer = [rows.search_row(underlying) for underlying in found]
    issuer = rows.bond_row(found) if sec_type in (None, "", "BOND") else None
    if not answer and issuer is None:
        return reply({"error": "No symbol found"})  # with 200 (reported)
    return reply(answer if issuer is None else [*answer, issuer])


async def strikes(request: web.Request) -> web.Response:
    """The union over the month's expiries; nothing unless the underlying was searched in this
    session.
    """
    sim, query = sim_of(request), request.query
    conid = _underlying_conid(sim, conid_of(_required(query, "conid")))
    if not _sec_type(query):
        raise bad_request("sectype is required")  # wording invented
    month = _month(query)
    if not sim.sessions.searched(signed_in().username, conid):
        return reply({"call": [], "put": []})
    if _sec_type(query) != "OPT":  # other derivatives are not simulated
        return reply({"call": [], "put": []})
    found = sim.market.strikes(conid, month, sim.now, exchange=query.get("exchange") or "SMART")
    return reply(
        {
            "call": [float(strike) for strike in found.get(Right.CALL, [])],
            "put": [float(strike) for strike in found.get(Right.PUT, [])],
        }
    )


async def info(request: web.Request) -> web.Response:
    """An object for a conid alone; for derivatives of it, a list."""
    sim, query = sim_of(request), request.query
    conid = conid_of(_required(query, "conid"))
    sec_type = _sec_type(query)
    if sec_type == "OPT":
        return reply(_options(sim, conid, query))
    if sec_type == "FUT":
        return reply(_futures(sim, conid, query))
    underlying = sim.market.underlying(conid, sim.now)
    if underlying is not None:
        return reply(rows.underlying_info(underlying))
    option = sim.market.option(conid)
    if option is not None:
        return reply(rows.option_info(option, "SMART"))
    raise _unavailable()


def _sec_type(query: Mapping[str, str]) -> str:
    """IBKR's reference spells it ``sectype`` here; the samples of its own staff ``secType``."""
    return (query.get("sectype") or query.get("secType") or "").upper()


def _options(sim: Simulator, conid: int, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """``right`` may be left out: calls and puts of every expiry of the month."""
    month, strike = _month(query), _decimal(_required(query, "strike"))
    right = query.get("right")
    if right not in (None, "", "C", "P"):
        raise bad_request(f"invalid right {right}")  # wording invented
    underlying = _underlying_conid(sim, conid)
    if sim.market.underlying(underlying, sim.now) is None:
        raise _unavailable()
    exchange = query.get("exchange") or "SMART"
    found = sim.market.options(
        underlying,
        month,
        sim.now,
        strike=strike,
        right=Right(right) if right else None,
        exchange=exchange,
    )
    return [rows.option_info(option, exchange) for option in found]


def _futures(sim: Simulator, conid: int, query: Mapping[str, str]) -> list[dict[str, Any]]:
    month = _month(query)
    underlying = sim.market.underlying(conid, sim.now)
    if underlying is None:
        raise _unavailable()
    found = sim.market.futures(underlying.symbol, sim.now)
    return [rows.future_info(future) for future in found if rows.month_of(future.expiry) == month]


def _underlying_conid(sim: Simulator, conid: int) -> int:
    """The underlying's, also where a derivative's was given, as IBKR's page allows."""
    option: OptionContract | None = sim.market.option(conid)
    return conid if option is None else option.underlying_conid


def _unavailable() -> WireError:
    """JSON inside a string (recorded)."""
    reason = (
        "Details currently unavailable. Please try again later and contact client services"
        " if the issue persists."
    )
    return server_error(json.dumps({"reason": reason}, separators=(",", ":")))


def _required(query: Mapping[str, str], name: str) -> str:
    value = query.get(name)
    if not value:
        raise bad_request(f"{name} is required")  # wording invented
    return value


def _month(query: Mapping[str, str]) -> str:
    month = _required(query, "month")
    if _MONTH.fullmatch(month) is None:
        raise bad_request(f"invalid month {month}")  # wording invented
    return month


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > _HIGHEST_STRIKE:
        raise bad_request(f"invalid strike {text[:20]}")  # wording invented
    return value


ROUTES = [
    web.get(f"{BASE_PATH}/iserver/secdef/search", search_get, allow_head=False),
    web.post(f"{BASE_PATH}/iserver/secdef/search", search_post),
    web.get(f"{BASE_PATH}/iserver/secdef/strikes", strikes, allow_head=False),
    web.get(f"{BASE_PATH}/iserver/secdef/info", info, allow_head=False),
]
