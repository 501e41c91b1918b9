"""One login and one brokerage session for all processes, renewed by whoever needs it first."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ibcli.broker.scrub import scrub
from ibcli.broker.state import BrokerageSession, Login, StateFile
from ibcli.broker.wording import words_of
from ibcli.errors import LoginError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings
    from ibcli.errors import IbcliError

_FIRST_LOOK = 0.2  # seconds between looks at a session that is coming up
_SLOWEST_LOOK = 2.0
# What the broker would answer to every process alike; not what one's own deadline or network did.
_FOR_ALL = {
    "competing-session",
    "login-forbidden",
    "login-refused",
    "read-only-user",
    "session-refused",
    "signature-refused",
    "token-unknown",
    "wrong-consumer",
}


class TokenRefusedError(Exception):
    """The broker does not accept the live session token (401); ``error`` is what to tell then."""

    def __init__(self, error: IbcliError) -> None:
        super().__init__()
        self.error = error


class Keeper:
    """Hands out the login and the brokerage session; takes care that only one process renews them.

    ``post_login`` sends the login request, given its path and a function that makes its headers;
    ``post`` sends another signed request with the login it is given, and raises TokenRefusedError
    over a 401.
    """

    def __init__(
        self,
        settings: Settings,
        deadline: Deadline,
        state: StateFile,
        *,
        now: Callable[[], datetime],
        post_login: Callable[[str, Callable[[], Mapping[str, str]]], Any],
        post: Callable[[Login, str, Mapping[str, object] | None], Any],
    ) -> None:
        self._settings = settings
        self._deadline = deadline
        self._state = state
        self._now = now
        self._post_login = post_login
        self._post = post
        self.known: Login | None = None  # as last seen or made by this process

    def kept(self) -> Login | None:
        """The kept login, read anew; no login is made."""
        self.known = self._state.read()
        return self.known

    def login(self) -> Login:
        """A login that is not near its end: the kept one, else a new one."""
        login = self.known or self.kept()
        if login is not None and login.is_fresh(self._now()):
            return login
        return self.renew(refused=None)

    def renew(self, *, refused: str | None) -> Login:
        """Log in, unless another process has done so since. ``refused`` marks the token that the
        broker did not accept, if that is why."""
        with self._turn():
            self.known = self._renewed(self._state.read(), refused)
        return self.known

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the login lock; what the broker refused to the process before us, while we waited
        for it, is not asked for again by us and everybody else who waits."""
        began = self._now()
        with self._state.login_lock(self._deadline):
            refusal = self._state.refusal(began, self._now())
            if refusal is not None and not (
                refusal.code == "competing-session" and self._settings.compete
            ):
                raise refusal
            try:
                yield
            except LoginError as error:
                if error.code in _FOR_ALL:
                    self._state.note_refusal(error, self._now())
                raise

    def _renewed(self, login: Login | None, refused: str | None) -> Login:
        """The login, or a new one if need be; the caller holds the lock."""
        now = self._now()
        if login is not None and login.mark == refused and login.replaced_lately(now):
            raise LoginError(
                "The broker refuses the login that it has just given.",
                hint="Wait a minute and try again. If it persists: ibcli auth logout, then "
                "ibcli auth test.",
                code="login-refused",
                retryable=True,
            )
        if login is not None and login.is_fresh(now) and login.mark != refused:
            return login
        from ibcli.broker.credentials import load_credentials
        from ibcli.broker.login import new_login

        credentials = load_credentials(self._settings)
        made = new_login(credentials, self._settings.api_url, self._post_login, self._now)
        made = replace(made, after_refusal=refused is not None)
        self._state.change(lambda _: made)
        return made

    def with_session(self) -> Login:
        """A login whose brokerage session is up, as far as is known."""
        login = self.login()
        return login if login.session is not None else self.renew_session(lost=None)

    def renew_session(self, *, lost: str | None) -> Login:
        """Bring the brokerage session up, unless another process has done so since. ``lost`` marks
        the session that the broker no longer has, if that is why."""
        login = self.login()
        with self._turn():
            login = self._state.read() or login
            if login.session is None or login.session.mark == lost:
                login = self._bring_up_or_log_in(login)
                token = login.mark
                session = BrokerageSession(os.urandom(8).hex(), self._now())
                changed = self._state.change(
                    lambda kept: (
                        replace(kept, session=session)
                        if kept is not None and kept.mark == token
                        else kept
                    )
                )
                login = changed or login
            self.known = login
        return login

    def _bring_up_or_log_in(self, login: Login) -> Login:
        """The login with which the session came up: a token may have died before its session."""
        try:
            self._bring_up(login)
        except TokenRefusedError:
            login = self._renewed(login, login.mark)
            try:
                self._bring_up(login)
            except TokenRefusedError as again:
                raise again.error from None
        return login

    def _bring_up(self, login: Login) -> None:
        """ssodh/init, then look until the session is established.

        https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#ssodh-init
        ``publish`` false gives 500 (reported).
        """
        wish = {"publish": True, "compete": self._settings.compete}
        status = self._post(login, "/iserver/auth/ssodh/init", wish)
        pause = _FIRST_LOOK
        while not self._is_up(status):
            if self._deadline.remaining <= pause:
                raise LoginError(
                    "The brokerage session was not up at the deadline.",
                    hint="Try again; give it longer with --deadline SECONDS. Around 01:00 local "
                    "time IBKR restarts its servers.",
                    code="session-not-established",
                    retryable=True,
                )
            self._deadline.sleep(pause)
            pause = min(pause * 1.5, _SLOWEST_LOOK)
            status = self._post(login, "/iserver/auth/status", None)

    def _is_up(self, status: Any) -> bool:
        if not isinstance(status, dict):
            return False
        if status.get("established") is True and status.get("authenticated") is True:
            return True
        if status.get("competing") is True and not self._settings.compete:
            raise competing_session()
        said = scrub(
            f"{words_of(status.get('fail'))} {words_of(status.get('message'))}",
            self._settings.secrets,
        )
        if "read" in said.lower() and "only" in said.lower():
            raise LoginError(
                f"This user may only read: the broker gives it no brokerage session ({said}).",
                hint="In IBKR's Client Portal, give the user trading access (Settings, Users & "
                "Access Rights), or log in with another user's keys.",
                code="read-only-user",
            )
        if status.get("fail"):
            raise LoginError(
                f"The broker refuses the brokerage session: {said}.",
                hint="Check that the user can log in to Client Portal; then ibcli auth test.",
                code="session-refused",
            )
        return False

    def change_session(self, change: Callable[[BrokerageSession], BrokerageSession]) -> None:
        """Note something about the session in use, for all processes."""
        login = self.known
        if login is None or login.session is None or change(login.session) == login.session:
            return
        changed = self._state.change_session(login.session.mark, change)
        if changed is not None and changed.mark == login.mark:
            self.known = changed

    def forget(self) -> None:
        """Drop the login in use, here and on disk; not one that another process made meanwhile."""
        ours = self.known.mark if self.known else None
        self._state.change(lambda kept: None if kept is None or kept.mark == ours else kept)
        self.known = None


def competing_session() -> LoginError:
    """Another session of the same user is live, and we were not told to push it out."""
    return LoginError(
        "Another session of this user is live (TWS, Client Portal or the mobile app).",
        hint="Log out there, or push it out: --compete or IBCLI_COMPETE=true. IBKR allows one "
        "brokerage session per user name; a second user for ibcli avoids the quarrel.",
        code="competing-session",
    )
