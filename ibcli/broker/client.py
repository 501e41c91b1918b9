"""The broker's client: logs in when it must, reads, repairs what the broker says is missing."""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ibcli.broker.abreast import abreast
from ibcli.broker.accounts import Accounts, accounts_of
from ibcli.broker.authorities import bundled_context
from ibcli.broker.lock_order import Rank, ranked
from ibcli.broker.memory import Memory
from ibcli.broker.scrub import mask_accounts
from ibcli.broker.session import Keeper, TokenRefusedError
from ibcli.broker.state import Login, StateFile
from ibcli.broker.translate import translate
from ibcli.broker.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ibcli.broker.deadline import Deadline
    from ibcli.broker.exchange import Exchange
    from ibcli.broker.writing import Writer
    from ibcli.config import Settings

T = TypeVar("T")

THREADS = 10  # requests under way at once
_PROOF_SECONDS = 60.0  # a session idles out after five minutes (documented)
_WRITES = re.compile(
    r"/iserver/(account/[^/]+/(orders|order/[^/]+)|reply/[^/]+|notification)/?(\?.*)?"
)


def is_write(method: str, path: str) -> bool:
    """Whether a request places, changes, confirms or cancels an order: it is not to be repeated."""
    return method == "DELETE" or (method == "POST" and _WRITES.fullmatch(path) is not None)


class Repair(StrEnum):
    """What the broker's complaint says is missing."""

    LOGIN = "login"
    SESSION = "session"
    ACCOUNTS = "accounts"


