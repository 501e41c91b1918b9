"""Key material: is it what it claims to be? Checked before any library sees it.

Libraries answer a passphrase, a public key or a parameter file in a private key's place with
obscure errors, or sign with what they got.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from Crypto.PublicKey.RSA import RsaKey

_MARK = re.compile(r"-----(BEGIN|END) ([A-Z0-9. ]{1,40})-----")
_PRIVATE = {"PRIVATE KEY", "RSA PRIVATE KEY"}
_PARAMETERS = {"DH PARAMETERS", "X9.42 DH PARAMETERS"}
_NAMES = {
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "CERTIFICATE": "a certificate",
    "CERTIFICATE REQUEST": "a certificate request",
    "DH PARAMETERS": "a Diffie-Hellman parameter file",
    "X9.42 DH PARAMETERS": "a Diffie-Hellman parameter file",
    "EC PRIVATE KEY": "an elliptic-curve key, not an RSA key",
    "DSA PRIVATE KEY": "a DSA key, not an RSA key",
    "OPENSSH PRIVATE KEY": "an SSH key in OpenSSH's own format",
    "PRIVATE KEY": "a private key",
    "RSA PRIVATE KEY": "a private key",
}
_SMALLEST = 1024  # bits; anything less is no key of this API
_NUMBERS = 9  # of an RSA private key
_LARGEST = 8192  # and with much more a login would take minutes


@dataclass(frozen=True, slots=True)
class Material:
    """The text of a key or parameter file, and how to name it in a message."""

    what: str  # "signature key"
    where: str  # "config/keys/x.pem (IB_SIGNATURE_KEY_PATH)"
    text: str = field(repr=False)
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class DhParameters:
    """A Diffie-Hellman group."""

    prime: int = field(repr=False)
    generator: int | None  # None: not said

    @property
    def prime_hex(self) -> str:
        """The prime as ibind takes it: hex digits without ``0x``."""
        return f"{self.prime:x}"


def rsa_private_key(material: Material) -> RsaKey:
    """The RSA private key; ConfigurationError key-wrong-kind, key-passphrase or key-damaged.

    Its numbers are measured before the library sees them: to check large ones takes minutes.
    """

    kind, body = _block(material)
    if kind == "ENCRYPTED PRIVATE KEY" or "ENCRYPTED" in body:
        raise ConfigurationError(
            f"The {material.what} {material.where} is protected by a passphrase.",
            hint="cron cannot type it. Write a copy without one: "
            "openssl rsa -in KEY -out KEY.open && chmod 600 KEY.open",
            code="key-passphrase",
        )
    if kind not in _PRIVATE:
        raise _wrong_kind(material, kind, "RSA private key")
    try:
        numbers = _private_numbers(_der(body))
        bits = numbers[1].bit_length()
        if max(each.bit_length() for each in numbers) <= _LARGEST and bits >= _SMALLEST:
            return _rsa_key(numbers)
    except (ValueError, IndexError, TypeError, ArithmeticError):
        if _is_whole(body) and kind == "PRIVATE KEY":
            raise _wrong_kind(material, "EC PRIVATE KEY", "RSA private key") from None
        raise ConfigurationError(
            f"The {material.what} {material.where} is damaged: it does not decode as a key.",
            hint="Copy it again from where you made it: openssl rsa -check -noout -in KEY",
            code="key-damaged",
        ) from None
    raise ConfigurationError(
        f"The {material.what} {material.where} has {bits} bits; "
        f"{_SMALLEST} to {_LARGEST} are taken.",
        hint="IBKR takes keys of 2048 bits; scripts/generate_ib_keys.sh makes them.",
        code="key-wrong-kind",
    )


def _private_numbers(der: bytes) -> list[int]:
    """Version, modulus, exponents, primes ... of PKCS #1 or PKCS #8 (RFC 8017 A.1.2, RFC 5208).

    Raises ValueError, IndexError or TypeError for anything else.
    """
    from Crypto.Util.asn1 import DerOctetString

    parts = _sequence(der)
    if len(parts) > 2 and isinstance(parts[1], bytes):  # PKCS #8: version, algorithm, the key
        parts = _sequence(DerOctetString().decode(parts[2]).payload)
    numbers = [each for each in parts if isinstance(each, int) and each >= 0]
    if not len(numbers) == len(parts) == _NUMBERS:
        raise ValueError("not the numbers of an RSA private key")
    return numbers


def _sequence(der: bytes) -> list[Any]:
    """Integers, and everything else as bytes. Raises ValueError or IndexError."""
    from Crypto.Util.asn1 import DerSequence

    sequence = DerSequence()
    sequence.decode(der)
    return [sequence[n] for n in range(len(sequence))]


def _rsa_key(numbers: list[int]) -> RsaKey:
    """Raises ValueError when they do not belong together."""
    from Crypto.PublicKey import RSA

    _, modulus, public, private, first, second, *_ = numbers
    return RSA.construct((modulus, public, private, first, second))


def dh_parameters(material: Material) -> DhParameters:
    """The group in a parameter file; ConfigurationError dh-not-parameters or dh-prime-sign.

    A DER integer whose first bit is set is negative: some tools write primes without the zero byte
    before it, and IBKR then answers 401 to everything (reported).
    """
    kind, body = _block(material, code="dh-not-parameters")
    if kind not in _PARAMETERS:
        raise _wrong_kind(material, kind, "Diffie-Hellman parameter file", "dh-not-parameters")
    try:
        numbers = _sequence(_der(body))
        prime, generator = numbers[0], numbers[1]
        if not isinstance(prime, int) or not isinstance(generator, int):
            raise TypeError
    except (ValueError, IndexError, TypeError):
        raise not_parameters(material) from None
    if prime < 0:
        raise ConfigurationError(
            f"The prime in {material.where} lacks its sign byte, so it reads as a negative number.",
            hint="Make them again with openssl dhparam -outform PEM -out dhparam.pem 2048 "
            "and register the new file in IBKR's portal.",
            code="dh-prime-sign",
        )
    checked(prime, material)
    if not 1 < generator < prime - 1:
        raise not_parameters(material, "their generator is none of this group")
    return DhParameters(prime, generator)


def checked(prime: int, material: Material) -> int:
    """The prime, if it can be one; raises ConfigurationError dh-not-parameters."""
    bits = prime.bit_length()
    if not _SMALLEST <= bits <= _LARGEST:
        wanted = f"{_SMALLEST} to {_LARGEST}"
        raise not_parameters(material, f"their prime has {bits} bits instead of {wanted}")
    if prime % 2 == 0:
        raise not_parameters(material, "their prime is an even number")
    if pow(2, prime - 1, prime) != 1:  # Fermat: a digit that was lost is seen so
        raise not_parameters(material, "their prime is no prime number")
    return prime


def not_parameters(
    material: Material, why: str = "what they hold is something else"
) -> ConfigurationError:
    """What is said of anything that is not a Diffie-Hellman prime of a useful size."""
    return ConfigurationError(
        f"The {material.what} {material.where} cannot be used: {why}.",
        hint="They begin with -----BEGIN DH PARAMETERS----- and are the dhparam.pem that you "
        "registered in IBKR's portal.",
        code="dh-not-parameters",
    )


def _block(material: Material, code: str = "key-wrong-kind") -> tuple[str, str]:
    blocks = _blocks(material.text)
    # openssl ecparam and dsaparam write the parameters before the key
    found = [each for each in blocks if not each[0].endswith("PARAMETERS")] or blocks
    if code == "dh-not-parameters":
        found = [each for each in blocks if each[0] in _PARAMETERS] or blocks
    if found:
        return found[0]
    if "-----BEGIN " in material.text:
        raise ConfigurationError(
            f"The {material.what} {material.where} is cut off: a line -----BEGIN ...-----, and no "
            "-----END ...----- like it.",
            hint="Copy it again from where you made it, down to its last line.",
            code="key-damaged" if code == "key-wrong-kind" else code,
        )
    raise ConfigurationError(
        f"The {material.what} {material.where} holds no PEM text (-----BEGIN ...-----).",
        hint="If it is DER, convert it with openssl; in a setting, write line ends as \\n.",
        code=code,
    )


def _blocks(text: str) -> list[tuple[str, str]]:
    """Kind and body of each block: from its BEGIN to the next END of its kind, in one pass."""
    blocks, kind, start = [], "", 0
    for mark in _MARK.finditer(text):
        if mark[1] == "BEGIN":
            kind, start = mark[2], mark.end()
        elif mark[2] == kind:
            blocks.append((kind, text[start : mark.start()]))
            kind = ""
    return blocks


def _wrong_kind(
    material: Material, kind: str, wanted: str, code: str = "key-wrong-kind"
) -> ConfigurationError:
    found = _NAMES.get(kind, f"a {kind}")
    return ConfigurationError(
        f"The {material.what} {material.where} is {found}; an {wanted} is needed."
        if wanted.startswith("RSA")
        else f"The {material.what} {material.where} are {found}; a {wanted} is needed.",
        hint="Give the private file: its public half went to IBKR's portal."
        if kind.endswith("PUBLIC KEY")
        else "Check which file the setting names; scripts/generate_ib_keys.sh makes right ones.",
        code=code,
    )


def _der(body: str) -> bytes:
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _is_whole(body: str) -> bool:
    """Whether the DER inside is as long as it says, so that the fault is not in the copying."""
    try:
        der = _der(body)
    except ValueError:
        return False
    if len(der) < 4 or der[0] != 0x30:
        return False
    if der[1] < 0x80:
        return len(der) == 2 + der[1]
    width = der[1] & 0x7F
    return len(der) == 2 + width + int.from_bytes(der[2 : 2 + width], "big")
