"""A job repeated after what it opened has been closed, otherwise protected, or has expired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.after.conftest import PUT_STRIKE, WORD
from tests.after.test_close import one, refuse_close

if TYPE_CHECKING:
    from tests.after.conftest import Trader
    from tests.scenes.ended import Ended

JOB = ("order", "SPY", "--side", "put", "--strike", PUT_STRIKE, "--type", "MKT", "--wait", "filled")


def sold(trader: Trader) -> int:
    """Sell it; its stop's order id."""
    (leg,) = trader.json(*JOB)["legs"]
    return int(leg["orders"][1]["order_id"])


def repeated(trader: Trader) -> Ended:
    before = trader.writes()
    said = trader(*JOB, "--json")
    assert trader.writes() == before
    assert said.data["already"] is True
    return said


def test_after_its_close(trader: Trader) -> None:
    sold(trader)
    trader.json("close", WORD, "--market")
    assert repeated(trader).code == 0


def test_after_its_stop_was_put_back(trader: Trader) -> None:
    sold(trader)
    refuse_close(trader)
    assert one(trader("close", WORD, "--json"))["closed"] == "refused"
    assert repeated(trader).code == 0


def test_without_its_stop(trader: Trader) -> None:
    stop = sold(trader)
    assert trader("cancel", str(stop), "--yes").code == 0
    said = repeated(trader)
    assert (said.code, said.error) == (8, "bracket-incomplete")


def test_nothing_filled_yet_is_nought(trader: Trader) -> None:
    words = ("order", "SPY", "--side", "put", "--strike", PUT_STRIKE, "--limit", "ask")
    (leg,) = trader.json(*words)["legs"]
    assert [str(order["filled"]) for order in leg["orders"]][1] == "0"
    assert "0/1" in trader(*words).out
    assert "–/1" not in trader(*words).out
