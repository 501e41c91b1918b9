"""One expiry of an option chain: ``chain.py SYMBOL MONTH EXPIRY LOW HIGH`` (AUG25, 20250822,
the lowest and the highest strike).

As ibind's example of an option chain does it, and the programs made after it: search, strikes, one
info per strike and right, one after another; then a snapshot, a second's sleep, a snapshot.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ibind import IbkrClient

FIELDS = ["31", "84", "86", "88", "85", "87", "7762", "7741", "7638", "7633", "7308", "6509"]
AT_ONCE = 100  # conids in one snapshot

symbol, month, expiry = sys.argv[1:4]
low, high = map(float, sys.argv[4:])

client = IbkrClient(use_oauth=True)
client.receive_brokerage_accounts()
listings: Any = client.search_contract_by_symbol(symbol).data
conid = next(
    row["conid"]
    for row in listings
    if any(section["secType"] == "OPT" for section in row["sections"])
)
strikes: Any = client.search_strikes_by_conid(conid, "OPT", month).data

contracts = []
for right, side in (("C", "call"), ("P", "put")):
    for strike in strikes[side]:
        if low <= strike <= high:
            rows: Any = client.search_secdef_info_by_conid(
                conid, "OPT", month, strike=str(strike), right=right
            ).data
            contracts += [row for row in rows if row["maturityDate"] == expiry]

conids = [str(contract["conid"]) for contract in contracts]
batches = [conids[start : start + AT_ONCE] for start in range(0, len(conids), AT_ONCE)]
for batch in batches:
    client.live_marketdata_snapshot(batch, FIELDS)
time.sleep(1)
quotes = {
    row["conid"]: row
    for batch in batches
    for row in client.live_marketdata_snapshot(batch, FIELDS).data
}
table = [
    {
        "conid": contract["conid"],
        "strike": contract["strike"],
        "right": contract["right"],
        "bid": quotes[contract["conid"]].get("84"),
        "ask": quotes[contract["conid"]].get("86"),
    }
    for contract in contracts
]
sys.stdout.write(json.dumps(table))
