"""One exchange with the broker: signed, paced, tried again if that may help, decoded.

The transport is ibind's IbkrClient with a login of our own keeping: no login, thread, log file or
logout that was not asked for, and the right Host header (see the notes on each override).
"""

from __future__ import annotations

import logging
import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import simplejson
import tenacity

from ibcli.broker.bounded import within
from ibcli.broker.library import ExternalBrokerError, IbkrClient, Result
from ibcli.broker.pace import Pace
from ibcli.broker.scrub import scrub_path
from ibcli.broker.signing import authorization, new_nonce
from ibcli.broker.translate import worth_another_try
from ibcli.broker.transport import IbkrSession, trusted_authorities
from ibcli.broker.wire import Kind, WireError, decode, failure_of, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from ibcli.broker.deadline import Deadline
    from ibcli.broker.state import Login
    from ibcli.config import Settings

T = TypeVar("T")

_log = logging.getLogger("ibcli.broker")
_ATTEMPTS = 4
_FIRST_PAUSE = 0.25  # seconds; doubled for each further attempt
_CONNECT_SECONDS = 10.0
_SHORTEST = 0.05  # seconds: a request begun just before the deadline
_READ_SECONDS = 15.0  # IBKR answers 503 itself after about 10 s


class Exchange(IbkrClient):
    """Sends one request at a time for each thread; knows nothing of logins and sessions.

    ``clock`` gives seconds since 1970, ``jitter`` numbers from 0 to 1.
    """

    def __init__(
        self,
        settings: Settings,
        deadline: Deadline,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.deadline = deadline
        self.server_time: datetime | None = None  # of the last answer
        self._clock = clock
        self._jitter = jitter
        self._pace = Pace(
            settings.base_state_dir, settings.pace_key, settings.max_rps, clock, settings.haste
        )
        super().__init__(
            account_id=settings.account_id,
            url=f"{settings.api_url}/",
            cacert=trusted_authorities(settings),
            max_retries=0,  # its retries would repeat orders
            use_session=True,
            auto_recreate_session=False,
            auto_register_shutdown=False,
            log_responses=False,
            verbose_retries=False,
            use_oauth=False,
        )

    def now(self) -> datetime:
        """The real present moment, aware UTC."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def ask_server_time(self) -> datetime | None:
        """The server's clock, from the Date header of any answer at all to an unsigned request.

        None when no server answers.
        """
        try:
            self._paced("GET", "/", dict, None)
        except WireError as failure:
            return failure.answer.server_time if failure.answer else None
        return self.server_time

    # -- one attempt -------------------------------------------------------------------------

    def _attempts(self, attempt: Callable[[], T]) -> T:
        """Run it, again if that may help, while the deadline has not passed. Raises WireError."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(worth_another_try),
            wait=self._pause,
            stop=self._is_last,
            sleep=self.deadline.sleep,
            reraise=True,
        )
        return retrying(attempt)

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, WireError) and error.status_code == 429:
            return 0.0  # the gate is closed for as long as it must be
        pause: float = _FIRST_PAUSE * 2 ** (state.attempt_number - 1)
        return pause * (0.5 + self._jitter() / 2)

    def _is_last(self, state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= _ATTEMPTS or self.deadline.remaining <= state.upcoming_sleep

    def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: object | None,
        login: Login,
    ) -> Any:
        query = dict(params or {})
        url = f"{self.base_url}{path.lstrip('/')}"

        def headers() -> Mapping[str, str]:
            return self._signature(method, url, query, login)

        # quote, not requests' quote_plus: a blank must arrive as %20 whatever reads it
        tail = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return self._paced(method, path, headers, body, tail)

    def _signature(
        self, method: str, url: str, query: Mapping[str, str], login: Login
    ) -> dict[str, str]:
        """The header that signs a request, good for one sending of it."""
        signed = authorization(
            method,
            url,
            query,
            consumer_key=self.settings.consumer_key or "",
            access_token=self.settings.access_token or "",
            realm=self.settings.realm,
            live_session_token=login.live_session_token,
            timestamp=int(self._clock()),
            nonce=new_nonce(),
        )
        return {"Authorization": signed}

    def _paced(
        self,
        method: str,
        path: str,
        headers: Callable[[], Mapping[str, str]],
        body: object | None,
        query: str = "",
    ) -> Any:
        slot = self._pace.enter(method, path, self.deadline)
        began = self._clock()
        try:
            answer = self._bounded(method, f"{path}{query}", headers(), body)
        except WireError as failure:
            failure.received = self.now()
            if failure.status_code == 429 and failure.answer is not None:
                self._pace.refused(failure.answer.retry_after(failure.received))
            self._note(method, path + query, str(failure), began)
            raise
        finally:
            self._pace.leave(slot)
        self._note(method, path + query, "200", began)
        return answer

    def _note(self, method: str, path: str, how: str, began: float) -> None:
        if _log.isEnabledFor(logging.DEBUG):
            took = (self._clock() - began) * 1000
            shown = scrub_path(path, self.settings.secrets)
            _log.debug("%s %s: %s in %.0f ms", method, shown, how, took)

    def _bounded(
        self, method: str, path: str, headers: Mapping[str, str], body: object | None
    ) -> Any:
        try:
            left = max(self.deadline.remaining, _SHORTEST)
            return within(left, lambda: self._sent(method, path, headers, body))
        except TimeoutError:
            raise WireError(Kind.TIMEOUT) from None

    def _sent(self, method: str, path: str, headers: Mapping[str, str], body: object | None) -> Any:
        options: dict[str, Any] = {"stream": True, "allow_redirects": False}
        sent = dict(headers)
        if body is not None:
            options["data"] = simplejson.dumps(body, use_decimal=True).encode()
            sent["Content-Type"] = "application/json"
        try:
            return self._request(method, path, extra_headers=sent, log=False, **options).data
        except (ExternalBrokerError, TimeoutError) as error:
            raise failure_of(error) from None

    # -- what ibind calls --------------------------------------------------------------------

    def _process_response(self, response: requests.Response, result: Result) -> Result:
        """Decode with exact numbers; ibind's own would lose the body and the reason of an error."""
        answer = read_answer(response, self.deadline)
        self.server_time = answer.server_time
        result.data = decode(answer)
        return result

    def _make_logger(self) -> None:
        """ibind would write every request, with its account ids, to a file in the temp folder."""
        self._logger = logging.getLogger("ibcli.silent")
        self._logger.disabled = True

    def make_session(self) -> None:
        """A session that takes nothing from ~/.netrc and the environment."""
        self._session = IbkrSession(self.settings)

    @property  # type: ignore[override]
    def _timeout(self) -> tuple[float, float]:
        """Seconds to connect and between bytes: never beyond the deadline."""
        left = max(self.deadline.remaining, _SHORTEST)
        return min(_CONNECT_SECONDS, left), min(_READ_SECONDS, left)

    @_timeout.setter
    def _timeout(self, _seconds: object) -> None:
        """ibind sets one for the client's whole life; ours follows the deadline."""
