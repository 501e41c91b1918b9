"""Chains over the wire."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.fields import Field
from ibcli.domain.contracts import Right
from ibcli.domain.months import DaysRange, DeltaRange, ExpiryWord, Month
from ibcli.domain.quotes import Feed, Quote
from ibcli.errors import IncompleteError, NotFoundError, RefusedError, UsageError
from ibcli.sim.embedded import SimServer
from ibcli.trading.chains import ChainRequest, chain
from ibcli.trading.choice import Choice
from ibcli.trading.strikes import strikes
from tests.scenes.market import simulated_day
from tests.trading.conftest import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from ibcli.domain.chains import Chain, ChainTable
    from ibcli.trading.outcome import Outcome

ARM = 653400472
SNAPSHOT = "/iserver/marketdata/snapshot"
AUG25 = Choice(Month.parse("AUG25"))
SEP25 = Choice(Month.parse("SEP25"))


def show(desk: Desk, request: ChainRequest, seconds: float = 20) -> Outcome[Chain]:
    with desk.client(seconds) as client:
        return chain(client, request)


def quotes_of(table: ChainTable) -> list[Quote]:
    sides = [side for row in table.rows for side in (row.call, row.put) if side is not None]
    assert all(side.quote is not None for side in sides)
    return [side.quote for side in sides if side.quote is not None]


def strikes_of(table: ChainTable) -> list[Decimal]:
    return [row.strike for row in table.rows]


def test_the_nearest_expiry_with_ten_strikes_each_way(shared_desk: Desk) -> None:
    found = show(shared_desk, ChainRequest("ARM", AUG25))
    (table,) = found.data.tables
    assert table.expiry.day == date(2025, 8, 22)
    assert (table.expiry.days, table.expiry.weekly) == (4, True)
    assert [e.day for e in found.data.other_expiries] == [date(2025, 8, 29)]
    assert len(table.rows) == 21
    assert [row.at_the_money for row in table.rows].index(True) == 10
    assert strikes_of(table) == sorted(strikes_of(table))
    underlying = found.data.underlying_quote
    assert underlying is not None
    assert underlying.price is not None
    assert abs(table.rows[10].strike - underlying.price) <= Decimal("0.5")
    assert (found.error, found.data.missing) == (None, ())


def test_every_contract_of_a_chain_has_its_own_quote(shared_desk: Desk) -> None:
    (table,) = show(shared_desk, ChainRequest("ARM", AUG25, greeks=True)).data.tables
    for row in table.rows:
        for side in (row.call, row.put):
            assert side is not None
            assert side.contract.strike == row.strike
            assert side.contract.expiry == table.expiry.day
            assert side.quote is not None
            assert side.quote.conid == side.contract.conid
    at_143 = next(row for row in table.rows if row.strike == 143)
    assert at_143.call is not None
    assert at_143.call.contract.conid == 804155360
    quotes = quotes_of(table)
    assert len({quote.conid for quote in quotes}) == 42
    for quote in quotes:
        assert quote.feed is Feed.LIVE
        assert quote.bid is not None
        assert quote.ask is not None
        assert quote.bid < quote.ask
        assert None not in (quote.delta, quote.gamma, quote.theta, quote.vega)
        assert quote.implied_volatility is not None
        assert 0 < quote.implied_volatility < 3
    deltas = [row.call.quote.delta for row in table.rows if row.call and row.call.quote]
    assert deltas == sorted((d for d in deltas if d is not None), reverse=True)


def test_a_second_chain_of_the_day_looks_nothing_up(fresh_desk: Desk) -> None:
    first = show(fresh_desk, ChainRequest("ARM", AUG25))
    before = fresh_desk.lookups()
    again = show(fresh_desk, ChainRequest("ARM", AUG25))
    assert fresh_desk.lookups() == before
    assert strikes_of(again.data.tables[0]) == strikes_of(first.data.tables[0])
    assert len(quotes_of(again.data.tables[0])) == 42


def test_one_request_a_strike_brings_both_sides_of_all_expiries(fresh_desk: Desk) -> None:
    before = fresh_desk.count("/iserver/secdef/info")
    show(fresh_desk, ChainRequest("ARM", AUG25))
    assert fresh_desk.count("/iserver/secdef/info") - before <= 25
    asked = [r.query for r in fresh_desk.sim.requests if r.path.endswith("/secdef/info")]
    assert not any("right=" in query for query in asked)


def test_a_new_session_searches_again_and_looks_nothing_else_up(own_desk: Desk) -> None:
    show(own_desk, ChainRequest("ARM", AUG25))
    before, searches = own_desk.lookups(), own_desk.count("/iserver/secdef/search")
    own_desk.sim.session.end()
    found = show(own_desk, ChainRequest("ARM", AUG25))
    assert len(quotes_of(found.data.tables[0])) == 42
    assert own_desk.count("/iserver/secdef/search") == searches + 1
    assert own_desk.lookups() == before + 1


def test_empty_strikes_are_cured_by_one_search(own_desk: Desk) -> None:
    own_desk.sim.faults.add("/iserver/secdef/strikes", body={"call": [], "put": []})
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=2))
    assert len(found.data.tables[0].rows) == 5
    assert own_desk.count("/iserver/secdef/strikes") == 2
    assert own_desk.count("/iserver/secdef/search") == 2


def test_sides(shared_desk: Desk) -> None:
    found = show(shared_desk, ChainRequest("ARM", AUG25, sides=(Right.PUT,), strikes=2))
    assert all(row.call is None and row.put is not None for row in found.data.tables[0].rows)
    assert found.data.sides == (Right.PUT,)


def test_a_weekly_among_wider_monthlies_still_shows_so_many_each_way(shared_desk: Desk) -> None:
    """The month's list has every expiry's strikes; the monthly lists but some of them."""
    found = show(shared_desk, ChainRequest("ARM", Choice(expiry=date(2025, 9, 19)), strikes=12))
    (table,) = found.data.tables
    assert not table.expiry.weekly
    assert len(table.rows) == 25
    assert [row.at_the_money for row in table.rows].index(True) == 12
    steps = {b - a for a, b in zip(strikes_of(table), strikes_of(table)[1:], strict=False)}
    assert min(steps) == Decimal("2.5")


def test_all_strikes(shared_desk: Desk) -> None:
    found = show(shared_desk, ChainRequest("ARM", AUG25, all_strikes=True))
    (table,) = found.data.tables
    assert len(table.rows) > 60
    assert len({side.conid for side in quotes_of(table)}) == 2 * len(table.rows)


def test_a_table_for_each_expiry_of_a_range_of_days(shared_desk: Desk) -> None:
    found = show(shared_desk, ChainRequest("ARM", Choice(days=DaysRange(10, 40)), strikes=2))
    assert [(t.expiry.days, len(t.rows)) for t in found.data.tables] == [
        (11, 5),
        (18, 5),
        (25, 5),
        (32, 5),
        (39, 5),
    ]
    assert {t.expiry.month for t in found.data.tables} == {"AUG25", "SEP25"}


def test_all_expiries_of_a_month(shared_desk: Desk) -> None:
    choice = Choice(Month.parse("SEP25"), ExpiryWord.ALL)
    found = show(shared_desk, ChainRequest("ARM", choice, strikes=1))
    assert [t.expiry.day.day for t in found.data.tables] == [5, 12, 19, 26]
    assert [t.expiry.weekly for t in found.data.tables] == [True, True, False, True]
    assert found.data.other_expiries == ()


def test_today_and_next_are_new_yorks(shared_desk: Desk) -> None:
    today = show(shared_desk, ChainRequest("SPY", Choice(expiry=ExpiryWord.TODAY), strikes=1))
    assert [t.expiry.day for t in today.data.tables] == [date(2025, 8, 18)]
    following = show(shared_desk, ChainRequest("SPY", Choice(expiry=ExpiryWord.NEXT), strikes=1))
    assert [t.expiry.day for t in following.data.tables] == [date(2025, 8, 19)]
    with pytest.raises(NotFoundError) as caught:
        show(shared_desk, ChainRequest("ARM", Choice(expiry=ExpiryWord.TODAY)))
    assert "2025-08-22" in caught.value.hint


def test_two_trading_classes_on_one_day_are_two_tables(shared_desk: Desk) -> None:
    day = Choice(expiry=date(2025, 9, 18))
    found = show(shared_desk, ChainRequest("SPX", day, strikes=2))
    assert [(t.expiry.trading_class, t.expiry.weekly) for t in found.data.tables] == [
        ("SPX", False),
        ("SPXW", True),
    ]
    conids = [{q.conid for q in quotes_of(table)} for table in found.data.tables]
    assert not conids[0] & conids[1]
    weekly = show(shared_desk, ChainRequest("SPX", day, strikes=2, trading_class="SPXW"))
    assert [t.expiry.trading_class for t in weekly.data.tables] == ["SPXW"]
    assert {q.conid for q in quotes_of(weekly.data.tables[0])} == conids[1]
    with pytest.raises(NotFoundError) as caught:
        show(shared_desk, ChainRequest("SPX", day, trading_class="NDX"))
    assert caught.value.hint == "Classes: SPX, SPXW."


def test_deltas_are_looked_for_as_far_as_it_takes(shared_desk: Desk) -> None:
    wanted = DeltaRange.parse("0.03:0.06")
    found = show(shared_desk, ChainRequest("ARM", AUG25, deltas=wanted))
    (table,) = found.data.tables
    quotes = quotes_of(table)
    assert {side.delta > 0 for side in quotes if side.delta is not None} == {True, False}
    assert all(quote.delta is not None and quote.delta in wanted for quote in quotes)
    everything = show(
        shared_desk, ChainRequest("ARM", AUG25, deltas=wanted, all_strikes=True)
    ).data.tables[0]
    assert abs(len(quotes_of(everything)) - len(quotes)) <= 2  # prices move in between


def test_deltas_within_so_many_strikes_when_told_so(shared_desk: Desk) -> None:
    wanted = DeltaRange.parse("0.03:0.06")
    found = show(shared_desk, ChainRequest("ARM", AUG25, deltas=wanted, strikes=2))
    assert found.data.tables[0].rows == ()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (ChainRequest("QQZZX"), "unknown-symbol"),
        (ChainRequest("ARM", Choice(Month.parse("MAR26"))), "unknown-month"),
        (ChainRequest("ARM", Choice(expiry=date(2025, 8, 21))), "unknown-expiry"),
        (ChainRequest("ARM", Choice(expiry=date(2025, 8, 15))), "unknown-expiry"),
        (ChainRequest("ARM", Choice(days=DaysRange(5, 9))), "unknown-expiry"),
    ],
)
def test_what_does_not_exist(shared_desk: Desk, request_: ChainRequest, code: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        show(shared_desk, request_)
    assert caught.value.code == code
    assert caught.value.hint


def test_contradictions_are_refused_before_anything_is_sent(shared_desk: Desk) -> None:
    before = len(shared_desk.sim.requests)
    with pytest.raises(UsageError):
        show(shared_desk, ChainRequest("ARM", strikes=3, all_strikes=True))
    assert len(shared_desk.sim.requests) == before


def test_a_delayed_feed_is_told(own_desk: Desk) -> None:
    own_desk.sim.session.feed("D")
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=1))
    assert {quote.feed for quote in quotes_of(found.data.tables[0])} == {Feed.DELAYED}


def test_quotes_that_are_withheld_are_no_success(own_desk: Desk) -> None:
    own_desk.sim.session.feed("N")
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=1))
    assert isinstance(found.error, IncompleteError)
    assert "any price (not subscribed)" in found.error.message
    assert "Client Portal" in found.error.hint
    assert not found.error.retryable
    assert len(found.data.tables[0].rows) == 3


def test_no_strikes_beside_the_one_at_the_money(shared_desk: Desk) -> None:
    found = show(shared_desk, ChainRequest("ARM", AUG25, strikes=0))
    assert [row.at_the_money for row in found.data.tables[0].rows] == [True]


def test_required_values_that_never_come_are_named_beside_the_rows(own_desk: Desk) -> None:
    required = (Field.BID, Field.OPTION_VOLUME)  # an option has none
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=1, required=required), seconds=2.5)
    assert isinstance(found.error, IncompleteError)
    assert "6 of 6 quotes" in found.error.message
    assert found.data.missing[0].endswith("C: option volume")
    assert all(quote.bid is not None for quote in quotes_of(found.data.tables[0]))


def test_contracts_that_get_no_market_data_line_are_named(tmp_path: Path) -> None:
    with SimServer(simulated_day(lines=0)) as sim:
        found = show(Desk(sim, tmp_path), ChainRequest("ARM", AUG25, strikes=2), seconds=3)
    assert isinstance(found.error, IncompleteError)
    assert len(found.data.tables[0].rows) == 5
    silent = [
        side.contract.words
        for row in found.data.tables[0].rows
        for side in (row.call, row.put)
        if side is not None and side.quote is None
    ]
    assert len(silent) == 10
    assert found.data.missing == tuple(f"{words}: any answer" for words in silent)


def test_few_market_data_lines_are_used_in_turn(tmp_path: Path) -> None:
    with SimServer(simulated_day(lines=5)) as sim:
        found = show(Desk(sim, tmp_path), ChainRequest("ARM", AUG25, strikes=2))
    assert (found.error, found.data.missing) == (None, ())
    assert len(quotes_of(found.data.tables[0])) == 10


def test_a_failing_server_after_the_first_data_costs_a_warning_not_the_rows(own_desk: Desk) -> None:
    own_desk.sim.faults.add(
        "/iserver/marketdata/snapshot",
        body={"error": "snapshot is out of order"},
        skip=4,
        count=None,
    )
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=1))
    assert all(quote.bid is not None for quote in quotes_of(found.data.tables[0]))
    assert any("out of order" in warning for warning in found.warnings)


def test_a_refusal_of_a_look_up_is_an_error(own_desk: Desk) -> None:
    own_desk.sim.faults.add("/iserver/secdef/info", body={"error": "not today"}, count=None)
    with pytest.raises(RefusedError, match="not today"):
        show(own_desk, ChainRequest("ARM", AUG25))


def test_failures_that_pass_are_not_noticed(own_desk: Desk) -> None:
    for path in ("/iserver/secdef/strikes", "/iserver/secdef/info", "/iserver/marketdata/snapshot"):
        own_desk.sim.faults.add(path, status=503, body={"error": "busy"})
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=2))
    assert (len(found.data.tables[0].rows), found.warnings, found.error) == (5, (), None)


def test_contracts_that_cannot_be_read_are_warned_of(own_desk: Desk) -> None:
    own_desk.sim.faults.add("/iserver/secdef/info", body=[{"conid": 5, "strike": "x"}])
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=3))
    assert any("could not be read" in warning for warning in found.warnings)


def test_a_chain_without_a_price_takes_the_middle_and_says_so(own_desk: Desk) -> None:
    own_desk.sim.faults.add(SNAPSHOT, body=[{"conid": ARM, "6509": "N"}], count=None)
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=1), seconds=4)
    assert any("no price of ARM" in warning for warning in found.warnings)
    assert [row.at_the_money for row in found.data.tables[0].rows] == [False] * 3


def test_a_price_that_comes_late_still_decides_where_the_money_is(own_desk: Desk) -> None:
    own_desk.sim.faults.add(SNAPSHOT, body=[{"conid": ARM, "31": "75.00", "55": "ARM"}])
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=2))
    underlying = found.data.underlying_quote
    assert underlying is not None
    assert underlying.price is not None
    assert abs(found.data.tables[0].rows[2].strike - underlying.price) <= Decimal("0.5")
    assert [row.at_the_money for row in found.data.tables[0].rows] == [False, False, True] + [
        False
    ] * 2


@pytest.mark.parametrize("price", ["330.00", "5.00"])
def test_nothing_is_at_the_money_where_the_strikes_do_not_reach(own_desk: Desk, price: str) -> None:
    own_desk.sim.faults.add(
        "/iserver/secdef/strikes", body={"call": [138.0, 139.0], "put": [138.0, 139.0]}
    )
    with own_desk.client() as client:
        own_desk.sim.faults.add(SNAPSHOT, body=[{"conid": ARM, "31": price, "55": "ARM"}])
        found = strikes(client, "ARM", month=Month.parse("AUG25")).data
    assert len(found.calls) == 2
    assert found.at_the_money is None


def test_an_unusable_cache_costs_a_warning(own_desk: Desk) -> None:
    (own_desk.folder / "cache").write_text("no folder")
    found = show(own_desk, ChainRequest("ARM", AUG25, strikes=1))
    assert len(found.data.tables[0].rows) == 3
    assert [w for w in found.warnings if "cannot be remembered" in w] == list(found.warnings)


def test_progress_is_told_until_all_is_looked_up(fresh_desk: Desk) -> None:
    seen: list[tuple[int, int]] = []
    with fresh_desk.client() as client:
        chain(client, ChainRequest("TSLA", AUG25), lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] == max(total for _, total in seen)
    assert sorted(done for done, _ in seen) == [done for done, _ in seen]


def test_look_ups_that_outlast_the_deadline_are_gone_on_with(own_desk: Desk) -> None:
    own_desk.sim.faults.add("/iserver/secdef/info", delay=0.2, count=None)
    request = ChainRequest("ARM", AUG25, all_strikes=True)
    with pytest.raises(IncompleteError) as caught:
        show(own_desk, request, seconds=1.5)
    said = re.search(r"(\d+) of (\d+) strikes of ARM AUG25 had been looked", caught.value.message)
    assert said is not None
    looked_up, of_all = map(int, said.groups())
    assert 0 < looked_up < of_all
    found = show(own_desk, request)
    assert len(found.data.tables[0].rows) > 60
    under_way = 10  # when the deadline passed, at most: these alone are asked for twice
    assert own_desk.count("/iserver/secdef/info") <= of_all + under_way
