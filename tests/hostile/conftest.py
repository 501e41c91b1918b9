"""A market, a desk with orders and positions, and what poisons its answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.embedded import SimServer
from tests.hostile.victim import Victim
from tests.scenes.market import desk_settings, simulated_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """A desk with an order filled, its stop and another order working."""
    folder: Path = tmp_path_factory.mktemp("victim")
    with SimServer(simulated_day()) as sim, pytest.MonkeyPatch.context() as patch:
        settings = desk_settings(
            sim,
            folder,
            IBCLI_HASTE="25",
            IBCLI_DEADLINE="1",
            IBCLI_ORDER_WAIT="1",
            IBCLI_PRICE_BAND="0.5",
            IBCLI_MAX_ORDERS_PER_DAY="100000",
            IBCLI_MAX_CONTRACTS="100",
        )
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        for name in ("NO_COLOR", "TTY_COMPATIBLE"):
            patch.delenv(name, raising=False)
        made = Victim(sim, folder, patch.setenv)
        for argv in SET_UP:
            shown = made.run([*argv, "--deadline", "20"])
            assert shown.code == 0, shown
        orders = json.loads(made.run(["orders", "--json"], "text").out)["data"]["orders"]
        made.working = next(str(row["order_id"]) for row in orders if row["role"] == "entry")
        made.keep()
        yield made


SET_UP = (
    [
        *("order", "SPY", "--side", "put", "--expiry", "2025-08-22", "--strike", "640"),
        *("--limit", "natural", "--wait", "filled", "--job", "a"),
    ],
    [
        *("order", "SPY", "--side", "call", "--expiry", "2025-08-22", "--strike", "650"),
        *("--action", "buy", "--limit", "0.90", "--job", "b"),
    ],
)
