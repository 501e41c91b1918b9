"""Key material: is it what it claims to be? Checked before any library sees it.

Libraries answer a passphrase, a public key or a parameter file in a private key's place with
obscure errors, or sign with what they got.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from Crypto.PublicKey.RSA import RsaKey

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9. ]+)-----(.*?)-----END \1-----", re.DOTALL)
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
    """The RSA private key; ConfigurationError key-wrong-kind, key-passphrase or key-damaged."""
    from Crypto.PublicKey import RSA

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
        key = RSA.import_key(f"-----BEGIN {kind}-----{body}-----END {kind}-----")
    except (ValueError, IndexError, TypeError):
        if _is_whole(body) and kind == "PRIVATE KEY":
            raise _wrong_kind(material, "EC PRIVATE KEY", "RSA private key") from None
        raise ConfigurationError(
            f"The {material.what} {material.where} is damaged: it does not decode as a key.",
            hint="Copy it again from where you made it: openssl rsa -check -noout -in KEY",
            code="key-damaged",
        ) from None
    return key


def dh_parameters(material: Material) -> DhParameters:
    """The group in a parameter file; ConfigurationError dh-not-parameters or dh-prime-sign.

    A DER integer whose first bit is set is negative: some tools write primes without the zero byte
    before it, and IBKR then answers 401 to everything (reported).
    """
    from Crypto.Util.asn1 import DerSequence

    kind, body = _block(material, code="dh-not-parameters")
    if kind not in _PARAMETERS:
        raise _wrong_kind(material, kind, "Diffie-Hellman parameter file", "dh-not-parameters")
    try:
        numbers = DerSequence().decode(_der(body))
        prime, generator = (int(numbers[0]), int(numbers[1]))
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
    blocks = [(kind, body) for kind, body in _BLOCK.findall(material.text)]
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
