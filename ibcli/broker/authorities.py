"""Whom TLS trusts; verification is never off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from ibcli.config import Settings


def check_authorities(settings: Settings) -> None:
    """Raise ConfigurationError when IBCLI_CA_BUNDLE is set to what holds no certificates."""
    if settings.ca_bundle is not None:
        import ssl

        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), settings.ca_bundle)


def trusted_context(settings: Settings) -> ssl.SSLContext | None:
    """What all connections of a process share: to read the usual authorities takes the processor
    longer than several requests. None for plain http. Raises ConfigurationError as above."""
    if not settings.api_url.startswith("https:"):
        return None
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()  # verifies certificates and the host's name
    if settings.ca_bundle is not None:
        _load(context, settings.ca_bundle)
    else:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _load(context: ssl.SSLContext, bundle: Path) -> None:
    hint = "Give the PEM file of the certificate authority to trust, or unset it."
    if not bundle.is_file():
        raise ConfigurationError(
            f"The file of IBCLI_CA_BUNDLE does not exist: {bundle}.", hint=hint, code="file-missing"
        )
    try:
        context.load_verify_locations(bundle)
    except OSError:  # ssl.SSLError is one
        raise ConfigurationError(
            f"The file of IBCLI_CA_BUNDLE holds no readable certificates: {bundle}.",
            hint=hint,
            code="ca-bundle-invalid",
        ) from None
