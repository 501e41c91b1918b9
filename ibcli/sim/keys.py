"""Throw-away keys and credentials of the simulated user, made on first use.

The files have the names that IBKR's documentation uses. Private ones are 0600 from the moment they
exist, in a 0700 folder. The Diffie-Hellman group is always the same, so that nothing has to be
searched; of keys that are there already it is read from their dhparam.pem.

``cryptography`` is imported where it works: a server that is started for keys that are there and
for clients who are logged in does without.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
import secrets
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

CONSUMER_KEY = "SIMULATED"
REALM = "limited_poa"
TEST_CONSUMER_KEY = "TESTCONS"
TEST_REALM = "test_realm"
USERNAME = "simulated"

DH_GENERATOR = 2
# made once with openssl dhparam; openssl prints no prime for a group that has a name, and other
# clients' set-up scripts read it off `openssl dhparam -text`
DH_PRIME = int(
    "A81F7263274F40CCB0FFDF7D08D0F49A6FE3B80023FD267159C46DAA00F3D672"
    "FDBE128A4C4239E4796298FBCA09CB16B49EE58DC8B222EB718A34B24E9BB109"
    "E48ED40981B2134C9A656DB3DBD3C083135CA7F8547C9339E9CD0EB3799A638A"
    "92CD5D4F898CF9ACBCBC2DCCEC8993047088FC87FC8EE25B687C3FCD44E30390"
    "C9EC68B24D0F08D37D3D3ED65CCEB9D7663A90A0F3378912F9E16BF1C544B44E"
    "DEE3414B5CF75F1910941240118DB3F7FC6555361AE10D441724A963CDFDCE2B"
    "D6253C7FABE045FA6242B63A76F417FB42A935C4B5934D13817DE5BAE07832D6"
    "E5E5ACA021E67BA6B879E436C6FCAA966E5969C23F60B6F009AA273A782B679F",
    16,
)


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Where a key set lies."""

    folder: Path

    @property
    def private_signature(self) -> Path:
        """The client signs with it."""
        return self.folder / "private_signature.pem"

    @property
    def public_signature(self) -> Path:
        """The server verifies with it."""
        return self.folder / "public_signature.pem"

    @property
    def private_encryption(self) -> Path:
        """The client decrypts the access token secret with it."""
        return self.folder / "private_encryption.pem"

    @property
    def public_encryption(self) -> Path:
        """The server encrypts the access token secret to it."""
        return self.folder / "public_encryption.pem"

    @property
    def dhparam(self) -> Path:
        """The consumer's Diffie-Hellman group."""
        return self.folder / "dhparam.pem"

    @property
    def credentials(self) -> Path:
        """The server's own record of tokens and plain secrets; written last, so it marks a complete
        set.
        """
        return self.folder / "credentials.json"


@dataclass(frozen=True, slots=True)
class Credential:
    """One consumer's permanent access token. ``secret`` is the plain one, known to the server
    alone.
    """

    consumer_key: str
    realm: str
    access_token: str
    access_token_secret: str  # base64, encrypted to the consumer's encryption key
    secret: str  # hex

    def __repr__(self) -> str:
        return f"Credential({self.consumer_key!r})"


@dataclass(frozen=True, slots=True)
class KeySet:
    """The simulated user's files and credentials; the public parts as text."""

    files: KeyFiles
    signature_pem: str
    encryption_pem: str
    dh_prime: int
    dh_generator: int
    credentials: tuple[Credential, ...]

    def credential(self, consumer_key: str = CONSUMER_KEY) -> Credential:
        """The credential of one of the two registered consumers.

        Raises:
            KeyError: for any other consumer key.
        """
        for credential in self.credentials:
            if credential.consumer_key == consumer_key:
                return credential
        raise KeyError(consumer_key)


def load_or_make(folder: Path) -> KeySet:
    """The key set in ``folder``, made there first when it is missing or half made; safe with
    several at once.

    Raises:
        OSError: when it cannot be read or made, or is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = KeyFiles(folder)
    with _locked(folder / ".lock"):
        if not files.credentials.exists():
            _make(files)
        return _load(files)


def encrypt_secret(secret: bytes, encryption_pem: str) -> str:
    """base64 of the RSA-PKCS#1-v1.5 encryption of an access token secret to a public key."""
    from cryptography.hazmat.primitives.asymmetric import padding

    key = load_public(encryption_pem)
    return base64.b64encode(key.encrypt(secret, padding.PKCS1v15())).decode()


