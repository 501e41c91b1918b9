"""The socket: signing in, greeting, market data, heartbeats."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.sim.client import Client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.sim.conftest import RealTime, Serve

ARM = 653400472


def talk(
    client: Client,
    act: Callable[[aiohttp.ClientWebSocketResponse], Awaitable[Any]],
    *,
    session: str | None = None,
) -> Any:
    async def run() -> Any:
        cookie = client.post("/tickle").body["session"] if session is None else session
        url = f"{client.url}/ws?oauth_token={client.env['IB_ACCESS_TOKEN']}"
        headers = {"User-Agent": "test", "Cookie": f"api={cookie}"}
        async with aiohttp.ClientSession() as http, http.ws_connect(url, headers=headers) as line:
            return await act(line)

    return asyncio.run(asyncio.wait_for(run(), 20))


async def frame(line: aiohttp.ClientWebSocketResponse, topic: str) -> dict[str, Any]:
    """The next frame of a topic."""
    while True:
        found: dict[str, Any] = json.loads(await line.receive_str())
        if found["topic"] == topic:
            return found


def test_greeting(trader: Client) -> None:
    async def act(line: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
        return [json.loads(await line.receive_str()) for _ in range(3)]

    system, accounts, status = talk(trader, act)
    assert (system["topic"], system["isPaper"]) == ("system", True)
    assert accounts["args"]["accounts"] == [trader.env["IB_ACCOUNT_ID"]]
    assert status["args"]["authenticated"] is True


def test_wrong_session_is_refused(trader: Client) -> None:
    async def act(line: aiohttp.ClientWebSocketResponse) -> None: ...

    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        talk(trader, act, session="0" * 32)
    assert refusal.value.status == 401


def test_tic_and_heartbeat(serve: Serve) -> None:
    client = Client(serve(socket_heartbeat_seconds=0.05).env()).login()

    async def act(line: aiohttp.ClientWebSocketResponse) -> tuple[Any, Any]:
        await line.send_str("tic")
        return await frame(line, "tic"), await frame(line, "system")

    tic, _ = talk(client, act)
    assert tic["alive"] is True

    async def beat(line: aiohttp.ClientWebSocketResponse) -> Any:
        await frame(line, "sts")
        return await frame(line, "system")

    assert "hb" in talk(client, beat)


def test_market_data_whole_first_then_what_changed(serve: Serve, real: RealTime) -> None:
    client = Client(serve(socket_refresh_seconds=0.05).env()).login()
    topic = f"smd+{ARM}"

    async def act(line: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
        await line.send_str(topic + '+{"fields":["31","84","86","55","83"]}')
        whole = await frame(line, topic)
        real.ahead = 60
        return [whole, await frame(line, topic)]

    first, second = talk(client, act)
    assert first.keys() >= {"31", "84", "86", "55", "6509", "conid", "server_id"}
    assert isinstance(first["83"], float)
    assert "55" not in second
    assert {"31", "84", "86", "83"} & second.keys()


def test_unsubscribing_ends_it(serve: Serve) -> None:
    sim = serve(socket_refresh_seconds=0.02)
    client = Client(sim.env()).login()
    topic = f"smd+{ARM}"

    async def act(line: aiohttp.ClientWebSocketResponse) -> None:
        await line.send_str(topic + '+{"fields":["31"]}')
        await frame(line, topic)
        await line.send_str(f"umd+{ARM}+{{}}")
        await line.send_str("tic")
        await frame(line, "tic")

    talk(client, act)
    answer = client.post("/iserver/marketdata/unsubscribe", {"conid": ARM})
    assert answer.status == 500


def test_nonsense_gets_an_error_frame(trader: Client) -> None:
    async def act(line: aiohttp.ClientWebSocketResponse) -> Any:
        await line.send_str("xyz+1")
        return await frame(line, "error")

    assert "xyz" in talk(trader, act)["error"]
