"""A user with a consumer key, tokens and keys to be looked for, and all that he may run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote_plus, unquote

from ibcli.broker.library import oauth1a
from ibcli.broker.signing import authorization
from ibcli.sim.embedded import SimOptions, SimServer
from ibcli.sim.keys import load_or_make, new_credential
from tests.secrets.detector import Detector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest

CONSUMER = "QZXCANARY"
ACCOUNT = "DU1234567"
LOOKS = (
    "auth test",
    "auth check",
    "auth status",
    "config show",
    "config path",
    "search ARM",
    "search NOSUCHTHING",
    "expiries ARM --month AUG25",
    "strikes ARM --expiry 2025-08-22",
    "chain ARM --expiry 2025-08-22 --strikes 2",
    "quote 804155360 ARM",
    "quote 1",
    "orders --all",
    "trades --days 7",
    "positions",
    "reconcile",
    "journal --all",
)
ORDER = "order ARM --leg 804155360 --action buy --limit 0.5 --qty 1"
DEEDS = (
    "order SPY --side both --dry-run",
    "order SPY --side put --yes --job canary",
    "cancel --all --yes",
    "modify 999 --limit 1.20 --yes",
    'close "SPY 18AUG25 640 P" --yes',
    "halt canary",
    "resume",
    "auth logout",
)
COMMANDS = LOOKS + DEEDS
_FIELDS = re.compile(r'(oauth_signature|oauth_nonce)="([^"]+)"')


def echo(environment: Mapping[str, str]) -> str:
    """What a careless or wicked server says of all that it was told."""
    token, key = environment["IB_ACCESS_TOKEN"], environment["IB_CONSUMER_KEY"]
    secret = environment["IB_ACCESS_TOKEN_SECRET"]
    return (
        f"invalid token {token} ({token.upper()}) of consumer {key} {key.lower()}, account "
        f"{ACCOUNT}: secret {secret} {quote_plus(secret)}"
    )


def faults(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What may befall any request."""
    told = echo(environment)
    text = json.dumps({"error": told})
    return {
        "none": {},
        "401": {"status": 401, "body": {"error": told}},
        "400": {"status": 400, "body": {"error": told}},
        "403": {"status": 403, "body": {"error": {"message": told}}},
        "410": {"status": 410, "body": told},
        "429": {"status": 429, "body": {"error": told}, "headers": {"Retry-After": "900"}},
        "500": {"status": 500, "body": {"error": told, "statusCode": 500}},
        "503": {"status": 503, "body": text},
        "200 with an error": {"status": 200, "body": {"error": told}},
        "a web page": {"status": 200, "body": f"<html>{told}</html>"},
        "half of it": {"status": 200, "body": text[:-9]},
        "another shape": {"status": 200, "body": [[told], {told: told}]},
        "a text": {"status": 200, "body": json.dumps(told)},
        "nothing": {"status": 200, "body": ""},
        "a redirect": {"status": 302, "headers": {"Location": f"https://evil.test/?{told}"}},
        "cut": {"cut": "before"},
        "cut after": {"cut": "after"},
        "silence": {"delay": 30.0},
    }


@dataclass
class Scene:
    """A simulator, a home folder, and what must not be seen."""

    sim: SimServer
    home: Path
    environment: dict[str, str]
    detector: Detector

    @classmethod
    @contextmanager
    def opened(cls, keys: Path, home: Path) -> Iterator[Self]:
        """With keys of its own, among them a consumer key that stands nowhere by chance."""
        folder = home / "keys"
        shutil.copytree(keys, folder)
        made = load_or_make(folder)
        row = new_credential(CONSUMER, "limited_poa", made.encryption_pem)
        rows = [asdict(each) for each in (*made.credentials, row)]
        made.files.credentials.write_text(json.dumps(rows), encoding="utf-8")
        with SimServer(SimOptions(clock="2025-08-18", keys=folder)) as sim:
            environment = {
                **sim.env(CONSUMER),
                "HOME": str(home),
                "PATH": "/usr/bin:/bin",
                "IBCLI_STATE_DIR": str(home / "state"),
                "IBCLI_CACHE_DIR": str(home / "cache"),
                "IBCLI_PROXY": "http://proxyuser:open-sesame-77@127.0.0.1:9",
                "IBCLI_HASTE": "1000",
                "IBCLI_DEADLINE": "60",
                "COLUMNS": "160",
            }
            (home / "work").mkdir()
            yield cls(sim, home, environment, Detector.of(environment))

    def spy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Learn each signature, nonce and random number as it is made, in this process."""
        library, sign = oauth1a(), authorization
        prepare, login = library.prepare_oauth, library.generate_oauth_headers

        def note(header: str) -> str:
            for what, value in _FIELDS.findall(header):
                self.detector.learn(what, value)
                self.detector.learn(what, unquote(value))
            return header

        def prepared(*args: Any, **named: Any) -> Any:
            made = prepare(*args, **named)
            for what, value in zip(("prepend", "challenge", "random"), made, strict=True):
                self.detector.learn(f"Diffie-Hellman {what}", str(value))
            return made

        def headers(*args: Any, **named: Any) -> Any:
            made = login(*args, **named)
            note(made["Authorization"])
            return made

        monkeypatch.setattr(
            "ibcli.broker.exchange.authorization", lambda *args, **named: note(sign(*args, **named))
        )
        monkeypatch.setattr(library, "prepare_oauth", prepared)
        monkeypatch.setattr(library, "generate_oauth_headers", headers)

    def check(self, command: str, code: int, out: str, err: str) -> None:
        """Nothing that must not be seen is, on neither stream."""
        self.detector.learn_state(self.home / "state")
        found = self.detector.leaks(err, "stderr", accounts=True)
        assert found == [], f"{command}: {found}"
        found = self.detector.leaks(out, "stdout")
        if out.startswith("{"):  # the account may stand in what was asked for, not in what failed
            error = json.dumps(json.loads(out).get("error"))
            found += self.detector.leaks(error, "error", accounts=True)
        assert found == [], f"{command}: {found}"

    def check_files(self) -> None:
        """Nor in any file."""
        kept = [self.home / name for name in ("state", "cache", "work")]
        assert self.detector.leaks_below(*kept) == []

    def words(self, command: str, *more: str) -> list[str]:
        """The command line."""
        return [*shlex.split(command), "--debug", *more]
