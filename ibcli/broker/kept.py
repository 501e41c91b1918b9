"""``auth status`` and ``auth logout``: the kept login, seen and ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibcli.broker.client import BrokerClient
from ibcli.broker.held import HeldLock, held_locks
from ibcli.errors import IbcliError, LoginError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings


@dataclass(frozen=True, slots=True)
class AuthStatus:
    """What is kept on this machine, and what the broker says of it.

    ``session`` is one of: established, not established, competing, login refused, not asked,
    not reachable.
    """

    api_url: str
    profile: str | None
    state_file: Path
    logged_in: bool
    obtained: datetime | None = None  # aware UTC
    expires: datetime | None = None
    session: str = "not asked"
    session_since: datetime | None = None
    accounts: tuple[str, ...] = field(default=(), repr=False)
    searched: int = 0  # underlyings searched for in this session
    locks: tuple[HeldLock, ...] = ()  # what other processes hold
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Logout:
    """``told_broker`` is false when there was no login, or the broker no longer knew it."""

    was_logged_in: bool
    told_broker: bool
    warnings: tuple[str, ...] = ()


def auth_status(settings: Settings, deadline: Deadline, *, ask: bool) -> AuthStatus:
    """Look at the kept login; no login is made. ``ask`` also asks the broker.

    He is not asked while a stopped process holds what every request needs.
    """
    with BrokerClient(settings, deadline) as client:
        locks = held_locks(settings, client.state_path)
        ask = ask and not any(lock.name == "pacing" for lock in locks)
        login = client.kept_login()
        alive = login is not None and login.expires > client.now()
        session = login.session if login else None
        return AuthStatus(
            api_url=settings.api_url,
            profile=settings.profile,
            state_file=client.state_path,
            logged_in=alive,
            obtained=login.obtained if login else None,
            expires=login.expires if login else None,
            session=_session_state(client) if ask and alive else "not asked",
            session_since=session.since if session else None,
            accounts=session.accounts if session else (),
            searched=len(session.searched) if session else 0,
            locks=locks,
            warnings=(
                *client.warnings,
                *(lock.warning for lock in locks if lock.holder.is_stuck),
            ),
        )


def _session_state(client: BrokerClient) -> str:
    try:
        status = client.read("POST", "/iserver/auth/status", repair=False)
    except LoginError:
        return "login refused"
    except IbcliError:
        return "not reachable"
    if not isinstance(status, dict):
        return "not established"
    if status.get("established") is True and status.get("authenticated") is True:
        return "established"
    return "competing" if status.get("competing") is True else "not established"


def auth_logout(settings: Settings, deadline: Deadline) -> Logout:
    """Log out at the broker, for every process that shares the login, and forget it here.

    Raises UnreachableError when the broker cannot be told; the login is then kept.
    """
    with BrokerClient(settings, deadline) as client:
        login = client.kept_login()
        told = False
        if login is not None:
            try:
                client.read("POST", "/logout", repair=False)
                told = True
            except LoginError as error:
                # The broker does not know the login any more: it is out already. Anything else that
                # is wrong (TLS, a proxy) says nothing about it.
                if error.code not in _OUT_ALREADY:
                    raise
            client.forget_login()
        return Logout(login is not None, told, tuple(client.warnings))


_OUT_ALREADY = {"login-refused", "token-unknown", "wrong-consumer", "signature-refused"}
