"""What a trader writes with ibind for his cron: ibind 0.2 as its own examples have it, unmodified.

::

    program.py place JOB SHEET.json    program.py cancel JOB|all
    program.py modify JOB FACTOR|tif   program.py close JOB [NAME]
    program.py read JOB orders|trades|positions|quote

From the examples (rest_04_place_order, rest_07_bracket_orders, rest_08_oauth of github.com/Voyz/
ibind): the client with its defaults, logs to stdout, one list of order requests a bracket, a cOID
made of the time, questions answered by their type. Added, as a careful author does: a lock, so that
one runs at a time (a client logs out when it ends, and all others with it), a note of each order
that was answered, a marker when all is done, and any failure ends the program with its traceback
and exit code 1. Run again it goes on after the last order that it noted.
"""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ibind import IbkrClient, OrderRequest, QuestionType, ibind_logs_initialize

if TYPE_CHECKING:
    from collections.abc import Callable

NEW_YORK = ZoneInfo("America/New_York")
NOTES = Path(os.environ["PLAIN_NOTES"])
ACCOUNT = os.environ["IBIND_ACCOUNT_ID"]
SPREADS = "28812380"  # the conid of combinations in dollars
BID, ASK = "84", "86"
TICK = Decimal("0.01")
TRIES = 20  # of a look that has to show something
LIVE = {"PendingSubmit", "PreSubmitted", "Submitted"}

# Some questions have their own words in the simulator.
WORDS = [
    "Stop Order Confirmation",
    "Market Order Confirmation",
    "exceeds the Percentage constraint",
]
ANSWERS = dict.fromkeys([*QuestionType, *WORDS], True)


class Notes:
    """What this job has done today."""

    def __init__(self, job: str) -> None:
        self.job = job
        self.path = NOTES / f"{job}-{datetime.datetime.now(NEW_YORK):%Y%m%d}"

    def noted(self) -> list[dict[str, Any]]:
        """All notes, oldest first."""
        path = self.path.with_suffix(".orders")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def placed(self) -> list[dict[str, Any]]:
        """The orders that were answered, and are not closed since."""
        closed = {note["closed"] for note in self.noted() if "closed" in note}
        return [note for note in self.noted() if "ids" in note and note["name"] not in closed]

    def note(self, **facts: Any) -> None:
        """One more."""
        with self.path.with_suffix(".orders").open("a") as file:
            file.write(json.dumps(facts) + "\n")

    def done(self, what: str) -> bool:
        """Whether the marker is there."""
        return self.path.with_suffix(f".{what}").exists()

    def mark(self, what: str) -> None:
        """Done today."""
        self.path.with_suffix(f".{what}").touch()


def logged_in() -> IbkrClient:
    """ibind's own login, and the accounts, before which no order may be touched."""
    client = IbkrClient(use_oauth=True)
    client.receive_brokerage_accounts()
    return client


def request(
    contract: dict[str, Any], side: str, kind: str, price: Any, **more: Any
) -> OrderRequest:
    """One order request."""
    price = None if price is None else float(price)
    return OrderRequest(
        side=side, order_type=kind, price=price, acct_id=ACCOUNT, tif="DAY", **contract, **more
    )


# -- placing -----------------------------------------------------------------------------------


def place(notes: Notes, sheet: str) -> None:
    """Every order of the sheet that is not noted yet."""
    client = logged_in()
    noted = {note.get("name") for note in notes.noted()}
    for wanted in json.loads(Path(sheet).read_text()):
        if wanted["name"] not in noted:
            contract, price = priced(client, wanted)
            orders = bracket(notes.job, wanted, contract, price)
            answer = client.place_order(orders, ANSWERS, ACCOUNT).data
            rows = answer if isinstance(answer, list) else [answer]
            ids = [row["order_id"] for row in rows]
            notes.note(name=wanted["name"], ids=ids, contract=contract)


def priced(client: IbkrClient, wanted: dict[str, Any]) -> tuple[dict[str, Any], Decimal]:
    """The contract to trade, and the limit for one."""
    conids = [found(client, wanted, right, strike) for _, _, right, strike in wanted["legs"]]
    quotes = quoted(client, conids)
    sides = [side for side, _, _, _ in wanted["legs"]]
    prices = [limit(quotes[c], side, wanted) for c, side in zip(conids, sides, strict=True)]
    if len(conids) == 1:
        return {"conid": conids[0], "quantity": wanted["quantity"]}, rounded(prices[0])
    ratios = [ratio if side == "BUY" else -ratio for side, ratio, _, _ in wanted["legs"]]
    pairs = ",".join(f"{conid}/{ratio}" for conid, ratio in zip(conids, ratios, strict=True))
    price = sum((each * ratio for each, ratio in zip(prices, ratios, strict=True)), Decimal(0))
    contract = {"conid": None, "conidex": f"{SPREADS};;;{pairs}", "quantity": wanted["quantity"]}
    return contract, rounded(price)


def limit(quote: dict[str, Decimal], side: str, wanted: dict[str, Any]) -> Decimal:
    """Mid, or natural: what the other side of the market asks."""
    if wanted["limit"] == "natural":
        return quote[ASK if side == "BUY" else BID]
    return (quote[BID] + quote[ASK]) / 2


def rounded(price: Decimal) -> Decimal:
    """On the tick."""
    return TICK * round(price / TICK)


