"""OAuth 1.0a signatures of everyday requests, with a live session token.

The recipe is IBKR's: https://www.interactivebrokers.com/campus/ibkr-api-page/oauth-1-0a-extended/
(HMAC-SHA256; query parameters stand in the sorted list; JSON bodies are not signed). Only standard
modules are used: a command that finds a kept token does not load a cryptography library.
"""

from __future__ import annotations

import base64
import hmac
import os
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping


def new_nonce() -> str:
    """128 random bits in hexadecimal; a server refuses one that it has seen before."""
    return os.urandom(16).hex()


def base_string(method: str, url: str, parameters: Mapping[str, str]) -> str:
    """The text that is signed; ``parameters`` are OAuth's and the query's, unescaped."""
    listed = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    return "&".join((method.upper(), quote_plus(url), quote_plus(listed)))


def hmac_signature(text: str, live_session_token: str) -> str:
    """The signature as it stands in the header: base64, percent-encoded."""
    key = base64.b64decode(live_session_token)
    digest = hmac.digest(key, text.encode(), "sha256")
    return quote_plus(base64.b64encode(digest).decode())


def authorization(
    method: str,
    url: str,
    query: Mapping[str, str],
    *,
    consumer_key: str,
    access_token: str,
    realm: str,
    live_session_token: str,
    timestamp: int,
    nonce: str,
) -> str:
    """The Authorization header of one request; ``url`` has no query, ``timestamp`` is seconds."""
    fields = {
        "oauth_consumer_key": consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(timestamp),
        "oauth_token": access_token,
    }
    signed = base_string(method, url, {**fields, **query})
    fields["oauth_signature"] = hmac_signature(signed, live_session_token)
    listed = ", ".join(f'{name}="{value}"' for name, value in sorted(fields.items()))
    return f'OAuth realm="{realm}", {listed}'
