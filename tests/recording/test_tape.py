"""Which recorded answer belongs to which request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ibcli.sim.replay.matching import Names, asked
from ibcli.sim.replay.reading import Exchange
from ibcli.sim.replay.rows import Rows
from ibcli.sim.replay.tape import Tape

ORDERS = "/iserver/account/U1/orders"
LIST = "/iserver/account/orders"


def tape(*told: tuple[str, str, str], failed: str = "") -> Tape:
    """Exchanges one after the other: method, path, answer."""
    return Tape.of(
        Exchange(n, n + 0.5, method, path, (), None, 200, text=text, failed=failed)
        for n, (method, path, text) in enumerate(told)
    )


def answers(tape: Tape, *requests: tuple[str, str]) -> list[str | None]:
    found = [tape.find(asked(method, path)) for method, path in requests]
    return [None if entry is None else entry.exchange.text for entry in found]


def test_answers_come_in_their_order_and_the_last_one_stays() -> None:
    told = tape(("GET", "/a", "1"), ("GET", "/b", "x"), ("GET", "/a", "2"))
    assert answers(told, *[("GET", "/a")] * 4, ("GET", "/b")) == ["1", "2", "2", "2", "x"]


def test_an_order_is_answered_once() -> None:
    told = tape(("POST", ORDERS, "placed"))
    assert answers(told, ("POST", ORDERS), ("POST", ORDERS)) == ["placed", None]
    told = tape(("DELETE", "/iserver/account/U1/order/7", "gone"))
    assert answers(told, *[("DELETE", "/iserver/account/U1/order/7")] * 2) == ["gone", None]


def test_what_was_never_recorded_is_nothing() -> None:
    assert answers(tape(("GET", "/a", "1")), ("GET", "/c"), ("POST", "/a")) == [None, None]


RUN = (
    ("GET", LIST, "none"),
    ("GET", LIST, "none yet"),
    ("POST", ORDERS, "placed"),
    ("GET", LIST, "one"),
)


def test_an_order_is_not_seen_before_it_is_sent() -> None:
    seen = answers(tape(*RUN), *[("GET", LIST)] * 4, ("POST", ORDERS), ("GET", LIST))
    assert seen == ["none", "none yet", "none yet", "none yet", "placed", "one"]


def test_an_order_is_seen_once_it_is_sent() -> None:
    seen = answers(tape(*RUN), ("GET", LIST), ("POST", ORDERS), ("GET", LIST), ("GET", LIST))
    assert seen == ["none", "placed", "one", "one"]


def test_what_was_never_sent_is_no_answer() -> None:
    assert answers(tape(("GET", "/a", ""), failed="not sent"), ("GET", "/a")) == [None]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1.50, "b": 2}', '{"b":2.0,"a":1.5}', True),
        ('{"a": 1}', '{"a": true}', False),
        ('{"a": "1"}', '{"a": 1}', False),
        ("[1, 2]", "[2, 1]", False),
        ("", None, True),
        ('{"cOID": "x-1", "parentId": "y"}', '{"cOID": "z-2", "parentId": "u"}', True),
        ('{"cOID": "x", "parentId": "x"}', '{"cOID": "z", "parentId": "u"}', False),
        ("no json", "no json", True),
    ],
)
def test_bodies_are_compared_by_what_they_say(one: str, other: str | None, same: bool) -> None:
    assert (asked("POST", "/a", (), one).key == asked("POST", "/a", (), other).key) is same


def test_queries_are_compared_in_any_order() -> None:
    assert asked("GET", "/a/", [("x", "1"), ("y", "2")]) == asked(
        "GET", "/a", [("y", "2"), ("x", "1")]
    )


def test_orders_are_called_as_they_are_now() -> None:
    names = Names()
    names.learn(["job-1", "job-1-stop"], ["other-1", "other-1-stop"])
    told = names.told('{"order_ref":"job-1-stop","parent":"job-1","x":"my-job-1"}')
    assert told == '{"order_ref":"other-1-stop","parent":"other-1","x":"my-job-1"}'


def snapshot(n: int, *rows: dict[str, Any], fields: str = "31") -> Exchange:
    conids = ",".join(str(row["conid"]) for row in rows)
    query = (("conids", conids), ("fields", fields))
    path = "/iserver/marketdata/snapshot"
    return Exchange(n, n + 0.5, "GET", path, query, None, 200, text=json.dumps(rows))


def test_market_data_is_told_contract_by_contract() -> None:
    """Asked for in other company than in the recording."""
    told = Tape.of(
        [
            snapshot(1, {"conid": 1}, {"conid": 2}),
            snapshot(2, {"conid": 1, "31": "1.60"}),
            snapshot(3, {"conid": 2, "31": "2.10", "_updated": 1755542439000}),
        ]
    )
    rows = Rows(told.entries)
    both = [("conids", "2,1"), ("fields", "31")]
    assert json.loads(rows.answer(both) or "") == [{"conid": 2}, {"conid": 1}]
    assert rows.answer(both) == (
        '[{"conid":2,"31":"2.10","_updated":1755542439000},{"conid":1,"31":"1.60"}]'
    )
    assert json.loads(rows.answer(both) or "")[1]["31"] == "1.60"
    assert not [entry for entry in told.entries if not entry.served]
    assert rows.answer([("conids", "1,3"), ("fields", "31")]) is None
    assert rows.answer([("conids", "1"), ("fields", "84")]) is None


def test_what_was_told_as_it_was_counts() -> None:
    told = Tape.of([snapshot(1, {"conid": 1}), snapshot(2, {"conid": 1, "31": "1.60"})])
    rows = Rows(told.entries)
    rows.told(told.entries[0])
    assert "1.60" in (rows.answer([("conids", "1"), ("fields", "31")]) or "")
