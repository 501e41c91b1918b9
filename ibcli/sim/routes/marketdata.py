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
    from ibcli.sim.streams import Arrival

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
    instruments = {conid: instrument_of(sim, conid) for conid in conids}
    starved = {
        conid
        for conid, instrument in instruments.items()
        if isinstance(instrument, OptionContract)
        and not sim.sessions.searched(who.username, instrument.underlying_conid)
    }
    arrivals = sim.streams.poll(who.username, conids, starved)
    letter = sim.switches.feed
    return [
        _row(sim, conid, instruments[conid], fields, arrivals[conid], letter) for conid in conids
    ]


def _row(
    sim: Simulator,
    conid: int,
    instrument: snapshot.Instrument | None,
    fields: Sequence[str],
    arrival: Arrival,
    letter: str | None,
) -> dict[str, Any]:
    if not arrival.data:
        return snapshot.bare_row(conid)
    server = f"q{conid % 3}"
    quote = None if instrument is None else sim.market.quote(conid, sim.tick)
    if instrument is None or quote is None:
        return snapshot.dead_row(conid, server, sim.tick)
    view = snapshot.View(instrument, snapshot.with_feed(quote, letter))
    return snapshot.row(view, fields, arrival, server)


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
