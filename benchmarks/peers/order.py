"""Sell contracts, each with a stop and a take-profit: ``order.py CONID LIMIT STOP PROFIT ...``.

The POSTs alone, as in ibind's example of a bracket order: nothing is looked up, checked, previewed
or written down, and every question is answered with yes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from ibind import IbkrClient, OrderRequest, QuestionType

# Two questions have their own words in the simulator.
WORDS = ["Stop Order Confirmation", "price exceeds the Percentage constraint of"]
ANSWERS = dict.fromkeys([*QuestionType, *WORDS], True)

account = os.environ["IBIND_ACCOUNT_ID"]
client = IbkrClient(use_oauth=True)
client.receive_brokerage_accounts()


def order(conid: str, side: str, kind: str, price: str, **more: Any) -> OrderRequest:
    """One order of the day for one contract."""
    return OrderRequest(
        conid=int(conid),
        side=side,
        quantity=1,
        order_type=kind,
        price=float(price),
        acct_id=account,
        tif="DAY",
        **more,
    )


def bracket(conid: str, limit: str, stop: str, profit: str) -> list[OrderRequest]:
    """An entry, and the two that close it."""
    tag = f"bench-{conid}-{time.time_ns()}"
    return [
        order(conid, "SELL", "LMT", limit, coid=tag),
        order(conid, "BUY", "STP", stop, parent_id=tag),
        order(conid, "BUY", "LMT", profit, parent_id=tag),
    ]


placed = []
for start in range(1, len(sys.argv), 4):
    legs = bracket(*sys.argv[start : start + 4])
    placed += client.place_order(legs, ANSWERS, account).data
sys.stdout.write(json.dumps(placed))
