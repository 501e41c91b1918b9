"""/iserver/marketdata: snapshot and unsubscribing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from ibcli.sim import snapshot
from ibcli.sim.errors import bad_request, server_error
from ibcli.sim.market.model import OptionContract
from ibcli.sim.options import BASE_PATH
from ibcli.sim.wire import conid_of, json_object, reply, signed_in, sim_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibcli.sim.core import Simulator, Who

MOST_CONIDS = 100
MOST_FIELDS = 50


async def get_snapshot(request: web.Request) -> web.Response:
    """The first request of a contract opens its stream and answers nearly nothing; later ones carry
    the data.
    """
    sim, who = sim_of(request), signed_in()
    sim.sessions.require_accounts(who.username)
    conids = _listed(request.query, "conids")
    fields = _listed(request.query, "fields")
    if not conids:
        raise bad_request("conids is required")  # wording invented
    if len(conids) > MOST_CONIDS or len(fields) > MOST_FIELDS:
        raise bad_request("too many conids or fields")  # limits documented, wording invented
    return reply(snapshot_rows(sim, who, [conid_of(conid) for conid in conids], fields))


def _listed(query: Mapping[str, str], name: str) -> list[str]:
    parts = (part.strip() for part in query.get(name, "").split(","))
    return list(dict.fromkeys(part for part in parts if part))


def instrument_of(sim: Simulator, conid: int) -> snapshot.Instrument | None:
    """The stock, index or option that a conid stands for."""
    return sim.market.underlying(conid, sim.now) or sim.market.option(conid)


def snapshot_rows(
    sim: Simulator, who: Who, conids: Sequence[int], fields: Sequence[str]
) -> list[dict[str, Any]]:
    """A row for each conid, in the order asked for; streams that are not open are opened."""
    market = sim.market
    instruments = {conid: market.underlying(conid) or market.option(conid) for conid in conids}
    arrivals = sim.streams.poll(who.username, conids, _starved(sim, who, instruments))
    letter, tick = sim.switches.feed, sim.tick

    def row(conid: int) -> dict[str, Any]:
        instrument, arrival = instruments[conid], arrivals[conid]
        if not arrival.data:
            return snapshot.bare_row(conid)
        server = f"q{conid % 3}"
        quote = None if instrument is None else market.quote(conid, tick)
        if instrument is None or quote is None:
            return snapshot.dead_row(conid, server, tick)
        view = snapshot.View(instrument, snapshot.with_feed(quote, letter))
        return snapshot.row(view, fields, arrival, server)

    return [row(conid) for conid in conids]


def _starved(
    sim: Simulator, who: Who, instruments: Mapping[int, snapshot.Instrument | None]
) -> set[int]:
    """Options whose underlying was not searched in this session."""
    options = {
        conid: instrument.underlying_conid
        for conid, instrument in instruments.items()
        if isinstance(instrument, OptionContract)
    }
    underlyings = set(options.values())
    bare = {conid for conid in underlyings if not sim.sessions.searched(who.username, conid)}
    return {conid for conid, underlying in options.items() if underlying in bare}


async def unsubscribe(request: web.Request) -> web.Response:
    """Close one stream; one that is not open is 500 "unknown" (recorded)."""
    body = await json_object(request)
    conid = conid_of(body.get("conid"))
    if not sim_of(request).streams.close(signed_in().username, conid):
        raise server_error("unknown")
    return reply({"success": True})


async def unsubscribe_all(request: web.Request) -> web.Response:
    """Close them all."""
    sim_of(request).streams.close_all(signed_in().username)
    return reply({"unsubscribed": True})


ROUTES = [
    web.get(f"{BASE_PATH}/iserver/marketdata/snapshot", get_snapshot, allow_head=False),
    web.post(f"{BASE_PATH}/iserver/marketdata/unsubscribe", unsubscribe),
    web.get(f"{BASE_PATH}/iserver/marketdata/unsubscribeall", unsubscribe_all, allow_head=False),
]
