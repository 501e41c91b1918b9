"""A state folder seen from outside a server: what a client needs, and starting afresh."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ibcli.sim import keys
from ibcli.sim.environment import environment
from ibcli.sim.options import BASE_PATH, SimOptions
from ibcli.sim.registry import Registry
from ibcli.sim.store import DATABASE, SERVER, Store

if TYPE_CHECKING:
    from pathlib import Path


def environment_of(folder: Path, port: int) -> dict[str, str]:
    """The settings for the server on ``port``; while none runs there, as it would be by default.

    Keys and tokens are made when there are none yet.
    """
    key_set = keys.load_or_make(folder / "keys")
    store = Store(folder)
    try:
        server = store.setting(f"{SERVER}{port}", {})
    finally:
        store.close()
    return environment(
        key_set,
        url=server.get("url", f"http://127.0.0.1:{port}{BASE_PATH}"),
        clock=server.get("clock", "now"),
        account=server.get("account", SimOptions().account),
    )


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
