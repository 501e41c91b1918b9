"""One book in the store. Callers hold a transaction where several steps belong
together.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.sim.books.order import Order, Status
from ibcli.sim.books.schema import GIVEN

if TYPE_CHECKING:
    from sqlite3 import Row

    from ibcli.sim.store import Store

_APART = 1_000_000
_LARGEST = 2**63 - 1  # that SQLite takes
_IDS = 1_000_000_000  # order ids are nine or ten digits (recorded), and fit 32 bits


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill of one contract. ``side`` is B, S or X (expired); ``quantity`` and ``price`` are
    unsigned, ``amount`` is what it did to the cash, without commission.
    """

    id: str
    beat: int
    at: int  # the market's time, milliseconds since the epoch
    conid: int
    side: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    commission: Decimal | None
    description: str
    position: Decimal  # afterwards
    order_id: int | None = None
    coid: str | None = None
    realized: Decimal = Decimal(0)
    seq: int = 0

    @classmethod
    def loaded(cls, row: Row) -> Execution:
        """Out of a row of the store."""
        facts = json.loads(row["facts"])
        for name in ("quantity", "price", "amount", "commission", "position", "realized"):
            if facts[name] is not None:
                facts[name] = Decimal(facts[name])
        return cls(**(facts | {"seq": row["seq"]}))


@dataclass(frozen=True, slots=True)
class Position:
    """``cost`` is what it took in, commission included: negative for shorts."""

    conid: int
    quantity: Decimal
    cost: Decimal
    realized: Decimal

    @property
    def average_cost(self) -> Decimal:
        """Per share or contract, always positive."""
        return self.cost / self.quantity if self.quantity else Decimal(0)


