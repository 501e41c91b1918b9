"""The OAuth 1.0a login: from keys to a live session token, over ibind's functions.

https://www.interactivebrokers.com/campus/ibkr-api-page/oauth-1-0a-extended/#lst-computation
"""

from __future__ import annotations

import binascii
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ibcli.broker.library import oauth1a
from ibcli.broker.state import Login
from ibcli.errors import LoginError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ibcli.broker.credentials import Credentials

_PATH = "/oauth/live_session_token"
_LIFETIME = timedelta(hours=24)
_LONGEST = timedelta(hours=48)  # our clock and the server's may differ, not by that much


def _ibind_config(credentials: Credentials) -> Any:
    """Never print it: its ``repr`` shows the secret and the keys."""
    return oauth1a().OAuth1aConfig(
        access_token=credentials.access_token,
        access_token_secret=credentials.access_token_secret,
        consumer_key=credentials.consumer_key,
        dh_prime=credentials.dh_prime,
        dh_generator=str(credentials.dh_generator),
        encryption_key=credentials.encryption_key,
        encryption_key_fp=None,
        signature_key=credentials.signature_key,
        signature_key_fp=None,
        realm=credentials.realm,
    )


def new_login(
    credentials: Credentials,
    api_url: str,
    post: Callable[[str, Callable[[], Mapping[str, str]]], Any],
    now: Callable[[], datetime],
) -> Login:
    """Log in and return the new live session token.

    ``post`` sends the request and returns the decoded answer; it is given the path and a function
    that makes the headers, to be called for every attempt: each is signed afresh.

    Raises LoginError ``lst-signature-mismatch`` or ``login-answer``, and whatever ``post`` raises.
    """
    config = _ibind_config(credentials)
    prepend, challenge, dh_random = oauth1a().prepare_oauth(config)

    def headers() -> Mapping[str, str]:
        made: dict[str, str] = oauth1a().generate_oauth_headers(
            oauth_config=config,
            request_method="POST",
            request_url=f"{api_url}{_PATH}",
            extra_headers=challenge,
            signature_method="RSA-SHA256",
            prepend=prepend,
        )
        return {"Authorization": made["Authorization"]}  # its Host is hard-coded

    obtained = now()
    answer = post(_PATH, headers)
    token = shared_login(answer, credentials, dh_random, prepend)
    return Login(token, _expiry(answer, obtained), obtained)


def shared_login(answer: Any, credentials: Credentials, dh_random: str, prepend: str) -> str:
    """The live session token that both sides now share, checked against the server's signature.

    ``dh_random`` is the exponent that was drawn, ``prepend`` the decrypted secret; both hex.
    """
    ibind = oauth1a()
    try:
        response = _hex(answer["diffie_hellman_response"])
        is_of_our_group = _check_response(int(response, 16), int(credentials.dh_prime, 16))
        signature = _hex(answer["live_session_token_signature"]).lower()
        token = ibind.calculate_live_session_token(
            dh_prime=credentials.dh_prime,
            dh_random_value=dh_random,
            dh_response=response,
            prepend=prepend,
        )
        matches = is_of_our_group and ibind.validate_live_session_token(
            token, signature, credentials.consumer_key
        )
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise LoginError(
            "The broker's answer to the login is not of the known form.",
            hint="Check IB_API_URL; ibcli config show prints it.",
            code="login-answer",
        ) from None
    if not matches:
        raise LoginError(
            "The live session token does not match the broker's signature of it.",
            hint="The Diffie-Hellman parameters here are not those registered in IBKR's portal, or "
            "the access token secret belongs to another token. Compare dhparam.pem with the "
            "registered file, then generate the access token anew.",
            code="lst-signature-mismatch",
        )
    return str(token)


def _hex(value: object) -> str:
    if not isinstance(value, str) or not value.isascii():
        raise ValueError("no hexadecimal digits")
    return value.strip()


def _check_response(response: int, prime: int) -> bool:
    """Whether it is a value of the group of this prime; another one's can be larger.

    Raises ValueError over 0 and 1, with which anybody would know the shared secret.
    """
    if response < 2:
        raise ValueError("not a public value of any group")
    return response < prime - 1


def _expiry(answer: Any, obtained: datetime) -> datetime:
    """When the token ends, by our clock: as the server says, 24 hours if that makes no sense."""
    try:
        milliseconds = float(answer["live_session_token_expiration"])
        expires = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return obtained + _LIFETIME
    return expires if obtained < expires < obtained + _LONGEST else obtained + _LIFETIME
