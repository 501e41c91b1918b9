"""The HTTP session: connections kept alive, certificates verified, nothing taken from elsewhere."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter

from ibcli import __version__
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from ibcli.config import Settings


THREADS = 10  # connections kept alive, and requests under way at once


class IbkrSession(requests.Session):
    """A session for THREADS threads, or over an adapter of one's own.

    requests would let ~/.netrc replace the OAuth header by Basic authentication, and take proxies
    and certificate authorities from the environment; here the settings alone decide.
    """

    def __init__(self, settings: Settings, adapter: HTTPAdapter | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.proxies = _proxies(settings)
        # IBKR answers 403 to a request without a User-Agent (reported).
        self.headers.update({"User-Agent": f"ibcli/{__version__}", "Accept": "application/json"})
        if adapter is None:
            adapter = HTTPAdapter(pool_connections=2, pool_maxsize=THREADS + 2, max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, always: a signature holds for one address, and is nobody else's business."""
        del resp


def _proxies(settings: Settings) -> dict[str, str]:
    if settings.proxy is None or settings.is_loopback:  # plain http must not leave this machine
        return {}
    if settings.proxy == "environment":
        return requests.utils.get_environ_proxies(settings.api_url)
    return {"http": settings.proxy, "https": settings.proxy}


def trusted_authorities(settings: Settings) -> str | bool:
    """The file of IBCLI_CA_BUNDLE, or True for the usual authorities; verification is never off."""
    if settings.ca_bundle is None:
        return True
    if not settings.ca_bundle.is_file():
        raise ConfigurationError(
            f"The file of IBCLI_CA_BUNDLE does not exist: {settings.ca_bundle}.",
            hint="Give the PEM file of the certificate authority to trust, or unset it.",
            code="file-missing",
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(settings.ca_bundle)
    except (ssl.SSLError, OSError):
        raise ConfigurationError(
            f"The file of IBCLI_CA_BUNDLE holds no readable certificates: {settings.ca_bundle}.",
            hint="Give the PEM file of the certificate authority to trust, or unset it.",
            code="ca-bundle-invalid",
        ) from None
    return str(settings.ca_bundle)
