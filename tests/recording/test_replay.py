"""A recorded run comes out the same on another machine, by the front door on both ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.recording.conftest import Bench
    from tests.scenes.ended import Ended

# When it was looked at, and how old what was seen then was.
_OF_THE_MOMENT = re.compile(r'"(as_of|age_seconds|value)": ("[0-9.]+ s old"|"2025[^"]*Z"|[0-9.]+)')
_IN_A_TABLE = re.compile(r"\d\d:\d\d:\d\d New York|\b\d s\b")
_NAME = re.compile(r"-[0-9a-f]{10}-(?=\d)")
PUT = ("SPY", "--side", "put", "--strike", "641")


def said(ended: Ended) -> tuple[int, str]:
    """Exit code and stdout, without what differs from one moment to the next."""
    out = _OF_THE_MOMENT.sub(r'"\1": 0', _NAME.sub("-name-", ended.out))
    out = _IN_A_TABLE.sub("-time-", out)
    return ended.code, out.replace("DU7654321", "DU0000001")


def told_twice(bench: Bench, *runs: tuple[str, ...], **broker: Any) -> None:
    """Record the runs one after the other, then repeat them all."""
    sim = bench.broker(**broker)
    recorded = [bench.record(sim, *argv) for argv in runs]
    again = bench.replay()
    for argv, before in zip(runs, recorded, strict=True):
        assert said(bench.repeat(again, *argv)) == said(before), argv
    assert again.sim.replay is not None
    assert not [line for line in again.sim.replay.report() if "not recorded" in line]


@pytest.mark.proof
def test_a_quote(bench: Bench) -> None:
    told_twice(bench, ("quote", "ARM", "804155360", "ARM 22AUG25 145 C", "--json"))


@pytest.mark.proof
def test_a_table_of_quotes(bench: Bench) -> None:
    told_twice(bench, ("quote", "ARM", "804155360", "1"))


def test_a_cold_chain(bench: Bench) -> None:
    told_twice(bench, ("chain", "ARM", "--month", "AUG25", "--json"))


@pytest.mark.proof
def test_a_run_that_was_warm(bench: Bench) -> None:
    """What the user's machine remembers is asked for all the same, as the developer's does not."""
    sim = bench.broker()
    cold = bench.record(sim, "chain", "ARM", "--expiry", "2025-08-22", "--strikes", "3", "--json")
    warm = bench.record(sim, "chain", "ARM", "--expiry", "2025-08-22", "--strikes", "3", "--json")
    assert cold.code == warm.code == 0
    assert "/oauth/live_session_token" not in {line.get("path") for line in bench.lines(1)}
    bench.files = bench.files[1:]
    again = bench.replay()
    repeated = bench.repeat(
        again, "chain", "ARM", "--expiry", "2025-08-22", "--strikes", "3", "--json"
    )
    assert said(repeated) == said(warm)


def test_an_order_with_questions_and_what_stands_then(bench: Bench) -> None:
    """Two processes, one after the other: the second one finds what the first has placed."""
    order = ("order", *PUT, "--job", "morning", "--json")
    told_twice(bench, order, ("orders", "--json"), order, ("positions", "--json"))
    assert any("/iserver/reply/" in line.get("path", "") for line in bench.lines(0))


def also(**fault: object) -> Any:
    """A fault for `make proof`."""
    return pytest.param(fault, marks=pytest.mark.proof)


@pytest.mark.parametrize(
    "fault",
    [
        {"body": "<html><body>Sign in to the network</body></html>"},
        {"cut": "before"},
        also(status=500, body={"error": "Something broke at the broker"}),
        also(status=503, body="<html><body>Down for maintenance</body></html>"),
        also(body='{"torn": [1, 2'),
        also(cut="amid"),
        also(delay=5),
    ],
    ids=["page", "cut before", "500", "503 page", "torn", "cut amid", "time-out"],
)
def test_a_read_that_fails(bench: Bench, fault: dict[str, Any]) -> None:
    sim = bench.broker()
    sim.faults.add("/iserver/secdef/search", count=None, **fault)
    argv = ("quote", "SPY", "--json", "--deadline", "3")
    recorded = bench.record(sim, *argv)
    assert recorded.code != 0
    assert said(bench.repeat(bench.replay(), *argv)) == said(recorded)


@pytest.mark.proof
@pytest.mark.parametrize("status", [429, 502])
def test_a_read_that_fails_once(bench: Bench, status: int) -> None:
    sim = bench.broker()
    sim.faults.add("/iserver/secdef/search", status=status, body={"error": "not now"})
    recorded = bench.record(sim, "quote", "SPY", "--json")
    assert recorded.code == 0
    assert [line["status"] for line in bench.lines() if "search" in line.get("path", "")] == [
        status,
        200,
    ]
    assert said(bench.repeat(bench.replay(), "quote", "SPY", "--json")) == said(recorded)


@pytest.mark.parametrize("fault", [{"cut": "after"}, also(handled=True, status=500, body={})])
def test_an_order_whose_answer_was_lost(bench: Bench, fault: dict[str, Any]) -> None:
    """The broker had booked it; the command finds it there, under a name of its own both times."""
    sim = bench.broker()
    sim.faults.add("/iserver/account/*/orders", method="POST", **fault)
    argv = ("order", *PUT, "--job", "lost", "--json", "--deadline", "20")
    recorded = bench.record(sim, *argv)
    again = bench.replay()
    repeated = bench.repeat(again, *argv)
    assert said(repeated) == said(recorded)
    assert recorded.code == 0, recorded.err


@pytest.mark.proof
def test_a_login_that_is_refused(bench: Bench) -> None:
    sim = bench.broker()
    refusal = {"error": "id: 39687, error: invalid consumer", "statusCode": 401}
    sim.faults.add("/oauth/live_session_token", status=401, body=refusal)
    recorded = bench.record(sim, "quote", "SPY", "--json")
    assert recorded.code == 4
    repeated = bench.repeat(bench.replay(), "quote", "SPY", "--json")
    assert (repeated.code, repeated.error) == (4, recorded.error)


@pytest.mark.proof
def test_a_token_that_died_on_the_way(bench: Bench) -> None:
    sim = bench.broker()
    assert bench.record(sim, "quote", "SPY", "--json").code == 0
    sim.session.kill_tokens()
    recorded = bench.record(sim, "quote", "SPY", "--json")
    assert [line["status"] for line in bench.lines(1)[1:3]] == [401, 200]
    bench.files = bench.files[1:]
    assert said(bench.repeat(bench.replay(), "quote", "SPY", "--json")) == said(recorded)


def test_what_was_not_recorded_is_named(bench: Bench) -> None:
    sim = bench.broker()
    assert bench.record(sim, "quote", "SPY", "--json").code == 0
    heard: list[str] = []
    again = bench.replay(say=heard.append)
    other = bench.repeat(again, "quote", "ARM", "--json")
    assert other.code == 6
    assert "in the recording with another query or body" in other.message
    assert heard == ["GET /iserver/secdef/search: in the recording with another query or body."]
    assert again.sim.replay is not None
    report = again.sim.replay.report()
    assert "Recorded, but not asked for: GET /iserver/marketdata/snapshot (2 times)" in report
    assert "Asked for, but not recorded: GET /iserver/secdef/search" in report


@pytest.mark.proof
def test_an_order_that_was_not_recorded_is_refused(bench: Bench) -> None:
    sim = bench.broker()
    argv = ("order", *PUT, "--job", "one", "--json")
    assert bench.record(sim, *argv).code == 0
    again = bench.replay()
    assert bench.repeat(again, *argv).code == 0
    second = bench.repeat(again, *argv, "--again")
    assert second.code == 6
    assert "in the recording" in second.err


@pytest.mark.proof
def test_signatures_are_checked(bench: Bench) -> None:
    sim = bench.broker()
    assert bench.record(sim, "quote", "SPY", "--json").code == 0
    again = bench.replay()
    again.session.token_active(False)
    assert bench.repeat(again, "quote", "SPY", "--json").error == "token-unknown"


@pytest.mark.proof
def test_time_may_be_what_it_was(bench: Bench) -> None:
    sim = bench.broker()
    sim.faults.add("/iserver/secdef/search", delay=0.4)
    assert bench.record(sim, "quote", "SPY", "--json").code == 0
    again = bench.replay(real_time=True)
    assert bench.repeat(again, "quote", "SPY", "--json").code == 0
    (search,) = (each for each in again.requests if "search" in each.path)
    assert search.ms > 400


DAY = (
    "search ARM",
    "expiries ARM --month AUG25",
    "strikes ARM --expiry 2025-08-22",
    "order SPY --side both --strike 641,646 --width 2 --job spreads",
    "orders --all",
    "trades",
    "positions",
    "order ARM --side put --action buy --type MKT --expiry 2025-08-22 --strike 135 --wait filled",
    "positions",
    "trades --days 3",
    "reconcile",
    "close --all",
    "cancel --all",
    "auth check",
    "auth logout",
)


@pytest.mark.proof
def test_a_day(bench: Bench) -> None:
    """Spreads, a fill, what is held then, its close: fifteen processes, one after the other."""
    bench.more = {"IBCLI_MAX_ORDERS_PER_DAY": "100", "IBCLI_MAX_CONTRACTS": "10"}
    told_twice(bench, *((*line.split(), "--json") for line in DAY))
