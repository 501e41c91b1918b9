"""The account's topics of the socket: orders, trades, profit and loss."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.sim.test_shapes import differences
from tests.sim_books.conftest import SPY, Floor, OpenFloor, order
from tests.sim_books.test_reports import PAYLOADS, recorded

if TYPE_CHECKING:
    from collections.abc import Callable


def hear(floor: Floor, *asked: str, then: Callable[[], Any], frames: int) -> list[Any]:
    """Frames of the account's topics: those that come at once, and after ``then``."""

    async def run() -> list[Any]:
        url = f"{floor.client.url}/ws"
        heard: list[Any] = []
        async with (
            aiohttp.ClientSession() as http_,
            http_.ws_connect(url, headers={"User-Agent": "test", "Cookie": "api=any"}) as line,
        ):
            for text in asked:
                await line.send_str(text)
            await line.send_str("tic")
            while (frame := json.loads(await line.receive_bytes()))["topic"] != "tic":
                heard.append(frame)
            await asyncio.to_thread(then)
            while len([f for f in heard if f["topic"] in ("sor", "str", "spl")]) < frames:
                heard.append(json.loads(await line.receive_bytes()))
        return [frame for frame in heard if frame["topic"] in ("sor", "str", "spl")]

    return asyncio.run(asyncio.wait_for(run(), 20))


def test_orders_on_the_socket(open_floor: OpenFloor) -> None:
    floor = open_floor(socket_refresh_seconds=0.02)

    def act() -> None:
        number = floor.place(order(SPY, "BUY", price=floor.bid(SPY) - 5))[0]
        floor.hands.forward(1)
        floor.cancel(number)
        floor.hands.forward(1)

    frames = [frame["args"][0] for frame in hear(floor, "sor+{}", then=act, frames=6)]
    assert [frame.get("status") for frame in frames] == [
        "Inactive",
        None,
        "PendingSubmit",
        "Submitted",
        "PendingCancel",
        "Cancelled",
    ]
    assert set(frames[1]) == {"acct", "conidex", "conid", "orderId", "isEventTrading"}
    assert set(frames[2]) == {"acct", "orderId", "status", "fgColor"}
    assert frames[4]["sizeAndFills"] == "0/1"
    if PAYLOADS.is_dir():
        theirs = recorded("ws-sor--place-then-cancel-frames")
        assert differences(frames[0], theirs[0]["args"][0]) == []


def test_endless_arguments(floor: Floor) -> None:
    """JSON deeper than Python reads; the line stays."""
    deep = "[" * 100_000
    frames = hear(floor, f"str+{deep}", f"smd+{SPY}+{deep}", "sor+[", then=lambda: None, frames=1)
    assert frames == [{"topic": "str", "args": []}]


def test_working_orders_come_first(open_floor: OpenFloor) -> None:
    floor = open_floor(socket_refresh_seconds=0.02)
    floor.place(order(SPY, "BUY", price=floor.bid(SPY) - 5))
    frames = hear(floor, "sor+{}", then=lambda: None, frames=1)
    assert len(frames[0]["args"]) == 1


def test_an_execution_comes_twice(open_floor: OpenFloor) -> None:
    floor = open_floor(socket_refresh_seconds=0.02)

    def act() -> None:
        floor.place(order(SPY, "BUY", 2))
        floor.hands.forward(3)
        floor.orders()

    frames = hear(floor, 'str+{"realtimeUpdatesOnly":false}', then=act, frames=3)
    assert frames[0] == {"topic": "str", "args": []}
    bare, whole = (frame["args"][0] for frame in frames[1:])
    assert whole["commission"] == "1.0"
    assert bare == {name: value for name, value in whole.items() if name != "commission"}
    if PAYLOADS.is_dir():
        theirs = recorded("ws-str--trades-frames")
        assert differences(whole, theirs[2]["args"][0]) == []
    later = hear(floor, "str+{}", then=lambda: None, frames=2)
    assert later[1]["args"] == [whole]
    only = hear(floor, 'str+{"realtimeUpdatesOnly":true}', then=lambda: None, frames=1)
    assert only == [{"topic": "str", "args": []}]


def test_profit_on_the_socket(open_floor: OpenFloor) -> None:
    floor = open_floor(socket_refresh_seconds=0.02)

    def act() -> None:
        floor.place(order(SPY, "BUY", 100))
        floor.hands.forward(3)

    first, second = hear(floor, "spl+{}", then=act, frames=2)
    assert first["args"][f"{floor.account}.Core"]["nl"] == 1_000_000.0
    assert second["args"][f"{floor.account}.Core"]["mv"] > 0