def load_public(pem: str) -> RSAPublicKey:
    """An RSA public key from PEM text."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return cast("RSAPublicKey", load_pem_public_key(pem.encode()))


def _check_public(pem: str) -> None:
    """Whether PEM text has the parts of an RSA public key: SEQUENCE { algorithm, BIT STRING of a
    SEQUENCE { INTEGER modulus, INTEGER exponent } }.

    Raises:
        ValueError, LookupError: when it has not.
    """
    der = base64.b64decode("".join(pem.split("-----")[2].split()), validate=True)
    whole, content, _ = _der_head(der)
    _, _, rest = _der_head(content)
    bits, numbers, _ = _der_head(rest)
    pair, content, _ = _der_head(numbers[1:])  # the first byte counts unused bits
    modulus, _, rest = _der_head(content)
    if (whole, bits, pair, modulus, rest[0]) != (0x30, 0x03, 0x30, 0x02, 0x02):
        raise ValueError("not an RSA public key")


def _load(files: KeyFiles) -> KeySet:
    try:
        return _read(files)
    except (ValueError, LookupError, TypeError) as error:
        reason = "the simulator's keys there are damaged; delete the folder"
        raise OSError(errno.EIO, reason, str(files.folder)) from error


def _read(files: KeyFiles) -> KeySet:
    rows = json.loads(files.credentials.read_text())
    prime, generator = _read_parameters(files.dhparam.read_text())
    found = KeySet(
        files=files,
        signature_pem=files.public_signature.read_text(),
        encryption_pem=files.public_encryption.read_text(),
        dh_prime=prime,
        dh_generator=generator,
        credentials=tuple(Credential(**row) for row in rows),
    )
    found.credential(), found.credential(TEST_CONSUMER_KEY)
    _check_public(found.signature_pem)
    _check_public(found.encryption_pem)
    return found


def _make(files: KeyFiles) -> None:
    _write_pair(files.private_signature, files.public_signature)
    encryption_pem = _write_pair(files.private_encryption, files.public_encryption)
    _write(files.dhparam, dh_parameters_pem(DH_PRIME, DH_GENERATOR), 0o644)
    credentials = [
        new_credential(CONSUMER_KEY, REALM, encryption_pem),
        new_credential(TEST_CONSUMER_KEY, TEST_REALM, encryption_pem),
    ]
    _write(files.credentials, json.dumps([asdict(c) for c in credentials], indent=1), 0o600)


def new_credential(consumer_key: str, realm: str, encryption_pem: str) -> Credential:
    """A fresh access token (20 hex digits) and secret (32 bytes) for a consumer."""
    secret = secrets.token_bytes(32)
    return Credential(
        consumer_key=consumer_key,
        realm=realm,
        access_token=secrets.token_hex(10),
        access_token_secret=encrypt_secret(secret, encryption_pem),
        secret=secret.hex(),
    )


def _write_pair(private: Path, public: Path) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _write(private, private_pem.decode(), 0o600)
    _write(public, public_pem.decode(), 0o644)
    return public_pem.decode()


def _write(path: Path, text: str, mode: int) -> None:
    """Whole or not at all: a reader never sees half a file."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.chmod(mode)  # whatever the umask was
    fresh.replace(path)


def dh_parameters_pem(prime: int, generator: int) -> str:
    """PKCS#3 parameters, as ``openssl dhparam`` writes them: SEQUENCE { INTEGER p, INTEGER g }."""
    body = _der(0x02, _der_integer(prime)) + _der(0x02, _der_integer(generator))
    text = base64.b64encode(_der(0x30, body)).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN DH PARAMETERS-----", *lines, "-----END DH PARAMETERS-----", ""])


def _read_parameters(pem: str) -> tuple[int, int]:
    """The two integers of ``dh_parameters_pem``."""
    der = base64.b64decode("".join(pem.split("-----")[2].split()))
    _, sequence, _ = _der_head(der)
    prime, generator = _der_head(sequence)[1:]
    return int.from_bytes(prime, "big"), int.from_bytes(_der_head(generator)[1], "big")


def _der_head(der: bytes) -> tuple[int, bytes, bytes]:
    """The first element's tag and content, and what follows it."""
    start, length = 2, der[1]
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    return der[0], der[start : start + length], der[start + length :]


def _der_integer(number: int) -> bytes:
    return number.to_bytes(
        number.bit_length() // 8 + 1, "big"
    )  # a set top bit needs a leading 0x00


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        path.chmod(0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
