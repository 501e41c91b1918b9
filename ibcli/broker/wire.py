"""What came back over the wire, or did not: decoded JSON, or a WireError of one of a few kinds."""

from __future__ import annotations

import email.utils
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import requests
import urllib3

from ibcli.broker.library import ExternalBrokerError
from ibcli.broker.wording import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ibcli.broker.deadline import Deadline

_BIGGEST = 64 * 1024 * 1024
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
        written = self.headers.get("Date")
        try:
            found = email.utils.parsedate_to_datetime(written) if written else None
            return found.astimezone(UTC) if found is not None and found.tzinfo else None
        except (ValueError, OverflowError):
            return None

    @property
    def is_html(self) -> bool:
        """Whether it is a web page, as IBKR's 404 and proxies' pages are."""
        return self.text.lstrip()[:1] == "<"

    def retry_after(self, now: datetime) -> float | None:
        """Seconds the server asks to wait; None when it does not say."""
        written = self.headers.get("Retry-After", "").strip()
        if written.isascii() and written.isdigit():
            return float(written)
        try:
            until = email.utils.parsedate_to_datetime(written)
            return max(0.0, (until.astimezone(UTC) - now).total_seconds()) if until.tzinfo else None
        except (ValueError, OverflowError):
            return None


class WireError(ExternalBrokerError):
    """An exchange that did not bring data. Its text is fit to be shown: it holds nothing sent.

    ``said`` is what the server wrote in its error, unfiltered: never print it without ``scrub``.
    """

    def __init__(self, kind: Kind, *, answer: Answer | None = None, said: str = "") -> None:
        super().__init__(
            f"{kind} {answer.status}" if answer else str(kind),
            status_code=answer.status if answer else 0,
        )
        self.kind = kind
        self.answer = answer
        self.said = said
        self.received: datetime | None = None  # our clock when the answer came
        self.token_mark = ""  # names the live session token that signed the request
        self.session_mark = ""  # and the brokerage session it counted on


def read_answer(response: requests.Response, deadline: Deadline) -> Answer:
    """Read a streamed response piece by piece: a slow one must not pass the deadline.

    Raises WireError: TIMEOUT at the deadline or when nothing comes, CONNECT for a body cut off.
    """
    content = bytearray()
    try:
        while piece := response.raw.read1(65536, decode_content=True):
            content += piece
            if deadline.passed:
                raise WireError(Kind.TIMEOUT)
            if len(content) > _BIGGEST:
                raise WireError(Kind.TOO_LARGE, answer=Answer(response.status_code, "", {}))
    except urllib3.exceptions.TimeoutError:
        raise WireError(Kind.TIMEOUT) from None
    except (urllib3.exceptions.HTTPError, OSError):
        raise WireError(Kind.CONNECT) from None
    else:
        response.raw.release_conn()
    finally:
        response.close()  # unless released: what is left of it must not be the next answer
    text = content.decode("utf-8-sig", errors="replace")
    return Answer(response.status_code, text, response.headers)


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
        return json.loads(answer.text, parse_float=_exact, parse_constant=_no_constant)
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


def said_in(text: str) -> str:
    """The words of an error body: ``{"error": ...}``, where the error may be JSON in a string."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if isinstance(data, dict):
        return words_of(data.get("error") or data.get("message") or "")
    return ""


def failure_of(error: BaseException) -> WireError:
    """What ibind raised, as a WireError; its texts, which carry URLs and bodies, are dropped."""
    if isinstance(error, WireError):
        return error
    cause = error if isinstance(error, TimeoutError) else (error.__cause__ or error)
    kinds: tuple[tuple[type[BaseException], Kind], ...] = (
        (requests.exceptions.SSLError, Kind.TLS),
        (requests.exceptions.ProxyError, Kind.PROXY),
        (requests.exceptions.Timeout, Kind.TIMEOUT),
        (TimeoutError, Kind.TIMEOUT),
        (requests.exceptions.RequestException, Kind.CONNECT),
        (OSError, Kind.CONNECT),
    )
    for kind_of_error, kind in kinds:
        if isinstance(cause, kind_of_error):
            return WireError(kind, said=_reason(cause) if kind is not Kind.TIMEOUT else "")
    raise error


def _reason(error: BaseException) -> str:
    """The innermost reason of a failed connection, such as ``Connection refused``."""
    reason: BaseException | None = error
    words = ""
    seen: Callable[[BaseException], BaseException | None] = _inner
    while reason is not None:
        verify = getattr(reason, "verify_message", "")
        words = verify or getattr(reason, "strerror", None) or words or ""
        reason = seen(reason)
    return str(words) or _tunnel(error)


def _inner(error: BaseException) -> BaseException | None:
    for found in (getattr(error, "reason", None), *error.args[:1], error.__cause__):
        if isinstance(found, BaseException):
            return found
    return error.__context__


def _tunnel(error: BaseException) -> str:
    return "407" if "407" in str(error) else ""
