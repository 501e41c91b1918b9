"""The settings in force, frozen; secrets stay out of ``repr``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibcli.config.parse import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ibcli.config.trading import Guards, OrderDefaults, Unattended


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting as ``config show`` prints it: ``value`` is masked; None when it is not set."""

    name: str
    value: str | None
    origin: str  # "flag", "environment", "the demo", the env file's path, "default", "not set"
    secret: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the settings say, parsed. Texts that may be missing are None."""

    consumer_key: str | None = field(repr=False)
    access_token: str | None = field(repr=False)
    access_token_secret: str | None = field(repr=False)
    signature_key: str | None = field(repr=False)  # PEM text; wins over the path
    signature_key_path: Path | None
    encryption_key: str | None = field(repr=False)
    encryption_key_path: Path | None
    dh_prime: str | None = field(repr=False)  # hex digits; wins over the path
    dh_param_path: Path | None
    dh_generator: int | None
    realm: str
    is_live: bool
    account_id: str | None = field(repr=False)
    api_url: str  # without a slash at its end
    profile: str | None
    env_file: Path | None
    base_state_dir: Path  # shared by all profiles: pacing counts per address, whoever asks
    cache_dir: Path
    compete: bool
    max_rps: int
    deadline: float  # seconds
    proxy: str | None = field(repr=False)
    ca_bundle: Path | None
    market_now: Callable[[], datetime] = field(repr=False)
    confirm: frozenset[str]  # ids of the broker's questions that may be answered with yes
    unattended: Unattended
    guards: Guards
    order: OrderDefaults
    simulated: bool = False
    haste: int = 1  # how many times faster a simulator's time runs; 1 towards a real broker
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = field(default=(), repr=False)

    @property
    def state_dir(self) -> Path:
        """The folder of what must not mix between profiles."""
        if self.profile is None:
            return self.base_state_dir
        return self.base_state_dir / "profiles" / self.profile

    @property
    def state_key(self) -> str:
        """Names the login: API address, consumer and token, hashed.

        The demo's server takes any free port, so there the word ``demo`` stands for the address.
        """
        address = "demo" if self.simulated else self.api_url
        parts = "\n".join((address, self.consumer_key or "", self.access_token or ""))
        return _hashed(parts)

    @property
    def pace_key(self) -> str:
        """Names the server that counts requests: IBKR's front ends count as one."""
        if self.simulated:
            return "demo"
        host = self.api_url.partition("://")[2].partition("/")[0].lower()
        if host == "ibkr.com" or host.endswith(".ibkr.com"):
            return "ibkr"
        return _hashed(host)

    @property
    def is_loopback(self) -> bool:
        """Whether the API is on this machine."""
        return is_loopback(self.api_url)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no output may hold."""
        held = (
            self.consumer_key,
            self.access_token,
            self.access_token_secret,
            self.signature_key,
            self.encryption_key,
            self.dh_prime,
            *_password(self.proxy),
            self.account_id if _is_odd(self.account_id) else None,
        )
        return tuple(text for text in held if text)


def _password(proxy: str | None) -> tuple[str, ...]:
    """A proxy's password, as it is written and as it is meant."""
    from urllib.parse import unquote, urlsplit

    written = urlsplit(proxy).password if proxy else None
    return (written, unquote(written)) if written else ()


def _is_odd(account: str | None) -> bool:
    """Whether it is not written as IBKR's are, by which account numbers in texts are known."""
    import re

    return account is not None and not re.fullmatch(r"[A-Z]{1,3}\d{4,10}", account)


def _hashed(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:16]
