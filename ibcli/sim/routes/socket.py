"""/v1/api/ws: greeting, heartbeats, tic, and market data that sends what has changed.

Frames from the client are text, ``topic+conid+{json}``; from the server JSON. Recorded ones are
followed. The server's are binary: the demos and samples of IBKR's staff decode bytes and work with
nothing else. Whoever comes without /tickle's session in a cookie is asked for it
(https://interactivebrokers.github.io/cpwebapi/RealtimeSubscription.html).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from aiohttp import WSMessage, WSMsgType, web

from ibcli.sim import auth, bodies
from ibcli.sim.errors import WireError
from ibcli.sim.routes.bulletins import Bulletins
from ibcli.sim.routes.marketdata import snapshot_rows
from ibcli.sim.wire import conid_of, sim_of, visit

if TYPE_CHECKING:
    from ibcli.sim.core import Simulator, Who

_WAITING = {"message": "waiting for session"}
_STAMPS = frozenset({"_updated", "6119", "server_id", "conidEx", "conid"})


class Feed:
    """What one socket has subscribed to and last been sent."""

    def __init__(self, sim: Simulator, who: Who, socket: web.WebSocketResponse) -> None:
        self._sim = sim
        self._who = who
        self._socket = socket
        self._fields: dict[int, list[str]] = {}
        self._sent: dict[int, dict[str, Any]] = {}
        self._bulletins = Bulletins(sim, who)

    async def greet(self) -> None:
        """system, act, sts."""
        who, sim = self._who, self._sim
        paper = who.account.startswith("D")
        status = sim.sessions.poll(who.username)
        await self._send(
            {"topic": "system", "success": who.username, "isFT": False, "isPaper": paper}
        )
        await self._send({"topic": "act", "args": bodies.accounts(who.account)})
        args = {
            "connected": status.connected,
            "authenticated": status.authenticated,
            "established": status.established,
            "competing": status.competing,
            "message": status.message,
            "fail": "",
            **bodies.SERVER_INFO,
            "username": who.username,
        }
        await self._send({"topic": "sts", "args": args})

    async def _send(self, frame: dict[str, Any]) -> None:
        await _send(self._socket, frame)

    async def receive(self, text: str) -> None:
        """One frame of the client; what is not understood gets an error frame."""
        self._sim.sessions.touch(self._who.username)
        topic, _, rest = text.partition("+")
        if topic in ("tic", "ech"):
            await self._send(self._alive())
        elif topic in ("smd", "umd"):
            await self._subscription(topic, rest)
        elif Bulletins.concerns(topic):
            await self._bulletin(topic, rest)
        elif not text.startswith("{"):  # the gateway's {"session": ...} needs no answer
            await self._send({"topic": "error", "error": f"unknown topic: {topic}"})

    async def _bulletin(self, topic: str, rest: str) -> None:
        bulletins = self._bulletins.receive(topic, rest)
        if self._sim.sessions.is_open(self._who.username):
            for bulletin in bulletins:
                await self._send(bulletin)

    def _alive(self) -> dict[str, Any]:
        return {
            "topic": "tic",
            "alive": True,
            "id": self._who.session_id,
            "lastAccessed": int(self._sim.real() * 1000),
        }

    async def _subscription(self, topic: str, rest: str) -> None:
        conid, _, arguments = rest.partition("+")
        try:
            number = conid_of(conid)
            fields = list(json.loads(arguments or "{}").get("fields", []))
        except (ValueError, AttributeError, TypeError, RecursionError, WireError):
            await self._send({"topic": topic, "error": f"malformed: {rest}"})
            return
        self._sent.pop(number, None)
        if topic == "umd":
            self._fields.pop(number, None)
            self._sim.streams.close(self._who.username, number)
        else:
            self._fields[number] = [str(field) for field in fields]
            await self.refresh()

    async def refresh(self) -> None:
        """For each subscription: the whole row first, then the fields that have changed; then news
        of the account. Nothing without a brokerage session.
        """
        if not self._fields and not self._bulletins.wanted:
            return
        if not self._sim.sessions.is_open(self._who.username):
            return
        for conid, fields in list(self._fields.items()):
            row = snapshot_rows(self._sim, self._who, [conid], fields)[0]
            _as_numbers(row)
            before = self._sent.get(conid, {})
            changed = {k: v for k, v in row.items() if k in _STAMPS or before.get(k) != v}
            if before and not changed.keys() - _STAMPS:
                continue
            if len(row) > len(_STAMPS & row.keys()):
                self._sent[conid] = row
                await self._send(changed | {"topic": f"smd+{conid}"})
        for bulletin in self._bulletins.news():
            await self._send(bulletin)

    async def beat(self) -> None:
        """A heartbeat."""
        await self._send({"topic": "system", "hb": int(self._sim.real() * 1000)})


async def _send(socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
    await socket.send_bytes(json.dumps(frame).encode())


def _as_numbers(row: dict[str, Any]) -> None:
    """On the socket the change in percent is a JSON number (recorded)."""
    if "83" in row:
        row["83"] = float(row["83"])


async def _every(seconds: float, act: Any) -> None:
    while True:
        await asyncio.sleep(seconds)
        await act()


async def serve(request: web.Request) -> web.StreamResponse:
    """Signs in by query and cookie, then talks until the client goes."""
    sim = sim_of(request)
    token, session_id = request.query.get("oauth_token"), request.cookies.get("api")
    who = None
    if session_id is not None or sim.options.gateway:
        who = auth.socket_user(sim, token or "", session_id)
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    who = who or await _session_frame(sim, socket, token)
    if who is not None:
        visit().who = who
        await _talk(sim, who, socket)
    return socket


async def _session_frame(
    sim: Simulator, socket: web.WebSocketResponse, token: str | None
) -> Who | None:
    """Wait for ``{"session": "..."}``; None when the client goes before it has sent a good one."""
    await _send(socket, _WAITING)
    async for message in socket:
        try:
            return auth.socket_user(sim, token, str(json.loads(_text(message))["session"]))
        except (WireError, ValueError, TypeError, KeyError, RecursionError):
            await _send(socket, _WAITING)
    return None


def _text(message: WSMessage) -> str:
    """Some clients send bytes."""
    data = message.data
    return data.decode(errors="replace") if isinstance(data, bytes) else str(data)


async def _talk(sim: Simulator, who: Who, socket: web.WebSocketResponse) -> None:
    feed = Feed(sim, who, socket)
    await feed.greet()
    tasks = [
        asyncio.create_task(_every(sim.options.socket_heartbeat_seconds, feed.beat)),
        asyncio.create_task(_every(sim.options.socket_refresh_seconds, feed.refresh)),
    ]
    try:
        async for message in socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await feed.receive(_text(message))
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await task