def found(client: IbkrClient, wanted: dict[str, Any], right: str, strike: str) -> int:
    """An option's conid."""
    listings: Any = client.search_contract_by_symbol(wanted["symbol"]).data
    underlying = next(
        row["conid"] for row in listings if any(s["secType"] == "OPT" for s in row["sections"])
    )
    rows: Any = client.search_secdef_info_by_conid(
        underlying, "OPT", wanted["month"], strike=strike, right=right
    ).data
    return int(next(row["conid"] for row in rows if row["maturityDate"] == wanted["expiry"]))


def quoted(client: IbkrClient, conids: list[int]) -> dict[int, dict[str, Decimal]]:
    """Bid and ask of each, once they have arrived."""
    for _ in range(TRIES):
        rows: Any = client.live_marketdata_snapshot([str(c) for c in conids], [BID, ASK]).data
        if all(BID in row and ASK in row for row in rows):
            return {int(row["conid"]): {f: number(row[f]) for f in (BID, ASK)} for row in rows}
        time.sleep(1)
    raise RuntimeError("no quotes")


def number(text: str) -> Decimal:
    """A price out of a snapshot, as "C1.23" may be one."""
    return Decimal(text.lstrip("CH"))


def bracket(
    job: str, wanted: dict[str, Any], contract: dict[str, Any], price: Decimal
) -> list[OrderRequest]:
    """The entry, and what closes it."""
    alone = len(wanted["legs"]) == 1
    side = wanted["legs"][0][0] if alone else "BUY"
    back = "SELL" if side == "BUY" else "BUY"
    tag = f"{job}-{wanted['name']}-{datetime.datetime.now():%Y%m%d%H%M%S}"  # noqa: DTZ005
    orders = [request(contract, side, "LMT", price, coid=tag)]
    for kind, times in (("STP", wanted["stop"]), ("LMT", wanted["profit"])):
        if times is not None:
            at = rounded(price * Decimal(times))
            orders.append(request(contract, back, kind, at, parent_id=tag))
    return orders


# -- changing ----------------------------------------------------------------------------------


def live(client: IbkrClient) -> dict[str, dict[str, Any]]:
    """The account's orders by id. The first answer of a session is empty."""
    for _ in range(TRIES):
        rows: Any = client.live_orders().data
        if rows["orders"]:
            return {str(row["orderId"]): row for row in rows["orders"]}
        time.sleep(1)
    return {}


def cancel(notes: Notes) -> None:
    """The job's entries, and with them what hangs on them; or every entry that works. A child has
    no name of its own, so that the stops of what is filled stay.
    """
    client = logged_in()
    rows = live(client)
    if notes.job == "all":
        chosen = [order for order, row in rows.items() if row.get("order_ref")]
    else:
        chosen = [each["ids"][0] for each in notes.placed()]
    for order in chosen:
        if rows[order]["status"] in LIVE:
            client.cancel_order(order, ACCOUNT)


def modify(notes: Notes, change: str) -> None:
    """The limits of the job's entries that still wait times a factor, or good till cancelled."""
    client = logged_in()
    rows = live(client)
    for placed in notes.placed():
        row = rows[placed["ids"][0]]
        if row["status"] in LIVE:
            price = Decimal(row["price"])
            price = price if change == "tif" else rounded(price * Decimal(change))
            changed = request(placed["contract"], row["side"], "LMT", price)
            changed.tif = "GTC" if change == "tif" else "DAY"
            client.modify_order(placed["ids"][0], changed, ANSWERS, ACCOUNT)


def close(notes: Notes, *names: str) -> None:
    """What the job's entries have filled goes back to the market, without its stop."""
    client = logged_in()
    rows = live(client)
    for placed in notes.placed():
        entry, *children = placed["ids"]
        if rows[entry]["status"] != "Filled" or (names and placed["name"] not in names):
            continue
        for child in children:
            if rows[child]["status"] in LIVE:
                client.cancel_order(child, ACCOUNT)
        side = "SELL" if rows[entry]["side"] == "BUY" else "BUY"
        tag = f"close-{entry}-{datetime.datetime.now():%Y%m%d%H%M%S}"  # noqa: DTZ005
        order = request(placed["contract"], side, "MKT", None, coid=tag)
        answer = client.place_order(order, ANSWERS, ACCOUNT).data
        notes.note(closed=placed["name"], order=answer["order_id"])


def read(notes: Notes, what: str) -> None:
    """Print what there is; nothing is changed and nothing is marked."""
    client = logged_in()
    if what == "orders":
        show(live(client))
    elif what == "trades":
        show(client.trades().data)
    elif what == "positions":
        client.portfolio_accounts()
        show(client.positions(ACCOUNT).data)
    else:
        conids = [each["contract"]["conid"] for each in notes.placed()]
        known = [conid for conid in conids if conid]
        show(quoted(client, known) if known else {})


def show(found: object) -> None:
    """For whoever reads cron's mail."""
    sys.stdout.write(f"{found}\n")


DEEDS: dict[str, Callable[..., None]] = {
    "place": place,
    "cancel": cancel,
    "modify": modify,
    "close": close,
    "read": read,
}


def main(argv: list[str]) -> None:
    """One deed for one job, unless it is done."""
    ibind_logs_initialize(log_to_file=False)
    deed, job, *words = argv
    NOTES.mkdir(parents=True, exist_ok=True)
    # As flock(1) around it would: until the process is gone, and has logged out.
    fcntl.flock(os.open(NOTES / "lock", os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)
    notes = Notes(job)
    if not notes.done(deed):
        DEEDS[deed](notes, *words)
        if deed != "read":
            notes.mark(deed)


if __name__ == "__main__":
    main(sys.argv[1:])
