"""HTTP: connections kept alive, certificates verified, nothing taken from elsewhere.

Over urllib3 itself: what requests and ibind's client add to it (a ~/.netrc that takes the place of
the OAuth header, proxies and authorities of the environment, cookies, retries) is not wanted here,
and to import them takes longer than a request.
"""

from __future__ import annotations

import errno
import http.client
import logging
import socket
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.request import make_headers

from ibcli import __version__
from ibcli.broker.launch import LINGER_ABORTS
from ibcli.broker.wire import Answer, Kind, WireError
from ibcli.config import parse
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from ibcli.broker.deadline import Deadline
    from ibcli.broker.launch import Launch
    from ibcli.config import Settings


# It logs every address with the accounts in it. Whoever set up logging did not ask for that.
logging.getLogger("urllib3").propagate = False

_KEPT = 12  # connections kept alive: for all requests under way at once, and two to spare
_BIGGEST = 64 * 1024 * 1024
# IBKR answers 403 to a request without a User-Agent (reported).
HEADERS = {
    "User-Agent": f"ibcli/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
}


# Closing such a socket throws away what the system has not yet delivered. Otherwise it would go on
# trying for minutes, also for a process that is gone: an order that nobody waits for any more.
_ABORTING = [
    *HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ABORTS),
]


class _Sending(threading.local):
    """The launch of the request that this thread sends: urllib3 has no place for it."""

    launch: Launch | None = None


_sending = _Sending()


def _sent(connection: HTTPConnection, send: Callable[[], None]) -> None:
    """Ask whether the request may go: all is prepared, and only its bytes are left to be sent.

    What a proxy is told first goes another way.
    """
    if connection.sock is None:
        connection.connect()
    if _sending.launch is None:
        send()
    else:
        _sending.launch.send(connection.sock, send)


class _Plain(HTTPConnection):
    """Towards this machine alone, whatever a name server says that localhost is."""

    def connect(self) -> None:
        super().connect()
        if self.sock is not None and not _is_loopback(self.sock.getpeername()[0]):
            self.close()
            raise OSError(errno.EACCES, "another machine answers there, and over plain http")

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        headers_leave = super().endheaders
        _sent(self, lambda: headers_leave(*args, **kwargs))


def _is_loopback(address: str) -> bool:
    found = ip_address(address)
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


class _Secure(HTTPSConnection):
    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        headers_leave = super().endheaders
        _sent(self, lambda: headers_leave(*args, **kwargs))


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Connections:
    """Connections to the broker, kept alive; with ``once`` for one request, which gets a new one.

    ``context`` says whom TLS trusts (None for plain http). Redirects are not followed: a signature
    holds for one address, and is nobody else's business.
    """

    def __init__(
        self, settings: Settings, context: ssl.SSLContext | None, *, once: bool = False
    ) -> None:
        options: dict[str, Any] = {"maxsize": _KEPT, "ssl_context": context}
        if once:
            options |= {"maxsize": 1, "socket_options": _ABORTING}
        self._manager = _manager(settings, options)
        self._manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
        self._pool = self._manager.connection_from_url(settings.api_url)
        self._root = urlsplit(settings.api_url).path

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeouts: tuple[float, float],
        deadline: Deadline,
        launch: Launch,
    ) -> Answer:
        """Send one request and read all of its answer, whatever its status.

        ``path``, its query included, is below the API's address; ``timeouts`` are the seconds to
        connect and between bytes; ``launch`` is asked before the first byte. Raises WireError when
        no whole answer came, what the launch raises, and what no failure of the network explains.
        """
        connect, read = timeouts
        _sending.launch = launch
        try:
            response = self._pool.urlopen(
                method,
                f"{self._root}/{path.lstrip('/')}",
                body=body,
                headers={**HEADERS, **headers},
                timeout=urllib3.Timeout(connect=connect, read=read),
                retries=False,  # it would send an order again
                redirect=False,
                assert_same_host=False,
                preload_content=False,
            )
        except (exceptions.HTTPError, OSError) as error:
            raise failure_of(error) from None
        finally:
            _sending.launch = None
        return _read(cast(urllib3.HTTPResponse, response), deadline, launch)

    def close(self) -> None:
        """Close what is kept alive."""
        self._manager.clear()


