"""/v1/sim: faults, the request log and the circumstances, for whoever runs the simulator. Loopback
only, by address and by name, and not for the pages that a browser shows.

- ``POST /v1/sim/faults`` with one fault (``faults.Fault``'s fields) or a list of them; ``DELETE``
  clears them.
- ``GET /v1/sim/requests``: ``{"peak_rate": n, "requests": [...]}``; ``DELETE`` forgets them.
- ``GET /v1/sim/summary``: what was asked since the mark, counted (``summary.Summary``); ``DELETE``
  answers the same and sets the mark.
- ``GET /v1/sim/control``: the switches, the market's time; with ``?request_token=T`` also its
  verifier.
- ``POST /v1/sim/control`` with any of: ``another_session``, ``read_only``, ``feed``
  (``switches.Switches``), ``token_active`` (bool), and ``do``: one or a list of ``end_session``,
  ``end_tokens``, ``expire_tokens``, ``forgive`` (pacing), ``reset``.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from ibcli.sim.faults import Fault
from ibcli.sim.wire import reply, sim_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ibcli.sim.core import Simulator

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONTROL_PATH = "/v1/sim/"


def _loopback(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        address = ipaddress.ip_address(request.remote or "0.0.0.0")  # noqa: S104 - stands for "unknown"
        if not address.is_loopback or not _by_loopback_name(request):
            return reply({"error": "only from this machine"}, 403)
        try:
            return await handler(request)
        except (TypeError, ValueError) as error:
            return reply({"error": str(error)}, 400)

    return guarded


def _by_loopback_name(request: web.Request) -> bool:
    """A page of another site reaches this machine under that site's name, or says its origin."""
    host = request.url.host or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return here and hdrs.ORIGIN not in request.headers


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")
    return value


async def add_faults(request: web.Request) -> web.Response:
    """Ask for faults."""
    asked = json.loads(await request.text())
    asked = [Fault(**_object(fault)) for fault in (asked if isinstance(asked, list) else [asked])]
    for fault in asked:
        sim_of(request).faults.put(fault)
    return reply({"ok": True})


async def clear_faults(request: web.Request) -> web.Response:
    """No more faults."""
    sim_of(request).faults.clear()
    return reply({"ok": True})


async def requests(request: web.Request) -> web.Response:
    """What was asked so far."""
    sim = sim_of(request)
    return reply({"peak_rate": sim.pacer.peak_rate, "requests": sim.log.as_json()})


async def clear_requests(request: web.Request) -> web.Response:
    """Forget what was asked so far."""
    sim_of(request).log.clear()
    return reply({"ok": True})


async def summary(request: web.Request) -> web.Response:
    """What was asked since the mark, counted."""
    return reply(sim_of(request).tally.summary().as_json())


async def mark(request: web.Request) -> web.Response:
    """The same, and counting begins anew."""
    return reply(sim_of(request).tally.mark().as_json())


async def circumstances(request: web.Request) -> web.Response:
    """The switches as they stand."""
    sim = sim_of(request)
    facts: dict[str, Any] = {"switches": asdict(sim.switches), "market_time": sim.now.isoformat()}
    token = request.query.get("request_token")
    if token is not None:
        facts["verifier"] = sim.registry.verifier(token)
    return reply(facts)


async def change(request: web.Request) -> web.Response:
    """Change circumstances."""
    sim, asked = sim_of(request), _object(json.loads(await request.text()))
    acts = asked.pop("do", [])
    active = asked.pop("token_active", None)
    if active is not None:
        if not isinstance(active, bool):
            raise ValueError("token_active has to be true or false")
        sim.registry.set_active(active)
    if asked:
        sim.switch(**asked)
    for act in [acts] if isinstance(acts, str) else acts:
        perform(sim, act)
    return reply({"switches": asdict(sim.switches)})


def perform(sim: Simulator, act: str) -> None:
    """One of the acts of ``POST /v1/sim/control``.

    Raises:
        ValueError: for any other word.
    """
    acts: dict[str, Callable[[], None]] = {
        "end_session": sim.sessions.end,
        "end_tokens": sim.registry.end_live_tokens,
        "expire_tokens": sim.registry.expire_live_tokens,
        "forgive": sim.pacer.forgive,
        "reset": sim.reset,
    }
    if act not in acts:
        raise ValueError(f"unknown act {act!r}: one of {', '.join(acts)}")
    acts[act]()


ROUTES = [
    web.post(f"{CONTROL_PATH}faults", _loopback(add_faults)),
    web.delete(f"{CONTROL_PATH}faults", _loopback(clear_faults)),
    web.get(f"{CONTROL_PATH}requests", _loopback(requests)),
    web.delete(f"{CONTROL_PATH}requests", _loopback(clear_requests)),
    web.get(f"{CONTROL_PATH}summary", _loopback(summary)),
    web.delete(f"{CONTROL_PATH}summary", _loopback(mark)),
    web.get(f"{CONTROL_PATH}control", _loopback(circumstances)),
    web.post(f"{CONTROL_PATH}control", _loopback(change)),
]
