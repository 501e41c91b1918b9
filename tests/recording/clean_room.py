"""Is a recording clean?

Written without a look at what cleans it: what is private is told to it, and what looks private is
found by patterns of its own.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SUSPECTS = {
    "an OAuth parameter": re.compile(
        r"oauth_|Authorization|diffie|Bearer|Set-Cookie", re.IGNORECASE
    ),
    "a PEM": re.compile("-----BEGIN"),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    "an address": re.compile(r"(?<![\d.])(?!0\.0\.0\.0)\d{1,3}(\.\d{1,3}){3}(?![\d.])"),
    "a hardware address": re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"),
    "a home folder": re.compile(r"/(home|Users|root)/"),
    "an account": re.compile(r"(?<![A-Za-z0-9])(DU|U|F|DF|I|DI)(?!0{4,})\d{5,9}(?![A-Za-z0-9])"),
    "a long hexadecimal number": re.compile(
        r"(?<![0-9a-f])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{16,}(?![0-9a-f])"
    ),
    "a token": re.compile(
        r"(?<![A-Za-z0-9+/])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*\d)"
        r"[A-Za-z0-9+/]{24,}={0,2}"
    ),
}
_PATH = re.compile(r"/(iserver|portfolio|trsrv|oauth|contract)(/[\w-]+)+")


def what_is_private(text: str, secrets: Iterable[str] = ()) -> list[str]:
    """What should not be in a recording's text; empty when it is clean."""
    found = []
    spread = "\n".join(_texts(text))
    spread = _PATH.sub(lambda found: found[0].replace("/", " / "), spread)  # part by part
    for secret in secrets:
        for spelling in _spellings(secret):
            if spelling in text or spelling in spread:
                found.append(f"a secret: {secret}")
                break
    for what, pattern in _SUSPECTS.items():
        found += [f"{what}: {match[0]}" for match in pattern.finditer(spread)]
    return found


def _spellings(secret: str) -> set[str]:
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, quote(secret, safe=""), quote_plus(secret), coded, secret.encode().hex()}


def _texts(text: str) -> Iterator[str]:
    """Every text in every line, those within JSON in a text too."""
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            yield line
        else:
            yield from _inner(value)


def _inner(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _inner(each)
    elif isinstance(value, list):
        for each in value:
            yield from _inner(each)
    elif isinstance(value, str):
        yield unquote(value)
        if value[:1] in "{[" and value:
            try:
                inner = json.loads(value)
            except ValueError:
                return
            yield from _inner(inner)
    elif value is not None:
        yield str(value)
