"""Questions that are open: one chain a task, in the store, so that any server takes the answer."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from ibcli.sim.books import questions
from ibcli.sim.books.questions import Question
from ibcli.sim.errors import WireError, bad_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.sim.books.order import Order
    from ibcli.sim.store import Store

_MOST_WORDS = 51
Task = dict[str, Any]
"""What is done once all is answered: ``{"submit": [order ids]}`` or ``{"modify": id, ...}``."""


class Inquiry:
    """The questions of one user's session."""

    def __init__(self, store: Store, username: str) -> None:
        self._store = store
        self._username = username

    def ask(self, task: Task, asked: Sequence[Question]) -> list[dict[str, Any]]:
        """The first question, as it is answered to a request; the others follow on replies."""
        question = asked[0]
        name = str(uuid.uuid4())
        self._put(name, task, asked[1:])
        row = {"id": name, "message": [question.text], "isSuppressed": False}
        return [row | {"messageIds": [question.id]} | question.extras]

    def prompt(self, order: Order, task: Task) -> dict[str, Any]:
        """An advanced reject; the task goes on when it is answered."""
        request = str(order.id % 100_000)
        self._put(f"prompt {order.id} {request}", task | {"prompted": True}, [])
        return {
            "orderId": order.id,
            "reqId": request,
            "dismissable": [],
            "text": questions.PROMPT,
            "options": list(questions.PROMPT_OPTIONS),
            "type": "M",
            "messageId": questions.PROMPT_ID,
            "prompt": True,
        }

    def _put(self, name: str, task: Task, rest: Sequence[Question]) -> None:
        facts = {"task": task, "rest": [[question.id, question.text] for question in rest]}
        self._store.run(
            "INSERT OR REPLACE INTO question VALUES (?, ?, 1, ?)",
            name,
            self._username,
            json.dumps(facts),
        )

    def take(self, name: str) -> tuple[Task, list[Question]]:
        """The task of a question that is being answered, and what is still to be asked.

        Raises:
            WireError: 400 for an unknown question (recorded), 503 for one that another order call
                has made void (reported; wording invented).
        """
        task, alive, rest = self._find(name)
        if task is None:
            raise WireError(400, {"error": f"reply id not found: '{name}'"})
        if not alive:
            raise WireError(503, {"error": "Service Unavailable", "statusCode": 503})
        return task, rest

    def take_prompt(self, order_id: str, request: str) -> Task:
        """The task of a prompt that is being answered.

        Raises:
            WireError: 400, wording invented.
        """
        task, alive, _ = self._find(f"prompt {order_id} {request}")
        if task is None or not alive:
            raise bad_request(f"no prompt {request}")
        return task

    def _find(self, name: str) -> tuple[Task | None, bool, list[Question]]:
        row = self._store.row(
            "SELECT * FROM question WHERE id = ? AND username = ?", name, self._username
        )
        if row is None:
            return None, False, []
        if row["alive"]:
            self._store.run("DELETE FROM question WHERE id = ?", name)
        facts = json.loads(row["facts"])
        return facts["task"], bool(row["alive"]), [Question(*words) for words in facts["rest"]]

    def let_die(self) -> None:
        """Any other order call makes open questions void (reported)."""
        self._store.run("UPDATE question SET alive = 0 WHERE username = ?", self._username)

    # Suppression.

    def silenced(self) -> frozenset[str]:
        """The ids that are not asked in this session."""
        rows = self._store.rows("SELECT message FROM suppressed WHERE username = ?", self._username)
        return frozenset(row["message"] for row in rows)

    def suppress(self, messages: Sequence[str]) -> None:
        """No questions of these ids in this session.

        Raises:
            WireError: 400 for more than 51 of them.
        """
        if len(messages) > _MOST_WORDS:
            raise bad_request(f"at most {_MOST_WORDS} messageIds")  # wording invented
        with self._store.transaction():
            for message in messages:
                self._store.run(
                    "INSERT OR IGNORE INTO suppressed VALUES (?, ?)", self._username, message
                )

    def unsuppress(self) -> None:
        """All questions again."""
        self._store.run("DELETE FROM suppressed WHERE username = ?", self._username)