def _manager(settings: Settings, options: dict[str, Any]) -> urllib3.PoolManager:
    proxy = _proxy(settings)
    if proxy is None:
        return urllib3.PoolManager(**options)
    parts = urlsplit(proxy)
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return urllib3.ProxyManager(
        proxy,
        proxy_headers=make_headers(proxy_basic_auth=login) if parts.username else None,
        proxy_ssl_context=options["ssl_context"],
        **options,
    )


def _proxy(settings: Settings) -> str | None:
    if settings.proxy is None or settings.is_loopback:  # plain http must not leave this machine
        return None
    if settings.proxy != "environment":
        return settings.proxy
    from requests import utils  # knows what NO_PROXY may say

    found = utils.select_proxy(settings.api_url, utils.get_environ_proxies(settings.api_url))
    if not found:
        return None
    try:
        return parse.proxy(found if "://" in found else f"http://{found}")
    except ValueError as error:  # whose own words do not repeat it: it may hold a password
        raise ConfigurationError(
            f"The proxy that the environment names (HTTPS_PROXY, ALL_PROXY) {error}.",
            hint="Set IBCLI_PROXY to the proxy's address itself, or mend the variable.",
            code="setting-invalid",
        ) from None


def _read(response: urllib3.HTTPResponse, deadline: Deadline, launch: Launch) -> Answer:
    """Read the answer piece by piece: a slow one must not pass the deadline.

    Raises WireError: TIMEOUT at the deadline or when nothing comes, CONNECT for a body cut off and
    for an answer that is only to be followed by the answer.
    """
    content = bytearray()
    try:
        if response.status < 200:
            raise WireError(Kind.CONNECT)
        launch.heard()
        while piece := response.read1(65536, decode_content=True):
            content += piece
            if deadline.passed:
                raise WireError(Kind.TIMEOUT)
            if len(content) > _BIGGEST:
                raise WireError(Kind.TOO_LARGE, answer=Answer(response.status, "", {}))
    except exceptions.TimeoutError:
        raise WireError(Kind.TIMEOUT) from None
    except (exceptions.HTTPError, http.client.HTTPException, OSError):
        raise WireError(Kind.CONNECT) from None
    else:
        launch.landed()
        response.release_conn()
    finally:
        response.close()  # unless released: what is left of it must not be the next answer
    text = content.decode("utf-8-sig", errors="replace")
    return Answer(response.status, text, response.headers)


# The first that fits: a refused connection is a time-out to urllib3.
_KINDS: tuple[tuple[type[BaseException], Kind], ...] = (
    (exceptions.SSLError, Kind.TLS),
    (exceptions.ProxyError, Kind.PROXY),
    (exceptions.NewConnectionError, Kind.CONNECT),
    (exceptions.TimeoutError, Kind.TIMEOUT),
    (TimeoutError, Kind.TIMEOUT),
    (exceptions.HTTPError, Kind.CONNECT),
    (OSError, Kind.CONNECT),
)


def failure_of(error: BaseException) -> WireError:
    """What urllib3 or the system raised, as a WireError; its texts, which carry URLs, are dropped.

    Raises the error itself when it is no failure of the network.
    """
    if isinstance(error, WireError):
        return error
    for kind_of_error, kind in _KINDS:
        if isinstance(error, kind_of_error):
            return WireError(kind, said=_reason(error) if kind is not Kind.TIMEOUT else "")
    raise error


def _reason(error: BaseException) -> str:
    """The innermost reason of a failed connection, such as ``Connection refused``."""
    reason: BaseException | None = error
    words = ""
    while reason is not None:
        verify = getattr(reason, "verify_message", "")
        words = verify or getattr(reason, "strerror", None) or words or ""
        reason = _inner(reason)
    return str(words) or _tunnel(error)


def _inner(error: BaseException) -> BaseException | None:
    for found in (getattr(error, "reason", None), *error.args[:1], error.__cause__):
        if isinstance(found, BaseException):
            return found
    return error.__context__


def _tunnel(error: BaseException) -> str:
    return "407" if "407" in str(error) else ""
