"""Reads through the real client: repairs, retries, exact numbers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.errors import IbcliError, LoginError, NotFoundError
from tests.broker.conftest import INIT, LST, Bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ibcli.broker.client import BrokerClient
from ibcli.broker.deadline import Deadline

SNAPSHOT = "/iserver/marketdata/snapshot"
SPY = {"conids": "756733", "fields": "31"}


def stocks(client: BrokerClient) -> Any:
    return client.read("GET", "/trsrv/stocks", params={"symbols": "ARM"})


def test_a_warm_command_logs_in_to_nothing(bench: Bench) -> None:
    bench.client().ensure_accounts()
    first = [request.path for request in bench.sim.requests]
    assert first == [LST, INIT, "/v1/api/iserver/accounts"]
    warm = bench.client()
    assert warm.ensure_accounts().ids == ("DU1234567",)
    assert len(bench.sim.requests) == 3
    assert stocks(warm)["ARM"]
    assert len(bench.sim.requests) == 4


def test_the_query_is_signed_as_ibkr_writes(bench: Bench) -> None:
    client = bench.client()
    client.ensure_accounts()
    client.read("GET", SNAPSHOT, params={"conids": "756733,265598", "fields": "31,84"})
    with suppress(IbcliError):  # no such company, but a signature over all that needs escaping
        client.read(
            "GET", "/iserver/secdef/search", params={"symbol": "Arm & Co/é+", "name": "true"}
        )
    last = bench.sim.requests[-2:]
    assert [request.signed for request in last] == ["listed"] * 2
    assert 401 not in [request.status for request in last]


@pytest.mark.parametrize("mishap", ["kill_tokens", "expire_tokens"])
def test_a_refused_token_is_renewed_once_for_all(bench: Bench, mishap: str) -> None:
    one, two = bench.client(), bench.client()
    stocks(one)
    stocks(two)
    getattr(bench.sim.session, mishap)()
    stocks(one)
    stocks(two)
    assert bench.count(LST) == 2
    assert [request.status for request in bench.sim.requests].count(401) == 2


def test_a_token_near_its_end_is_renewed_before_use(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(token_seconds=240.0)
    stocks(bench.client())
    bench.hurry.skipped += 170
    stocks(bench.client())
    assert bench.count(LST) == 1
    bench.hurry.skipped += 20
    stocks(bench.client())
    assert bench.count(LST) == 2
    assert {request.status for request in bench.sim.requests} == {200}


def test_a_token_the_broker_never_takes_is_renewed_only_once(bench: Bench) -> None:
    client = bench.client()
    stocks(client)
    body = {"error": "login expired", "statusCode": 401}
    bench.sim.faults.add("/trsrv/*", status=401, body=body, count=None)
    with pytest.raises(LoginError) as caught:
        stocks(client)
    assert caught.value.code == "login-refused"
    assert bench.count(LST) == 2


def test_a_dropped_brokerage_session_comes_up_again(bench: Bench) -> None:
    one, two = bench.client(), bench.client()
    for client in (one, two):
        client.ensure_accounts()
    one.memory.mark_searched(5)
    bench.sim.session.end()
    search = {"symbol": "ARM"}
    assert one.read("GET", "/iserver/secdef/search", params=search)
    assert not one.memory.accounts_called
    assert not one.memory.has_searched(5)
    assert two.read("GET", "/iserver/secdef/search", params=search)
    assert bench.count(INIT) == 2
    assert bench.count(LST) == 1


def test_one_brings_the_session_up_for_all(bench: Bench) -> None:
    one, two = bench.client(), bench.client()
    stocks(one)
    stocks(two)  # both know the login, and of no session
    assert one.ensure_accounts() == two.ensure_accounts()
    assert bench.count(INIT) == 1
    assert bench.count("/iserver/accounts") == 1


def test_accounts_are_asked_for_when_the_broker_says_so(bench: Bench) -> None:
    client = bench.client()
    assert client.read("GET", SNAPSHOT, params=SPY)[0]["conid"] == 756733
    assert client.memory.accounts_called
    complaints = [r for r in bench.sim.requests if r.status == 500]
    assert len(complaints) == 1


def test_everything_missing_at_once_is_repaired_in_one_call(bench: Bench) -> None:
    client = bench.client()
    client.ensure_accounts()
    bench.sim.session.kill_tokens()
    bench.sim.session.end()
    assert client.read("GET", SNAPSHOT, params=SPY)


def test_a_session_that_comes_up_slowly_is_awaited(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(establish_polls=3)
    bench.client().ensure_accounts()
    assert bench.count("/iserver/auth/status") == 3
    assert {request.status for request in bench.sim.requests} == {200}


def test_a_session_that_never_comes_up(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(establish_polls=1000)
    with pytest.raises(LoginError) as caught:
        bench.client(bench.hurry.deadline(20)).ensure_accounts()
    assert caught.value.code == "session-not-established"
    assert caught.value.retryable


def test_another_session_is_left_alone_unless_told(bench: Bench) -> None:
    bench.sim.session.another_session()
    with pytest.raises(LoginError) as caught:
        bench.client().ensure_accounts()
    assert caught.value.code == "competing-session"
    assert "--compete" in caught.value.hint
    assert bench.client(IBCLI_COMPETE="true").ensure_accounts().ids


def test_a_user_who_may_only_read(bench: Bench) -> None:
    bench.sim.session.read_only()
    with pytest.raises(LoginError) as caught:
        bench.client().ensure_accounts()
    assert caught.value.code == "read-only-user"


def test_what_a_session_has_done_is_known_to_all(bench: Bench) -> None:
    one = bench.client()
    one.ensure_accounts()
    one.memory.mark_searched(653400472)
    two = bench.client()
    assert two.memory.has_searched(653400472)
    assert two.memory.accounts_called
    two.memory.forget_searched(653400472)
    assert not bench.client().memory.has_searched(653400472)


def test_logins_of_other_tokens_are_apart(bench: Bench) -> None:
    stocks(bench.client())
    other = bench.client(None, **bench.sim.env("TESTCONS"))
    stocks(other)
    assert bench.count(LST) == 2
    stocks(bench.client())
    assert bench.count(LST) == 2


def test_numbers_are_exact(bench: Bench) -> None:
    client = bench.client()
    body = '{"strike": 143.10, "small": 1e-7, "big": 12345678901234567890, "whole": 143.0}'
    bench.sim.faults.add("/trsrv/*", body=body, status=200)
    found = stocks(client)
    assert found == {
        "strike": Decimal("143.10"),
        "small": Decimal("1e-7"),
        "big": 12345678901234567890,
        "whole": Decimal("143.0"),
    }
    assert isinstance(found["whole"], Decimal)


def test_parallel_keeps_the_order_and_counts(bench: Bench) -> None:
    client = bench.client(Deadline.after(30))  # threads wait for each other in real time
    done: list[int] = []
    symbols = ["ARM", "SPY", "AAPL", "TSLA", "NVDA", "MSFT", "QQQ"]
    calls = [
        lambda symbol=symbol: client.read("GET", "/trsrv/stocks", params={"symbols": symbol})
        for symbol in symbols
    ]
    found = client.parallel(calls, on_done=lambda: done.append(1))
    assert [next(iter(answer)) for answer in found] == symbols
    assert len(done) == len(symbols)
    assert bench.count(LST) == 1


def test_parallel_raises_the_first_error_and_stops(bench: Bench) -> None:
    client = bench.client(Deadline.after(30))
    bench.sim.faults.add("/trsrv/stocks", status=404, body="{}", skip=3)
    with pytest.raises(NotFoundError):
        client.parallel([lambda: stocks(client)] * 200)
    assert bench.count("/trsrv/stocks") < 50


def test_nothing_of_this_machine_interferes(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """~/.netrc would replace the OAuth header, proxies and CA bundles would lead elsewhere."""
    netrc = tmp_path / "home" / ".netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    netrc.chmod(0o600)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    logs = tmp_path / "tmp"
    logs.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(logs))
    assert stocks(bench.client())
    assert list(logs.iterdir()) == []


def test_a_warm_process_loads_no_cryptography(bench: Bench) -> None:
    stocks(bench.client())
    code = (
        "import os, sys, pathlib;"
        "from ibcli.broker.connect import connect; from ibcli.broker.deadline import Deadline;"
        "from ibcli.config import load_settings;"
        "client = connect(load_settings(), Deadline.after(20));"
        "client.read('GET', '/trsrv/stocks', params={'symbols': 'ARM'});"
        "heavy = ('Crypto', 'cryptography', 'rich', 'ibind', 'requests', 'pydantic', 'simplejson');"
        "print([m for m in heavy if m in sys.modules])"
    )
    environ = {
        **os.environ,
        **bench.sim.env(),
        "IBCLI_STATE_DIR": str(bench.folder / "state"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=environ,
        cwd=bench.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "[]\n"
    assert bench.count(LST) == 1


def test_a_token_that_died_before_its_session_came_up(bench: Bench) -> None:
    stocks(bench.client())
    bench.sim.session.kill_tokens()
    assert bench.client().ensure_accounts().ids
    assert bench.count(LST) == 2


def test_a_session_and_its_token_lost_at_once(bench: Bench) -> None:
    """The complaint is "no bridge", and the token is refused when the session is to come up."""
    client = bench.client()
    client.ensure_accounts()
    bench.sim.session.end()
    body = {"error": "expired", "statusCode": 401}
    bench.sim.faults.add("/iserver/auth/ssodh/init", status=401, body=body, count=1)
    assert client.read("GET", "/iserver/secdef/search", params={"symbol": "ARM"})
    assert bench.count(LST) == 2


REFUSED = {"error": "not authenticated", "statusCode": 401}


@pytest.mark.parametrize("path", ["/trsrv/*", "/iserver/*"])
def test_a_storm_of_refusals_makes_one_login_more(bench: Bench, path: str) -> None:
    client = bench.client(Deadline.after(30))
    client.ensure_accounts()
    bench.sim.faults.add(path, status=401, body=REFUSED, count=None)
    endpoint = "/trsrv/stocks" if path == "/trsrv/*" else "/iserver/accounts"
    params = {"symbols": "ARM"}
    for each in (client, bench.client(Deadline.after(30)), bench.client(Deadline.after(30))):
        with pytest.raises(LoginError) as caught:
            each.parallel([lambda: each.read("GET", endpoint, params=params)] * 12)  # noqa: B023
        assert caught.value.code == "login-refused"
    assert bench.count(LST) == 2
    bench.sim.faults.clear()
    bench.hurry.skipped += 61
    assert bench.client().ensure_accounts().ids


def test_a_competing_session_in_the_midst_is_not_pushed_out(bench: Bench) -> None:
    client = bench.client()
    client.ensure_accounts()
    bench.sim.session.another_session()
    with pytest.raises(LoginError) as caught:
        client.read("GET", "/iserver/secdef/search", params={"symbol": "ARM"})
    assert caught.value.code == "competing-session"
    assert caught.value.exit_code == 4
    assert bench.count(LST) == 1


def test_a_logout_leaves_a_login_alone_that_another_process_has_made_since(bench: Bench) -> None:
    one, two = bench.client(), bench.client()
    stocks(one)
    bench.sim.session.kill_tokens()
    stocks(two)
    kept = two.kept_login()
    one.forget_login()
    assert kept is not None
    assert one.kept_login() == kept
    one.forget_login()
    assert one.kept_login() is None


def test_what_is_refused_to_one_is_not_asked_for_by_all_who_wait(bench: Bench) -> None:
    """Twenty refused logins in a row are what gets a user locked out."""
    client = bench.client(Deadline.after(30))
    body = {"error": "id: 39687, error: invalid consumer", "statusCode": 401}
    bench.sim.faults.add("/oauth/*", status=401, body=body, count=1, delay=1.0)

    def refused() -> str:
        with pytest.raises(LoginError) as caught:
            stocks(client)
        return caught.value.code

    assert client.parallel([refused] * 10) == ["wrong-consumer"] * 10
    assert bench.count(LST) == 1
    assert stocks(client)
    assert bench.count(LST) == 2


def test_one_who_may_push_out_does_not_mind_another_who_may_not(bench: Bench) -> None:
    """Both wait in line; the refusal of the first is his alone."""
    bench.sim.session.another_session()
    bench.sim.faults.add("/oauth/*", delay=0.5)
    patient = bench.client(Deadline.after(30))
    pushing = bench.client(Deadline.after(30), IBCLI_COMPETE="true")

    def outcome(client: BrokerClient) -> str:
        try:
            return str(client.ensure_accounts().selected)
        except LoginError as error:
            return error.code

    got = patient.parallel([lambda: outcome(patient)] * 4 + [lambda: outcome(pushing)])
    assert got[-1] == "DU1234567"
    assert set(got[:-1]) <= {"competing-session", "DU1234567"}


def test_a_session_that_one_could_not_await_is_awaited_by_the_next(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(establish_polls=8)
    hasty, patient = bench.client(Deadline.after(1.0)), bench.client(Deadline.after(30))

    def outcome(client: BrokerClient) -> str:
        try:
            return str(client.ensure_accounts().selected)
        except IbcliError as error:
            return error.code

    got = patient.parallel([lambda: outcome(hasty), lambda: outcome(patient)])
    assert got[1] == "DU1234567"
