"""Requests and answers made fit to be given away: known fields kept, their texts cleaned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote

import simplejson

from ibcli.broker.recording import fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ibcli.broker.recording.words import Words

_BIGGEST = 2 * 1024 * 1024  # characters of an answer
_OUT = object()  # in the place of a value that is left out
_LOGIN = "/oauth/"
# What the broker says of a login that it refuses; nothing of the user's own is in these words.
_COMPLAINTS = (
    "invalid consumer",
    "No access secret key found",
    "invalid signature",
    "invalid timestamp",
    "invalid nonce",
    "failed to generate sso dh token",
    "not authenticated",
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An answer's text; ``left_out`` counts the fields that are not in it any more.

    ``instead`` says what the text stands for when it is none of the answer's own: "page", "torn",
    "large", "login".
    """

    text: str
    left_out: int = 0
    instead: str = ""


def clean_path(path: str, words: Words) -> str:
    """A path without its query, below the API's address."""
    parts = path.partition("?")[0].split("/")
    return "/".join(quote(words.clean(unquote(part)), safe=":@,;") for part in parts)


def clean_query(path: str, words: Words) -> list[list[str]]:
    """The query's names and values, as they were written."""
    pairs = parse_qsl(path.partition("?")[2], keep_blank_values=True)
    return [[name, words.clean(value)] for name, value in pairs]


def clean_body(content: bytes | None, words: Words) -> str | None:
    """What a request of ibcli's own carried."""
    if content is None:
        return None
    return _dumped(_Cleaning(words, every_field=True)(_loaded(content.decode())))


def clean_answer(path: str, text: str, words: Words) -> Cleaned:
    """An answer to a request of this path. What is no JSON cannot be cleaned for certain: something
    of its kind stands in its place.
    """
    path = unquote(path.partition("?")[0])
    if path.startswith(_LOGIN):
        return Cleaned(_complaint(text), instead="login")
    if not text.strip():
        return Cleaned("")
    if len(text) > _BIGGEST:
        return Cleaned("{", instead="large")
    if text.lstrip()[:1] == "<":
        return Cleaned("<html><body></body></html>", instead="page")
    try:
        data = _loaded(text)
        cleaning = _Cleaning(words, narrow=fields.narrow_of(path))
        cleaning.learn(data)
        return Cleaned(_dumped(cleaning(data)), cleaning.left_out)
    except (ValueError, ArithmeticError, RecursionError):
        return Cleaned("{", instead="torn")


def clean_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that decide what the client does; a redirection's aim is hidden."""
    kept = {}
    for name in ("Date", "Retry-After"):
        written = headers.get(name, "")
        if written and len(written) < 40 and all(c.isalnum() or c in " ,:+-" for c in written):
            kept[name] = written
    if headers.get("Location"):
        kept["Location"] = "https://redirected.invalid/"
    return kept


def _complaint(text: str) -> str:
    said = text.lower()
    known = next((each for each in _COMPLAINTS if each.lower() in said), "")
    if text.lstrip()[:1] == "<":
        return "<html><body></body></html>"
    return json.dumps({"error": known}) if known else ""


class _Cleaning:
    """Cleans one value; ``narrow`` names the only fields that are kept."""

    def __init__(
        self, words: Words, *, narrow: frozenset[str] | None = None, every_field: bool = False
    ) -> None:
        self._words = words
        self._narrow = narrow
        self._every_field = every_field
        self.left_out = 0

    def learn(self, value: object, key: str = "") -> None:
        """Note the accounts and names that stand in fields made for them."""
        if isinstance(value, dict):
            for name, inner in value.items():
                self.learn(inner, name)
        elif isinstance(value, list):
            for inner in value:
                self.learn(inner, key)
        elif isinstance(value, str) and value:
            if key in fields.ACCOUNTS:
                self._words.account(value)
            elif key in fields.NAMES:
                self._words.learn_name(value)

    def __call__(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self(each, key) for each in value]
        if isinstance(value, str):
            return self._text(value, key)
        if isinstance(value, int) and not isinstance(value, bool):
            cleaned = self._words.clean(str(value))
            return int(cleaned) if cleaned.isdigit() else value
        return value

    def _text(self, value: str, key: str) -> str:
        if value and key in fields.ACCOUNTS:
            return self._words.account(value)
        if value and key in fields.REFERENCES:
            return self._words.reference(value)
        return self._words.clean(value)

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        kept = {}
        for key, inner in value.items():
            if self._every_field or fields.is_kept(key, self._narrow):
                kept[key] = self(inner, key)
            elif self._narrow is None and self._words.is_account(key):
                kept[self._words.clean(key)] = self(inner, key)
            else:
                self.left_out += 1
        return kept


def _loaded(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _dumped(value: Any) -> str:
    text: str = simplejson.dumps(value, use_decimal=True, separators=(",", ":"))
    return text
