"""How many requests a command makes, counted where they arrive."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.contract_cache import ContractCache
from ibcli.sim.embedded import SimServer
from tests.scenes.market import EVENING, simulated_day
from tests.scenes.prompt import Prompt
from tests.trading.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ibcli.sim.reqlog import LoggedRequest

ARM, CALL_143 = 653400472, 804155360
SNAPSHOT = "/iserver/marketdata/snapshot"
CLOSE_ALL = "/iserver/marketdata/unsubscribeall"
INFO = "/iserver/secdef/info"
LOGIN = {"/oauth/live_session_token": 1, "/iserver/auth/ssodh/init": 1, "/iserver/accounts": 1}
SEARCH = "/iserver/secdef/search"
STRIKES = "/iserver/secdef/strikes"


class Door:
    """A command line at a desk of its own, where prices stand still; notes what each run asked."""

    def __init__(self, desk: Desk, prompt: Prompt) -> None:
        self.desk = desk
        self._prompt = prompt
        self.asked: list[LoggedRequest] = []

    def __call__(self, *argv: str) -> dict[str, int]:
        """Run a command that must go well; how often it asked for each path."""
        before = len(self.desk.sim.requests)
        said = self._prompt(*argv, "--json")
        assert (said.code, said.err) == (0, "")
        self.data = said.document["data"]
        self.asked = list(self.desk.sim.requests[before:])
        return dict(Counter(self.paths))

    @property
    def paths(self) -> list[str]:
        """What the last command asked for, in order."""
        return [request.path.removeprefix("/v1/api") for request in self.asked]

    @property
    def conids(self) -> list[list[str]]:
        """The conids of the last command's requests for market data."""
        queries = [r.query.replace("%2C", ",") for r in self.asked if r.path.endswith(SNAPSHOT)]
        return [query.split("conids=")[1].split("&")[0].split(",") for query in queries]

    def close_streams(self) -> None:
        """As after an hour without a command."""
        with self.desk.client() as client:
            client.read("GET", CLOSE_ALL)

    def cache(self) -> ContractCache:
        with self.desk.client() as client:
            return ContractCache.of(client.settings, print)


@pytest.fixture
def open_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Door]]:
    """Opens one at a simulator with these options."""
    opened: list[SimServer] = []

    def opener(max_rps: int = 50, **options: object) -> Door:
        opened.append(SimServer(simulated_day(EVENING, **options)).__enter__())
        desk = Desk(opened[-1], tmp_path)
        monkeypatch.chdir(tmp_path)
        for name, value in desk.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("IBCLI_MAX_RPS", str(max_rps))
        return Door(desk, Prompt(capsys))

    yield opener
    for server in opened:
        server.__exit__()


def test_a_warm_quote_is_one_request(open_door: Callable[..., Door]) -> None:
    door = open_door()
    door("quote", str(CALL_143), "ARM")
    for what in (str(CALL_143), "ARM", "ARM 22AUG25 143 C"):
        door("quote", what)
        assert door(*("quote", what)) == {SNAPSHOT: 1}


def test_a_quote_whose_stream_must_be_opened_is_two(open_door: Callable[..., Door]) -> None:
    door = open_door(greeks_after_polls=1)
    door("quote", str(CALL_143))
    door.close_streams()
    assert door("quote", str(CALL_143)) == {SNAPSHOT: 2}


def test_streams_are_looked_at_when_the_last_ones_had_told_all(
    open_door: Callable[..., Door],
) -> None:
    door = open_door(data_after_ms=20, greeks_after_polls=1, greeks_after_ms=90)
    door("quote", str(CALL_143))
    door.close_streams()
    assert door("quote", str(CALL_143)) == {SNAPSHOT: 2}


def test_a_first_chain_makes_no_request_in_vain_and_keeps_the_limit(
    open_door: Callable[..., Door],
) -> None:
    door = open_door(max_rps=10)
    found = door("chain", "ARM", "--month", "AUG25")
    # the underlying: opened and read; the options: opened, read, and once more for the greeks
    assert found == {**LOGIN, SEARCH: 1, STRIKES: 1, INFO: 21, SNAPSHOT: 5}
    assert len({r.query for r in door.asked if r.path.endswith(INFO)}) == 21
    assert door.desk.sim.peak_rate <= 10


def test_a_second_chain_of_the_day_is_its_snapshots(open_door: Callable[..., Door]) -> None:
    door = open_door()
    door("chain", "SPY", "--expiry", "2025-09-19", "--strikes", "30")
    assert door("chain", "SPY", "--expiry", "2025-09-19", "--strikes", "30") == {SNAPSHOT: 2}
    assert sorted(map(len, door.conids)) == [23, 100]
    door("chain", "SPY", "--expiry", "2025-09-19")
    assert door("chain", "SPY", "--expiry", "2025-09-19") == {SNAPSHOT: 1}


