"""One exchange with the broker: signed, paced, tried again if that may help, decoded."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from ibcli.broker.authorities import usual_context
from ibcli.broker.bounded import within
from ibcli.broker.launch import Launch
from ibcli.broker.lock_order import check_wire
from ibcli.broker.pace import Pace, Turn
from ibcli.broker.recording import noted
from ibcli.broker.scrub import scrub_path
from ibcli.broker.signing import authorization, new_nonce
from ibcli.broker.translate import worth_another_try
from ibcli.broker.transport import Connections
from ibcli.broker.wire import Answer, Kind, WireError, decode, encoded

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from ibcli.broker.deadline import Deadline
    from ibcli.broker.state import Login
    from ibcli.config import Settings

T = TypeVar("T")

_CONNECT_SECONDS = 10.0
_SHORTEST = 0.05  # seconds: a request begun just before the deadline
_READ_SECONDS = 15.0  # IBKR answers 503 itself after about 10 s


class Exchange:
    """Sends one request at a time for each thread; knows nothing of logins and sessions.

    ``clock`` gives seconds since 1970, ``jitter`` numbers from 0 to 1 (random ones if None);
    ``trust`` says whom TLS trusts, if not whom it usually does.
    """

    def __init__(
        self,
        settings: Settings,
        deadline: Deadline,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.log = logging.getLogger("ibcli.broker")
        self.settings = settings
        self.deadline = deadline
        self.clock = clock
        self._jitter = jitter
        self._last: Answer | None = None
        self.pace = Pace(
            settings.base_state_dir, settings.pace_key, settings.max_rps, clock, settings.haste
        )
        self.trust = None
        if settings.api_url.startswith("https:"):
            self.trust = trust or usual_context()
        self._connections = Connections(settings, self.trust)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def now(self) -> datetime:
        """The real present moment, aware UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def ask_server_time(self) -> datetime | None:
        """The server's clock, from the Date header of any answer at all to an unsigned request.

        None when no server answers.
        """
        try:
            self.send("GET", "/", dict)
        except WireError as failure:
            return failure.answer.server_time if failure.answer else None
        return self._last.server_time if self._last else None

    def retried(self, attempt: Callable[[], T]) -> T:
        """Run it, again if that may help, while the deadline has not passed. Raises WireError."""
        try:
            return attempt()
        except WireError as failure:
            if not worth_another_try(failure):
                raise
            from ibcli.broker.retrying import tried_again

            return tried_again(failure, attempt, self.deadline, self._jitter)

    def send_signed(
        self,
        method: str,
        path: str,
        login: Login,
        *,
        params: Mapping[str, str] | None = None,
        body: object | None = None,
    ) -> Any:
        """Send a request once, signed with this login, and return its decoded JSON."""
        query = dict(params or {})

        def headers() -> Mapping[str, str]:
            return self.signature(method, path, query, login)

        # quote, not quote_plus: a blank must arrive as %20 whatever reads it
        tail = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return self.send(method, path, headers, body, tail)

    def signature(
        self, method: str, path: str, query: Mapping[str, str], login: Login
    ) -> dict[str, str]:
        """The header that signs a request, good for one sending of it."""
        signed = authorization(
            method,
            f"{self.settings.api_url}/{path.lstrip('/')}",
            query,
            consumer_key=self.settings.consumer_key or "",
            access_token=self.settings.access_token or "",
            realm=self.settings.realm,
            live_session_token=login.live_session_token,
            timestamp=int(self.clock()),
            nonce=new_nonce(),
        )
        return {"Authorization": signed}

    def send(
        self,
        method: str,
        path: str,
        headers: Callable[[], Mapping[str, str]],
        body: object | None = None,
        query: str = "",
    ) -> Any:
        """Send a request once, when its turn has come, and return its decoded JSON.

        ``headers`` is called then: a signature has its time. Raises WireError.
        """
        check_wire()
        turn = Turn(self.pace, method, path, self.deadline)
        began = self.clock()
        try:
            answer = self._bounded(method, f"{path}{query}", headers(), body, turn)
        except WireError as failure:
            failure.received = self.now()
            if failure.status_code == 429 and failure.answer is not None:
                self.pace.refused(failure.answer.retry_after(failure.received))
            self.note(method, path + query, str(failure), began)
            raise
        finally:
            turn.end()
        self.note(method, path + query, "200", began)
        return answer

    def note(self, method: str, path: str, how: str, began: float) -> None:
        """Log what became of a request."""
        if self.log.isEnabledFor(logging.DEBUG):
            took = (self.clock() - began) * 1000
            shown = scrub_path(path, self.settings.secrets)
            self.log.debug("%s %s: %s in %.0f ms", method, shown, how, took)

    def _bounded(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: object | None,
        turn: Turn,
    ) -> Any:
        left = max(self.deadline.remaining, _SHORTEST)
        content = None
        if body is not None:
            content = encoded(body)
            headers = {**headers, "Content-Type": "application/json"}
        timeouts = (min(_CONNECT_SECONDS, left), min(_READ_SECONDS, left))

        launch = Launch(turn, self.deadline)

        def send() -> Answer:
            return self._connections.send(
                method, path, headers, content, timeouts, self.deadline, launch
            )

        try:
            answer = noted(method, path, content, lambda: within(left, send))
        except TimeoutError:
            launch.call_off()
            raise WireError(Kind.TIMEOUT) from None
        except BaseException:
            launch.call_off()
            raise
        self._last = answer
        return decode(answer)
