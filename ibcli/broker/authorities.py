"""Whom TLS trusts; verification is never off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from ibcli.config import Settings


def bundled_context(settings: Settings) -> ssl.SSLContext | None:
    """What trusts the authorities of IBCLI_CA_BUNDLE; None when it is not set.

    Raises ConfigurationError when it holds none.
    """
    bundle = settings.ca_bundle
    if bundle is None:
        return None
    hint = "Give the PEM file of the certificate authority to trust, or unset it."
    if not bundle.is_file():
        raise ConfigurationError(
            f"The file of IBCLI_CA_BUNDLE does not exist: {bundle}.", hint=hint, code="file-missing"
        )
    try:
        return _context(bundle)
    except OSError:  # ssl.SSLError is one
        raise ConfigurationError(
            f"The file of IBCLI_CA_BUNDLE holds no readable certificates: {bundle}.",
            hint=hint,
            code="ca-bundle-invalid",
        ) from None


def usual_context() -> ssl.SSLContext:
    """What trusts the authorities that browsers do.

    One is shared by all connections of a process: to read a hundred authorities takes the processor
    longer than several requests.
    """
    import certifi

    return _context(certifi.where())


def _context(bundle: Path | str) -> ssl.SSLContext:
    import ssl

    # Not create_default_context: it also writes the keys of every session to SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and host
    context.load_verify_locations(bundle)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    return context
