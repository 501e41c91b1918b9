"""The error bodies that IBKR sends, and the exception that carries one to the client.

400 and 401 carry ``statusCode``; 500 usually is ``{"error": ...}`` alone and also stands for a
client's mistakes; 404 is HTML. Recorded texts are marked; the others are invented in their style.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_FOUND_HTML = "<html><body><h1>Resource not found</h1></body></html>"  # recorded

_ids = itertools.count(
    39687
)  # recorded ids are five- and six-digit numbers without visible meaning


class WireError(Exception):
    """An answer other than success."""

    def __init__(
        self,
        status: int,
        body: Mapping[str, Any] | str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def bad_request(text: str) -> WireError:
    """400 with ``statusCode``."""
    return WireError(400, {"error": f"Bad Request: {text}", "statusCode": 400})


def no_bridge() -> WireError:
    """No brokerage session (recorded)."""
    return bad_request("no bridge")


def server_error(text: str) -> WireError:
    """500 without ``statusCode``."""
    return WireError(500, {"error": text})


def accounts_first() -> WireError:
    """Snapshot before /iserver/accounts (recorded)."""
    return server_error("Please query /accounts first")


def unauthorized(text: str) -> WireError:
    """401 in the form of the OAuth layer, with a running id."""
    return WireError(401, {"error": f"id: {next(_ids)}, error: {text}", "statusCode": 401})


def invalid_consumer() -> WireError:
    """The consumer key is unknown (recorded)."""
    return unauthorized("invalid consumer")


def no_access_secret() -> WireError:
    """The access token is unknown or not loaded yet (recorded; regenerating the token cured it)."""
    return unauthorized("LST failed, error: No access secret key found for ***")


def not_authenticated() -> WireError:
    """No valid live session token. Wording invented."""
    return WireError(401, {"error": "not authenticated", "statusCode": 401})


def not_found() -> WireError:
    """An unknown path (recorded: HTML)."""
    return WireError(404, NOT_FOUND_HTML)


def too_fast(seconds: float | None = None) -> WireError:
    """429; wording invented. Whether IBKR sends Retry-After is not known, so it does not."""
    text = "Too many requests"
    if seconds is not None:
        text += f", address is in the penalty box for another {max(1, round(seconds))} s"
    return WireError(429, {"error": text})
