"""The order desk: placing, answering questions, modifying, cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.sim.books import changes, questions, tickets
from ibcli.sim.books.entry import NO_PARENT, NOT_UNIQUE, check, enter, is_orphan, is_registered
from ibcli.sim.books.inquiry import Inquiry
from ibcli.sim.books.order import OrderType, Status
from ibcli.sim.books.preview import preview
from ibcli.sim.books.tickets import Refused
from ibcli.sim.errors import bad_request
from ibcli.sim.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.sim.books.books import Books, Present
    from ibcli.sim.books.inquiry import Task
    from ibcli.sim.books.order import Order
    from ibcli.sim.books.questions import Question
    from ibcli.sim.books.tickets import Ticket
    from ibcli.sim.core import Who

Body = list[dict[str, Any]] | dict[str, Any]


class Desk:
    """What one user does with his account's orders. Each call is one transaction."""

    def __init__(self, books: Books, who: Who) -> None:
        self._books = books
        self._who = who
        self.inquiry = Inquiry(books.store, who.username)

    @property
    def _switches(self) -> Switches:
        return Switches.load(self._books.store)

    def place(self, raws: Sequence[dict[str, Any]]) -> Body:
        """POST orders: rows, a question, a prompt, or ``{"error": ...}``.

        Raises:
            WireError: 400 and 500 for what is no order.
        """
        self.inquiry.let_die()
        with self._books.present(self._who.account) as now:
            read = [tickets.read(raw) for raw in raws]
            try:
                check(now, read, may_trade=self._switches.may_trade)
            except Refused as refused:
                return {"error": refused.text}
            if self._switches.fail_orders:
                return [_failed(now.records.next_id()) for _ in read]
            orders = enter(now, read, self._who)
            asked = [question for ticket in read for question in self._raised(now, ticket)]
            return self._go_on(now, {"submit": [order.id for order in orders]}, asked)

    def reply(self, name: str, *, confirmed: bool) -> Body:
        """POST reply: the next question, or what the task comes to.

        Raises:
            WireError: 400 for an unknown question, 503 for one that is void.
        """
        with self._books.present(self._who.account) as now:
            task, rest = self.inquiry.take(name)
            if confirmed:
                return self._go_on(now, task, rest)
            self._drop(now, task)
            return {"error": "Order not confirmed "}  # IBKR's sample

    def notify(self, order_id: str, request: str, text: str) -> str:
        """POST notification: the answer to a prompt; the order goes to the market.

        Raises:
            WireError: 400 for an unknown prompt or answer, wording invented.
        """
        if text not in questions.PROMPT_OPTIONS:
            raise bad_request(f"invalid option {text}")
        with self._books.present(self._who.account) as now:
            self._do(now, self.inquiry.take_prompt(order_id, request))
        return "Request was submitted"

    def modify(self, number: int, raw: dict[str, Any]) -> Body:
        """POST order/{id}: all of its fields again, some of them changed.

        Raises:
            WireError: 400 and 500 for what is no order.
        """
        self.inquiry.let_die()
        with self._books.present(self._who.account) as now:
            ticket = tickets.read(raw)
            try:
                changes.check(now, number, ticket)
            except Refused as refused:
                return {"error": refused.text}
            asked = self._raised(now, ticket)
            return self._go_on(now, {"modify": number, "terms": raw}, asked)

    def cancel(self, number: int) -> dict[str, Any]:
        """DELETE order/{id}; -1 for all.

        Raises:
            WireError: 400 for an order that waits for an answer.
        """
        self.inquiry.let_die()
        with self._books.present(self._who.account) as now:
            delay = max(1, self._books.options.cancel_ms // 500)
            try:
                changes.cancel(now, number, delay)
            except Refused as refused:
                return {"error": refused.text}
        return {"msg": "Request was submitted", "order_id": number, "conid": -1, "account": None}

    def what_if(self, raws: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """POST orders/whatif; nothing is changed. Of a list, as of a bracket, the first order that
        is nobody's child counts alone.

        Raises:
            WireError: 400 and 500 for what is no order.
        """
        with self._books.present(self._who.account) as now:
            read = [tickets.read(raw) for raw in raws]
            first = next((ticket for ticket in read if ticket.parent_coid is None), read[0])
            error = None
            try:
                check(now, [first], may_trade=self._switches.may_trade)
            except Refused as refused:
                error = refused.text
            return preview(now, first, self._raised(now, first), error)

    # Within.

    def _raised(self, now: Present, ticket: Ticket) -> list[Question]:
        """The questions about a ticket that have not been suppressed."""
        limits = self._books.options.precautions
        case = questions.asking(ticket, now.contracts, now.at, self._switches.feed, limits)
        silenced = self.inquiry.silenced()
        return [question for question in questions.raised(case) if question.id not in silenced]

    def _go_on(self, now: Present, task: Task, asked: Sequence[Question]) -> Body:
        """Ask the next question, or do what was asked for."""
        return self.inquiry.ask(task, asked) if asked else self._do(now, task)

    def _drop(self, now: Present, task: Task) -> None:
        """Orders that are not confirmed are gone; whether IBKR keeps them is not known."""
        for number in task.get("submit", []):
            order = now.records.order(number)
            if order is not None and order.status is Status.INACTIVE:
                now.records.forget(order)

    def _do(self, now: Present, task: Task) -> Body:
        if "modify" in task:
            try:
                return [changes.apply(now, task["modify"], tickets.read(task["terms"]))]
            except Refused as refused:
                return {"error": refused.text}
        orders = [now.records.order(number) for number in task["submit"]]
        waiting = [o for o in orders if o is not None and o.status is Status.INACTIVE]
        if len(waiting) != len(orders):  # the close has come between; wording invented
            return {"error": "Order couldn't be submitted: the session is over."}
        refusal = _refusal(now, waiting)
        if refusal is not None:
            self._drop(now, task)
            return {"error": refusal}
        if self._switches.advanced_reject and not task.get("prompted"):
            for order in waiting:
                if order.type is OrderType.LMT and not order.adaptive:
                    return self.inquiry.prompt(order, task)
        return [_submit(now, order) for order in waiting]


def _refusal(now: Present, waiting: Sequence[Order]) -> str | None:
    """What has come to stand against orders while their questions were open."""
    together = [order.id for order in waiting]
    for order in waiting:
        if order.coid is not None and is_registered(now, order.coid):
            return NOT_UNIQUE.format(order.coid)
        if is_orphan(now, order, together):
            return NO_PARENT.format(order.parent)
    return None


def _submit(now: Present, order: Order) -> dict[str, Any]:
    order.status = Status.PENDING_SUBMIT
    order.placed = order.changed = now.beat
    order.active = now.beat + 1
    now.records.save(order)
    waits = order.parent is not None or order.type.has_stop
    is_open = now.contracts.market.is_open(now.at)
    shown = Status.PENDING_SUBMIT if is_open and not waits else Status.PRE_SUBMITTED
    return changes.row(order, shown)


def _failed(number: int) -> dict[str, Any]:
    return {
        "order_id": str(number),
        "order_status": "Failed",
        "encrypt_message": "1",
        "text": "The order was rejected.",  # wording invented
    }
