"""Consumers, access tokens, live session tokens and nonces."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ibcli.sim import keys
from ibcli.sim.oauth import DiffieHellman

if TYPE_CHECKING:
    from collections.abc import Callable
    from sqlite3 import Row

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from ibcli.sim.store import Store

_NONCE_SECONDS = 660.0  # longer than any timestamp that is accepted can be old


@dataclass(frozen=True, slots=True)
class Consumer:
    """A registered consumer and its three public files."""

    consumer_key: str
    realm: str
    signature_pem: str = field(repr=False)
    encryption_pem: str = field(repr=False)
    group: DiffieHellman = field(repr=False)

    @property
    def signature_key(self) -> RSAPublicKey:
        """The key that verifies its RSA signatures."""
        return _public_key(self.signature_pem)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A permanent token of one user for one consumer, with the plain secret."""

    token: str = field(repr=False)
    consumer_key: str
    secret: bytes = field(repr=False)
    username: str
    account: str
    active: bool


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A live session token; ``session_id`` is /tickle's session, the socket's cookie."""

    value: str = field(repr=False)
    session_id: str = field(repr=False)
    expires: float

    @property
    def key(self) -> bytes:
        """The HMAC key."""
        return base64.b64decode(self.value)


@lru_cache(maxsize=64)
def _public_key(pem: str) -> RSAPublicKey:
    return keys.load_public(pem)


class Registry:
    """Who may log in, and who has. ``real`` gives the seconds since the epoch."""

    def __init__(self, store: Store, account: str, real: Callable[[], float]) -> None:
        self._store = store
        self._account = account
        self._real = real

    def register(self, key_set: keys.KeySet) -> None:
        """Make the consumers and tokens of a key set known; whether a token is active stays as it
        is.
        """
        with self._store.transaction() as db:
            for credential in key_set.credentials:
                db.execute(
                    "INSERT OR REPLACE INTO consumer VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        credential.consumer_key,
                        credential.realm,
                        key_set.signature_pem,
                        key_set.encryption_pem,
                        f"{key_set.dh_prime:x}",
                        key_set.dh_generator,
                    ),
                )
                self._add_token(credential)

    def _add_token(self, credential: keys.Credential) -> None:
        self._store.run(
            "INSERT INTO access_token VALUES (?, ?, ?, ?, ?, 1)"
            " ON CONFLICT (token) DO UPDATE SET account = excluded.account",
            credential.access_token,
            credential.consumer_key,
            bytes.fromhex(credential.secret),
            keys.USERNAME,
            self._account,
        )

    def consumer(self, consumer_key: str) -> Consumer | None:
        """A registered consumer."""
        row = self._store.row("SELECT * FROM consumer WHERE consumer_key = ?", consumer_key)
        if row is None:
            return None
        return Consumer(
            consumer_key=row["consumer_key"],
            realm=row["realm"],
            signature_pem=row["signature_pem"],
            encryption_pem=row["encryption_pem"],
            group=DiffieHellman(int(row["dh_prime"], 16), row["dh_generator"]),
        )

    def access_token(self, token: str, consumer_key: str) -> AccessToken | None:
        """A token of that consumer, active or not."""
        row = self._store.row(
            "SELECT * FROM access_token WHERE token = ? AND consumer_key = ?", token, consumer_key
        )
        return None if row is None else _access_token(row)

    def token_of_session(self, token: str | None, session_id: str | None) -> AccessToken | None:
        """The access token (None: any), when one of its live sessions has that id; the socket logs
        in so.
        """
        row = self._store.row(
            "SELECT a.* FROM access_token a JOIN live_token l ON l.access_token = a.token"
            " WHERE (? IS NULL OR a.token = ?) AND l.session_id = ? AND l.expires > ?",
            token,
            token,
            session_id,
            self._real(),
        )
        return None if row is None else _access_token(row)

    def set_active(self, active: bool) -> None:
        """Let all access tokens work or not, as before and after IBKR's midnight reset."""
        self._store.run("UPDATE access_token SET active = ?", int(active))

    def add_live_token(self, value: str, access_token: str, expires: float) -> LiveToken:
        """Remember a live session token. Older ones of the same access token stay valid until they
        expire: whether IBKR revokes them is not known.
        """
        token = LiveToken(value, secrets.token_hex(16), expires)
        self._store.run(
            "INSERT OR REPLACE INTO live_token VALUES (?, ?, ?, ?)",
            value,
            access_token,
            token.session_id,
            expires,
        )
        return token

    def live_tokens(self, access_token: str) -> list[LiveToken]:
        """The valid ones of an access token, latest first."""
        rows = self._store.rows(
            "SELECT * FROM live_token WHERE access_token = ? AND expires > ? ORDER BY expires DESC",
            access_token,
            self._real(),
        )
        return [LiveToken(row["value"], row["session_id"], row["expires"]) for row in rows]

    def end_live_tokens(self, username: str | None = None) -> None:
        """Logging out kills the token for every process that shares it; None ends everybody's."""
        self._store.run(
            "DELETE FROM live_token WHERE access_token IN"
            " (SELECT token FROM access_token WHERE ? IS NULL OR username = ?)",
            username,
            username,
        )

    def expire_live_tokens(self) -> None:
        """As if their 24 hours were over."""
        self._store.run("UPDATE live_token SET expires = ?", self._real() - 1.0)

    def use_nonce(self, consumer_key: str, nonce: str) -> bool:
        """Whether the nonce is new to that consumer; it is not new any more afterwards."""
        now = self._real()
        with self._store.transaction() as db:
            db.execute("DELETE FROM nonce WHERE seen < ?", (now - _NONCE_SECONDS,))
            added = db.execute(
                "INSERT OR IGNORE INTO nonce VALUES (?, ?, ?)", (consumer_key, nonce, now)
            )
            return added.rowcount == 1

    def add_request_token(self, consumer_key: str) -> tuple[str, str]:
        """A temporary token and the verifier that the user would be shown in his browser."""
        token, verifier = secrets.token_hex(10), secrets.token_hex(10)
        self._store.run("INSERT INTO request_token VALUES (?, ?, ?)", token, consumer_key, verifier)
        return token, verifier

    def verifier(self, token: str) -> str | None:
        """What the browser page would show for a request token."""
        row = self._store.row("SELECT verifier FROM request_token WHERE token = ?", token)
        return None if row is None else str(row["verifier"])

    def exchange(self, consumer: Consumer, token: str, verifier: str) -> keys.Credential | None:
        """A permanent token for a temporary one, once; None when they do not fit."""
        with self._store.transaction() as db:
            found = db.execute(
                "DELETE FROM request_token WHERE token = ? AND consumer_key = ? AND verifier = ?",
                (token, consumer.consumer_key, verifier),
            )
            if found.rowcount != 1:
                return None
            credential = keys.new_credential(
                consumer.consumer_key, consumer.realm, consumer.encryption_pem
            )
            self._add_token(credential)
            return credential


def _access_token(row: Row) -> AccessToken:
    return AccessToken(
        token=row["token"],
        consumer_key=row["consumer_key"],
        secret=row["secret"],
        username=row["username"],
        account=row["account"],
        active=bool(row["active"]),
    )
