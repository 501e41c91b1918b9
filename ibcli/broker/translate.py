"""From what went wrong on the wire to ibcli's errors: the one place that knows both."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from ibcli.broker.exhausted import NO_MORE_FILES, too_many_files
from ibcli.broker.scrub import mask_accounts, scrub
from ibcli.broker.wire import Kind, WireError
from ibcli.errors import IbcliError, LoginError, NotFoundError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from ibcli.config import Settings

CLOCK_LIMIT = timedelta(minutes=5)
_SERVER_FAILURE = 500
# IBKR answers 500 to plain mistakes of the client (recorded): another try brings the same.
_MISTAKES = (
    "query /accounts first",
    "no bridge",
    "details currently unavailable",  # a conid that does not exist
    "no symbol",  # "No symbol found"
    "no contract",
    "is not valid",  # "Order size 0 is not valid..."
    "bad request",
    "invalid",
    "not found",
    "missing",
    "required",
    "unsupported",
)
_READ_ONLY = ("read-only", "read only", "readonly")
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def worth_another_try(failure: BaseException) -> bool:
    """Whether the same read may succeed in a moment."""
    if not isinstance(failure, WireError):
        return False
    if failure.kind in {Kind.CONNECT, Kind.TIMEOUT, Kind.EMPTY}:
        return True
    if failure.kind is Kind.NOT_JSON:
        return not (failure.answer and failure.answer.is_html)
    if failure.kind is not Kind.STATUS or is_unknown_order(failure):
        return False
    if failure.status_code == _SERVER_FAILURE:
        said = failure.said.lower()
        return not any(mistake in said for mistake in _MISTAKES)
    return failure.status_code in {408, 429, 502, 503, 504}


def is_unknown_order(failure: WireError) -> bool:
    """Whether it says that there is no such order: 503, after it has looked for 5 s (recorded)."""
    said = failure.said.lower()
    return failure.status_code == 503 and "order" in said and "not found" in said


def translate(failure: WireError, path: str, settings: Settings, *, login: bool) -> IbcliError:
    """The error to raise. ``login`` says that the request was the login itself."""
    if failure.answer is None:
        return _no_answer(failure, settings)
    if failure.kind is Kind.REDIRECT:
        return _redirect(failure, settings)
    if failure.kind in {Kind.NOT_JSON, Kind.EMPTY, Kind.TOO_LARGE}:
        return _not_json(failure, path, login=login)
    if failure.kind is Kind.ERROR_BODY:
        return _refused(failure, path, settings)
    if is_unknown_order(failure):
        return NotFoundError(
            f"The broker says: {scrub(failure.said, settings.secrets)}.",
            hint="It knows the orders of today and those still working: ibcli orders.",
            code="unknown-order",
        )
    return _status(failure, path, settings, login=login)


def _no_answer(failure: WireError, settings: Settings) -> IbcliError:
    host = settings.api_url.partition("://")[2].partition("/")[0]
    why = scrub(failure.said, settings.secrets)
    because = f" ({why})" if why else ""
    if why in NO_MORE_FILES:
        return too_many_files()
    if failure.kind is Kind.TLS and why.startswith("["):  # no certificate was even looked at
        return LoginError(
            f"{host} does not speak TLS as ibcli does{because}.",
            hint="Check IB_API_URL: its port, and whether it is https there. A proxy in between "
            "may also be why.",
            code="tls-failed",
        )
    if failure.kind is Kind.TLS:
        return LoginError(
            f"The TLS certificate of {host} is not trusted{because}.",
            hint="If a company proxy inspects traffic, set IBCLI_CA_BUNDLE to its certificates; "
            "otherwise check this machine's clock and IB_API_URL. Verification is always on.",
            code="tls-failed",
        )
    if failure.kind is Kind.PROXY:
        return _proxy_needed(f"The proxy refuses the connection to {host}{because}.")
    if failure.kind is Kind.TIMEOUT:
        return UnreachableError(
            f"{host} did not answer in time.",
            hint="Try again; give it longer with --deadline SECONDS.",
            code="timeout",
        )
    named = [name for name in _PROXY_VARIABLES if os.environ.get(name)]
    if named and settings.proxy is None and not settings.is_loopback:
        return _proxy_needed(
            f"No connection to {host}{because}, and {named[0]} is set: "
            "this network seems to need a proxy."
        )
    return UnreachableError(
        f"No connection to {host}{because}.",
        hint="Check the network and IB_API_URL; if the network needs a proxy, set IBCLI_PROXY.",
        code="unreachable",
    )


def _proxy_needed(message: str) -> LoginError:
    return LoginError(
        message,
        hint="Set IBCLI_PROXY to http://user:password@host:port, or to the word environment to use "
        "HTTPS_PROXY. ibcli does not take proxies from the environment unasked.",
        code="proxy-needed",
    )


def _redirect(failure: WireError, settings: Settings) -> IbcliError:
    target = failure.said.partition("://")[2].partition("/")[0]
    where = scrub(target, settings.secrets) or "another address"
    return UnreachableError(
        f"The server redirects to {where}; ibcli does not take a signed request there.",
        hint="Check IB_API_URL; a network's sign-in page also looks like this.",
        code="redirected",
        retryable=False,
    )


def _not_json(failure: WireError, path: str, *, login: bool) -> IbcliError:
    is_html = failure.answer is not None and failure.answer.is_html
    if is_html and login:
        return _proxy_needed("A web page answered in the broker's place: a proxy or sign-in page?")
    what = {Kind.EMPTY: "nothing", Kind.TOO_LARGE: "more than 64 MiB"}
    said = "a web page" if is_html else what.get(failure.kind, "broken JSON")
    return UnreachableError(
        f"The broker answered {said} to {_shown(path)}.",
        hint="Try again later; check IB_API_URL if it persists.",
        code="bad-answer",
    )


def _refused(failure: WireError, path: str, settings: Settings) -> IbcliError:
    said = scrub(failure.said, settings.secrets) or "no reason given"
    if _is_read_only(failure):
        return _read_only(said)
    return RefusedError(
        f"The broker refuses {_shown(path)}: {said}.".replace("..", "."),
        hint="The words are the broker's own.",
        code="broker-error",
    )


def _is_read_only(failure: WireError) -> bool:
    return any(words in failure.said.lower() for words in _READ_ONLY)


def _read_only(said: str) -> LoginError:
    return LoginError(
        f"This user may only read: the broker gives it no brokerage session ({said}).",
        hint="In IBKR's Client Portal, give the user trading access (Settings, Users & Access "
        "Rights), or log in with another user's keys.",
        code="read-only-user",
    )


def _status(failure: WireError, path: str, settings: Settings, *, login: bool) -> IbcliError:
    status = failure.status_code
    if status in {407, 511}:
        return _proxy_needed("A proxy asks for a login before it lets requests through.")
    if status == 401:
        return _unauthorized(failure, settings, login=login)
    if _is_read_only(failure):
        return _read_only(scrub(failure.said, settings.secrets))
    if status == 403:
        return _forbidden(failure, path, settings, login=login)
    if status == 404 and login:
        return LoginError(
            f"{settings.api_url} is no address of IBKR's Web API: there is no login.",
            hint="Check IB_API_URL; it usually ends in /v1/api. Unset, it is IBKR's own.",
            code="wrong-address",
        )
    if status == 404 or "details currently unavailable" in failure.said.lower():
        said = scrub(failure.said, settings.secrets)
        return NotFoundError(
            f"The broker does not know {_shown(path)}{': ' + said if said else ''}.",
            hint="Check the contract or symbol; check IB_API_URL if nothing works.",
        )
    if status == 410:
        return UnreachableError(
            "The broker's front end has been closed for this login.",
            hint="Set IB_API_URL to another one, such as https://1.api.ibkr.com/v1/api.",
            code="front-end-closed",
        )
    if status == 429:
        return UnreachableError(
            "The broker says that requests come too fast.",
            hint="Wait a minute; lower IBCLI_MAX_RPS if other programs use the same address.",
            code="rate-limited",
        )
    if status >= _SERVER_FAILURE:
        return _server_failure(failure, path, settings, login=login)
    return _refused(failure, path, settings)


def _server_failure(
    failure: WireError, path: str, settings: Settings, *, login: bool
) -> IbcliError:
    said = scrub(failure.said, settings.secrets)
    if "sso dh token" in said.lower() and login:
        return LoginError(
            f"The broker could not work with the Diffie-Hellman challenge: {said}.",
            hint="Usually dhparam.pem here is not the one registered in IBKR's portal: compare the "
            "two. If they are the same, wait a minute and try again.",
            code="dh-refused",
            retryable=True,
        )
    if "sso dh token" in said.lower():
        return LoginError(
            f"The broker could not open a session: {said}.",
            hint="Usually the user is locked out, or another login has just begun: wait a minute "
            "and try again; then check that the user can log in to Client Portal.",
            code="session-refused",
            retryable=True,
        )
    if failure.status_code == _SERVER_FAILURE and said and not worth_another_try(failure):
        return _refused(failure, path, settings)
    return UnreachableError(
        f"The broker's server fails on {'the login' if login else _shown(path)}: "
        f"status {failure.status_code}{', ' + said if said else ''}.",
        hint="Try again later; IBKR restarts its servers nightly and at weekends.",
        code="server-error",
    )


def _forbidden(failure: WireError, path: str, settings: Settings, *, login: bool) -> IbcliError:
    said = scrub(failure.said, settings.secrets) or "no reason given"
    if failure.answer is not None and failure.answer.is_html:
        return _proxy_needed("A web page forbids the way to the broker: a proxy or a firewall?")
    if login:
        return LoginError(
            f"The broker forbids the login: {said}.",
            hint="Check in IBKR's portal that OAuth is enabled for this user and address.",
            code="login-forbidden",
        )
    return RefusedError(
        f"The broker forbids {_shown(path)}: {said}.",
        hint="The user lacks a permission or a subscription for it.",
        code="forbidden",
    )


def _unauthorized(failure: WireError, settings: Settings, *, login: bool) -> LoginError:
    """Why the broker does not accept a signature: the clock, the consumer, the token, the key."""
    said = scrub(failure.said, settings.secrets)
    quoted = f" ({said})" if said else ""
    if (skew := clock_skew(failure)) is not None and abs(skew) > CLOCK_LIMIT:
        return clock_off(f"is {clock_words(skew)}")
    if "timestamp" in said.lower():
        return clock_off(f"is off: the broker says {said}")
    if "consumer" in said.lower():
        return LoginError(
            f"The broker does not know the consumer key{quoted}.",
            hint="Compare IB_CONSUMER_KEY with the portal's. A new one works only after IBKR's "
            "next midnight reset, sometimes days later.",
            code="wrong-consumer",
        )
    if "signature" in said.lower() and login:
        return LoginError(
            f"The broker does not accept the signature{quoted}.",
            hint="The signature key here is not the one registered in IBKR's portal: compare the "
            "public file there with this key (ibcli auth check).",
            code="signature-refused",
        )
    if login:
        return LoginError(
            f"The broker does not know the access token, or not yet{quoted}.",
            hint="New keys and tokens work only after IBKR's next midnight reset, sometimes days "
            "later. If they are older, generate the access token anew in the portal.",
            code="token-unknown",
        )
    return LoginError(
        f"The broker refuses the login that it has just given{quoted}.",
        hint="Log out and test: ibcli auth logout, then ibcli auth test.",
        code="login-refused",
    )


def clock_skew(failure: WireError) -> timedelta | None:
    """How far this machine's clock is ahead of the server's; None when the server did not say."""
    server = failure.answer.server_time if failure.answer else None
    if server is None or failure.received is None:
        return None
    return failure.received - server


def clock_off(how: str) -> LoginError:
    """The error for a clock that is too far from the server's."""
    return LoginError(
        f"This machine's clock {how}; the broker refuses what it signs.",
        hint="Set the clock: timedatectl set-ntp true (or: chronyc makestep).",
        code="clock-off",
    )


def clock_words(skew: timedelta) -> str:
    """``7 min ahead of the server's``."""
    seconds = abs(skew.total_seconds())
    amount = f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
    return f"{amount} {'ahead of' if skew > timedelta() else 'behind'} the server's"


def _shown(path: str) -> str:
    return mask_accounts(path)
