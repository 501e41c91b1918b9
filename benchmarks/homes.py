"""Where a measured program lives: folders and an environment of its own."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.broker import Broker

_IBIND = {
    "IBIND_OAUTH1A_CONSUMER_KEY": "IB_CONSUMER_KEY",
    "IBIND_OAUTH1A_ACCESS_TOKEN": "IB_ACCESS_TOKEN",
    "IBIND_OAUTH1A_ACCESS_TOKEN_SECRET": "IB_ACCESS_TOKEN_SECRET",
    "IBIND_OAUTH1A_SIGNATURE_KEY_FP": "IB_SIGNATURE_KEY_PATH",
    "IBIND_OAUTH1A_ENCRYPTION_KEY_FP": "IB_ENCRYPTION_KEY_PATH",
    "IBIND_OAUTH1A_REALM": "IB_REALM",
    "IBIND_ACCOUNT_ID": "IB_ACCOUNT_ID",
}


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder with nothing remembered yet."""

    folder: Path

    @classmethod
    def new(cls, below: Path) -> Home:
        """A fresh one."""
        return cls(Path(mkdtemp(prefix="home-", dir=below)))

    @property
    def bare(self) -> dict[str, str]:
        """The environment that cron gives, and no settings."""
        return {
            "HOME": str(self.folder),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "IBCLI_STATE_DIR": str(self.folder / "state"),
            "IBCLI_CACHE_DIR": str(self.folder / "cache"),
        }

    def ours(self, broker: Broker, **more: str) -> dict[str, str]:
        """For ibcli, as fast as this broker allows. No guard counts the orders of a benchmark."""
        rate = {"IBCLI_MAX_RPS": str(broker.rate)}
        return self.bare | broker.settings | rate | {"IBCLI_MAX_ORDERS_PER_DAY": "none"} | more

    def peers(self, broker: Broker) -> dict[str, str]:
        """For a program of ibind's: the names that its README gives. Its OAuth takes an address
        other than IBKR's from this setting alone; plain HTTP spares both sides the TLS.
        """
        return self.bare | ibind_settings(broker.settings, self.folder)


def ibind_settings(settings: Mapping[str, str], folder: Path) -> dict[str, str]:
    """ibcli's settings as ibind's; logs go into the folder."""
    return {
        **{name: settings[ours] for name, ours in _IBIND.items()},
        "IBIND_OAUTH1A_REST_URL": f"{settings['IB_API_URL']}/",
        "IBIND_OAUTH1A_DH_PRIME": dh_prime(Path(settings["IB_DH_PARAM_PATH"])),
        "IBIND_LOGS_DIR": str(folder),
    }


def dh_prime(path: Path) -> str:
    """The prime of a parameters file in hexadecimal, as ibind wants it: PEM of a sequence of two
    integers (RFC 3279), the prime first.
    """
    text = path.read_text(encoding="ascii")
    body = b64decode("".join(line for line in text.splitlines() if not line.startswith("-")))
    _, start = _length(body, 1)  # of the sequence
    length, start = _length(body, start + 1)  # of the first integer in it
    return body[start : start + length].hex()


def _length(body: bytes, at: int) -> tuple[int, int]:
    """DER: a length at a place, and where what it measures begins."""
    first = body[at]
    if first < 0x80:
        return first, at + 1
    digits = first & 0x7F
    return int.from_bytes(body[at + 1 : at + 1 + digits]), at + 1 + digits
