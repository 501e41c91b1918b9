"""/v1/api/ws: greeting, heartbeats, tic, and market data that sends what has changed.

Frames from the client are text, ``topic+conid+{json}``; from the server JSON. Recorded ones are
followed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from ibcli.sim import auth, bodies
from ibcli.sim.options import BASE_PATH
from ibcli.sim.routes.marketdata import snapshot_rows
from ibcli.sim.wire import sim_of, visit

if TYPE_CHECKING:
    from ibcli.sim.core import Simulator, Who

_STAMPS = frozenset({"_updated", "6119", "server_id", "conidEx", "conid"})


class Feed:
    """What one socket has subscribed to and last been sent."""

    def __init__(self, sim: Simulator, who: Who, socket: web.WebSocketResponse) -> None:
        self._sim = sim
        self._who = who
        self._socket = socket
        self._fields: dict[int, list[str]] = {}
        self._sent: dict[int, dict[str, Any]] = {}

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
        await self._socket.send_str(json.dumps(frame))

    async def receive(self, text: str) -> None:
        """One frame of the client; what is not understood gets an error frame."""
        self._sim.sessions.touch(self._who.username)
        topic, _, rest = text.partition("+")
        if topic in ("tic", "ech"):
            await self._send(self._alive())
        elif topic in ("smd", "umd"):
            await self._subscription(topic, rest)
        elif not text.startswith("{"):  # the gateway's {"session": ...} needs no answer
            await self._send({"topic": "error", "error": f"unknown topic: {topic}"})

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
            number = int(conid)
            asked = json.loads(arguments or "{}")
        except ValueError:
            await self._send({"topic": topic, "error": f"malformed: {rest}"})
            return
        self._sent.pop(number, None)
        if topic == "umd":
            self._fields.pop(number, None)
            self._sim.streams.close(self._who.username, number)
        else:
            self._fields[number] = [str(field) for field in asked.get("fields", [])]
            await self.refresh()

    async def refresh(self) -> None:
        """For each subscription: the whole row first, then the fields that have changed."""
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

    async def beat(self) -> None:
        """A heartbeat."""
        await self._send({"topic": "system", "hb": int(self._sim.real() * 1000)})


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
    who = auth.socket_user(sim, request.query.get("oauth_token"), request.cookies.get("api"))
    visit().who = who
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    feed = Feed(sim, who, socket)
    await feed.greet()
    tasks = [
        asyncio.create_task(_every(sim.options.socket_heartbeat_seconds, feed.beat)),
        asyncio.create_task(_every(sim.options.socket_refresh_seconds, feed.refresh)),
    ]
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await feed.receive(str(message.data))
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await task
    return socket


ROUTES = [web.get(f"{BASE_PATH}/ws", serve)]
