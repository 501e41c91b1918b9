"""A market, a desk with orders and positions, and what poisons its answers."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ibcli.sim.embedded import SimServer
from tests.hostile.victim import Victim
from tests.scenes.market import desk_settings, simulated_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """A desk with an order filled, its stop and another order working."""
    folder: Path = tmp_path_factory.mktemp("victim")
    with SimServer(simulated_day()) as sim:
        made = Victim(sim, folder)
        with sitting(made):
            for argv in SET_UP:
                shown = made.run([*argv, "--deadline", "20"])
                assert shown.code == 0, shown
            orders = json.loads(made.run(["orders", "--json"], "text").out)["data"]["orders"]
        made.working = next(str(row["order_id"]) for row in orders if row["role"] == "entry")
        made.keep()
        yield made


@pytest.fixture(scope="module")
def victim(set_up: Victim) -> Iterator[Victim]:
    """The same; this process sits at it as long as a module's tests run, and not for longer."""
    with sitting(set_up):
        yield set_up


@contextmanager
def sitting(victim: Victim) -> Iterator[None]:
    """Settings and current folder of this process are the desk's."""
    settings = desk_settings(
        victim.sim,
        victim.folder,
        IBCLI_HASTE="25",
        IBCLI_DEADLINE="1",
        IBCLI_ORDER_WAIT="1",
        IBCLI_PRICE_BAND="0.5",
        IBCLI_MAX_ORDERS_PER_DAY="100000",
        IBCLI_MAX_CONTRACTS="100",
        COLUMNS="160",
        FORCE_COLOR="",
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.chdir(victim.folder)
        for name in ("NO_COLOR", "TTY_COMPATIBLE"):
            patch.delenv(name, raising=False)
        yield


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
