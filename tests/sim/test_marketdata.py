"""Snapshots, unsubscribing and history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sim.client import Client

if TYPE_CHECKING:
    from ibcli.sim.embedded import SimServer
    from tests.sim.conftest import RealTime, Serve

ARM, CALL, CALL_145, DEAD = 653400472, 804155360, 796812614, 104747
GREEKS = {"7308", "7309", "7310", "7311", "7633"}


def snapshot(client: Client, *conids: int, fields: str = "31,84,85,86,87,88") -> list[Any]:
    listed = ",".join(str(conid) for conid in conids)
    body: list[Any] = client.get("/iserver/marketdata/snapshot", conids=listed, fields=fields).body
    return body


@pytest.fixture
def watcher(trader: Client) -> Client:
    """Has also searched ARM."""
    trader.get("/iserver/secdef/search", symbol="ARM")
    return trader


def test_accounts_first(client: Client) -> None:
    client.post("/iserver/auth/ssodh/init", {"publish": True, "compete": True})
    answer = client.get("/iserver/marketdata/snapshot", conids=ARM, fields="31")
    assert (answer.status, answer.body) == (500, {"error": "Please query /accounts first"})
    client.get("/iserver/accounts")
    assert client.get("/iserver/marketdata/snapshot", conids=ARM, fields="31").status == 200


def test_first_request_opens_the_stream(watcher: Client) -> None:
    bare = {"conid": ARM, "conidEx": str(ARM)}
    assert snapshot(watcher, ARM) == [bare]
    row = snapshot(watcher, ARM)[0]
    assert row.keys() > {"31", "84", "86", "6509", "_updated", "server_id", "6119"}


def test_open_streams_answer_at_once(watcher: Client) -> None:
    snapshot(watcher, ARM)
    old, new = snapshot(watcher, ARM, CALL)
    assert "31" in old
    assert "31" not in new


def test_greeks_come_later(watcher: Client) -> None:
    fields = "31,84,7308,7309,7310,7311,7633"
    seen = [GREEKS & snapshot(watcher, CALL, fields=fields)[0].keys() for _ in range(3)]
    assert seen == [set(), set(), GREEKS]


def test_data_may_take_its_time(serve: Serve, real: RealTime) -> None:
    client = Client(serve(data_after_ms=500, greeks_after_ms=2000).env()).login()
    client.get("/iserver/secdef/search", symbol="ARM")
    for _ in range(4):
        assert "31" not in snapshot(client, CALL)[0]
    real.ahead = 0.6
    assert "31" in snapshot(client, CALL)[0]
    assert "7308" not in snapshot(client, CALL, fields="7308")[0]
    real.ahead = 2.1
    assert "7308" in snapshot(client, CALL, fields="7308")[0]


def test_derivatives_stay_bare_until_the_underlying_is_searched(trader: Client) -> None:
    for _ in range(4):
        assert snapshot(trader, CALL) == [{"conid": CALL, "conidEx": str(CALL)}]
    trader.get("/iserver/secdef/search", symbol="ARM")
    assert "31" not in snapshot(trader, CALL)[0]
    assert "31" in snapshot(trader, CALL)[0]


def test_dead_conid(trader: Client) -> None:
    snapshot(trader, DEAD)
    row = snapshot(trader, DEAD)[0]
    assert (row["55"], row["31"]) == ("-", "N/A")
    assert "84" not in row


def test_values_are_strings_and_84_is_the_bid(watcher: Client) -> None:
    snapshot(watcher, CALL)
    row = snapshot(watcher, CALL, fields="31,84,85,86,87,88,7762,6457,201,7219")[0]
    bid, last, ask = (float(row[code].lstrip("CH")) for code in ("84", "31", "86"))
    assert bid <= last <= ask
    assert ask < 10
    for size in ("85", "88"):
        assert row[size].replace(",", "").isdigit()
    assert isinstance(row["87_raw"], float)
    assert int(row["7762"]) >= row["87_raw"] * 0.9
    assert (row["6457"], row["201"]) == (str(ARM), "C")
    assert row["7219"] == "AUG 22 '25 143 Call"


def test_examples_of_the_day(watcher: Client) -> None:
    snapshot(watcher, CALL, CALL_145)
    first, second = (float(row["31"].lstrip("CH")) for row in snapshot(watcher, CALL, CALL_145))
    assert first == pytest.approx(1.60, abs=0.4)
    assert second == pytest.approx(1.10, abs=0.4)


def test_only_what_is_asked_comes(watcher: Client) -> None:
    snapshot(watcher, ARM)
    row = snapshot(watcher, ARM, fields="84,9999999")[0]
    assert {"84"} == {k for k in row if k.isdigit()} - {"6509", "6508", "6119"}


def test_market_time_is_the_days(watcher: Client) -> None:
    snapshot(watcher, ARM)
    updated = snapshot(watcher, ARM)[0]["_updated"]
    assert 1755525600000 <= updated <= 1755547200000  # 2025-08-18, 10:00 to 16:00 New York


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 400)])
def test_at_most_100_conids(trader: Client, count: int, status: int) -> None:
    conids = ",".join(str(n) for n in range(1, count + 1))
    answer = trader.get("/iserver/marketdata/snapshot", conids=conids, fields="31")
    assert answer.status == status


@pytest.mark.parametrize(("count", "status"), [(50, 200), (51, 400)])
def test_at_most_50_fields(trader: Client, count: int, status: int) -> None:
    fields = ",".join(str(n) for n in range(count))
    answer = trader.get("/iserver/marketdata/snapshot", conids=ARM, fields=fields)
    assert answer.status == status


@pytest.mark.parametrize(("letter", "availability"), [("D", "DPB"), ("Z", "ZBd"), ("Y", "YB")])
def test_other_feeds(watcher: Client, sim: SimServer, letter: str, availability: str) -> None:
    sim.session.feed(letter)
    snapshot(watcher, CALL)
    row = snapshot(watcher, CALL)[0]
    assert row["6509"] == availability
    assert "84" in row


def test_without_a_subscription_there_are_no_prices(watcher: Client, sim: SimServer) -> None:
    sim.session.feed("N")
    snapshot(watcher, CALL)
    row = snapshot(watcher, CALL, fields="31,55,84,86")[0]
    assert (row["6509"], row["55"]) == ("N", "ARM")
    assert not {"31", "84", "86"} & row.keys()


def test_lines_are_limited(serve: Serve) -> None:
    client = Client(serve(lines=1).env()).login()
    snapshot(client, ARM, 756733)
    first, second = snapshot(client, ARM, 756733)
    assert "31" in first
    assert "31" not in second
    client.post("/iserver/marketdata/unsubscribe", {"conid": ARM})
    snapshot(client, 756733)
    assert "31" in snapshot(client, 756733)[0]


def test_unsubscribe(watcher: Client) -> None:
    snapshot(watcher, ARM)
    asked = {"conid": ARM}
    closed = watcher.post("/iserver/marketdata/unsubscribe", asked)
    assert (closed.status, closed.body) == (200, {"success": True})
    again = watcher.post("/iserver/marketdata/unsubscribe", asked)
    assert (again.status, again.body) == (500, {"error": "unknown"})
    assert "31" not in snapshot(watcher, ARM)[0]


def test_unsubscribe_all(watcher: Client) -> None:
    snapshot(watcher, ARM)
    assert watcher.get("/iserver/marketdata/unsubscribeall").body == {"unsubscribed": True}
    assert "31" not in snapshot(watcher, ARM)[0]


def history(client: Client, **query: object) -> Any:
    return client.get("/iserver/marketdata/history", **query).body


def test_history_ends_at_start_time(trader: Client) -> None:
    end = "20250815-20:00:00"
    body = history(trader, conid=ARM, period="1d", bar="5min", startTime=end)
    times = [bar["t"] for bar in body["data"]]
    assert times == sorted(times)
    assert max(times) < 1755288000000  # that instant
    assert body["barLength"] == 300
    assert all(bar["l"] <= bar["o"] <= bar["h"] for bar in body["data"])


def test_history_has_at_most_1000_points(trader: Client) -> None:
    body = history(trader, conid=ARM, period="1m", bar="1min", startTime="20250815-20:00:00")
    assert len(body["data"]) == 1000


def test_history_of_an_expired_option_is_none(serve: Serve) -> None:
    client = Client(serve(clock="2025-08-25").env()).login()
    answer = client.get("/iserver/marketdata/history", conid=CALL, period="1d", bar="5min")
    assert (answer.status, answer.body) == (500, {"error": "Chart data unavailable"})


def test_history_may_fail_at_first(serve: Serve) -> None:
    client = Client(serve(history_fails_first=True).env()).login()
    query = {"conid": ARM, "period": "1d", "bar": "5min", "startTime": "20250815-20:00:00"}
    assert client.get("/iserver/marketdata/history", **query).status == 500
    assert client.get("/iserver/marketdata/history", **query).status == 200


@pytest.mark.parametrize("query", [{"period": "1x"}, {"bar": "0min"}, {"startTime": "2025-08-15"}])
def test_bad_history_requests(trader: Client, query: dict[str, str]) -> None:
    asked = {"conid": ARM, "period": "1d", "bar": "5min"} | query
    assert trader.get("/iserver/marketdata/history", **asked).status == 400
