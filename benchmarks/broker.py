"""The simulated broker that everything is measured against: a process of its own."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, Self

from benchmarks.process import BenchmarkError, ibcli

if TYPE_CHECKING:
    from pathlib import Path

LATENCY = 0.05
"""Seconds that every answer takes beyond the server's own work."""

DAY = "2025-08-18"
"""The market's clock: the demo's day, always in session."""

_START_SECONDS = 60.0
_SETTLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a broker was asked between two marks. ``peak`` is the greatest number of requests that
    arrived in any sliding second, ``broke`` those that came while a limit was full, ``refused`` the
    answers with status 429, ``failed`` all others that are errors, ``cpu`` the server's seconds,
    ``first`` and ``last`` the arrivals in seconds since 1970.
    """

    requests: int
    logins: int
    peak: int
    broke: int
    refused: int
    failed: int
    cpu: float
    first: float | None
    last: float | None


class Broker:
    """A simulator at ``rate`` requests a second; with ``enforced`` the excess gets 429, without it
    is only counted. A context manager.

    Raises:
        BenchmarkError: on entering, when it does not start.
    """

    def __init__(self, folder: Path, *, rate: int, enforced: bool) -> None:
        self.rate = rate
        self.enforced = enforced
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._control = ""
        self.settings: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        words = ["serve", "--port", "0", "--clock", DAY, "--latency", f"{LATENCY * 1000:.0f}"]
        words += ["--pacing", "excess" if self.enforced else "record", "--max-rps", str(self.rate)]
        state = self._folder / "state"
        process = self._process = subprocess.Popen(
            ibcli("sim", *words, "--state", str(state)),
            env=_bare(self._folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            port = self._port(process.stderr) if process.stderr else ""
            self._control = f"http://127.0.0.1:{port}/v1/sim/"
            self.settings = _settings(port, state, self._folder)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _port(self, stderr: IO[str]) -> str:
        """Read what it says until it is ready."""
        said = ""
        for line in stderr:
            said += line
            found = re.search(r"Simulated IBKR Web API at http://127\.0\.0\.1:(\d+)/", said)
            if found and "Settings for a client" in said:
                return found[1]
        raise BenchmarkError(f"The simulator did not start: {said.strip()}")

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_START_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stderr is not None:
                self._process.stderr.close()

    def forget(self) -> None:
        """Sessions, tokens, streams, orders, rates: all but the keys."""
        self._call("POST", "control", {"do": "reset"})
        self.mark()

    def mark(self) -> None:
        """Counting begins anew."""
        self._settled()
        self._call("DELETE", "summary")

    def asked(self) -> Asked:
        """Since the mark, once everything is answered."""
        told = self._settled()
        statuses = {int(status): count for status, count in told["statuses"].items()}
        everything = told["greatest"].get("all", {"requests": 0})
        return Asked(
            requests=told["requests"],
            logins=told["logins"],
            peak=everything["requests"],
            broke=told["broke"],
            refused=told["refused"],
            failed=sum(n for status, n in statuses.items() if status == 0 or status >= 400)
            - told["refused"],
            cpu=told["cpu_seconds"],
            first=_seconds(told["first"]),
            last=_seconds(told["last"]),
        )

    def _settled(self) -> dict[str, Any]:
        """The counts when no request is under way any more (a client may not wait for it)."""
        until = time.monotonic() + _SETTLE_SECONDS
        while (told := self._call("GET", "summary"))["under_way"]:
            if time.monotonic() > until:
                raise BenchmarkError(f"{told['under_way']} requests are not answered")
            time.sleep(LATENCY)
        return told

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._control + path, data, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            told: dict[str, Any] = json.load(answer)
            return told


def _seconds(instant: str | None) -> float | None:
    return None if instant is None else datetime.fromisoformat(instant).timestamp()


def _bare(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def _settings(port: str, state: Path, folder: Path) -> dict[str, str]:
    """As ``ibcli sim env`` prints them."""
    printed = subprocess.run(
        ibcli("sim", "env", "--port", port, "--state", str(state)),
        env=_bare(folder),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    settings = {}
    for line in printed.splitlines():
        with suppress(ValueError):
            name, value = line.split("=", 1)
            settings[name] = shlex.split(value)[0]
    return settings
