"""A recording read from its file; whatever the file holds, it is checked before it is used.

The first line describes the run, each other one an exchange (docs/recordings.md). Times are
milliseconds since the recording began; texts are what was sent and answered, without secrets.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1
_BIGGEST = 512 * 1024 * 1024  # bytes
_ACCOUNT = re.compile(r"[A-Za-z0-9._-]{1,40}")
_METHOD = re.compile(r"[A-Z]{1,10}")
_HEADERS = ("Date", "Retry-After", "Location")
_LONGEST = 1e10  # milliseconds
_YEARS = range(2000, 2100)
_STATUSES = range(200, 600)
# Settings that decide how a command goes; a recording may not set anything else.
_SETTING = re.compile(
    "IBCLI_(COMPETE|DEADLINE|UNATTENDED|CONFIRM|SYMBOLS|MAX_[A-Z_]+|PRICE_BAND|QUOTE_MAX_AGE|WINDOW"
    "|ORDER_[A-Z_]+|HASTE)"
)


class RecordingError(ValueError):
    """The file is no recording, or a damaged one; its text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what came of it. ``failed`` is empty when there was an answer."""

    began: float  # seconds since 1970, by the recording machine's clock
    ended: float
    method: str
    path: str  # below the API's address, without a slash at its end
    query: tuple[tuple[str, str], ...]
    body: str | None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    failed: str = ""
    said: str = ""
    instead: str = ""  # what the text stands for when it is none of the broker's own

    @property
    def what(self) -> str:
        """``GET /iserver/accounts``, for the user."""
        return f"{self.method} {self.path or '/'}"


@dataclass(frozen=True, slots=True)
class Recording:
    """One run. ``market`` is what the market's clock showed when the recording began."""

    name: str  # of its file
    command: tuple[str, ...]
    started: datetime
    market: datetime
    account: str | None
    live: bool
    settings: Mapping[str, str]
    exchanges: tuple[Exchange, ...]

    def until(self, path: str) -> timedelta:
        """From the recording's beginning to its last answer from this path."""
        began = self.started.timestamp()
        return timedelta(
            seconds=max((e.ended - began for e in self.exchanges if e.path == path), default=0)
        )


def read_recording(path: Path) -> Recording:
    """The recording in a file. A last line that is torn, as a killed run leaves it, is left out.

    Raises RecordingError, and OSError when the file cannot be read.
    """
    if path.stat().st_size > _BIGGEST:
        raise RecordingError(f"{path} is too large for a recording.")
    try:
        lines = path.read_bytes().decode().split("\n")
    except UnicodeDecodeError:
        raise RecordingError(f"{path} is no recording of ibcli: it is not text.") from None
    torn = lines.pop()
    if not lines:
        lines = [torn]
    head = _line(path, 1, lines[0])
    version = head.get("ibcli-recording")
    if version is None:
        raise RecordingError(f"{path} is no recording of ibcli.")
    if version != VERSION:
        raise RecordingError(
            f"{path} is a recording of another form ({str(version)[:20]}); this ibcli reads "
            f"form {VERSION}."
        )
    try:
        return _recording(path, head, lines[1:])
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(f"{path} is a damaged recording: its first line.") from None


def _recording(path: Path, head: Mapping[str, Any], lines: list[str]) -> Recording:
    started = _instant(head["started"])
    exchanges = []
    for number, line in enumerate(lines, 2):
        if line.strip():
            told = _line(path, number, line)
            try:
                exchanges.append(_exchange(told, started.timestamp()))
            except (KeyError, TypeError, ValueError, OverflowError):
                raise RecordingError(f"{path} is a damaged recording: line {number}.") from None
    account = head.get("account")
    if account is not None and not _ACCOUNT.fullmatch(account):
        raise ValueError("no account")
    return Recording(
        name=path.name,
        command=tuple(map(str, head.get("command", ()))),
        started=started,
        market=_instant(head.get("market", head["started"])),
        account=account,
        live=head.get("live") is True,
        settings={
            name: str(value)
            for name, value in head.get("settings", {}).items()
            if _SETTING.fullmatch(name) and str(value).isprintable()
        },
        exchanges=tuple(exchanges),
    )


def _line(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        if number == 1:
            raise RecordingError(f"{path} is no recording of ibcli.")
        raise RecordingError(f"{path} is a damaged recording: line {number}.")
    return told


def _exchange(told: Mapping[str, Any], started: float) -> Exchange:
    """Raises KeyError, TypeError or ValueError on anything unexpected."""
    method, path = _text(told["method"]), _text(told["path"])
    if not _METHOD.fullmatch(method) or not path.startswith("/"):
        raise ValueError("no request")
    failed = _text(told.get("failed", ""))
    status = 0 if failed else int(told["status"])
    if not failed and status not in _STATUSES:
        raise ValueError("no status")
    body = told.get("body")
    return Exchange(
        began=started + _milliseconds(told["from"]) / 1000,
        ended=started + _milliseconds(told["to"]) / 1000,
        method=method,
        path=unquote(path).rstrip("/"),
        query=tuple((_text(name), _text(value)) for name, value in told.get("query", ())),
        body=None if body is None else _text(body),
        status=status,
        headers=_headers(told.get("headers", {})),
        text="" if failed else _text(told.get("text", "")),
        failed=failed,
        said=_text(told.get("said", "")),
        instead=_text(told.get("instead", "")),
    )


def _headers(told: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: _text(told[name]) for name in _HEADERS if name in told and told[name].isprintable()
    }


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _milliseconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LONGEST:
        raise ValueError("no time")
    return value


def _instant(written: object) -> datetime:
    instant = datetime.fromisoformat(_text(written))
    if instant.tzinfo is None or instant.year not in _YEARS:
        raise ValueError("no instant, or one without its offset")
    return instant.astimezone(UTC)
