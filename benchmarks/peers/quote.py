"""Quote an option: ``quote.py SYMBOL CONID``.

The shortest honest ibind program: log in, call accounts and search the underlying (before these the
broker quotes no option), ask until the values are there. It does not sleep between its questions,
so it could not be quicker.
"""

from __future__ import annotations

import json
import sys

from ibind import IbkrClient

FIELDS = ["31", "84", "86", "88", "85", "87", "7762", "7741", "7638", "7633", "7308", "6509"]
NEEDED = {"31", "84", "86", "7308"}  # last, bid, ask, delta

client = IbkrClient(use_oauth=True)
client.receive_brokerage_accounts()
client.search_contract_by_symbol(sys.argv[1])
row: dict[str, object] = {}
while not row.keys() >= NEEDED:
    row = client.live_marketdata_snapshot([sys.argv[2]], FIELDS).data[0]
sys.stdout.write(json.dumps([{"conid": row["conid"], "bid": row["84"], "ask": row["86"]}]))
