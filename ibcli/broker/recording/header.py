"""A recording's first line: what was run, where, and what decides how it goes."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ibcli import __version__
from ibcli.broker.recording.words import HIDDEN, Words
from ibcli.config.trading_table import TRADING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ibcli.config import Settings

_NAMING = ("--output", "--record", "--env-file", "--profile")  # what follows names a file
_OFTEN = frozenset({"root", "user", "admin", "home", "test", "demo", "sell", "call", "ibcli"})
_DECIDING = frozenset(
    {"IBCLI_COMPETE", "IBCLI_DEADLINE", "IBCLI_HASTE", "IBCLI_MAX_RPS"}
    | {setting.name for setting in TRADING}
)


def words_of(settings: Settings | None) -> Words:
    """What is known to be private before anything is asked: keys, accounts, the user's names."""
    if settings is None:
        return Words(names=_names())
    accounts = [settings.account_id] if settings.account_id else []
    return Words(_secrets(settings), accounts, _names())


def header(settings: Settings | None, argv: Sequence[str], words: Words) -> dict[str, Any]:
    """The first line's content, without anything private."""
    told: dict[str, Any] = {
        "ibcli": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "command": shown_words(argv, words),
        "started": _instant(datetime.now(UTC)),
    }
    if settings is not None:
        told |= {
            "market": _instant(settings.market_now()),
            "simulated": settings.is_loopback,
            "live": settings.is_live,
            "account": words.account(settings.account_id) if settings.account_id else None,
            "settings": {
                entry.name: words.clean(entry.value)
                for entry in settings.entries
                if entry.name in _DECIDING
                and entry.value is not None
                and entry.origin not in ("default", "not set")
            },
        }
    return told


def shown_words(argv: Sequence[str], words: Words) -> list[str]:
    """The command's words; names of files and profiles are hidden."""
    shown: list[str] = []
    before = ""
    for word in argv:
        name, is_set, value = word.partition("=")
        if before in _NAMING:
            shown.append(HIDDEN)
        elif name in _NAMING and is_set:
            shown.append(f"{name}={HIDDEN}")
        elif name.startswith("--") and is_set:
            shown.append(f"{name}={words.clean(value)}")
        else:
            shown.append(words.clean(word))
        before = word
    return shown


def _secrets(settings: Settings) -> Iterable[str]:
    yield from settings.secrets
    proxy = settings.proxy or ""
    if "://" in proxy:
        yield proxy
        login, _, address = proxy.partition("://")[2].rpartition("@")
        yield from (login, *login.split(":"), address, address.partition(":")[0])


def _names() -> list[str]:
    """What the user and his machine are called."""
    found = [os.environ.get("USER", ""), os.environ.get("LOGNAME", ""), platform.node()]
    home = os.environ.get("HOME", "")
    return [name for name in (*found, Path(home).name) if name.lower() not in _OFTEN]


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
