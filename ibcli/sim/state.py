"""A state folder seen from outside a server: what a client needs, and starting afresh."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ibcli.sim import keys
from ibcli.sim.environment import environment
from ibcli.sim.options import BASE_PATH, SimOptions
from ibcli.sim.registry import Registry
from ibcli.sim.store import DATABASE, SERVER, Store

if TYPE_CHECKING:
    from collections.abc import Mapping


def environment_of(folder: Path, port: int) -> dict[str, str]:
    """The settings for the server on ``port``; while none runs there, as it would be by default.

    Keys and tokens are made when there are none yet.
    """
    server = _server(folder, port)
    if elsewhere := server.get("folder"):  # of one that answers from recordings
        folder = Path(elsewhere)
        server = _server(folder, port) if (folder / DATABASE).exists() else {}
    more = dict(server.get("more", {}))
    if elsewhere:
        more |= {
            "IBCLI_STATE_DIR": str(folder.parent),
            "IBCLI_CACHE_DIR": str(folder.parent / "cache"),
        }
    return environment(
        keys.load_or_make(folder / "keys"),
        url=server.get("url", f"http://127.0.0.1:{port}{BASE_PATH}"),
        clock=_clock(server),
        account=server.get("account", SimOptions().account),
        more=more,
    )


def _server(folder: Path, port: int) -> dict[str, Any]:
    """What the server on this port has written of itself; nothing when there is none."""
    store = Store(folder)
    try:
        found: dict[str, Any] = store.setting(f"{SERVER}{port}", {})
        return found
    finally:
        store.close()


def _clock(server: Mapping[str, Any]) -> str:
    """A server's market clock; one that a recording tells begins now."""
    if "market" in server:
        return f"{server['market']}@{datetime.now(UTC).isoformat()}"
    return str(server.get("clock", "now"))


def point(folder: Path, port: int, elsewhere: Path | None) -> None:
    """Have ``environment_of`` find the server on this port in another folder, or no longer."""
    store = Store(folder)
    try:
        told = None if elsewhere is None else {"folder": str(elsewhere)}
        store.set_setting(f"{SERVER}{port}", told)
    finally:
        store.close()


def reset(folder: Path) -> bool:
    """Forget sessions, tokens, rates, books and clocks; False when there was nothing.

    The keys stay, and with them the settings of clients. Servers may be running.
    """
    if not (folder / DATABASE).exists():
        return False
    key_set = keys.load_or_make(folder / "keys")
    store = Store(folder)
    try:
        with store.transaction():
            store.clear()
            Registry(store, SimOptions().account, time.time).register(key_set)
    finally:
        store.close()
    return True
