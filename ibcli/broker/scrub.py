"""Make text from outside fit to be shown: no secrets, no account numbers, one short line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, unquote

from ibcli.broker.signs import shown_signs

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 200
_LONGEST_READ = 4000  # of what is then made one line
# IBKR's account numbers: U, DU, DF, DFP and a few letters more, then digits.
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,3})(\d{2,8})(\d{2})(?![A-Za-z0-9])")
_PEM = re.compile(r"-----BEGIN .*?(?:-----END [^-]*-----|$)", re.DOTALL)  # its last line is short
_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_%-]{24,}")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """One line of at most 200 characters, secrets and long token-like words replaced."""
    text = _without(text, secrets)[:_LONGEST_READ]
    line = " ".join(shown_signs("".join(c if c.isprintable() else " " for c in text)).split())
    line = mask_accounts(_LONG_WORD.sub("***", line))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def scrub_path(path: str, secrets: Iterable[str] = ()) -> str:
    """A request's path and query, readable: unescaped, secrets and account numbers hidden."""
    path = _without(unquote(path), secrets)
    line = mask_accounts(shown_signs(path[:_LONGEST_READ]))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _without(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, however a server may have written them."""
    text = _PEM.sub("***", text)
    written = {form for secret in secrets for form in (secret, quote_plus(secret)) if form}
    if not written:
        return text
    either = "|".join(map(re.escape, sorted(written, key=len, reverse=True)))
    return re.sub(either, "***", text, flags=re.IGNORECASE)


def mask_accounts(text: str) -> str:
    """Account numbers with all but their letters and last two digits hidden: ``U***67``."""
    return _ACCOUNT.sub(r"\1***\3", text)
