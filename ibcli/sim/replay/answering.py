"""The recorded broker: OAuth checked in earnest, everything else told as it was."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from ibcli.sim import auth
from ibcli.sim.bodies import accounts, session_status
from ibcli.sim.faulting import text_of
from ibcli.sim.options import BASE_PATH
from ibcli.sim.replay.matching import asked, is_write
from ibcli.sim.replay.replay import LOGIN
from ibcli.sim.replay.tape import Entry
from ibcli.sim.routes.login import live_session_token
from ibcli.sim.sessions import Status
from ibcli.sim.wire import reply, signable_of, sim_of, visit

if TYPE_CHECKING:
    from ibcli.sim.core import Simulator
    from ibcli.sim.replay import Replay

_SKEW = timedelta(minutes=1)  # a clock that is so far off is part of the story
_NOBODY = 3600.0  # seconds for which an answer is withheld that never came
# What a client asks when it has no login yet, though the recorded one had: answered all the same.
_SESSION = ("/iserver/auth/ssodh/init", "/iserver/auth/status")
_CALLS = ("/iserver/accounts", "/portfolio/accounts", "/portfolio/subaccounts")


def replay_of(sim: Simulator) -> Replay:
    """The recordings of a simulator that has been given some."""
    if sim.replay is None:
        raise LookupError("this simulator has no recording")
    return sim.replay


async def answer(request: web.Request) -> web.StreamResponse:
    """What was answered to this request when it was recorded."""
    replay = replay_of(sim_of(request))
    run = replay.market
    try:
        return await _answer(request, replay)
    finally:
        if replay.market != run:  # who comes next is the next run
            sim_of(request).describe()


async def _answer(request: web.Request, replay: Replay) -> web.StreamResponse:
    method, path = request.method, request.path.removeprefix(BASE_PATH).rstrip("/")
    query = list(request.query.items())
    body = await text_of(request)
    if path == LOGIN:
        return await _login(request, replay)
    if path:  # the root is asked for its clock, without a signature
        visit().who, visit().style = auth.require_live_session(
            sim_of(request), signable_of(request)
        )
    wanted = asked(method, path, query, body)
    found = replay.find(wanted, query)
    if found is None and path in _SESSION:
        found = replay.anywhere(method, path)
    if isinstance(found, Entry):
        return await _again(request, replay, found)
    if found is not None:
        return _text(found)
    if not is_write(method, path) and (made_up := _plumbing(replay, path)) is not None:
        return reply(made_up)
    return reply({"error": replay.stranger(wanted), "statusCode": 400}, 400)


async def _login(request: web.Request, replay: Replay) -> web.StreamResponse:
    """A login is made in earnest, unless it failed when it was recorded."""
    entry = replay.login()
    if entry is None or entry.exchange.status == 200:
        return await live_session_token(request)
    return await _again(request, replay, entry)


def _plumbing(replay: Replay, path: str) -> Any:
    """What every session begins with, for a recording whose session was there before."""
    if path in _SESSION:
        up = Status(authenticated=True, established=True, connected=True)
        return session_status(up, with_fail=True)
    if path in _CALLS[:1]:
        return accounts(replay.account)
    if path in _CALLS[1:]:
        return [{"id": replay.account, "accountId": replay.account, "currency": "USD"}]
    return None


async def _again(request: web.Request, replay: Replay, entry: Entry) -> web.StreamResponse:
    exchange = entry.exchange
    if replay.real_time:
        await asyncio.sleep(max(0.0, exchange.ended - exchange.began))
    if exchange.failed in ("timeout", "interrupted"):
        return await _never(request)
    if exchange.failed:
        return _cut(request, hard="reset" in exchange.said)
    response = _text(replay.names.told(exchange.text), exchange.status)
    response.headers.update(_headers(exchange.headers, exchange.ended))
    return response


def _text(text: str, status: int = 200) -> web.Response:
    kind = "text/html" if text.lstrip()[:1] == "<" else "application/json"
    return web.Response(text=text, status=status, content_type=kind)


def _headers(recorded: Any, heard: float) -> dict[str, str]:
    """The recorded ones; a Date only when the clocks were apart, and then by as much."""
    headers = {name: value for name, value in recorded.items() if name != hdrs.DATE}
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        skew = parsedate_to_datetime(recorded[hdrs.DATE]) - datetime.fromtimestamp(heard, UTC)
        if abs(skew) > _SKEW:
            headers[hdrs.DATE] = format_datetime(datetime.now(UTC) + skew, usegmt=True)
    return headers


async def _never(request: web.Request) -> web.StreamResponse:
    """Say nothing until the client has gone."""
    ends = asyncio.get_running_loop().time() + _NOBODY
    while asyncio.get_running_loop().time() < ends:
        if request.transport is None or request.transport.is_closing():
            break
        await asyncio.sleep(0.05)
    return _cut(request, hard=True)


def _cut(request: web.Request, *, hard: bool) -> web.StreamResponse:
    """Drop the connection without an answer, with a reset or by closing it."""
    if request.transport is not None:
        if hard:
            request.transport.abort()
        else:
            request.transport.close()
    return web.Response(status=500)
