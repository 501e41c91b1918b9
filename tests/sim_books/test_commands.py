"""``ibcli sim serve`` with an account of one's own."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.sim.client import Client
from tests.sim_books.conftest import SPY, order

if TYPE_CHECKING:
    from pathlib import Path


def test_account_and_cash_are_chosen(tmp_path: Path) -> None:
    words = ["--gateway", "--clock", "2025-08-18", "--account", "U7654321", "--cash", "5000"]
    arguments = [sys.executable, "-m", "ibcli", "sim", "serve", "--port", "0", *words]
    with subprocess.Popen(
        [*arguments, "--state", str(tmp_path)], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"http://\S+/v1/api", process.stderr.readline())
            assert found is not None
            assert "Ready." in process.stderr.readline()
            client = Client({"IB_API_URL": found[0]})
            accounts = client.get("/iserver/accounts").body
            assert (accounts["accounts"], accounts["isPaper"]) == (["U7654321"], False)
            path = "/iserver/account/U7654321"
            assert client.get(f"{path}/summary").body["netLiquidationValue"] == 5000.0
            refused = client.post(f"{path}/orders", {"orders": [order(SPY, "BUY", 100, price=600)]})
            assert "Cash needed for this order" in refused.body["error"]
        finally:
            process.terminate()
    assert process.returncode == 0
