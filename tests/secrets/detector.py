"""Finds secrets where none may be: as they are, in pieces, encoded, turned round.

For tests of any kind::

    detector = Detector.of(environment)      # what a client is told: names of settings to values
    detector.learn_state(state_folder)       # live session tokens, once there are any
    detector.learn("signature", "...")       # whatever else must not be seen
    assert detector.leaks(stdout) == []      # the account may stand in what the user asked for
    assert detector.leaks(stderr, accounts=True) == []
    assert detector.leaks_below(folder) == []

A secret of 31 signs and more is found by any 31 of them in a row, in any of the forms.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_PIECE = 16  # of each so many signs of a long secret one piece is looked for
_SHORTEST = 5  # shorter words stand anywhere by chance
_SAID = {"SIMULATED", "TESTCONS"}  # the simulator's consumer keys: words of its help too

TEXTS = {
    "IB_CONSUMER_KEY": "consumer key",
    "IB_ACCESS_TOKEN": "access token",
    "IB_ACCESS_TOKEN_SECRET": "access token secret",
    "IB_SIGNATURE_KEY": "signature key",
    "IB_ENCRYPTION_KEY": "encryption key",
}
KEY_FILES = {
    "IB_SIGNATURE_KEY_PATH": "signature key",
    "IB_ENCRYPTION_KEY_PATH": "encryption key",
}
# What stands before a secret that nobody knows beforehand, in a header or a body of the login.
_HEADERS = re.compile(
    rb"oauth_signature(?!_method)|oauth_nonce|diffie_hellman_challenge|OAuth realm="
    rb"|[Aa]uthorization: *(?:OAuth|Basic|Bearer)|BEGIN [A-Z ]*PRIVATE KEY"
    rb"|CLIENT_(?:HANDSHAKE|TRAFFIC)\w* [0-9a-f]{16}"
)


class Leak(NamedTuple):
    """A secret found; it is named, not shown."""

    secret: str
    form: str
    where: str = ""


def _hexadecimal(text: bytes) -> bytes:
    return text.hex().encode()


def _base64(text: bytes) -> bytes:
    return base64.b64encode(text).rstrip(b"=")


_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda text: text,
    "reversed": lambda text: text[::-1],
    "upper case": bytes.upper,
    "lower case": bytes.lower,
    "escaped for an address": lambda text: quote_plus(text).encode(),
    "hexadecimal": _hexadecimal,
    "base64": _base64,
    "base64, one later": lambda text: _base64(b"x" + text)[2:-2],
    "base64, two later": lambda text: _base64(b"xx" + text)[3:-2],
}


class Detector:
    """Knows secrets by name, and finds them."""

    def __init__(self, account: str = "") -> None:
        self._pieces: dict[bytes, Leak] = {}
        self._accounts: list[bytes] = []
        self.names: set[str] = set()
        if account:
            self.learn_account(account)

    @classmethod
    def of(cls, environment: Mapping[str, str], folder: Path | None = None) -> Self:
        """All secrets that the settings hold or lead to; relative paths start at ``folder``."""
        made = cls(environment.get("IB_ACCOUNT_ID", ""))
        for name, what in TEXTS.items():
            if (text := environment.get(name)) and text not in _SAID:
                made.learn(what, text)
        for name, what in KEY_FILES.items():
            if path := environment.get(name):
                made.learn_key(what, ((folder or Path()) / path).read_text(encoding="ascii"))
        if (proxy := environment.get("IBCLI_PROXY", "")) and "@" in proxy:
            login = proxy.partition("://")[2].rpartition("@")[0]
            made.learn("proxy password", login.partition(":")[2])
            made.learn("proxy login", login)
        made._learn_clear_secret(environment, folder or Path())
        return made

    def learn(self, what: str, secret: str | bytes) -> None:
        """A secret, by its name."""
        text = secret.encode() if isinstance(secret, str) else secret
        if len(text) < _SHORTEST:
            return
        self.names.add(what)
        for form, written in _FORMS.items():
            shown = written(text)
            for piece in _chopped(shown):
                self._pieces.setdefault(piece, Leak(what, form))

    def learn_account(self, account: str) -> None:
        """An account number; it is looked for only where it is asked for."""
        self._accounts += [account.encode(), account.lower().encode()]

    def learn_key(self, what: str, pem: str) -> None:
        """A private key: its text without the parts that all keys begin with, and its numbers."""
        from Crypto.PublicKey import RSA

        lines = [line for line in pem.splitlines() if line and "-----" not in line]
        self.learn(what, "".join(lines)[64:])
        for line in lines[1:]:
            self.learn(what, line)
        key = RSA.import_key(pem)
        for name in ("d", "p", "q"):
            number = int(getattr(key, name))
            for form, text in (("decimal", str(number)), ("hexadecimal", f"{number:x}")):
                for piece in _chopped(text.encode()):
                    self._pieces.setdefault(piece, Leak(f"{what}'s {name}", form))

    def _learn_clear_secret(self, environment: Mapping[str, str], folder: Path) -> None:
        from Crypto.Cipher import PKCS1_v1_5
        from Crypto.PublicKey import RSA

        path, text = (
            environment.get("IB_ENCRYPTION_KEY_PATH"),
            environment.get("IB_ACCESS_TOKEN_SECRET"),
        )
        if path and text:
            key = RSA.import_key((folder / path).read_bytes())
            clear = PKCS1_v1_5.new(key).decrypt(base64.b64decode(text), None)
            if isinstance(clear, bytes) and clear:
                self.learn("access token secret in the clear", clear)

    def learn_state(self, folder: Path) -> int:
        """The live session tokens kept below a folder; how many there were."""
        found = 0
        for path in folder.rglob("login-*.json"):
            try:
                token = json.loads(path.read_bytes())["live_session_token"]
            except (OSError, ValueError, KeyError, TypeError):
                continue
            self.learn("live session token", token)
            self.learn("live session token, decoded", base64.b64decode(token))
            found += 1
        return found

    def leaks(
        self, said: str | bytes, where: str = "", *, accounts: bool = False, headers: bool = True
    ) -> list[Leak]:
        """The secrets in it, each once; ``accounts``: account numbers count as well."""
        text = said.encode(errors="surrogateescape") if isinstance(said, str) else said
        found = {
            leak._replace(where=where) for piece, leak in self._pieces.items() if piece in text
        }
        if headers:
            found |= {
                Leak(match[0].decode()[:30], "a header's name", where)
                for match in _HEADERS.finditer(text)
            }
        if accounts:
            found |= {Leak("account", "as it is", where) for each in self._accounts if each in text}
        return sorted(found)

    def leaks_below(self, *folders: Path, but: Iterable[str] = ()) -> list[Leak]:
        """Those in all files below the folders, but for files whose name is like one of ``but``.

        Account numbers may stand there: what is kept is the user's alone.
        """
        patterns = ("login-*.json", *but)
        found: list[Leak] = []
        for path in _files(folders):
            if not any(path.match(pattern) for pattern in patterns):
                found += self.leaks(path.read_bytes(), path.name)
        return found


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _chopped(text: bytes) -> list[bytes]:
    """The whole of a short text; of a long one a piece in each so many signs."""
    if len(text) < 2 * _PIECE:
        return [text]
    return [text[at : at + _PIECE] for at in range(0, len(text) - _PIECE + 1, _PIECE)]