class BrokerClient:
    """Reads from IBKR's Web API, and writes to it.

    Safe to use from several threads; a context manager. What sends is made, and imported, at the
    first request: a command that is answered from what lies on this machine needs none of it.

    ``clock`` gives seconds since 1970, ``jitter`` numbers from 0 to 1. Raises ConfigurationError
    when IBCLI_CA_BUNDLE cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        deadline: Deadline,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._trust = bundled_context(settings)
        self.settings = settings
        self.deadline = deadline
        self.warnings: list[str] = []  # things to tell the user beside the result
        state = StateFile(settings.state_dir, settings.state_key, self.warnings.append, deadline)
        self.state_path = state.path
        self._clock = clock
        self._jitter = jitter
        self._keeper = Keeper(
            settings,
            deadline,
            state,
            now=self.now,
            post_login=self._post_login,
            post=self._post_with,
        )
        self.memory = Memory(self._keeper)
        self._made: Exchange | None = None
        self._making = threading.Lock()
        self._accounts_lock = threading.Lock()
        self._proven = ("", 0.0)  # the session that last answered a read, and when

    @property
    def _exchange(self) -> Exchange:
        """What sends: one for all threads, so that they share its connections."""
        with self._making:
            if self._made is None:
                from ibcli.broker.exchange import Exchange

                self._made = Exchange(
                    self.settings,
                    self.deadline,
                    clock=self._clock,
                    jitter=self._jitter,
                    trust=self._trust,
                )
            return self._made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, if there are any."""
        if self._made is not None:
            self._made.close()

    def now(self) -> datetime:
        """The real present moment, aware UTC."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def ask_server_time(self) -> datetime | None:
        """The server's clock, from any answer at all to an unsigned request; None without one."""
        return self._exchange.ask_server_time()

    # -- reading -----------------------------------------------------------------------------

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object | None = None,
        repair: bool = True,
    ) -> Any:
        """Send a request that changes nothing and return its decoded JSON, numbers exact.

        Retried on connection errors, time-outs, server failures and 429, each attempt signed
        afresh, within the deadline. What the broker says is missing (login, brokerage session,
        accounts) is repaired once each, unless ``repair`` is false: then the kept login is used as
        it is. Raises the errors of ibcli.errors; an error inside a 200 is a RefusedError. Raises
        NotImplementedError, and sends nothing, for a request that orders: see ``write``.
        """
        if method != "GET" and is_write(method, path):
            raise NotImplementedError(f"{method} {mask_accounts(path)} as a read")
        repaired: set[Repair] = set()
        while True:
            try:
                return self._exchange.retried(
                    lambda: self._signed(method, path, params, body, repair)
                )
            except WireError as failure:
                missing = _missing(failure)
                if not repair or missing is None or missing in repaired:
                    raise translate(failure, path, self.settings, login=False) from None
                repaired.add(missing)
                self._repair(missing, failure)

    def _signed(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: object | None,
        prepare: bool,
    ) -> Any:
        login = self._login_for(path, prepare)
        mark = login.session.mark if login.session else ""
        try:
            answer = self._exchange.send_signed(method, path, login, params=params, body=body)
        except WireError as failure:
            failure.token_mark, failure.session_mark = login.mark, mark
            raise
        if path.startswith("/iserver/") and not path.startswith("/iserver/auth"):
            self._proven = (mark, self._clock())
        return answer

    def _login_for(self, path: str, prepare: bool) -> Login:
        if not prepare and (kept := self._keeper.known) is not None:
            return kept
        needs_session = path.startswith("/iserver") and not path.startswith("/iserver/auth")
        return self._keeper.with_session() if needs_session else self._keeper.login()

    def _repair(self, missing: Repair, failure: WireError) -> None:
        self._exchange.log.debug("the broker lacks %s: repairing", missing)
        if missing is Repair.LOGIN:
            self._keeper.renew(refused=failure.token_mark)
        elif missing is Repair.SESSION:
            self._keeper.renew_session(lost=failure.session_mark)
        else:
            self.ask_accounts()

    # -- writing -----------------------------------------------------------------------------

    def write(
        self,
        method: str,
        path: str,
        body: object | None = None,
        *,
        prove: bool = True,
        check: Callable[[], None] | None = None,
    ) -> Any:
        """Send a request that changes something, once, and return the broker's answer.

        Its refusals (``{"error": ...}`` with 200 or 400) are answers too. What a write needs (a
        login, a brokerage session, the accounts called) is there before it goes; unless a read has
        shown within the last minute that the broker still thinks so, one is made. ``prove`` false
        leaves that out, for the answer to a question: other requests may make its id void
        (reported). ``check`` is asked just before the first byte; should it raise an IbcliError,
        nothing is sent.

        Raises IbcliError when nothing was sent, for certain (too late, no login, no connection).
        Raises DoubtError when bytes may have reached the broker and no such answer came: time-out,
        cut, torn body, any other status. Nothing is ever sent twice. Ctrl-C and SIGTERM pass
        through; then, too, it is not known.
        """
        self.ensure_accounts()
        if prove and not self._is_proven():
            self.ask_accounts()
        return self._writer.write(method, path, body, self._keeper.with_session(), check)

    @cached_property
    def _writer(self) -> Writer:
        from ibcli.broker.writing import Writer

        return Writer(self._exchange)

    def _is_proven(self) -> bool:
        session = self._keeper.with_session().session
        mark, at = self._proven
        fresh = 0 <= self._clock() - at < _PROOF_SECONDS
        return fresh and session is not None and session.mark == mark

    # -- the login, the session and what it has done --------------------------------------------

    def log_in(self) -> Login:
        """The login in force, made if there is none."""
        return self._keeper.login()

    def bring_up_session(self) -> Login:
        """The login with its brokerage session, brought up if none is known."""
        return self._keeper.with_session()

    def renew_session(self, *, lost: str | None) -> Login:
        """Bring the brokerage session up again; ``lost`` marks the one that is no more."""
        return self._keeper.renew_session(lost=lost)

    def kept_login(self) -> Login | None:
        """The kept login, whatever its age; nothing is sent."""
        return self._keeper.kept()

    def forget_login(self) -> None:
        """Drop the kept login; nothing is sent."""
        self._keeper.forget()

    def ensure_accounts(self) -> Accounts:
        """The session's accounts, asked for once a session: snapshots and orders need the call.

        https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#brokerage-accounts
        """
        session = self._keeper.with_session().session
        if session is None or not self.memory.accounts_called:
            return self.ask_accounts()
        return accounts_of(session)

    def ask_accounts(self) -> Accounts:
        """The session's accounts, asked for again."""
        with ranked(Rank.ACCOUNTS), self._accounts_lock:
            answer = self.read("GET", "/iserver/accounts")
            found = Accounts.decoded(answer)
            self.memory.change(found.noted)
            return found

    def _post_login(self, path: str, headers: Callable[[], Mapping[str, str]]) -> Any:
        exchange = self._exchange
        try:
            return exchange.retried(lambda: exchange.send("POST", path, headers))
        except WireError as failure:
            raise translate(failure, path, self.settings, login=True) from None

    def _post_with(self, login: Login, path: str, body: Mapping[str, object] | None) -> Any:
        exchange = self._exchange
        try:
            return exchange.retried(lambda: exchange.send_signed("POST", path, login, body=body))
        except WireError as failure:
            error = translate(failure, path, self.settings, login=False)
            if failure.status_code == 401:
                raise TokenRefusedError(error) from None
            raise error from None

    # -- several at once ---------------------------------------------------------------------

    def parallel(
        self,
        calls: Iterable[Callable[[], T]],
        on_done: Callable[[], None] | None = None,
    ) -> list[T]:
        """Make the calls on up to ten connections; their results in order.

        The first error keeps what has not begun from being made, and is raised. ``on_done`` is
        called after each, one at a time.
        """
        return abreast(calls, THREADS, on_done)


def _missing(failure: WireError) -> Repair | None:
    """What the broker complains of, if we can put it right."""
    said = failure.said.lower()
    if "no bridge" in said:
        return Repair.SESSION
    if "query /accounts first" in said:
        return Repair.ACCOUNTS
    return Repair.LOGIN if failure.status_code == 401 else None
