"""The login kept between commands: one file, for its owner alone, shared by all processes."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

from ibcli.broker.deadline import Deadline
from ibcli.broker.lock_order import Rank
from ibcli.broker.locks import locked
from ibcli.broker.private import open_private, private_folder, replace_file, written
from ibcli.errors import ConfigurationError, LoginError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_VERSION = 1
_BIGGEST = 1 << 22  # bytes; with a thousand contracts in it it has a fiftieth of that
_LONGEST_ARRIVAL = 86400.0  # seconds
_YEARS = 2000, 2999  # far enough from where dates end to reckon with
_MARGIN = timedelta(minutes=5)
_MINUTE = timedelta(minutes=1)
_SHORT = 1.0  # seconds for a lock that is held for less than a millisecond, deadline or not


class _DamagedError(Exception):
    """The state file holds something else."""


@dataclass(frozen=True, slots=True)
class BrokerageSession:
    """What this brokerage session has done already. ``mark`` tells one session from the next."""

    mark: str
    since: datetime  # aware UTC
    accounts: tuple[str, ...] = field(default=(), repr=False)
    selected: str | None = field(default=None, repr=False)
    paper: bool | None = None
    accounts_called: bool = False
    searched: frozenset[int] = frozenset()  # conids of underlyings that were searched for
    called: frozenset[str] = frozenset()  # what answers rightly only once it has been called before
    lines_are_few: bool = False  # about a hundred market-data lines, as far as was seen
    in_vain: Mapping[int, frozenset[str]] = field(default_factory=dict)  # codes, by conid
    arrivals: Mapping[str, float] = field(default_factory=dict)  # seconds, by kind of data


@dataclass(frozen=True, slots=True)
class Login:
    """A live session token and the brokerage session beneath it."""

    live_session_token: str = field(repr=False)
    expires: datetime
    obtained: datetime
    session: BrokerageSession | None = None
    after_refusal: bool = False  # made because the broker refused the one before

    @property
    def mark(self) -> str:
        """Names the token without giving it away."""
        return hashlib.sha256(self.live_session_token.encode()).hexdigest()[:16]

    def is_fresh(self, now: datetime) -> bool:
        """Whether the token lives for five minutes more, or a quarter of a life shorter than 20."""
        return now + min(_MARGIN, (self.expires - self.obtained) / 4) < self.expires

    def replaced_lately(self, now: datetime) -> bool:
        """Whether it took a refused one's place within the last minute: then the fault is not the
        token's, and one login after the other would not mend it."""
        return self.after_refusal and self.obtained <= now < self.obtained + _MINUTE


