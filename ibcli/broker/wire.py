"""What came back over the wire, or did not: decoded JSON, or a WireError of one of a few kinds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ibcli.broker.wording import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_DIGITS = 308  # as of the floats that JSON's other readers know


class Kind(StrEnum):
    """How an exchange with the server failed."""

    CONNECT = "connect"  # no connection, or cut before an answer
    TLS = "tls"
    PROXY = "proxy"
    TIMEOUT = "timeout"
    STATUS = "status"  # an answer with an HTTP error status
    REDIRECT = "redirect"
    ERROR_BODY = "error body"  # status 200 with an error inside
    NOT_JSON = "not JSON"
    TOO_LARGE = "too large"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response said, read completely."""

    status: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def server_time(self) -> datetime | None:
        """The Date header, aware UTC; None when it is missing or no date."""
        return _instant(self.headers.get("Date", ""))

    @property
    def is_html(self) -> bool:
        """Whether it is a web page, as IBKR's 404 and proxies' pages are."""
        return self.text.lstrip()[:1] == "<"

    def retry_after(self, now: datetime) -> float | None:
        """Seconds the server asks to wait; None when it does not say."""
        written = self.headers.get("Retry-After", "").strip()
        if written.isascii() and written.isdigit():
            return float(written)
        until = _instant(written)
        return None if until is None else max(0.0, (until - now).total_seconds())


def _instant(written: str) -> datetime | None:
    """The instant of a header, aware UTC; None when it is none."""
    from email.utils import parsedate_to_datetime  # of use to few commands

    try:
        found = parsedate_to_datetime(written)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


class WireError(Exception):
    """An exchange that did not bring data. Its text is fit to be shown: it holds nothing sent.

    ``said`` is what the server wrote in its error, unfiltered: never print it without ``scrub``.
    """

    def __init__(self, kind: Kind, *, answer: Answer | None = None, said: str = "") -> None:
        super().__init__(f"{kind} {answer.status}" if answer else str(kind))
        self.status_code = answer.status if answer else 0
        self.kind = kind
        self.answer = answer
        self.said = said
        self.received: datetime | None = None  # our clock when the answer came
        self.token_mark = ""  # names the live session token that signed the request
        self.session_mark = ""  # and the brokerage session it counted on


def encoded(body: object) -> bytes:
    """A request's JSON, decimals written as they are."""
    try:
        return json.dumps(body, allow_nan=False).encode()
    except TypeError:  # what Python's own writer says of a Decimal
        import simplejson

        text: str = simplejson.dumps(body, use_decimal=True)
        return text.encode()


def decode(answer: Answer) -> Any:
    """The answer's JSON with exact numbers: whole ones int, others Decimal. Raises WireError.

    An error can come with status 200 too, as ``{"error": "..."}`` (recorded).
    """
    if 300 <= answer.status < 400:
        raise WireError(Kind.REDIRECT, answer=answer, said=answer.headers.get("Location", ""))
    if answer.status >= 400:
        raise WireError(Kind.STATUS, answer=answer, said=said_in(answer.text))
    data = _parsed(answer)
    if isinstance(data, dict) and (error := data.get("error")):
        raise WireError(Kind.ERROR_BODY, answer=answer, said=words_of(error))
    return data


# What an error says that is none of the order's: the front end did not get through to the one who
# knows, or the session was gone. Whether something was done before that, it does not say.
_NO_VERDICT = (
    "no bridge",
    "query /accounts first",
    "not authenticated",
    "timeout",
    "time-out",
    "timed out",
    "no response",
    "service unavailable",
    "internal server error",
)


def decode_written(answer: Answer) -> dict[str, Any] | list[Any]:
    """The JSON with which the broker answered a write: what it did, or why it did not.

    A refusal is ``{"error": "..."}`` with 200 or 400. Anything else raises WireError, and leaves
    open what became of the write: other statuses (IBKR uses 500 and 503 also for orders that it has
    taken; a proxy on the way answers in its own name), pages, torn and empty bodies.
    """
    if 300 <= answer.status < 400:
        raise WireError(Kind.REDIRECT, answer=answer, said=answer.headers.get("Location", ""))
    if answer.status not in {200, 400}:
        raise WireError(Kind.STATUS, answer=answer, said=said_in(answer.text))
    data = _parsed(answer)
    if not isinstance(data, dict | list):
        raise WireError(Kind.NOT_JSON, answer=answer)
    said = words_of(data.get("error") or "") if isinstance(data, dict) else ""
    if (answer.status == 400 and not said) or any(each in said.lower() for each in _NO_VERDICT):
        raise WireError(Kind.STATUS, answer=answer, said=said)
    return data


def _parsed(answer: Answer) -> Any:
    if not answer.text.strip():
        raise WireError(Kind.EMPTY, answer=answer)
    try:
        return _DECODER.decode(answer.text)
    except (ValueError, ArithmeticError, RecursionError):  # 1e9999999999 is no Decimal
        raise WireError(Kind.NOT_JSON, answer=answer) from None


def _exact(text: str) -> Decimal:
    """The number, unless it is so large or small that to write it out would fill the memory."""
    number = Decimal(text)
    if number and abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError("not a number of any quantity")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_float=_exact, parse_constant=_no_constant)


def said_in(text: str) -> str:
    """The words of an error body: ``{"error": ...}``, where the error may be JSON in a string."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if isinstance(data, dict):
        return words_of(data.get("error") or data.get("message") or "")
    return ""
