"""/trsrv: definitions of contracts by id, stocks and futures by symbol. No brokerage session is
needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from ibcli.sim import details
from ibcli.sim.errors import bad_request
from ibcli.sim.format import compact_date
from ibcli.sim.options import BASE_PATH
from ibcli.sim.routes.marketdata import instrument_of
from ibcli.sim.wire import conid_of, json_object, reply, sim_of

if TYPE_CHECKING:
    from ibcli.sim.core import Simulator
    from ibcli.sim.market.model import FutureContract

MOST_CONIDS = 200


def _listed(request: web.Request, name: str) -> list[str]:
    return _parts(request.query.get(name, ""), name)


def _parts(text: str, name: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise bad_request(f"{name} is required")  # wording invented
    return parts


async def secdef(request: web.Request) -> web.Response:
    """Up to 200 contracts; unknown ids are left out."""
    return _secdef(sim_of(request), _listed(request, "conids"))


async def secdef_post(request: web.Request) -> web.Response:
    """The older form, ``{"conids": [...]}``, which samples of IBKR's staff still use."""
    conids = (await json_object(request)).get("conids")
    given = conids if isinstance(conids, list) else [conids or ""]
    return _secdef(sim_of(request), _parts(",".join(map(str, given)), "conids"))


def _secdef(sim: Simulator, conids: list[str]) -> web.Response:
    if len(conids) > MOST_CONIDS:
        raise bad_request("too many conids")  # limit documented, wording invented
    found = [instrument_of(sim, conid_of(conid)) for conid in conids]
    return reply({"secdef": [details.definition(sim.market, one) for one in found if one]})


async def stocks(request: web.Request) -> web.Response:
    """Every listing of each symbol; an unknown symbol has an empty list."""
    sim = sim_of(request)
    answer = {}
    for symbol in _listed(request, "symbols"):
        found = sim.market.search(symbol, sim.now, sec_type="STK")
        answer[symbol] = details.listings([u for u in found if u.symbol == symbol.upper()])
    return reply(answer)


async def futures(request: web.Request) -> web.Response:
    """Futures that have not expired; dates are numbers here."""
    sim = sim_of(request)
    answer = {}
    for symbol in _listed(request, "symbols"):
        found = sim.market.futures(symbol, sim.now)
        answer[symbol] = [_future(future) for future in found]
    return reply(answer)


def _future(future: FutureContract) -> dict[str, Any]:
    last_day = int(compact_date(future.last_trading_day))
    return {
        "symbol": future.symbol,
        "conid": future.conid,
        "underlyingConid": future.underlying_conid,
        "expirationDate": int(compact_date(future.expiry)),
        "ltd": last_day,
        "shortFuturesCutOff": last_day,
        "longFuturesCutOff": last_day,
    }


ROUTES = [
    web.get(f"{BASE_PATH}/trsrv/secdef", secdef, allow_head=False),
    web.post(f"{BASE_PATH}/trsrv/secdef", secdef_post),
    web.get(f"{BASE_PATH}/trsrv/stocks", stocks, allow_head=False),
    web.get(f"{BASE_PATH}/trsrv/futures", futures, allow_head=False),
]
