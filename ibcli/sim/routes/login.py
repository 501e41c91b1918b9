"""/oauth: request_token, access_token and live_session_token.

https://www.interactivebrokers.com/campus/ibkr-api-page/oauth-1-0a-extended/
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from aiohttp import web

from ibcli.sim import auth, oauth
from ibcli.sim.core import Who
from ibcli.sim.errors import server_error, unauthorized
from ibcli.sim.options import BASE_PATH
from ibcli.sim.wire import reply, signable_of, sim_of, visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ibcli.sim.registry import Consumer

_DH_PRIVATE_BITS = 256
_HEX = re.compile(r"[0-9A-Fa-f]+")


async def request_token(request: web.Request) -> web.Response:
    """A temporary token. Its verifier, which a browser would show, is at /v1/sim/control."""
    sim, signable = sim_of(request), signable_of(request)
    consumer = auth.consumer_of(sim, signable)
    visit().style = auth.require_rsa(consumer, signable)
    auth.use_nonce(sim, signable)
    token, _ = sim.registry.add_request_token(consumer.consumer_key)
    return reply({"oauth_token": token})


async def access_token(request: web.Request) -> web.Response:
    """A permanent token for a temporary one and its verifier."""
    sim, signable = sim_of(request), signable_of(request)
    consumer = auth.consumer_of(sim, signable)
    visit().style = auth.require_rsa(consumer, signable)
    auth.use_nonce(sim, signable)
    parameters = signable.authorization
    credential = sim.registry.exchange(
        consumer, parameters.get("oauth_token", ""), parameters.get("oauth_verifier", "")
    )
    if credential is None:
        raise unauthorized("invalid verifier")  # wording invented
    return reply(
        {
            "is_paper": sim.options.account.startswith("D"),
            "oauth_token": credential.access_token,
            "oauth_token_secret": credential.access_token_secret,
        }
    )


async def live_session_token(request: web.Request) -> web.Response:
    """The server's half of the key exchange, and the proof that it came to the same token."""
    sim, signable = sim_of(request), signable_of(request)
    consumer = auth.consumer_of(sim, signable)
    token = auth.active_token(sim, signable)
    visit().style = auth.require_rsa(consumer, signable, prepend=token.secret.hex())
    auth.use_nonce(sim, signable)
    challenge = _challenge(consumer, signable.authorization)
    private = secrets.randbits(_DH_PRIVATE_BITS) | 1 << (_DH_PRIVATE_BITS - 1)
    shared = consumer.group.shared(challenge, private)
    value = oauth.live_session_token(shared, token.secret)
    expires = sim.real() + sim.options.token_seconds
    live = sim.registry.add_live_token(value, token.token, expires)
    visit().who = Who(
        token.username, token.account, live.session_id, consumer.consumer_key, token.token
    )
    return reply(
        {
            "diffie_hellman_response": f"{consumer.group.public(private):x}",
            "live_session_token_signature": oauth.live_session_token_signature(
                value, consumer.consumer_key
            ),
            "live_session_token_expiration": int(expires * 1000),
        }
    )


def _challenge(consumer: Consumer, parameters: Mapping[str, str]) -> int:
    text = parameters.get("diffie_hellman_challenge", "")
    challenge = int(text, 16) if _HEX.fullmatch(text) else 0
    if not consumer.group.accepts(challenge):
        raise server_error("failed to generate sso dh token")  # recorded
    return challenge


ROUTES = [
    web.post(f"{BASE_PATH}/oauth/request_token", request_token),
    web.post(f"{BASE_PATH}/oauth/access_token", access_token),
    web.post(f"{BASE_PATH}/oauth/live_session_token", live_session_token),
]
