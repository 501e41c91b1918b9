from __future__ import annotations

import pytest

from ibcli.sim.market import Market


@pytest.fixture(scope="session")
def market() -> Market:
    """One market for all tests: it is a pure function, its caches aside."""
    return Market(seed=1)
