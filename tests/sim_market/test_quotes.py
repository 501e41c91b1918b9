from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibcli.sim.market import Feed, Market
from ibcli.sim.market.catalogue import LISTINGS
from ibcli.sim.market.noise import Noise
from ibcli.sim.market.paths import DayPath, Paths, busyness, fraction_at
from tests.sim_market.instants import AAPL, AAPL_MEXICO, ANCHOR, ARM, NOON, SPX, SPY, new_york

OPENING = new_york(ANCHOR, 9, 30)
seconds = st.integers(0, 23_400)


@pytest.mark.parametrize("conid", [listing.conid for listing in LISTINGS])
def test_the_anchor_day_shows_catalogue_prices(conid: int) -> None:
    listing = next(listing for listing in LISTINGS if listing.conid == conid)
    for seed in range(4):
        quote = Market(seed).quote(conid, NOON)
        assert quote is not None
        assert quote.last is not None
        assert float(quote.last) == pytest.approx(listing.price, rel=0.04)


@settings(max_examples=60, deadline=None)
@given(second=seconds, listing=st.sampled_from(LISTINGS))
def test_a_quote_holds_together(market: Market, second: int, listing: object) -> None:
    quote = market.quote(getattr(listing, "conid"), OPENING + timedelta(seconds=second))  # noqa: B009
    assert quote is not None
    assert quote.last is not None
    assert quote.low is not None
    assert quote.high is not None
    assert quote.open is not None
    assert quote.low <= min(quote.last, quote.open)
    assert max(quote.last, quote.open) <= quote.high
    if quote.bid is not None and quote.ask is not None:
        assert quote.bid <= quote.last <= quote.ask
        assert quote.bid < quote.ask
        assert quote.ask - quote.bid < quote.last / 1000


def test_an_index_has_a_last_price_and_no_book(market: Market) -> None:
    quote = market.quote(SPX, NOON)
    assert quote is not None
    assert quote.last is not None
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (None, None, None, None)
    assert quote.volume is None
    assert quote.option_volume


def test_a_quote_changes_each_half_second_and_is_still_within_it(market: Market) -> None:
    lasts = set()
    for tick in range(40):
        at = NOON + timedelta(seconds=tick / 2)
        early, late = market.quote(SPY, at), market.quote(SPY, at + timedelta(seconds=0.4))
        assert early is not None
        assert late is not None
        assert (early.last, early.bid, early.bid_size) == (late.last, late.bid, late.bid_size)
        lasts.add((early.last, early.bid_size, early.ask_size))
    assert len(lasts) > 10


def test_high_low_and_volume_only_grow(market: Market) -> None:
    quotes = [market.quote(AAPL, OPENING + timedelta(seconds=s)) for s in range(0, 23_401, 60)]
    highs = [quote.high for quote in quotes if quote and quote.high is not None]
    lows = [quote.low for quote in quotes if quote and quote.low is not None]
    volumes = [quote.volume for quote in quotes if quote and quote.volume is not None]
    assert len(highs) == len(lows) == len(volumes) == 391
    assert highs == sorted(highs)
    assert lows == sorted(lows, reverse=True)
    assert volumes == sorted(volumes)
    assert volumes[0] == 0
    assert volumes[-1] > 1_000_000


def test_outside_the_session_the_last_values_are_frozen(market: Market) -> None:
    closing = market.quote(AAPL, new_york(ANCHOR, 16))
    later = market.quote(AAPL, new_york(ANCHOR, 19))
    before_open = market.quote(AAPL, new_york(date(2025, 8, 19), 9, 29))
    assert closing is not None
    assert later is not None
    assert before_open is not None
    assert {closing.feed, later.feed, before_open.feed} == {Feed.FROZEN}
    assert closing.last == later.last == before_open.last == closing.close
    next_day = market.quote(AAPL, new_york(date(2025, 8, 19), 9, 30))
    assert next_day is not None
    assert next_day.feed is Feed.LIVE
    assert next_day.prior_close == closing.last
    assert next_day.close is None
    assert next_day.open != closing.last  # a gap overnight


def test_one_foreign_listing_is_delayed(market: Market) -> None:
    delayed = market.quote(AAPL_MEXICO, NOON)
    assert delayed is not None
    assert delayed.feed is Feed.DELAYED
    frozen = market.quote(AAPL_MEXICO, new_york(ANCHOR, 19))
    assert frozen is not None
    assert frozen.feed is Feed.FROZEN_DELAYED
    still_live = market.quote(AAPL_MEXICO, new_york(ANCHOR, 16, 10))
    assert still_live is not None
    assert still_live.feed is Feed.DELAYED  # it shows 15:55


def test_the_fund_follows_its_index(market: Market) -> None:
    for day in (ANCHOR, date(2022, 3, 9), date(2031, 10, 14)):
        fund, index = market.quote(SPY, new_york(day, 12)), market.quote(SPX, new_york(day, 12))
        assert fund is not None
        assert index is not None
        assert fund.last is not None
        assert index.last is not None
        assert float(fund.last / index.last) == pytest.approx(643.30 / 6449.15, rel=1e-4)


@pytest.mark.parametrize("year", range(2020, 2036))
def test_prices_stay_plausible_for_years(market: Market, year: int) -> None:
    quote = market.quote(ARM, new_york(date(year, 5, 13), 12))
    assert quote is not None
    assert quote.last is not None
    assert 50 < quote.last < 350


def test_a_future_trades_at_its_forward_and_expires(market: Market) -> None:
    index = market.quote(SPX, NOON)
    future = market.quote(649180678, NOON)
    assert index is not None
    assert future is not None
    assert future.last is not None
    assert index.last is not None
    assert index.last < future.last < index.last * Decimal("1.05")
    assert future.last % Decimal("0.25") == 0
    assert market.quote(649180678, new_york(date(2026, 6, 22), 12)) is None


def test_an_unknown_id_has_no_quote(market: Market) -> None:
    assert market.quote(1, NOON) is None
    assert market.quote(999_999_999_999, NOON) is None


def test_two_markets_of_a_seed_agree_whatever_was_asked_before() -> None:
    one, other = Market(3), Market(3)
    one.quote(AAPL, new_york(date(2031, 2, 3), 12))
    one.bars(ARM, NOON, timedelta(days=30), timedelta(days=1))
    for conid in (ARM, SPY, AAPL):
        assert one.quote(conid, NOON) == other.quote(conid, NOON)
    assert Market(4).quote(AAPL, NOON) != one.quote(AAPL, NOON)


@pytest.fixture(scope="module")
def path() -> DayPath:
    spy = next(listing for listing in LISTINGS if listing.conid == SPY)
    return Paths(Noise(1)).day(spy, ANCHOR)


@given(st.floats(0, 1), st.floats(0, 1))
def test_extremes_of_a_part_bound_every_price_in_it(path: DayPath, a: float, b: float) -> None:
    start, end = sorted((a, b))
    first, high, low, last = path.between(start, end)
    assert low <= path.price((start + end) / 2) <= high
    assert (first, last) == (path.price(start), path.price(end))


@given(st.floats(0, 1))
def test_busy_time_runs_forward_and_back(fraction: float) -> None:
    assert 0 <= busyness(fraction) <= 1
    assert fraction_at(busyness(fraction)) == pytest.approx(fraction, abs=1e-4)
