"""Make text from outside fit to be shown: no secrets, no account numbers, one short line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 200
# IBKR's account numbers: U, DU, DF, DFP and a few letters more, then digits.
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,3})(\d{2,6})(\d{2})(?![A-Za-z0-9])")
_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_%-]{24,}")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """One line of at most 200 characters, secrets and long token-like words replaced."""
    for secret in secrets:
        text = text.replace(secret, "***")
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    line = mask_accounts(_LONG_WORD.sub("***", line))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def scrub_path(path: str, secrets: Iterable[str] = ()) -> str:
    """A request's path and query, readable: unescaped, secrets and account numbers hidden."""
    path = unquote(path)
    for secret in secrets:
        path = path.replace(secret, "***")
    line = mask_accounts("".join(each for each in path if each.isprintable()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def mask_accounts(text: str) -> str:
    """Account numbers with all but their letters and last two digits hidden: ``U***67``."""
    return _ACCOUNT.sub(r"\1***\3", text)
