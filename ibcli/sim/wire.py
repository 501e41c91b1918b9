"""What handlers share: where the simulator and the user are, how bodies are read and written."""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from ibcli.sim.auth import signable
from ibcli.sim.core import Simulator, Who
from ibcli.sim.errors import WireError, bad_request
from ibcli.sim.options import BASE_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ibcli.sim import oauth
    from ibcli.sim.summary import Period

_CONID = re.compile(r"(-?[0-9]{1,10})(?:@[A-Za-z0-9.]+)?")
_WHOLE = re.compile(r"[0-9]{1,18}")  # the store takes hardly more
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_GREATEST_CONID = 2**31 - 1
SIM = web.AppKey("sim", Simulator)


@dataclass(slots=True)
class Visit:
    """What is learnt about a request on its way through the middlewares."""

    period: Period
    who: Who | None = None
    style: oauth.QueryStyle | None = None


_visit: ContextVar[Visit] = ContextVar("visit")


def begin_visit(period: Period) -> Visit:
    """A request arrives; each one is handled within one context."""
    visit = Visit(period)
    _visit.set(visit)
    return visit


def visit() -> Visit:
    """The request being handled."""
    return _visit.get()


def sim_of(request: web.Request) -> Simulator:
    """The simulator that a request reached."""
    return request.app[SIM]


def signed_in() -> Who:
    """The user whom the sign-in middleware found."""
    who = visit().who
    if who is None:
        raise LookupError("this path does not pass the sign-in")
    return who


def signable_of(request: web.Request) -> oauth.Signable:
    """What the client signed: the public address, whatever its Host header says.

    Raises:
        WireError: 401 when there is no OAuth header, or a malformed one.
    """
    url = sim_of(request).public_url + request.rel_url.raw_path.removeprefix(BASE_PATH)
    query = request.rel_url.raw_query_string
    return signable(request.method, url, query, request.headers.get(hdrs.AUTHORIZATION))


def reply(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """JSON, or HTML when the body is text."""
    if isinstance(body, str):
        return web.Response(text=body, status=status, content_type="text/html", headers=headers)
    return web.json_response(body, status=status, headers=headers, dumps=_dumps)


def _dumps(body: object) -> str:
    return json.dumps(body, separators=(",", ":"))


def refusal(error: WireError) -> web.Response:
    """The answer that an error stands for."""
    body = error.body if isinstance(error.body, str) else dict(error.body)
    return reply(body, error.status, error.headers)


async def json_object(request: web.Request) -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object.

    Raises:
        WireError: 400.
    """
    try:
        text = (await request.read()).decode("utf-8-sig")
        body = json.loads(text) if text.strip() else {}
        if _SURROGATE.search(text):  # half a character can be spelled, but neither kept nor sent
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError, web.RequestPayloadError, ConnectionError):
        raise bad_request("invalid JSON") from None
    if not isinstance(body, dict):
        raise bad_request("a JSON object is expected")
    return body


def conid_of(text: object) -> int:
    """A contract id out of a query or body, where it may be a number or a string; an exchange may
    follow, ``265598@SMART``.

    Raises:
        WireError: 400 for anything else.
    """
    match = _CONID.fullmatch(str(text).strip())
    number = int(match[1]) if match else None
    if number is None or abs(number) > _GREATEST_CONID:
        raise bad_request(f"invalid conid {str(text)[:40]}")
    return number


def whole(text: str) -> int | None:
    """A whole number out of a path or query, None for anything else."""
    return int(text) if _WHOLE.fullmatch(text) else None


def truth(text: object) -> bool:
    """Clients write true, True, 1 and JSON's true."""
    return str(text).lower() in ("true", "1", "yes")
