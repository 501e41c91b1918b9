"""Every command before a broker that answers anything: it ends in a known way, fit to be shown."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import poisons
from tests.hostile.amount import examples
from tests.hostile.victim import FORMS, Victim, assert_fit

COMMANDS: dict[str, list[str]] = {
    "search": ["search", "ARM"],
    "expiries": ["expiries", "ARM", "--month", "AUG25"],
    "strikes": ["strikes", "ARM", "--month", "AUG25"],
    "chain": ["chain", "ARM", "--month", "AUG25", "--strikes", "1", "--greeks"],
    "quote": ["quote", "804155360", "SPY", "ARM 22AUG25 145 C"],
    "preview": [
        *("order", "SPY", "--side", "both", "--expiry", "2025-08-22", "--width", "5"),
        *("--job", "new", "--dry-run"),
    ],
    "orders": ["orders", "--all"],
    "one order": ["orders", "NUMBER"],
    "trades": ["trades", "--days", "7"],
    "positions": ["positions"],
    "cancel": ["cancel", "NUMBER"],
    "modify": ["modify", "NUMBER", "--limit", "0.95"],
    "close": ["close", "SPY 22AUG25 640 P", "--yes"],
    "reconcile": ["reconcile", "--fix"],
    "auth test": ["auth", "test"],
    "auth status": ["auth", "status"],
    "auth check": ["auth", "check", "--online"],
}
NO_TABLE = {"one order", "auth status", "modify"}  # nothing of which there is a CSV
COLD = {"search", "positions", "auth test", "auth check", "quote"}


@dataclass(frozen=True)
class Poison:
    """What is done to which of a command's requests; ``asked`` is its number among them."""

    asked: int
    changes: list[poisons.Change] | None
    body: str
    status: int | None
    headers: dict[str, str]
    always: bool

    def at(self, asked: int) -> Poison:
        """The same for another request."""
        return replace(self, asked=asked)

    def rewritten(self, text: str) -> str:
        """The answer that the client gets."""
        if self.changes is None:
            return self.body
        with contextlib.suppress(ValueError):
            return poisons.written(poisons.changed(json.loads(text), self.changes))
        return self.body


HEADERS = st.sampled_from(
    [
        {},
        {"Retry-After": "soon"},
        {"Retry-After": "9" * 5000},
        {"Retry-After": "-5"},
        {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"},
        {"Date": "yesterday"},
        {"Date": "Fri, 31 Dec 9999 23:59:59 +2359"},
        {"Date": "Mon, 01 Jan 0001 00:00:00 -2359"},
        {"Date": "Mon, 18 Aug 1969 00:00:00 GMT"},
        {"Content-Type": "image/png; charset=utf-7"},
        {"Content-Type": ""},
        {"Set-Cookie": "api=x; Path=/"},
        {"Location": "https://evil.example[bold]/\u05d0"},
        {"X-Long": "x" * 60_000},
    ]
)
STATUSES = st.sampled_from([None] * 6 + [200, 204, 302, 400, 401, 403, 404, 410, 429, 500, 503])


@st.composite
def poisonings(draw: st.DrawFn) -> Poison:
    """Mostly a good answer that was tampered with; at times another body altogether."""
    tampered = draw(st.integers(0, 4)) > 0
    return Poison(
        asked=draw(st.integers(0, 40)),
        changes=draw(poisons.changes()) if tampered else None,
        body=draw(st.sampled_from(poisons.BODIES)),
        status=None if tampered else draw(STATUSES),
        headers={} if tampered else draw(HEADERS),
        always=draw(st.booleans()),
    )


def poison(victim: Victim, asks: list[tuple[str, str]], wanted: Poison) -> None:
    """Have one of the requests answered so: the one alone, or all of its path from it on."""
    number = wanted.asked % len(asks)
    method, path = asks[number]
    victim.sim.faults.add(
        path,
        method=method,
        skip=sum(ask == (method, path) for ask in asks[:number]),
        count=None if wanted.always else 1,
        handled=wanted.status is not None,
        status=wanted.status,
        headers=wanted.headers,
        rewrite=wanted.rewritten,
    )


class Asks:
    """Which requests a command makes of a broker that answers well; asked once each."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bool], list[tuple[str, str]]] = {}

    def of(self, victim: Victim, argv: list[str], *, logged_in: bool) -> list[tuple[str, str]]:
        key = " ".join(argv), logged_in
        if key not in self._known:
            victim.put_back(logged_in=logged_in)
            shown = victim.run([*argv, "--deadline", "20"])
            assert shown.code in {0, 8}, shown
            self._known[key] = victim.asks()
        return self._known[key]


ASKS = Asks()


def words_of(victim: Victim, name: str) -> list[str]:
    """The command line, with the number of the order that works."""
    return [victim.working if word == "NUMBER" else word for word in COMMANDS[name]]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.timeout(1800)
@examples(3, 150)
@given(wanted=poisonings(), form=st.sampled_from(FORMS))
def test_whatever_is_answered_the_end_is_known(
    victim: Victim, name: str, wanted: Poison, form: str
) -> None:
    argv = words_of(victim, name)
    form = "json" if form == "csv" and name in NO_TABLE else form
    logged_in = name not in COLD or wanted.asked % 2 == 0
    asks = ASKS.of(victim, argv, logged_in=logged_in)
    victim.put_back(logged_in=logged_in)
    poison(victim, asks, wanted)
    assert_fit(victim.run(argv, form))
