"""Writes: what changes something at the broker is sent once, and never again of its own accord."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ibcli.broker.bounded import within
from ibcli.broker.doubt import DoubtError
from ibcli.broker.launch import CalledOffError, Launch
from ibcli.broker.lock_order import check_wire
from ibcli.broker.pace import Turn
from ibcli.broker.recording import noted
from ibcli.broker.translate import translate
from ibcli.broker.transport import Connections
from ibcli.broker.wire import Answer, Kind, WireError, decode_written, encoded
from ibcli.errors import IbcliError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.deadline import Deadline
    from ibcli.broker.exchange import Exchange
    from ibcli.broker.state import Login

_log = logging.getLogger("ibcli.broker")
_CONNECT_SECONDS = 10.0
# IBKR answers 503 itself after about 10 s (recorded: 5 s to a question of an order's status): what
# was sent is waited for so long even when the deadline is nearer.
_HEAR_OUT = 12.0
_SHORTEST_WAIT = 1.0  # seconds, in whatever haste


class Writer:
    """Sends writes, each over a connection of its own; knows nothing of logins and sessions."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._settings = exchange.settings
        self._deadline = exchange.deadline

    def write(
        self,
        method: str,
        path: str,
        body: object | None,
        login: Login,
        check: Callable[[], None] | None = None,
    ) -> Any:
        """Send it once and return the broker's answer, a refusal too.

        ``check`` is asked just before the first byte, when all waiting is over: should it raise an
        IbcliError, that is raised and nothing is sent.

        Raises IbcliError when nothing was sent, for certain, and DoubtError when bytes may have
        reached the broker and no answer that counts came back.
        """
        content = None if body is None else encoded(body)
        check_wire()
        turn = Turn(self._exchange.pace, method, path, self._deadline)
        soon = self._connected_by()
        launch = Launch(turn, soon, soon, check)
        began = self._exchange.clock()
        try:
            answer = self._awaited(method, path, content, login, launch)
            data = decode_written(answer)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is told as known or not
            nothing_sent = launch.call_off()
            self._after(method, path, turn, began, error)
            cause = self._explained(error, path)
            if nothing_sent:
                raise cause from None
            raise DoubtError(cause) from None
        except BaseException:  # Ctrl-C: the other thread must not begin to send after that
            launch.call_off()
            raise
        self._after(method, path, turn, began, None)
        return data

    def _connected_by(self) -> Deadline:
        """When it is too late to begin: who connects so slowly could not be heard out."""
        soon = self._deadline.clock() + _CONNECT_SECONDS
        return replace(self._deadline, at=min(self._deadline.at, soon))

    def _awaited(
        self, method: str, path: str, content: bytes | None, login: Login, launch: Launch
    ) -> Answer:
        left = self._deadline.remaining
        connect = min(_CONNECT_SECONDS, left)
        hear_out = max(_SHORTEST_WAIT, _HEAR_OUT / self._settings.haste)
        patience = max(left, connect + hear_out)
        headers = {"Content-Type": "application/json"} if content is not None else {}
        headers |= self._exchange.signature(method, path, {}, login)
        timeouts = (max(connect, 0.001), patience)

        def send() -> Answer:
            connections = Connections(self._settings, self._exchange.trust, once=True)
            try:
                until = self._deadline.at_least(patience)
                return connections.send(method, path, headers, content, timeouts, until, launch)
            finally:
                connections.close()

        return noted(method, path, content, lambda: within(patience, send))

    def _after(
        self, method: str, path: str, turn: Turn, began: float, error: Exception | None
    ) -> None:
        """Keep the books of pacing and the log. Nothing that goes wrong here changes what is known
        of the write, so nothing is raised."""
        exchange = self._exchange
        with suppress(Exception):
            if isinstance(error, WireError) and error.answer is not None:
                error.received = exchange.now()
                if error.status_code == 429:
                    exchange.pace.refused(error.answer.retry_after(error.received))
        with suppress(Exception):
            turn.end()
        with suppress(Exception):
            exchange.note(method, path, "answered" if error is None else _kind(error), began)

    def _explained(self, error: Exception, path: str) -> IbcliError:
        """What went wrong, in words fit to be shown."""
        if isinstance(error, IbcliError):
            return error
        if isinstance(error, CalledOffError):
            return UnreachableError(
                "There was no connection in time; nothing was sent.",
                hint="Try again; give it longer with --deadline SECONDS.",
                code="timeout",
            )
        if isinstance(error, WireError):
            return translate(error, path, self._settings, login=False)
        if isinstance(error, TimeoutError):
            return translate(WireError(Kind.TIMEOUT), path, self._settings, login=False)
        _log.debug("a write failed with %s", type(error).__name__)
        return IbcliError(f"Sending failed in an unforeseen way ({type(error).__name__}).")


def _kind(error: Exception) -> str:
    return str(error) if isinstance(error, WireError) else type(error).__name__
