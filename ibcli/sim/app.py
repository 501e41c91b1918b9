"""The HTTP server: every request passes the log, the faults, the wire's rules, the pacing and the
sign-in.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from ibcli.sim import auth
from ibcli.sim.errors import WireError, not_found, too_fast
from ibcli.sim.faulting import is_cut, suffer, text_of
from ibcli.sim.options import BASE_PATH
from ibcli.sim.reqlog import LoggedRequest, without_secrets
from ibcli.sim.routes import all_routes, control
from ibcli.sim.routes.control import CONTROL_PATH
from ibcli.sim.wire import SIM, begin_visit, refusal, signable_of, sim_of, visit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ibcli.sim.core import Simulator

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(sim: Simulator) -> web.Application:
    """The application of one simulator."""
    if sim.replay is not None:
        return _of_recordings(sim)
    app = web.Application(middlewares=[_log, _faults, _refusals, _wire_rules, _pace, _sign_in])
    app[SIM] = sim
    app.add_routes(all_routes())
    return app


def _of_recordings(sim: Simulator) -> web.Application:
    """The application of a simulator that answers from recordings."""
    from ibcli.sim.replay.answering import answer

    app = web.Application(middlewares=[_log, _faults, _refusals, _wire_rules])
    app[SIM] = sim
    app.add_routes([*control.ROUTES, web.route("*", f"{BASE_PATH}{{path:.*}}", answer)])
    return app


def below_base(request: web.Request) -> str:
    """The path below /v1/api, without a slash at its end."""
    return request.path.removeprefix(BASE_PATH).rstrip("/")


def _is_control(request: web.Request) -> bool:
    return request.path.startswith(CONTROL_PATH)


@web.middleware
async def _log(request: web.Request, handler: Handler) -> web.StreamResponse:
    if _is_control(request):
        return await handler(request)
    sim, path = sim_of(request), below_base(request)
    period = sim.tally.arrives(sim.real(), path, _template(request))
    started, status, found = time.perf_counter(), 500, begin_visit(period)
    try:
        with sim.pacer.under_way(path):
            response = await _travelling(sim.options.latency_ms / 1000, request, handler)
        is_socket = isinstance(response, web.WebSocketResponse)
        status = 0 if is_cut(request) and not is_socket else response.status
        return response
    finally:
        sim.tally.answered(period, path, status)
        sim.log.add(
            LoggedRequest(
                time=datetime.fromtimestamp(sim.real(), UTC).isoformat(timespec="milliseconds"),
                method=request.method,
                path=request.path,
                query=without_secrets(request.query_string),
                status=status,
                signed=None if found.style is None else str(found.style),
                consumer=None if found.who is None else found.who.consumer_key,
                ms=round((time.perf_counter() - started) * 1000, 2),
            )
        )


async def _travelling(latency: float, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Half of the latency passes before a request is handled, and as much afterwards that its
    answer leaves in time, whatever handling it took.
    """
    if not latency:
        return await handler(request)
    clock = asyncio.get_running_loop().time
    due = clock() + latency
    await asyncio.sleep(latency / 2)
    response = await handler(request)
    if not response.prepared and not is_cut(request):
        await asyncio.sleep(max(0.0, due - clock()))
    return response


def _template(request: web.Request) -> str:
    """The method, and the path below /v1/api with its variables: "DELETE
    /iserver/account/{account}/order/{order}".
    """
    route = request.match_info.route.resource
    path = "(unknown)" if route is None else route.canonical.removeprefix(BASE_PATH).rstrip("/")
    return f"{request.method} {path}"


@web.middleware
async def _faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    if _is_control(request):
        return await handler(request)
    faults = sim_of(request).faults
    body = await text_of(request) if faults.ask_for_bodies else ""
    fault = faults.take(request.method, below_base(request), body)
    return await (handler(request) if fault is None else suffer(fault, request, handler))


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals into answers. An unknown path or method is IBKR's HTML page."""
    try:
        return await handler(request)
    except WireError as error:
        return refusal(error)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return refusal(not_found())


@web.middleware
async def _wire_rules(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A User-Agent, and on a POST a Content-Length (both reported by clients' authors).

    Not of the gateway: the samples of IBKR's staff open its socket without a User-Agent.
    """
    if not _is_control(request) and not sim_of(request).options.gateway:
        if not request.headers.get(hdrs.USER_AGENT):
            raise WireError(403, "<html><body><h1>Access Denied</h1></body></html>")
        if request.method == hdrs.METH_POST and hdrs.CONTENT_LENGTH not in request.headers:
            raise WireError(411, "<html><body><h1>Length Required</h1></body></html>")
    return await handler(request)


@web.middleware
async def _pace(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not _is_control(request):
        sim, period = sim_of(request), visit().period
        verdict = sim.pacer.weigh(request.remote or "", below_base(request))
        if verdict.full:
            sim.tally.breaks(period, verdict.full)
        if verdict.refused:
            raise too_fast(verdict.penalty)
    return await handler(request)


@web.middleware
async def _sign_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Everything below /v1/api but the /oauth endpoints and the socket needs a live session."""
    path = below_base(request)
    if _is_control(request) or not request.path.startswith(f"{BASE_PATH}/"):
        return await handler(request)
    sim = sim_of(request)
    if path.startswith("/oauth/") or path == "/ws":
        return await handler(request)
    if sim.options.gateway:
        who = auth.gateway_user(sim)
    else:
        who, visit().style = auth.require_live_session(sim, signable_of(request))
    visit().who = who
    if path.startswith("/iserver/") and not path.startswith("/iserver/auth/"):
        sim.sessions.require(who.username)
    else:
        sim.sessions.touch(who.username)
    return await handler(request)