class Records:
    """Rows of one book: an account in one market (its seed) on one clock."""

    def __init__(self, store: Store, book: str) -> None:
        self.store = store
        self._book = book

    # The account.

    def open(self, beat: int, cash: Decimal, day: str) -> None:
        """Open the book, unless it is. Numbers of several books do not meet, nor those of old."""
        self.store.run(
            "INSERT OR IGNORE INTO book VALUES (?, ?,"
            " max(?, (SELECT ifnull(max(next_id), 0) + ? FROM book),"
            " (SELECT ifnull(max(CAST(value AS INTEGER)), 0) FROM setting WHERE name = ?)),"
            " ?, ?, ?, '0')",
            self._book,
            beat,
            _IDS + beat // 2 % _IDS,
            _APART,
            GIVEN,
            str(cash),
            day,
            str(cash),
        )

    def value(self, name: str) -> Any:
        """A column of the account."""
        row = self.store.row("SELECT * FROM book WHERE name = ?", self._book)
        if row is None:
            raise LookupError("the books are not open")
        return row[name]

    def amount(self, name: str) -> Decimal:
        """A column that is money."""
        return Decimal(self.value(name))

    def set(self, name: str, value: object) -> None:
        """Change a column of the account."""
        stored = str(value) if isinstance(value, Decimal) else value
        sql = f"UPDATE book SET {name} = ? WHERE name = ?"  # noqa: S608 - our own names
        self.store.run(sql, stored, self._book)

    def next_id(self) -> int:
        """A number that no order or execution has yet."""
        number = int(self.value("next_id"))
        self.set("next_id", number + 1)
        return number

    # Orders.

    def save(self, order: Order, *, event: bool = True) -> None:
        """Write an order, and note it among the events unless nothing of it shows."""
        alive = int(order.status not in (Status.FILLED, Status.CANCELLED))
        text = order.dumped()
        self.store.run(
            "INSERT OR REPLACE INTO book_order VALUES (?, ?, ?, ?, ?, ?)",
            order.id,
            self._book,
            order.coid,
            alive,
            order.changed,
            text,
        )
        if event:
            self.store.run(
                "INSERT INTO order_event (book, order_id, facts) VALUES (?, ?, ?)",
                self._book,
                order.id,
                text,
            )

    def forget(self, order: Order) -> None:
        """As if an order that was never submitted had not been."""
        self.store.run("DELETE FROM book_order WHERE id = ?", order.id)

    def order(self, number: int) -> Order | None:
        """One order of the account."""
        if abs(number) > _LARGEST:
            return None
        row = self.store.row(
            "SELECT facts FROM book_order WHERE id = ? AND book = ?", number, self._book
        )
        return None if row is None else Order.loaded(row["facts"])

    def orders(self, *, alive: bool = False, since: int = 0) -> list[Order]:
        """Orders by id: all, those that have not ended, or also those that did from a beat on."""
        rows = self.store.rows(
            "SELECT facts FROM book_order WHERE book = ? AND (alive OR (NOT ? AND changed >= ?))"
            " ORDER BY id",
            self._book,
            int(alive),
            since,
        )
        return [Order.loaded(row["facts"]) for row in rows]

    def orders_named(self, coid: str) -> list[Order]:
        """The orders with that cOID, latest first."""
        rows = self.store.rows(
            "SELECT facts FROM book_order WHERE book = ? AND coid = ? ORDER BY id DESC",
            self._book,
            coid,
        )
        return [Order.loaded(row["facts"]) for row in rows]

    def last_event(self) -> int:
        """The number of the latest event of an order."""
        row = self.store.row("SELECT max(seq) AS seq FROM order_event")
        return 0 if row is None or row["seq"] is None else int(row["seq"])

    def events(self, after: int) -> list[tuple[int, Order]]:
        """What became of orders after an event: numbers and orders as they were then."""
        rows = self.store.rows(
            "SELECT seq, facts FROM order_event WHERE book = ? AND seq > ? ORDER BY seq",
            self._book,
            after,
        )
        return [(row["seq"], Order.loaded(row["facts"])) for row in rows]

    # Executions and positions.

    def add(self, execution: Execution) -> None:
        """Note a fill."""
        facts = asdict(execution)
        del facts["seq"]
        self.store.run(
            "INSERT INTO execution (book, beat, facts) VALUES (?, ?, ?)",
            self._book,
            execution.beat,
            json.dumps(facts, default=str),
        )

    def executions(self, after: int = 0, *, since: int = 0) -> list[Execution]:
        """Fills after the one numbered ``after`` and from a beat on, oldest first."""
        rows = self.store.rows(
            "SELECT * FROM execution WHERE book = ? AND seq > ? AND beat >= ? ORDER BY seq",
            self._book,
            after,
            since,
        )
        return [Execution.loaded(row) for row in rows]

    def position(self, conid: int) -> Position:
        """The position in a contract, nought when there is none."""
        row = self.store.row(
            "SELECT * FROM position WHERE book = ? AND conid = ?",
            self._book,
            min(conid, _LARGEST),
        )
        return Position(conid, *[Decimal(0)] * 3) if row is None else _position(row)

    def positions(self, *, closed: bool = False) -> list[Position]:
        """Positions by contract; with ``closed`` those that are nought, too."""
        rows = self.store.rows("SELECT * FROM position WHERE book = ? ORDER BY conid", self._book)
        return [p for p in map(_position, rows) if closed or p.quantity]

    def set_position(self, position: Position) -> None:
        """Write a position."""
        self.store.run(
            "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?, ?)",
            self._book,
            position.conid,
            str(position.quantity),
            str(position.cost),
            str(position.realized),
        )

    # The account's value at the closes.

    def note_value(self, beat: int, day: str, value: Decimal) -> None:
        """What the account was worth at a close."""
        self.store.run(
            "INSERT OR REPLACE INTO day_value VALUES (?, ?, ?, ?)",
            self._book,
            beat,
            day,
            str(value),
        )

    def values(self) -> list[tuple[int, str, Decimal]]:
        """(beat, day, value) of all closes, oldest first."""
        rows = self.store.rows("SELECT * FROM day_value WHERE book = ? ORDER BY beat", self._book)
        return [(row["beat"], row["day"], Decimal(row["value"])) for row in rows]


def _position(row: Row) -> Position:
    return Position(
        row["conid"], Decimal(row["quantity"]), Decimal(row["cost"]), Decimal(row["realized"])
    )
