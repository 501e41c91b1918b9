"""OAuth 1.0a as IBKR speaks it, from the server's end: pure functions, no clock, no store.

Facts: IBKR's "OAuth 1.0a Extended" document
(https://www.interactivebrokers.com/campus/ibkr-api-page/oauth-1-0a-extended/). A base string is
``[prepend]METHOD&quote(url)&quote(sorted "k=v" joined by "&")``; the realm is never part of it and
neither is a JSON body. What clients do with the query differs; ``candidates`` lists the forms in
use.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_PAIR = re.compile(r"""\s*([A-Za-z0-9_.\-]+)\s*=\s*(?:"([^"]*)"|([^,\s"]*))\s*(?:,|$)""")


class BadHeaderError(ValueError):
    """The Authorization header is not an OAuth one."""


class QueryStyle(StrEnum):
    """How a client signed its query."""

    NONE = "none"  # the request has no query
    UNSIGNED = "unsigned"  # URL without the query, nothing of it in the list
    LISTED = "listed"  # its parameters in the sorted list, as IBKR's text and RFC 5849 say
    IN_URL = "in-url"  # the URL part includes "?" and the query


def parse_authorization(header: str) -> dict[str, str]:
    """The parameters of an ``Authorization: OAuth ...`` header, percent-decoded until nothing is
    left to decode.

    Order, blanks and missing quotes do not matter. Some clients encode twice, as IBKR's own example
    of the header does ("%252"). A repeated parameter is an error.
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "oauth" or not rest.strip():
        raise BadHeaderError("not an OAuth header")
    found: dict[str, str] = {}
    position = 0
    text = rest.strip().rstrip(",")
    while position < len(text):
        match = _PAIR.match(text, position)
        if match is None:
            raise BadHeaderError(f"malformed at character {position}")
        name, quoted, bare = match.groups()
        if name in found:
            raise BadHeaderError(f"{name} given twice")
        found[name] = _decoded(quoted if quoted is not None else bare)
        position = match.end()
    return found


def _decoded(value: str) -> str:
    for _ in range(3):
        decoded = unquote(value)
        if decoded == value:
            break
        value = decoded
    return value


def base_string(
    method: str,
    url: str,
    parameters: Sequence[tuple[str, str]],
    *,
    prepend: str = "",
    encode: Callable[[str], str] = quote_plus,
    encode_list: Callable[[str], str] | None = None,
) -> str:
    """The text that is signed; ``parameters`` need not be sorted."""
    joined = "&".join(f"{name}={value}" for name, value in sorted(parameters))
    return f"{prepend}{method.upper()}&{encode(url)}&{(encode_list or encode)(joined)}"


@dataclass(frozen=True, slots=True)
class Signable:
    """A request as it arrived: the public URL without its query, and the query as on the wire."""

    method: str
    url: str
    raw_query: str
    authorization: Mapping[str, str]

    @property
    def signed_parameters(self) -> list[tuple[str, str]]:
        """All header parameters but the realm and the signature itself."""
        return [
            (k, v) for k, v in self.authorization.items() if k not in ("realm", "oauth_signature")
        ]


def candidates(request: Signable, *, prepend: str = "") -> Iterator[tuple[QueryStyle, str]]:
    """The base strings that an honest client may have signed, likeliest first."""
    own = request.signed_parameters
    for style, url, extra in _query_forms(request):
        for encode, encode_list in _ENCODERS:
            text = base_string(
                request.method,
                url,
                [*own, *extra],
                prepend=prepend,
                encode=encode,
                encode_list=encode_list,
            )
            yield style, text


def _query_forms(request: Signable) -> Iterator[tuple[QueryStyle, str, list[tuple[str, str]]]]:
    if not request.raw_query:
        yield QueryStyle.NONE, request.url, []
        return
    decoded = parse_qsl(request.raw_query, keep_blank_values=True)
    yield QueryStyle.UNSIGNED, request.url, []
    yield QueryStyle.LISTED, request.url, decoded
    for encode in (
        _strict_quote,
        quote_plus,
    ):  # RFC 5849 encodes names and values before joining them
        yield QueryStyle.LISTED, request.url, [(encode(k), encode(v)) for k, v in decoded]
    plain = "&".join(f"{k}={v}" for k, v in decoded)
    for query in dict.fromkeys((request.raw_query, plain)):
        yield QueryStyle.IN_URL, f"{request.url}?{query}", []


def _strict_quote(text: str) -> str:
    return quote(text, safe="")


def _javascript_quote(text: str) -> str:
    """encodeURIComponent."""
    return quote(text, safe="!'()*")


_ENCODERS = (
    (quote_plus, quote_plus),
    (_strict_quote, _strict_quote),
    (quote_plus, quote),  # Python samples of IBKR's staff: "/" stays as it is in the list
    (_javascript_quote, _javascript_quote),
)


def verify_rsa(key: RSAPublicKey, text: str, signature: str) -> bool:
    """Whether ``signature`` (base64) is the RSA-PKCS#1-v1.5-SHA256 signature of ``text``."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def verify_hmac(token: bytes, text: str, signature: str) -> bool:
    """Whether ``signature`` (base64) is HMAC-SHA256 of ``text`` under the decoded live session
    token.
    """
    expected = base64.b64encode(hmac.digest(token, text.encode(), "sha256"))
    return hmac.compare_digest(expected, signature.encode())


def verified_style(
    request: Signable, check: Callable[[str, str], bool], *, prepend: str = ""
) -> QueryStyle | None:
    """How the query was signed, or None when the signature fits none of the forms."""
    signature = request.authorization.get("oauth_signature", "")
    for style, text in candidates(request, prepend=prepend):
        if check(text, signature):
            return style
    return None


@dataclass(frozen=True, slots=True)
class DiffieHellman:
    """A consumer's group."""

    prime: int
    generator: int

    def public(self, private: int) -> int:
        """g^private mod p."""
        return pow(self.generator, private, self.prime)

    def shared(self, other_public: int, private: int) -> int:
        """other^private mod p."""
        return pow(other_public, private, self.prime)

    def accepts(self, public: int) -> bool:
        """Whether the other side's number lies strictly between 1 and p - 1."""
        return 1 < public < self.prime - 1


def signed_big_endian(number: int) -> bytes:
    """As Java's BigInteger.toByteArray: a leading 0x00 when the bit length is a multiple of 8."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def live_session_token(shared: int, secret: bytes) -> str:
    """base64(HMAC-SHA1(key = K, message = the decrypted access token secret))."""
    digest = hmac.new(signed_big_endian(shared), secret, hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def live_session_token_signature(token: str, consumer_key: str) -> str:
    """hex(HMAC-SHA1(key = the decoded token, message = consumer key)): what the client checks its
    own against.
    """
    return hmac.new(base64.b64decode(token), consumer_key.encode(), hashlib.sha1).hexdigest()
