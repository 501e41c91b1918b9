"""What was asked: one line a request, without secrets."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_SECRET_PARAMETERS = re.compile(r"(?i)\b(oauth_[a-z_]+|session|api)=[^&]*")
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request and its answer."""

    time: str  # RFC 3339, real clock
    method: str
    path: str
    query: str
    status: int  # 0: the connection was cut without an answer
    signed: (
        str | None
    )  # how the query was signed; None when the signature was not (or not successfully) checked
    consumer: str | None
    ms: float


class RequestLog:
    """The latest requests in memory, and each as a JSON line in a file; usable from several
    threads.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []
        self._file = None if path is None else path.open("a", buffering=1, encoding="utf-8")

    def add(self, request: LoggedRequest) -> None:
        """Note a request."""
        with self._lock:
            self._requests.append(request)
            del self._requests[:-_KEPT]
            if self._file is not None:
                self._file.write(json.dumps(asdict(request)) + "\n")

    @property
    def requests(self) -> list[LoggedRequest]:
        """The latest requests, oldest first."""
        with self._lock:
            return list(self._requests)

    def as_json(self) -> list[dict[str, Any]]:
        """The same as plain values."""
        return [asdict(request) for request in self.requests]

    def clear(self) -> None:
        """Forget those in memory; the file stays."""
        with self._lock:
            self._requests.clear()

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()


def without_secrets(query: str) -> str:
    """A query with the values of OAuth and session parameters replaced."""
    return _SECRET_PARAMETERS.sub(r"\1=***", query)
