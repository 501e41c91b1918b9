"""A little client of the tests' own that signs by IBKR's text, apart from the simulator."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PRIME = int(
    "a81f7263274f40ccb0ffdf7d08d0f49a6fe3b80023fd267159c46daa00f3d672fdbe128a4c4239e4796298fbca09cb16"
    "b49ee58dc8b222eb718a34b24e9bb109e48ed40981b2134c9a656db3dbd3c083135ca7f8547c9339e9cd0eb3799a638a"
    "92cd5d4f898cf9acbcbc2dccec8993047088fc87fc8ee25b687c3fcd44e30390c9ec68b24d0f08d37d3d3ed65cceb9d7"
    "663a90a0f3378912f9e16bf1c544b44edee3414b5cf75f1910941240118db3f7fc6555361ae10d441724a963cdfdce2b"
    "d6253c7fabe045fa6242b63a76f417fb42a935c4b5934d13817de5bae07832d6e5e5aca021e67ba6b879e436c6fcaa96"
    "6e5969c23f60b6f009aa273a782b679f",
    16,
)


@dataclass(frozen=True)
class Answer:
    """Status, decoded body (text when it is no JSON) and headers."""

    status: int
    body: Any
    headers: dict[str, str]


@lru_cache(maxsize=16)
def _private_key(path: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(Path(path).read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@dataclass
class Client:
    """``query_style`` is how the query is signed: unsigned, listed or in-url."""

    env: dict[str, str]
    query_style: str = "listed"
    lst: bytes = b""
    session: str = ""
    changes: dict[str, str] = field(default_factory=dict)
    user_agent: str | None = "simulator-test"
    signed_url: str | None = None  # what is signed, when it is not the address

    @property
    def url(self) -> str:
        return self.env["IB_API_URL"]

    def oauth_parameters(self, method: str) -> dict[str, str]:
        return {
            "oauth_consumer_key": self.env["IB_CONSUMER_KEY"],
            "oauth_nonce": secrets.token_hex(8),
            "oauth_signature_method": method,
            "oauth_timestamp": str(int(time.time())),
            "oauth_token": self.env["IB_ACCESS_TOKEN"],
        } | self.changes

    def header(self, parameters: dict[str, str], signature: bytes) -> str:
        signed = parameters | {"oauth_signature": quote_plus(base64.b64encode(signature).decode())}
        pairs = ", ".join(f'{k}="{v}"' for k, v in sorted(signed.items()))
        return f'OAuth realm="{self.env["IB_REALM"]}", {pairs}'

    def base(self, method: str, url: str, parameters: dict[str, str]) -> str:
        joined = "&".join(f"{k}={v}" for k, v in sorted(parameters.items()))
        return f"{method}&{quote_plus(url)}&{quote_plus(joined)}"

    def secret(self) -> bytes:
        encrypted = base64.b64decode(self.env["IB_ACCESS_TOKEN_SECRET"])
        key = _private_key(self.env["IB_ENCRYPTION_KEY_PATH"])
        return key.decrypt(encrypted, padding.PKCS1v15())

    def rsa_call(self, path: str, extra: dict[str, str], prepend: str = "") -> Answer:
        parameters = self.oauth_parameters("RSA-SHA256") | extra
        text = prepend + self.base("POST", (self.signed_url or self.url) + path, parameters)
        key = _private_key(self.env["IB_SIGNATURE_KEY_PATH"])
        signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return self.send(
            "POST", path, headers={"Authorization": self.header(parameters, signature)}
        )

    def request_lst(self, challenge: str | None = None) -> Answer:
        """The live session token; kept when it was given."""
        private = secrets.randbits(256)
        secret = self.secret()
        asked = challenge if challenge is not None else f"{pow(2, private, PRIME):x}"
        answer = self.rsa_call(
            "/oauth/live_session_token", {"diffie_hellman_challenge": asked}, secret.hex()
        )
        if answer.status == 200:
            shared = pow(int(answer.body["diffie_hellman_response"], 16), private, PRIME)
            key = shared.to_bytes(shared.bit_length() // 8 + 1, "big")
            self.lst = hmac.new(key, secret, hashlib.sha1).digest()
        return answer

    def login(self) -> Client:
        """LST, ssodh/init, accounts."""
        assert self.request_lst().status == 200
        assert (
            self.post("/iserver/auth/ssodh/init", {"publish": True, "compete": False}).status == 200
        )
        assert self.get("/iserver/accounts").status == 200
        return self

    def authorization(self, method: str, path: str, query: dict[str, str]) -> str:
        url = (self.signed_url or self.url) + path
        parameters = self.oauth_parameters("HMAC-SHA256")
        listed = dict(parameters)
        if query and self.query_style == "in-url":
            url += "?" + urlencode(query)
        if self.query_style == "listed":
            listed |= query
        signature = hmac.digest(self.lst, self.base(method, url, listed).encode(), "sha256")
        return self.header(parameters, signature)

    def call(
        self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None
    ) -> Answer:
        headers = {}
        if self.lst:
            headers["Authorization"] = self.authorization(method, path, query or {})
        return self.send(method, path, query, body, headers)

    def get(self, path: str, **query: object) -> Answer:
        return self.call("GET", path, {k: str(v) for k, v in query.items()})

    def post(self, path: str, body: Any = None) -> Answer:
        return self.call("POST", path, body={} if body is None else body)

    def send(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        target = path + ("?" + urlencode(query) if query else "")
        return self.exchange(method, target, data, dict(headers or {}))

    def exchange(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> Answer:
        """A request as it is; ``path`` may have a query."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        if self.user_agent is not None:
            headers.setdefault("User-Agent", self.user_agent)
        try:
            target = parts.path + path
            connection.request(method, target, data, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        try:
            decoded = json.loads(text)
        except ValueError:
            decoded = text
        return Answer(response.status, decoded, dict(response.headers))
