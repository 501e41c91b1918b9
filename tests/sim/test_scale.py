"""As large as it gets: whole months of SPX, hundreds of contracts at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.sim.client import Client

if TYPE_CHECKING:
    from tests.sim.conftest import Serve

SPX = 416904
STRIKES, INFO = "/iserver/secdef/strikes", "/iserver/secdef/info"
SNAPSHOT = "/iserver/marketdata/snapshot"
MONTH = {"conid": SPX, "sectype": "OPT", "month": "SEP25"}


def test_a_month_of_spx(serve: Serve) -> None:
    trader = Client(serve().env()).login()
    months = trader.get("/iserver/secdef/search", symbol="SPX").body[0]["sections"][1]["months"]
    assert {"AUG25", "SEP25", "OCT25"} <= set(months.split(";"))
    found = trader.get(STRIKES, **MONTH).body
    assert len(found["call"]) >= 400
    rows = trader.get(INFO, **MONTH, strike=6400).body
    by_date = Counter((row["maturityDate"], row["right"]) for row in rows)
    assert len(by_date) > 20  # weeklies, on most days of the month
    assert {row["tradingClass"] for row in rows} == {"SPX", "SPXW"}
    assert max(by_date.values()) == 2  # both classes on one date


def test_five_hundred_contracts(serve: Serve) -> None:
    trader = Client(serve().env()).login()
    trader.get("/iserver/secdef/search", symbol="SPX")
    strikes = trader.get(STRIKES, **MONTH).body["call"]
    near = strikes[len(strikes) // 2 :][:20]
    rows = [row for strike in near for row in trader.get(INFO, **MONTH, strike=strike).body]
    conids = [row["conid"] for row in rows][:500]
    assert len(set(conids)) == 500
    batches = [conids[start : start + 100] for start in range(0, 500, 100)]
    for _ in range(3):
        answers = [
            trader.get(SNAPSHOT, conids=",".join(map(str, batch)), fields="31,84,86,7308,7762")
            for batch in batches
        ]
    quotes = [row for answer in answers for row in answer.body]
    assert [row["conid"] for row in quotes] == conids
    assert all("7762" in row for row in quotes)
    assert sum("7308" in row for row in quotes) > 450  # a few have no book