class StateFile:
    """Reads and changes the state file; every read goes to the disk, where others write too."""

    def __init__(
        self,
        folder: Path,
        key: str,
        warn: Callable[[str], None],
        deadline: Deadline | None = None,
    ) -> None:
        self._folder = folder
        self._deadline = deadline or Deadline.after(_SHORT)
        self.path = folder / f"login-{key}.json"
        self.short_lock_path = folder / f"login-{key}.lock"
        self.login_lock_path = folder / f"login-{key}.login.lock"
        self._refusal = folder / f"login-{key}.refusal"
        self._warn = warn

    def read(self) -> Login | None:
        """The kept login, or None. A damaged file is set aside, with a warning."""
        try:
            return self._kept()
        except _DamagedError:
            # Under the lock, so that no whole one that another process has written meanwhile goes.
            with self._locked():
                return self._kept_or_set_aside()

    def _kept(self) -> Login | None:
        try:
            descriptor = open_private(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as stream:
            content = stream.read(_BIGGEST + 1)
        try:
            return _decoded(_whole(content))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise _DamagedError from None

    def _kept_or_set_aside(self) -> Login | None:
        try:
            return self._kept()
        except _DamagedError:
            aside = self.path.with_suffix(".damaged")
            with written(aside):
                self.path.replace(aside)
            self._warn(f"The kept login was damaged; it is now {aside}, and a new one is made.")
            return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        private_folder(self._folder)
        patient = self._deadline.at_least(_SHORT)
        with locked(self.short_lock_path, patient, Rank.KEPT_LOGIN, busy="the kept login"):
            yield

    @contextmanager
    def login_lock(self, deadline: Deadline) -> Iterator[None]:
        """Held while logging in or bringing the brokerage session up: others wait and profit."""
        private_folder(self._folder)
        busy, lock = "the right to log in", self.login_lock_path
        with locked(lock, deadline, Rank.LOGIN, busy=busy, code="login-busy", noted=True):
            yield

    def note_refusal(self, error: LoginError, now: datetime) -> None:
        """For those who wait for the login lock: what the broker refused, and when."""
        told = [now.isoformat(), error.message, error.hint, error.code, error.retryable]
        with suppress(ConfigurationError):  # the refusal itself is what matters
            replace_file(self._refusal, json.dumps(told).encode())

    def refusal(self, since: datetime, now: datetime) -> LoginError | None:
        """The refusal noted between the two instants, if there is one."""
        try:
            with os.fdopen(open_private(self._refusal, os.O_RDONLY), "rb") as stream:
                at, message, hint, code, retryable = json.loads(stream.read(_BIGGEST))
            if since < _instant(at) <= now:
                words = [_text(each) for each in (message, hint or " ", code)]
                message, hint, code = (each.strip() for each in words)
                return LoginError(message, hint=hint, code=code, retryable=retryable is True)
        except (FileNotFoundError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        return None

    def change(self, change: Callable[[Login | None], Login | None]) -> Login | None:
        """Replace the kept login by what ``change`` makes of it, in one step; None forgets it."""
        with self._locked():
            before = self._kept_or_set_aside()
            after = change(before)
            if after is None:
                with written(self.path):
                    self.path.unlink(missing_ok=True)
            elif after != before:
                replace_file(self.path, _with_sum(_encoded(after)))
        return after

    def change_session(
        self, mark: str, change: Callable[[BrokerageSession], BrokerageSession]
    ) -> Login | None:
        """Change what is known of the session with this mark; nothing, if it is another by now."""

        def changed(login: Login | None) -> Login | None:
            if login is None or login.session is None or login.session.mark != mark:
                return login
            return replace(login, session=change(login.session))

        return self.change(changed)


def _with_sum(data: dict[str, Any]) -> bytes:
    """As JSON with a sum over it: a bit that turned over would make it another's account."""
    return json.dumps({"sum": crc32(json.dumps(data).encode()), **data}).encode()


def _whole(content: bytes) -> dict[str, Any]:
    """The JSON of a file that is as it was written. Raises ValueError, TypeError, AttributeError
    or RecursionError."""
    if len(content) > _BIGGEST:
        raise ValueError("too long")
    data = json.loads(content)
    expected = data.pop("sum", None)
    if expected is not None and expected != crc32(json.dumps(data).encode()):
        raise ValueError("its sum is another")
    return data  # type: ignore[no-any-return]


def _encoded(login: Login) -> dict[str, Any]:
    session = login.session
    return {
        "version": _VERSION,
        "live_session_token": login.live_session_token,
        "expires": login.expires.isoformat(),
        "obtained": login.obtained.isoformat(),
        "after_refusal": login.after_refusal,
        "session": None
        if session is None
        else {
            "mark": session.mark,
            "since": session.since.isoformat(),
            "accounts": list(session.accounts),
            "selected": session.selected,
            "paper": session.paper,
            "accounts_called": session.accounts_called,
            "searched": sorted(session.searched),
            "called": sorted(session.called),
            "lines_are_few": session.lines_are_few,
            "in_vain": {str(conid): sorted(codes) for conid, codes in session.in_vain.items()},
            "arrivals": dict(session.arrivals),
        },
    }


def _decoded(data: dict[str, Any]) -> Login:
    """Raises ValueError, KeyError, TypeError or AttributeError on anything unexpected."""
    if data["version"] != _VERSION:
        raise ValueError("another version's state")
    session = data["session"]
    base64.b64decode(data["live_session_token"], validate=True)
    return Login(
        live_session_token=_text(data["live_session_token"]),
        expires=_instant(data["expires"]),
        obtained=_instant(data["obtained"]),
        after_refusal=data.get("after_refusal") is True,
        session=None
        if session is None
        else BrokerageSession(
            mark=_text(session["mark"]),
            since=_instant(session["since"]),
            accounts=tuple(_text(account) for account in session["accounts"]),
            selected=None if session["selected"] is None else _text(session["selected"]),
            paper={None: None, True: True, False: False}[session["paper"]],
            accounts_called=session["accounts_called"] is True,
            searched=frozenset(int(conid) for conid in session["searched"]),
            called=frozenset(_text(name) for name in session.get("called", ())),
            lines_are_few=session.get("lines_are_few") is True,
            in_vain={
                int(conid): frozenset(map(_text, codes))
                for conid, codes in session.get("in_vain", {}).items()
            },
            arrivals={_text(k): _seconds(v) for k, v in session.get("arrivals", {}).items()},
        ),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("not a text")
    return value


def _seconds(value: object) -> float:
    number = float(value) if isinstance(value, int | float) else math.nan
    if not 0 <= number <= _LONGEST_ARRIVAL:
        raise ValueError("no number of seconds")
    return number


def _instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_text(value))
    if instant.tzinfo is None or not _YEARS[0] <= instant.year <= _YEARS[1]:
        raise ValueError("an instant without its offset, or of another age")
    return instant.astimezone(UTC)
