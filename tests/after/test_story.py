"""From an order to a closed position, through the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.after.conftest import WORD

if TYPE_CHECKING:
    from tests.after.conftest import Trader


def test_a_day(trader: Trader) -> None:
    entry, stop = trader.short_put()
    listed = trader.json("orders")["orders"]
    assert [(row["order_id"], row["parent_id"], row["contract"]) for row in listed] == [
        (stop, entry, WORD)
    ]
    assert trader.held() == {WORD: -1}
    closed = trader.json("close", WORD)["positions"]
    assert [(row["closed"], row["cancelled"]) for row in closed] == [("filled", [stop])]
    assert trader.held() == {}
    assert trader.json("close", WORD)["already"] is True
    assert trader.json("orders")["orders"] == []
    trader.pass_time()
    trades = trader.json("trades")
    assert [(t["side"], t["size"]) for t in trades["trades"]] == [("SELL", 1), ("BUY", 1)]
    known = trades["totals"]
    assert known["realized"] == known["net_cash"]
    assert trader("reconcile").code == 0
