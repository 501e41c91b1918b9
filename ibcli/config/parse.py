"""Turn the text of one setting into its value; ``ValueError`` says how it should look.

No message repeats the text it was given: it may be a secret.
"""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

_TRUE = {"1", "true", "yes", "on", "y", "t"}
_FALSE = {"0", "false", "no", "off", "n", "f"}
_FASTEST = 50
_HASTIEST = 1000
_SOONEST = Decimal("0.01")  # seconds
_LATEST = 86400
_HOST = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"


def text(value: str) -> str:
    """The words as they are."""
    return value


def word(value: str) -> str:
    """Signs that can stand in an HTTP header's quotes as they are."""
    if not all("!" <= each <= "~" for each in value) or any(each in value for each in '"\\,'):
        raise ValueError("must be plain letters, digits and signs, without blanks and quotes")
    return value


def account(value: str) -> str:
    """An account number; it becomes a part of addresses."""
    if not re.fullmatch("[A-Za-z0-9._-]+", value):
        raise ValueError("must be an account number such as U1234567")
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
    if not value.isprintable():
        raise ValueError("must be a path without control characters")
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
    if not re.fullmatch("[0-9]{1,4}", value) or not 1 <= int(value) <= _FASTEST:
        raise ValueError(f"must be a whole number from 1 to {_FASTEST}")
    return int(value)


def times_faster(value: str) -> int:
    """How many times faster a simulator's time runs."""
    if not re.fullmatch("[0-9]{1,4}", value) or not 1 <= int(value) <= _HASTIEST:
        raise ValueError(f"must be a whole number from 1 to {_HASTIEST}")
    return int(value)


def generator(value: str) -> int:
    """The Diffie-Hellman generator."""
    if not re.fullmatch("[0-9]{1,9}", value) or int(value) < 2:
        raise ValueError("must be a small whole number, 2 or more")
    return int(value)


def seconds(value: str) -> float:
    """A positive number of seconds."""
    is_number = re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}", value)
    if not is_number or not _SOONEST <= Decimal(value) <= _LATEST:
        raise ValueError(f"must be a number of seconds from {_SOONEST} to {_LATEST}, such as 60")
    return float(value)


def api_url(value: str) -> str:
    """The API's address without a slash at its end; plain http only towards this machine.

    Over plain http anybody on the way could read every answer and replay a signed request.
    """
    address = value.rstrip("/")
    if not all("!" <= each <= "~" for each in address):
        raise ValueError("must be an address without blanks, in plain letters")
    try:
        parts = urlsplit(address)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError("must be an address such as https://api.ibkr.com/v1/api") from error
    if "@" in parts.netloc or "?" in address or "#" in address:
        raise ValueError("must be a plain address: no user, query or fragment")
    # What one library takes for the host and another for something else has no place here.
    host = re.fullmatch(_HOST, parts.netloc)
    if parts.scheme not in {"http", "https"} or not host or not port_is_valid:
        raise ValueError("must be an address such as https://api.ibkr.com/v1/api")
    if parts.scheme == "http" and not is_loopback(address):
        raise ValueError("must begin with https:// (plain http is for this machine only)")
    return f"{parts.scheme}{address[len(parts.scheme) :]}"


def proxy(value: str) -> str:
    """A proxy's address, or the word ``environment`` for those of HTTPS_PROXY and NO_PROXY."""
    if value == "environment":
        return value
    wrong = "must be an address such as http://proxy.example:3128, or: environment"
    try:
        parts = urlsplit(value)
        has_place = parts.hostname and parts.port != 0
    except ValueError:
        raise ValueError(wrong) from None  # its own words may repeat a password
    if parts.scheme not in {"http", "https"} or not has_place or not value.isprintable():
        raise ValueError(wrong)
    return value


def is_loopback(address: str) -> bool:
    """Whether the address can only mean this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":  # names below it may be asked of a name server, which may lie
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
