"""``auth check``: everything that can be seen from here without logging in."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ibcli.broker.clinic import Outcome
from ibcli.broker.credentials import (
    decrypted_secret,
    dh_group,
    encryption_material,
    secret_bytes,
    signature_material,
)
from ibcli.broker.pem import Material, not_parameters, rsa_private_key
from ibcli.broker.required import require_settings
from ibcli.config.table import TEST_CONSUMER
from ibcli.errors import ConfigurationError, IbcliError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from Crypto.PublicKey.RSA import RsaKey

    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings

CONSUMER_LENGTH = 9
TOKEN_LENGTH = 20
KEY_BITS = 2048
GENERATOR = 2
_SMALL = 1000  # a number that can be printed
_ONLINE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    outcome: Outcome
    detail: str
    hint: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class AuthCheck:
    """All findings; the first failure decides the exit code."""

    findings: tuple[Finding, ...]
    error: IbcliError | None = field(default=None, repr=False)


class _Checkup:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.findings: list[Finding] = []
        self.error: IbcliError | None = None

    def note(self, name: str, detail: str, outcome: Outcome = Outcome.OK, hint: str = "") -> None:
        self.findings.append(Finding(name, outcome, detail, hint))

    def look(self, name: str, check: Callable[[], str]) -> bool:
        """Note what ``check`` says; an error of ours becomes a failed finding."""
        try:
            self.note(name, check())
        except IbcliError as error:
            self.error = self.error or error
            self.findings.append(
                Finding(name, Outcome.FAILED, error.message, error.hint, error.code)
            )
            return False
        return True

    def all(self) -> None:
        settings = self._settings
        if self.look("settings", self._settings_are_set):
            self.look("consumer key", self._consumer_key)
            self._token()
        self._private_file("env file", settings.env_file)
        signature = encryption = None
        if settings.signature_key or settings.signature_key_path:
            signature = self._key("signature key", lambda: signature_material(settings))
        if settings.encryption_key or settings.encryption_key_path:
            encryption = self._key("encryption key", lambda: encryption_material(settings))
        self._secret(signature, encryption)
        if settings.dh_prime or settings.dh_param_path:
            self.look("Diffie-Hellman", self._group)
        if settings.ca_bundle is not None:
            self.look("CA bundle", self._authorities)

    def _settings_are_set(self) -> str:
        require_settings(self._settings)
        return "all that a login needs is set"

    def _consumer_key(self) -> str:
        key = self._settings.consumer_key or ""
        if len(key) != CONSUMER_LENGTH and key != TEST_CONSUMER:
            raise ConfigurationError(
                f"IB_CONSUMER_KEY has {len(key)} characters; IBKR's have {CONSUMER_LENGTH}.",
                hint="Copy it again from IBKR's portal.",
                code="consumer-key-length",
            )
        return f"{len(key)} characters"

    def _token(self) -> None:
        token = self._settings.access_token or ""
        usual = len(token) == TOKEN_LENGTH and all(c in "0123456789abcdefABCDEF" for c in token)
        if usual:
            self.note("access token", f"{TOKEN_LENGTH} hexadecimal digits")
        else:
            self.note(
                "access token",
                f"not {TOKEN_LENGTH} hexadecimal digits, as IBKR's usually are",
                Outcome.WARNING,
                "Compare IB_ACCESS_TOKEN with the portal's.",
            )

    def _private_file(self, name: str, path: Path | None) -> None:
        """Warn of a secret file that others may read."""
        if path is None:
            return
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            return  # reported where the file is read
        if mode & 0o077:
            self.note(
                f"{name} permissions",
                f"{path} may be read by others (mode {mode:04o})",
                Outcome.WARNING,
                f"chmod 600 {path}",
            )
        else:
            self.note(f"{name} permissions", f"{path}: yours alone")

    def _key(self, name: str, load: Callable[[], Material]) -> RsaKey | None:
        found: list[RsaKey] = []
        loaded: list[Material] = []

        def check() -> str:
            loaded.append(load())
            found.append(rsa_private_key(loaded[0]))
            bits = found[0].size_in_bits()
            return f"RSA private key, {bits} bits, {loaded[0].where}"

        self.look(name, check)
        if loaded and loaded[0].path is not None:
            self._private_file(name, loaded[0].path)
        if not found:
            return None
        key = found[0]
        if key.size_in_bits() != KEY_BITS:
            self.note(
                f"{name} size",
                f"{key.size_in_bits()} bits; IBKR asks for {KEY_BITS}",
                Outcome.WARNING,
                "Make new keys with scripts/generate_ib_keys.sh and register them.",
            )
        self._public_half(name, key, loaded[0].path)
        return key

    def _public_half(self, name: str, key: RsaKey, path: Path | None) -> None:
        """The public file beside it, if there is one: it is what was uploaded to the portal."""
        if path is None or "private" not in path.name:
            return
        public = path.with_name(path.name.replace("private", "public"))
        if public.is_file():
            self.look(f"{name}'s public file", lambda: _same_key(key, public))

    def _secret(self, signature: RsaKey | None, encryption: RsaKey | None) -> None:
        if not self._settings.access_token_secret:
            return
        if signature is None or encryption is None:
            if self.look("access token secret", lambda: _is_base64(self._settings)):
                last = self.findings.pop()
                skipped = "base64; not decrypted: a key cannot be read"
                self.findings.append(replace(last, outcome=Outcome.SKIPPED, detail=skipped))
            return

        if signature.n == encryption.n:
            self.note(
                "signature and encryption keys",
                "one and the same",
                Outcome.WARNING,
                "IBKR asks for two: check that the settings name the files meant.",
            )

        def check() -> str:
            decrypted_secret(secret_bytes(self._settings), encryption, signature)
            return "decrypts with the encryption key"

        self.look("access token secret", check)

    def _group(self) -> str:
        from Crypto.Util.number import isPrime

        group = dh_group(self._settings)
        path = self._settings.dh_param_path
        where = "in IB_DH_PRIME" if self._settings.dh_prime else f"{path} (IB_DH_PARAM_PATH)"
        if not isPrime(group.prime):
            material = Material("Diffie-Hellman parameters", where, "")
            raise not_parameters(material, "their prime is not a prime number")
        bits = group.prime.bit_length()
        generator = self._settings.dh_generator or group.generator or GENERATOR
        shown = str(generator) if generator < _SMALL else "a large one"
        if bits != KEY_BITS or generator != GENERATOR:
            self.note(
                "Diffie-Hellman group",
                f"{bits} bits, generator {shown}; IBKR expects {KEY_BITS} and {GENERATOR}",
                Outcome.WARNING,
                "openssl dhparam -outform PEM -out dhparam.pem 2048, and register the new file.",
            )
        return f"a prime of {bits} bits, generator {shown}, {where}"

    def _authorities(self) -> str:
        from ibcli.broker.authorities import bundled_context

        bundled_context(self._settings)
        return str(self._settings.ca_bundle)


def _is_base64(settings: Settings) -> str:
    secret_bytes(settings)
    return "base64"


def _same_key(key: RsaKey, public: Path) -> str:
    from Crypto.PublicKey import RSA

    try:
        other = RSA.import_key(public.read_bytes())
        same = (other.n, other.e) == (key.n, key.e)
    except (ValueError, IndexError, TypeError, OSError):
        same = False
    if not same:
        raise ConfigurationError(
            f"{public} is not the public half of the private key beside it.",
            hint="Make it again and register it in IBKR's portal: "
            f"openssl rsa -in PRIVATE -pubout -out {public}",
            code="public-key-mismatch",
        )
    return f"{public} matches"


def auth_check(settings: Settings, deadline: Deadline, *, online: bool | None) -> AuthCheck:
    """Look at everything. ``online``: True asks the server for its clock, False does not, None
    tries for three seconds and does without."""
    checkup = _Checkup(settings)
    checkup.all()
    if online is False:
        checkup.note("clock", "not compared: offline", Outcome.SKIPPED)
    else:
        _check_clock(checkup, settings, deadline, insist=online is True)
    return AuthCheck(tuple(checkup.findings), checkup.error)


def _check_clock(
    checkup: _Checkup, settings: Settings, deadline: Deadline, *, insist: bool
) -> None:
    from ibcli.broker.client import BrokerClient
    from ibcli.broker.deadline import Deadline as Until
    from ibcli.broker.translate import CLOCK_LIMIT, clock_words

    left = deadline.remaining if insist else min(_ONLINE_SECONDS, deadline.remaining / 2)
    try:
        with BrokerClient(settings, Until.after(left)) as client:
            server = client.ask_server_time()
            skew = client.now() - server if server else timedelta()
    except IbcliError as error:
        checkup.note("clock", f"not compared: {error.message}", Outcome.SKIPPED)
        return
    if server is None:
        outcome = Outcome.WARNING if insist else Outcome.SKIPPED
        checkup.note("clock", "not compared: the server does not answer", outcome)
        return

    def check() -> str:
        if abs(skew) > CLOCK_LIMIT:
            raise ConfigurationError(
                f"This machine's clock is {clock_words(skew)}.",
                hint="Set the clock: timedatectl set-ntp true (or: chronyc makestep).",
                code="clock-off",
            )
        return clock_words(skew)

    checkup.look("clock", check)
