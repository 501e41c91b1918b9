"""The collection of market data: what is asked again, and how long is waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ibcli.broker import snapshots
from ibcli.broker.fields import NAMED, Field
from ibcli.broker.snapshots import Collection, Wanted, collect, missing
from ibcli.domain.quotes import Quote
from ibcli.errors import IbcliError

if TYPE_CHECKING:
    from tests.trading.conftest import Desk

ARM, SPY, AAPL = 653400472, 756733, 265598
SNAPSHOT = "/iserver/marketdata/snapshot"
CLOSE_ALL = "/iserver/marketdata/unsubscribeall"
PRICES = (Field.BID, Field.ASK, Field.LAST)


def asked(desk: Desk) -> list[str]:
    """The conids of each snapshot request."""
    queries = [r.query for r in desk.sim.requests if r.path.endswith(SNAPSHOT)]
    return [query.split("conids=")[1].split("&")[0].replace("%2C", ",") for query in queries]


def test_complete_rows_are_not_asked_for_again(own_desk: Desk) -> None:
    full = {"conid": SPY, "6509": "RpB", "55": "SPY", "31": "640", "84": "1", "86": "2"}
    own_desk.sim.faults.add(SNAPSHOT, body=[full, {"conid": ARM, "conidEx": str(ARM)}])
    with own_desk.client() as client:
        found = collect(client, [Wanted(SPY, PRICES), Wanted(ARM, PRICES)])
    assert set(found.quotes) == {SPY, ARM}
    first, *later = asked(own_desk)
    assert first == f"{SPY},{ARM}"
    assert later
    assert set(later) == {str(ARM)}


def test_what_came_before_is_kept_when_a_later_row_lacks_it(own_desk: Desk) -> None:
    for row in ({"84": "1.00"}, {"86": "1.10"}, {"31": "1.05", "84": "1.01"}):
        own_desk.sim.faults.add(SNAPSHOT, body=[{"conid": ARM, **row}])
    with own_desk.client() as client:
        quote = collect(client, [Wanted(ARM, PRICES)]).quotes[ARM]
    assert [str(price) for price in (quote.bid, quote.last, quote.ask)] == ["1.01", "1.05", "1.10"]
    assert len(asked(own_desk)) == 3


def test_more_than_a_hundred_are_asked_for_at_once(own_desk: Desk) -> None:
    many = [Wanted(n, PRICES, luxury=True) for n in range(1, 151)]
    rows = [{"conid": n, "31": "1", "84": "1", "86": "1"} for n in range(1, 151)]
    own_desk.sim.faults.add(SNAPSHOT, body=rows, count=2)
    with own_desk.client() as client:
        found = collect(client, many)
    assert len(found.quotes) == 150
    assert sorted(query.count(",") + 1 for query in asked(own_desk)) == [50, 100]
    assert own_desk.count(CLOSE_ALL) == 0


def test_the_fields_of_one_request_are_few_enough(own_desk: Desk) -> None:
    with own_desk.client() as client:
        collect(client, [Wanted(AAPL, fields=(Field.LAST,), also=NAMED)])
    queries = [r.query for r in own_desk.sim.requests if r.path.endswith(SNAPSHOT)]
    assert all(q.replace("%2C", ",").split("fields=")[1].count(",") < 50 for q in queries)


def test_without_any_row_the_error_is_raised(own_desk: Desk) -> None:
    own_desk.sim.faults.add(SNAPSHOT, body={"error": "no data for you"}, count=None)
    with own_desk.client() as client, pytest.raises(IbcliError, match="no data for you"):
        collect(client, [Wanted(ARM, PRICES)])


def test_a_row_without_answer_brings_the_streams_down_once(
    own_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "STARVED", 0.3)
    bare = [{"conid": ARM, "conidEx": str(ARM)}]
    own_desk.sim.faults.add(SNAPSHOT, body=bare, count=None)
    revived: list[bool] = []
    with own_desk.client(seconds=2) as client:
        found = collect(client, [Wanted(ARM, PRICES)], revive=lambda: revived.append(True))
    assert (found.quotes, revived) == ({}, [True])
    assert own_desk.count("/iserver/marketdata/unsubscribeall") == 1
    assert found.stopped is not None
    assert found.stopped.code == "deadline"


def test_what_is_missing_is_put_into_words() -> None:
    wanted = Wanted(ARM, PRICES, required=(Field.BID, Field.OPEN_INTEREST))
    assert missing(wanted, None) == ("any answer",)
    assert missing(wanted, Quote(ARM)) == ("bid", "open interest")


def test_what_has_been_waited_for_in_vain_is_not_waited_for_again(own_desk: Desk) -> None:
    row = {"conid": ARM, "6509": "RpB", "55": "ARM", "31": "640", "84": "1"}
    own_desk.sim.faults.add(SNAPSHOT, body=[row], count=None)
    for expected in (True, False):
        before = len(asked(own_desk))
        with own_desk.client() as client:
            found = collect(client, [Wanted(ARM, PRICES)])
        assert found.quotes[ARM].ask is None
        assert (len(asked(own_desk)) - before > 1) is expected
    with own_desk.client() as client:
        assert client.memory.asked_in_vain == {ARM: {str(Field.ASK)}}
        collect(client, [Wanted(ARM, (Field.LAST,))])
        assert client.memory.asked_in_vain == {ARM: {str(Field.ASK)}}
    own_desk.sim.faults.clear()
    with own_desk.client() as client:
        collect(client, [Wanted(ARM, PRICES)])
        assert client.memory.asked_in_vain == {}


def test_who_has_enough_does_not_wait(own_desk: Desk) -> None:
    row = {"conid": ARM, "6509": "RpB", "55": "ARM", "31": "640"}
    own_desk.sim.faults.add(SNAPSHOT, body=[row], count=None)
    with own_desk.client() as client:
        found = collect(client, [Wanted(ARM, PRICES)], enough=lambda quotes: ARM in quotes)
        assert client.memory.asked_in_vain == {}
    assert set(found.quotes) == {ARM}
    assert len(asked(own_desk)) == 1


def test_hundreds_are_opened_before_they_are_wanted_and_never_twice(own_desk: Desk) -> None:
    rows = [{"conid": n, "31": "1", "84": "1", "86": "1"} for n in range(1, 251)]
    own_desk.sim.faults.add(SNAPSHOT, body=rows, count=None)
    with own_desk.client() as client:
        collection = Collection(client)
        for n in range(1, 251):
            collection.open([Wanted(n, PRICES)])
        assert [query.count(",") + 1 for query in asked(own_desk)] == [100, 100]
        found = collection.collect([Wanted(n, PRICES) for n in range(1, 251)])
    assert len(found.quotes) == 250
    assert [query.count(",") + 1 for query in asked(own_desk)] == [100, 100, 50]
