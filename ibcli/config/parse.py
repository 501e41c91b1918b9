"""Turn the text of one setting into its value; ``ValueError`` says how it should look.

No message repeats the text it was given: it may be a secret.
"""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

_TRUE = {"1", "true", "yes", "on", "y", "t"}
_FALSE = {"0", "false", "no", "off", "n", "f"}
_FASTEST = 50


def text(value: str) -> str:
    """The words as they are."""
    return value


def boolean(value: str) -> bool:
    """``true`` or ``false``, in the spellings that shells and env files use."""
    word = value.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("must be true or false")


def path(value: str, base: Path) -> Path:
    """A path; ``~`` is the home folder, and a relative one starts at ``base``."""
    try:
        expanded = Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError("names a home folder that cannot be found") from error
    return expanded if expanded.is_absolute() else base / expanded


def pem(value: str) -> str:
    r"""PEM text with real line ends; env files often hold a literal ``\n`` in their place."""
    lines = value.replace("\\r", "").replace("\\n", "\n").replace("\r\n", "\n")
    return lines.strip() + "\n"


def hexadecimal(value: str) -> str:
    """Hex digits, lower case; a leading ``0x``, colons and blanks are dropped."""
    digits = re.sub(r"[\s:]|\\n", "", value).lower().removeprefix("0x")
    if not re.fullmatch("[0-9a-f]+", digits):
        raise ValueError("must be hexadecimal digits (0x, colons and blanks are allowed)")
    return digits.lstrip("0") or "0"


def requests_per_second(value: str) -> int:
    """A whole number of requests a second."""
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= _FASTEST:
        raise ValueError(f"must be a whole number from 1 to {_FASTEST}")
    return int(value)


def generator(value: str) -> int:
    """The Diffie-Hellman generator."""
    if not value.isascii() or not value.isdigit() or int(value) < 2:
        raise ValueError("must be a whole number, 2 or more")
    return int(value)


def seconds(value: str) -> float:
    """A positive number of seconds."""
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError("must be a number of seconds, such as 60") from error
    if not number.is_finite() or number <= 0:
        raise ValueError("must be a positive number of seconds, such as 60")
    return float(number)


def api_url(value: str) -> str:
    """The API's address without a slash at its end; plain http only towards this machine.

    Over plain http anybody on the way could read every answer and replay a signed request.
    """
    address = value.rstrip("/")
    try:
        parts = urlsplit(address)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError("must be an address such as https://api.ibkr.com/v1/api") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_valid:
        raise ValueError("must be an address such as https://api.ibkr.com/v1/api")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be a plain address: no user, query or fragment")
    if parts.scheme == "http" and not is_loopback(address):
        raise ValueError("must begin with https:// (plain http is for this machine only)")
    return address


def proxy(value: str) -> str:
    """A proxy's address, or the word ``environment`` for those of HTTPS_PROXY and NO_PROXY."""
    if value == "environment":
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as http://proxy.example:3128, or: environment")
    return value


def is_loopback(address: str) -> bool:
    """Whether the address can only mean this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
