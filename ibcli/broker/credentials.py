"""What a login needs, loaded from the settings and checked before it is used."""

from __future__ import annotations

import base64
import binascii
import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibcli.broker.pem import (
    DhParameters,
    Material,
    checked,
    dh_parameters,
    rsa_private_key,
)
from ibcli.broker.required import require_settings
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from Crypto.PublicKey.RSA import RsaKey

    from ibcli.config import Settings

DEFAULT_GENERATOR = 2
_BIGGEST = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Credentials:
    """Checked key material, as ibind's functions take it."""

    consumer_key: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)
    signature_key: str = field(repr=False)  # PEM
    encryption_key: str = field(repr=False)  # PEM
    dh_prime: str = field(repr=False)  # hex
    dh_generator: int
    realm: str


def load_credentials(settings: Settings) -> Credentials:
    """Load and check everything; raises ConfigurationError for the first thing that is wrong."""
    require_settings(settings)
    signature = signature_material(settings)
    encryption = encryption_material(settings)
    signature_key = rsa_private_key(signature)
    encryption_key = rsa_private_key(encryption)
    secret = secret_bytes(settings)
    decrypted_secret(secret, encryption_key, signature_key)
    group = dh_group(settings)
    return Credentials(
        consumer_key=settings.consumer_key or "",
        access_token=settings.access_token or "",
        access_token_secret=base64.b64encode(secret).decode(),
        signature_key=signature_key.export_key().decode(),  # without what may stand around it
        encryption_key=encryption_key.export_key().decode(),
        dh_prime=group.prime_hex,
        dh_generator=settings.dh_generator or group.generator or DEFAULT_GENERATOR,
        realm=settings.realm,
    )


def signature_material(settings: Settings) -> Material:
    """The signature key's text, from the setting or its file."""
    return _material(
        "signature key", "IB_SIGNATURE_KEY", settings.signature_key, settings.signature_key_path
    )


def encryption_material(settings: Settings) -> Material:
    """The encryption key's text, from the setting or its file."""
    return _material(
        "encryption key", "IB_ENCRYPTION_KEY", settings.encryption_key, settings.encryption_key_path
    )


def dh_group(settings: Settings) -> DhParameters:
    """The Diffie-Hellman group, from IB_DH_PRIME or the parameter file."""
    if settings.dh_prime:
        named = Material("Diffie-Hellman parameters", "in IB_DH_PRIME", "")
        return DhParameters(checked(int(settings.dh_prime, 16), named), settings.dh_generator)
    path = settings.dh_param_path
    return dh_parameters(_material("Diffie-Hellman parameters", "IB_DH_PARAM", None, path))


def secret_bytes(settings: Settings) -> bytes:
    """The access token secret, base64-decoded but still encrypted."""
    text = "".join((settings.access_token_secret or "").replace("\\n", "").split())
    try:
        secret = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not secret:
        raise ConfigurationError(
            "IB_ACCESS_TOKEN_SECRET is not base64 text.",
            hint="Copy it again from IBKR's portal: one line of letters, digits, + and /, "
            "usually 344 characters ending in ==.",
            code="secret-not-base64",
        )
    return secret


def decrypted_secret(secret: bytes, encryption_key: RsaKey, signature_key: RsaKey) -> bytes:
    """The access token secret in the clear; raises ConfigurationError: keys-swapped,
    secret-key-mismatch."""
    if (clear := _decrypted(secret, encryption_key)) is not None:
        return clear
    if _decrypted(secret, signature_key) is not None:
        raise ConfigurationError(
            "The signature and encryption keys are swapped: "
            "the secret decrypts with the signature key.",
            hint="Exchange IB_SIGNATURE_KEY_PATH and IB_ENCRYPTION_KEY_PATH.",
            code="keys-swapped",
        )
    if len(secret) != encryption_key.size_in_bytes():
        raise ConfigurationError(
            f"IB_ACCESS_TOKEN_SECRET is {len(secret)} bytes long when decoded; the encryption key "
            f"makes {encryption_key.size_in_bytes()}.",
            hint="It is not the whole secret, or not one of this key: copy it again from IBKR's "
            "portal, usually 344 characters ending in ==.",
            code="secret-key-mismatch",
        )
    raise ConfigurationError(
        "IB_ACCESS_TOKEN_SECRET does not decrypt with the encryption key.",
        hint="It was made for another key: register this encryption key's public file in IBKR's "
        "portal and generate the access token anew there, or name the right key file.",
        code="secret-key-mismatch",
    )


def _decrypted(secret: bytes, key: RsaKey) -> bytes | None:
    from Crypto.Cipher import PKCS1_v1_5

    if len(secret) != key.size_in_bytes():
        return None
    try:
        clear = PKCS1_v1_5.new(key).decrypt(secret, None)
    except ValueError:
        return None
    return clear if isinstance(clear, bytes) and clear else None


def _content(path: Path) -> str:
    """What the file says; what is no text or too long for a key is left to the parser to refuse."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", closefd=True) as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            # for the end of a pipe or a device we might wait for ever
            raise OSError(errno.EINVAL, "it is not a plain file")
        content = stream.read(_BIGGEST)
    return content.decode("utf-8-sig", errors="replace")


def _material(what: str, name: str, text: str | None, path: Path | None) -> Material:
    if text:
        return Material(what, f"in {name}", text)
    if path is None:
        raise ConfigurationError(
            f"Not set: {name}_PATH.",
            hint="Put it into config/.env (see config/.env.example).",
            code="setting-missing",
        )
    where = f"{path} ({name}_PATH)"
    try:
        return Material(what, where, _content(path), path)
    except FileNotFoundError:
        raise ConfigurationError(
            f"The file of the {what} does not exist: {where}.",
            hint="Relative paths start at the env file's folder; ibcli config show prints them in "
            "full. scripts/generate_ib_keys.sh makes new keys.",
            code="file-missing",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The file of the {what} cannot be read: {where}: {error.strerror or error}.",
            hint=f"It must be a file that you may read: ls -l {path}",
            code="file-unreadable",
        ) from None
