"""/iserver/contract: info, algos and trading rules of one contract."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ibcli.sim import details
from ibcli.sim.errors import server_error
from ibcli.sim.options import BASE_PATH
from ibcli.sim.routes.marketdata import instrument_of
from ibcli.sim.wire import conid_of, json_object, reply, signed_in, sim_of, truth

if TYPE_CHECKING:
    from ibcli.sim.core import Simulator
    from ibcli.sim.snapshot import Instrument


def _instrument(sim: Simulator, conid: int) -> Instrument:
    """The contract.

    Raises:
        WireError: 500, wording invented.
    """
    instrument = instrument_of(sim, conid)
    if instrument is None:
        raise server_error("Contract not found")
    return instrument


def _rules(sim: Simulator, instrument: Instrument, *, is_buy: bool) -> dict[str, Any]:
    quote = sim.market.quote(instrument.conid, sim.tick)
    limit = None
    if quote is not None:
        limit = (quote.ask if is_buy else quote.bid) or quote.last
    return details.rules(
        instrument,
        signed_in().account,
        sim.market.tick_rules(instrument.conid),
        limit or Decimal(0),
    )


async def info(request: web.Request) -> web.Response:
    """A contract's terms."""
    sim = sim_of(request)
    instrument = _instrument(sim, conid_of(request.match_info["conid"]))
    return reply(details.info(sim.market, instrument))


async def info_and_rules(request: web.Request) -> web.Response:
    """Its terms with the rules for buying it."""
    sim = sim_of(request)
    instrument = _instrument(sim, conid_of(request.match_info["conid"]))
    body = details.info(sim.market, instrument)
    return reply(body | {"rules": _rules(sim, instrument, is_buy=True)})


async def rules(request: web.Request) -> web.Response:
    """Order types, times in force, increments."""
    sim, body = sim_of(request), await json_object(request)
    instrument = _instrument(sim, conid_of(body.get("conid")))
    return reply(_rules(sim, instrument, is_buy=truth(body.get("isBuy", True))))


async def algos(request: web.Request) -> web.Response:
    """Broker's algorithms for an instrument."""
    sim = sim_of(request)
    _instrument(sim, conid_of(request.match_info["conid"]))
    return reply({"algos": details.ALGOS})


_CONTRACT = f"{BASE_PATH}/iserver/contract"
ROUTES = [
    web.get(f"{_CONTRACT}/{{conid}}/info", info, allow_head=False),
    web.get(f"{_CONTRACT}/{{conid}}/info-and-rules", info_and_rules, allow_head=False),
    web.get(f"{_CONTRACT}/{{conid}}/algos", algos, allow_head=False),
    web.post(f"{_CONTRACT}/rules", rules),
]
