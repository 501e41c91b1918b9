"""What a fault does to a request, from its arrival to the last byte of its answer."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from ibcli.sim.faults import Cut, Fault, Hold, IfGone
from ibcli.sim.wire import reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SLOW_PIECES = 20


async def text_of(request: web.Request) -> str:
    """The request's body as far as it arrived; what handles it later finds it, too."""
    with contextlib.suppress(web.RequestPayloadError, ConnectionError):
        return (await request.read()).decode(errors="replace")
    return ""


async def suffer(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request that a fault has hit.

    A client that goes away meanwhile changes nothing but that nobody is answered (and see
    ``IfGone``): aiohttp does not cancel what handles a request then.
    """
    try:
        return await _suffer(fault, request, handler)
    finally:
        fault.done.set()


async def _suffer(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    await text_of(request)  # a fault hits whole requests
    await asyncio.sleep(fault.delay)
    if fault.hold is Hold.BEFORE:
        await _held(fault)
        if fault.if_gone is IfGone.DROP and is_cut(request):
            return _cut(request)
    if fault.cut is Cut.BEFORE:
        return _cut(request)
    response = None
    if fault.handled or not fault.replaces:
        response = await handler(request)
    await asyncio.sleep(fault.delay_after)
    if fault.hold is Hold.AFTER:
        await _held(fault)
    if fault.cut is Cut.AFTER:
        return _cut(request)
    return await _answered(fault, request, _replaced(fault, response))


async def _held(fault: Fault) -> None:
    fault.reached.set()
    # Shielded, as a server that stops gives up waiting, and others may wait at the same gate.
    await asyncio.shield(asyncio.wrap_future(fault.gate))
    for _ in range(2):  # turns of the loop, in which it notices that a client has gone
        await asyncio.sleep(0)


def _replaced(fault: Fault, response: web.StreamResponse | None) -> web.StreamResponse:
    if response is not None and not fault.replaces:
        return response
    body = {} if fault.body is None else fault.body
    replaced = reply(body, fault.status or 200)
    replaced.headers.update(fault.headers)
    return replaced


async def _answered(
    fault: Fault, request: web.Request, response: web.StreamResponse
) -> web.StreamResponse:
    if not isinstance(response, web.Response):  # a socket, which has answered
        return response
    if fault.rewrite is not None:
        response.body = fault.rewrite(_body(response).decode()).encode(errors="surrogatepass")
    if fault.truncate is not None:
        response.body = _body(response)[: fault.truncate]
    if fault.cut is Cut.AMID:
        return await _begun(request, response)
    return await _slowly(request, response, fault) if fault.slow_body else response


def _body(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


def _cut(request: web.Request) -> web.StreamResponse:
    """Drop the connection; the response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def is_cut(request: web.Request) -> bool:
    """Whether nobody is there any more to be answered."""
    return request.transport is None or request.transport.is_closing()


def _streamed(whole: web.Response) -> web.StreamResponse:
    """The head of an answer, with the length of its whole body."""
    response = web.StreamResponse(status=whole.status, headers=whole.headers)
    response.headers.pop(hdrs.CONTENT_LENGTH, None)
    response.content_length = len(_body(whole))
    return response


async def _begun(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Half of the body, then nothing."""
    response, data = _streamed(whole), _body(whole)
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write(data[: (len(data) + 1) // 2])
    if request.transport is not None:
        request.transport.close()  # unlike abort, after what was written
    return response


async def _slowly(request: web.Request, whole: web.Response, fault: Fault) -> web.StreamResponse:
    response, data = _streamed(whole), _body(whole)
    with contextlib.suppress(ConnectionError):  # the client may have given up
        await response.prepare(request)
        piece = max(1, -(-len(data) // _SLOW_PIECES))
        for start in range(0, len(data), piece):
            await asyncio.sleep(fault.slow_body * piece / max(1, len(data)))
            await response.write(data[start : start + piece])
        await response.write_eof()
    return response