def test_a_second_chain_in_a_new_session_searches_once(open_door: Callable[..., Door]) -> None:
    door = open_door()
    door("chain", "ARM", "--month", "AUG25")
    door.desk.sim.session.end()
    found = door("chain", "ARM", "--month", "AUG25")
    assert found[SEARCH] == 1
    assert {STRIKES, INFO}.isdisjoint(found)


def test_strikes_are_those_around_the_money_of_now(open_door: Callable[..., Door]) -> None:
    door = open_door()
    door("chain", "ARM", "--month", "AUG25", "--strikes", "15")
    door("chain", "ARM", "--month", "AUG25", "--strikes", "5")
    strikes = [row["strike"] for row in door.data["expiries"][0]["rows"]]
    with door.cache() as cache:
        price = cache.price(ARM)
        assert price is not None
        cache.keep_price(ARM, price + 8)
    # around the old money first, with the underlying's price; then what is missing
    assert door("chain", "ARM", "--month", "AUG25", "--strikes", "5") == {SNAPSHOT: 2}
    assert [row["strike"] for row in door.data["expiries"][0]["rows"]] == strikes
    with door.cache() as cache:
        assert cache.price(ARM) == price


def test_a_price_of_long_ago_has_nothing_looked_up(open_door: Callable[..., Door]) -> None:
    door = open_door()
    door("chain", "ARM", "--month", "AUG25", "--strikes", "3")
    with door.cache() as cache:
        cache.keep_price(ARM, Decimal(100))
    assert door("chain", "ARM", "--month", "AUG25", "--strikes", "3") == {SNAPSHOT: 2}


def test_streams_are_opened_while_contracts_are_looked_up(open_door: Callable[..., Door]) -> None:
    door = open_door()
    door("chain", "SPY", "--expiry", "2025-09-19", "--strikes", "30")
    opening = next(r for r in door.asked if r.query.replace("%2C", ",").count(",") > 90)
    last_look_up = max(n for n, path in enumerate(door.paths) if path == INFO)
    assert door.asked.index(opening) < last_look_up
    # what is farthest from the money first: its data comes last
    strikes = [
        Decimal(r.query.split("strike=")[1].split("&")[0])
        for r in door.asked
        if "strike=" in r.query
    ]
    money = sorted(strikes)[30]
    assert min(abs(s - money) for s in strikes[:10]) > max(abs(s - money) for s in strikes[-10:])
    # each conid is opened, read, and asked once more for its greeks: no request more
    assert door.paths.count(SNAPSHOT) == 2 + 3 * 2


def test_strikes_of_several_months_are_looked_up_together(open_door: Callable[..., Door]) -> None:
    door = open_door()
    found = door("chain", "ARM", "--dte", "0:40", "--strikes", "1")
    months = [table["month"] for table in door.data["expiries"]]
    assert set(months) == {"AUG25", "SEP25"}
    assert found[STRIKES] == 2
    asked = [r.query for r in door.asked if r.path.endswith(INFO)]
    assert len(asked) == len(set(asked))
    first = {"AUG25" in query for query in asked[:8]}
    assert first == {True, False}


def test_few_market_data_lines_are_learnt_once(open_door: Callable[..., Door]) -> None:
    door = open_door(lines=100)
    chain = ("chain", "SPY", "--expiry", "2025-09-19", "--strikes", "30")
    door(*chain)
    sides = [row[side] for row in door.data["expiries"][0]["rows"] for side in ("call", "put")]
    assert len(sides) == 122
    assert all(side["bid"] is not None for side in sides)
    assert door.paths.count(CLOSE_ALL) == 1
    assert door.paths.count(SEARCH) == 1
    door(*chain)
    # hundred by hundred, each opened, read, and asked once more for its greeks
    assert door.paths == [CLOSE_ALL, *[SNAPSHOT] * 3, CLOSE_ALL, *[SNAPSHOT] * 3]
    assert [len(conids) for conids in door.conids[::3]] == [100, 23]


def test_all_strikes_need_no_price_first(open_door: Callable[..., Door]) -> None:
    door = open_door()
    found = door("chain", "ARM", "--month", "AUG25", "--all")
    assert found[INFO] > 60
    # the underlying is asked for with the options, which are opened in as few requests as hold them
    assert min(map(len, door.conids)) > 1
    assert len(door.conids[0]) == 100


@pytest.mark.proof
def test_many_conids_are_defined_and_quoted_in_hundreds(open_door: Callable[..., Door]) -> None:
    door = open_door()
    door("chain", "SPY", "--expiry", "2025-09-19", "--all")
    tables = door.data["expiries"][0]["rows"]
    conids = [str(row[side]["conid"]) for row in tables for side in ("call", "put")]
    assert len(conids) > 200
    door("quote", *conids)
    assert door("quote", *conids) == {SNAPSHOT: -(-len(conids) // 100)}
