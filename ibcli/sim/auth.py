"""Who sends a request: the Authorization header checked against the registry.

The order of the checks is not known; every one of them is answered with 401.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.sim import keys, oauth
from ibcli.sim.core import Who
from ibcli.sim.errors import (
    invalid_consumer,
    no_access_secret,
    not_authenticated,
    unauthorized,
)

if TYPE_CHECKING:
    from ibcli.sim.core import Simulator
    from ibcli.sim.registry import AccessToken, Consumer

GATEWAY_SESSION = "51a1a7ed000000000000000000000001"
_OAUTH_PARAMETERS = ("oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_timestamp")


def signable(method: str, url: str, raw_query: str, header: str | None) -> oauth.Signable:
    """A request with its header parsed.

    Raises:
        WireError: 401 when there is no OAuth header, or a malformed one.
    """
    if header is None:
        raise not_authenticated()
    try:
        parameters = oauth.parse_authorization(header)
    except oauth.BadHeaderError:
        raise unauthorized("invalid authorization header") from None  # wording invented
    missing = [name for name in _OAUTH_PARAMETERS if not parameters.get(name)]
    if missing:
        raise unauthorized(f"missing {missing[0]}")  # wording invented
    return oauth.Signable(method, url, raw_query, parameters)


def consumer_of(sim: Simulator, request: oauth.Signable) -> Consumer:
    """The consumer, once its timestamp is acceptable.

    Raises:
        WireError: 401.
    """
    parameters = request.authorization
    consumer = sim.registry.consumer(parameters["oauth_consumer_key"])
    if consumer is None:
        raise invalid_consumer()
    stamp = parameters["oauth_timestamp"]
    in_time = stamp.isdecimal() and abs(int(stamp) - sim.real()) <= sim.options.timestamp_seconds
    if not in_time or len(stamp) != 10:
        raise unauthorized("invalid timestamp")  # wording invented
    return consumer


def use_nonce(sim: Simulator, request: oauth.Signable) -> None:
    """Each nonce once; it is looked at last, so that only signed requests use it up.

    Raises:
        WireError: 401.
    """
    parameters = request.authorization
    if not sim.registry.use_nonce(parameters["oauth_consumer_key"], parameters["oauth_nonce"]):
        raise unauthorized("invalid nonce")  # wording invented


def require_rsa(
    consumer: Consumer, request: oauth.Signable, *, prepend: str = ""
) -> oauth.QueryStyle:
    """Check an RSA-SHA256 signature, as the three /oauth endpoints need it.

    Raises:
        WireError: 401.
    """
    if request.authorization.get("oauth_signature_method") != "RSA-SHA256":
        raise unauthorized("invalid signature method")  # wording invented
    key = consumer.signature_key

    def check(text: str, signature: str) -> bool:
        return oauth.verify_rsa(key, text, signature)

    style = oauth.verified_style(request, check, prepend=prepend)
    if style is None:
        raise unauthorized("invalid signature")  # wording invented
    return style


def active_token(sim: Simulator, request: oauth.Signable) -> AccessToken:
    """The access token. One that is unknown or not active yet: IBKR has no secret for it.

    Raises:
        WireError: 401.
    """
    parameters = request.authorization
    token = sim.registry.access_token(
        parameters.get("oauth_token", ""), parameters["oauth_consumer_key"]
    )
    if token is None or not token.active:
        raise no_access_secret()
    return token


def require_live_session(sim: Simulator, request: oauth.Signable) -> tuple[Who, oauth.QueryStyle]:
    """Check an HMAC-SHA256 signature made with a live session token.

    Raises:
        WireError: 401, also when the token has expired or was logged out.
    """
    consumer = consumer_of(sim, request)
    parameters = request.authorization
    if parameters.get("oauth_signature_method") != "HMAC-SHA256":
        raise unauthorized("invalid signature method")  # wording invented
    token = sim.registry.access_token(parameters.get("oauth_token", ""), consumer.consumer_key)
    if token is None or not token.active:
        raise not_authenticated()
    for live in sim.registry.live_tokens(token.token):
        key = live.key

        def check(text: str, signature: str, key: bytes = key) -> bool:
            return oauth.verify_hmac(key, text, signature)

        style = oauth.verified_style(request, check)
        if style is not None:
            use_nonce(sim, request)
            return _who(token, live.session_id), style
    raise not_authenticated()


def _who(token: AccessToken, session_id: str) -> Who:
    return Who(token.username, token.account, session_id, token.consumer_key, token.token)


def gateway_user(sim: Simulator) -> Who:
    """Whoever reaches the gateway is the user that logged in to it in a browser."""
    return Who(keys.USERNAME, sim.options.account, GATEWAY_SESSION)


def socket_user(sim: Simulator, oauth_token: str | None, session_id: str | None) -> Who:
    """The socket carries the access token in its query, and /tickle's session in a cookie or, later
    in a frame; then the query may be without (IBKR's Python demo).

    Raises:
        WireError: 401.
    """
    if sim.options.gateway:
        return gateway_user(sim)
    token = sim.registry.token_of_session(oauth_token, session_id)
    if token is None or not token.active:
        raise not_authenticated()
    return _who(token, session_id or "")
