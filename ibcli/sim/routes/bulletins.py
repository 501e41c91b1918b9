"""The socket's topics about the account: sor (orders), str (trades), spl (profit and loss).

The recorded order of frames is followed: a row first, whole, then what has changed of it by
orderId; an execution twice, without its commission and with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ibcli.sim.books.order import Status
from ibcli.sim.reports import trades
from ibcli.sim.reports.orders import OrderReport
from ibcli.sim.routes.blotter import listed_orders, listed_trades, pnl_of

if TYPE_CHECKING:
    from ibcli.sim.books.books import Present
    from ibcli.sim.books.order import Order
    from ibcli.sim.core import Simulator, Who

Frame = dict[str, Any]
_TOPICS = {"sor": "sor", "uor": "sor", "str": "str", "utr": "str", "spl": "spl", "upl": "spl"}


class Bulletins:
    """What one socket hears of its account."""

    def __init__(self, sim: Simulator, who: Who) -> None:
        self._sim = sim
        self._who = who
        self._topics: set[str] = set()
        self._event = 0
        self._execution = 0
        self._bare: set[str] = set()  # executions sent without their commission
        self._rows: dict[int, Frame] = {}
        self._pnl: Frame = {}

    @staticmethod
    def concerns(topic: str) -> bool:
        """Whether a topic of the client is one of these."""
        return topic in _TOPICS

    @property
    def wanted(self) -> bool:
        """Whether anything is subscribed to."""
        return bool(self._topics)

    def receive(self, topic: str, arguments: str) -> list[Frame]:
        """Subscribe or unsubscribe; what is to be sent at once."""
        name = _TOPICS[topic]
        if topic != name:
            self._topics.discard(name)
            return []
        self._topics.add(name)
        with self._sim.books.present(self._who.account) as now:
            if name == "sor":
                return self._first_orders(now)
            if name == "str":
                return self._first_trades(now, arguments)
        self._pnl = {}
        return self._profit()

    def news(self) -> list[Frame]:
        """What has happened since."""
        if not self._topics:
            return []
        frames: list[Frame] = []
        with self._sim.books.present(self._who.account) as now:
            if "sor" in self._topics:
                frames += self._orders(now)
            if "str" in self._topics:
                frames += self._trades(now)
        return frames + (self._profit() if "spl" in self._topics else [])

    # Orders.

    def _row(self, now: Present, order: Order) -> Frame:
        return OrderReport(now.contracts, now.timeline).row(order)

    def _first_orders(self, now: Present) -> list[Frame]:
        """No frame when there are none (reported)."""
        self._event = now.records.last_event()
        self._rows = {order.id: self._row(now, order) for order in listed_orders(now)}
        rows = list(self._rows.values())
        return [{"topic": "sor", "args": rows}] if rows else []

    def _orders(self, now: Present) -> list[Frame]:
        frames = []
        for number, order in now.records.events(self._event):
            self._event = number
            row = self._row(now, order)
            before = self._rows.get(order.id)
            self._rows[order.id] = row
            if before is None:
                frames.append({"topic": "sor", "args": [row]})
                names = ("acct", "conidex", "conid", "orderId", "isEventTrading")
                frames.append({"topic": "sor", "args": [{name: row[name] for name in names}]})
                continue
            changed = {name: value for name, value in row.items() if before.get(name) != value}
            if order.status is Status.PENDING_CANCEL and "status" in changed:
                changed = row  # recorded: the whole row again
            if changed:
                named = {"acct": order.account, "orderId": order.id}
                frames.append({"topic": "sor", "args": [named | changed]})
        return frames

    # Trades.

    def _first_trades(self, now: Present, arguments: str) -> list[Frame]:
        """Empty arguments first (recorded), then what there is unless only news are wanted."""
        executions = now.records.executions()
        self._execution = executions[-1].seq if executions else 0
        frames: list[Frame] = [{"topic": "str", "args": []}]
        if _wants_only_news(arguments):
            return frames
        for execution in reversed(listed_trades(self._sim, now, 1)):
            row = trades.row(execution, now.contracts, self._who.account, self._who.username)
            if execution.commission is None and execution.side != "X":
                self._bare.add(execution.id)
            frames.append({"topic": "str", "args": [row]})
        return frames

    def _trades(self, now: Present) -> list[Frame]:
        delay = self._sim.options.commission_ms // 500
        who = self._who
        frames = []
        for execution in now.records.executions(self._execution):
            self._execution = execution.seq
            bare = trades.as_known(execution, execution.beat, 1)
            row = trades.row(bare, now.contracts, who.account, who.username)
            frames.append({"topic": "str", "args": [row]})
            if execution.commission is not None:
                self._bare.add(execution.id)
        for execution in now.records.executions() if self._bare else []:
            known = trades.as_known(execution, now.beat, delay)
            if execution.id in self._bare and known.commission is not None:
                self._bare.discard(execution.id)
                row = trades.row(known, now.contracts, who.account, who.username)
                frames.append({"topic": "str", "args": [row]})
        return frames

    # Profit and loss.

    def _profit(self) -> list[Frame]:
        args = pnl_of(self._sim, self._who.account)
        if args == self._pnl:
            return []
        self._pnl = args
        return [{"topic": "spl", "args": args}]


def _wants_only_news(arguments: str) -> bool:
    try:
        return bool(json.loads(arguments or "{}").get("realtimeUpdatesOnly", False))
    except (ValueError, AttributeError, RecursionError):
        return False
