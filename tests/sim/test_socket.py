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

    from ibcli.sim.embedded import SimServer
    from tests.sim.conftest import RealTime, Serve

ARM = 653400472


def talk(
    client: Client,
    act: Callable[[aiohttp.ClientWebSocketResponse], Awaitable[Any]],
    *,
    session: str | None = None,
    cookie: bool = True,
    query: bool = True,
) -> Any:
    async def run() -> Any:
        value = client.post("/tickle").body["session"] if session is None else session
        url = f"{client.url}/ws"
        if query:
            url += f"?oauth_token={client.env['IB_ACCESS_TOKEN']}"
        headers = {"User-Agent": "test"} | ({"Cookie": f"api={value}"} if cookie else {})
        async with aiohttp.ClientSession() as http, http.ws_connect(url, headers=headers) as line:
            return await act(line)

    return asyncio.run(asyncio.wait_for(run(), 20))


async def frame(line: aiohttp.ClientWebSocketResponse, topic: str) -> dict[str, Any]:
    """The next frame of a topic."""
    while True:
        found: dict[str, Any] = json.loads(await line.receive_bytes())
        if found["topic"] == topic:
            return found


def test_greeting(trader: Client) -> None:
    async def act(line: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
        return [json.loads(await line.receive_bytes()) for _ in range(3)]

    system, accounts, status = talk(trader, act)
    assert (system["topic"], system["isPaper"]) == ("system", True)
    assert accounts["args"]["accounts"] == [trader.env["IB_ACCOUNT_ID"]]
    assert status["args"]["authenticated"] is True


def test_wrong_session_is_refused(trader: Client) -> None:
    async def act(line: aiohttp.ClientWebSocketResponse) -> None: ...

    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        talk(trader, act, session="0" * 32)
    assert refusal.value.status == 401


@pytest.mark.parametrize("query", [True, False])
@pytest.mark.parametrize("binary", [True, False])
def test_session_in_a_frame(trader: Client, query: bool, binary: bool) -> None:
    session = trader.post("/tickle").body["session"]

    async def act(line: aiohttp.ClientWebSocketResponse) -> Any:
        first = json.loads(await line.receive_bytes())
        await line.send_str('{"session":"0"}')
        second = json.loads(await line.receive_bytes())
        text = json.dumps({"session": session})
        await (line.send_bytes(text.encode()) if binary else line.send_str(text))
        return first, second, await frame(line, "sts")

    first, second, status = talk(trader, act, session=session, cookie=False, query=query)
    assert first == second == {"message": "waiting for session"}
    assert status["args"]["authenticated"] is True


@pytest.mark.parametrize("text", ["smd+1", "5", "[]", "{", "\x00", '{"session":{}}'])
def test_nothing_is_said_before_the_session(trader: Client, text: str) -> None:
    async def act(line: aiohttp.ClientWebSocketResponse) -> Any:
        await line.receive_bytes()
        await line.send_str(text)
        return json.loads(await line.receive_bytes())

    answer = talk(trader, act, session="", cookie=False)
    assert answer == {"message": "waiting for session"}


def test_a_socket_is_logged_as_one(trader: Client, sim: SimServer) -> None:
    async def act(line: aiohttp.ClientWebSocketResponse) -> Any:
        await frame(line, "sts")
        await line.close()

    talk(trader, act)
    trader.get("/iserver/accounts")
    assert [r.status for r in sim.requests if r.path.endswith("/ws")] == [101]


@pytest.mark.parametrize("arguments", ["[]", "5", "null", '{"fields":5}', "{"])
def test_malformed_arguments_get_an_error_frame(trader: Client, arguments: str) -> None:
    async def act(line: aiohttp.ClientWebSocketResponse) -> Any:
        await line.send_str(f"smd+{ARM}+{arguments}")
        found = await frame(line, "smd")
        await line.send_str("tic")
        await frame(line, "tic")
        return found

    assert "malformed" in talk(trader, act)["error"]


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


def test_no_data_without_a_brokerage_session(serve: Serve) -> None:
    sim = serve(socket_refresh_seconds=0.01)
    client = Client(sim.env())
    client.request_lst()
    topic = f"smd+{ARM}"

    async def act(line: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
        await line.send_str(topic + '+{"fields":["31"]}')
        await line.send_str("tic")
        while True:
            found: dict[str, Any] = json.loads(await line.receive_bytes())
            assert not found["topic"].startswith("smd")
            if found["topic"] == "tic":
                break
        await asyncio.to_thread(
            client.post, "/iserver/auth/ssodh/init", {"publish": True, "compete": True}
        )
        return await frame(line, topic)

    assert talk(client, act)["31"]
