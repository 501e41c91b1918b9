from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibcli.sim.market import Feed, Market, OptionContract, Quote, Right
from ibcli.sim.market.pricing import RATE, Model
from tests.sim_market.instants import (
    AAPL,
    ANCHOR,
    ARM,
    ARM_143_CALL,
    ARM_145_CALL,
    NOON,
    SPX,
    SPY,
    new_york,
)

FEW_TICKS = Decimal("0.05")
EXPIRY = date(2025, 8, 22)
CLASSES = [(ARM, "AUG25"), (SPY, "AUG25"), (SPX, "SEP25"), (AAPL, "JAN27")]


def quote(market: Market, conid: int, at: datetime = NOON) -> Quote:
    found = market.quote(conid, at)
    assert found is not None
    return found


def spot(market: Market, conid: int, at: datetime = NOON) -> Decimal:
    last = quote(market, conid, at).last
    assert last is not None
    return last


def chain(market: Market, conid: int, month: str, expiry: date) -> list[OptionContract]:
    return [option for option in market.options(conid, month, NOON) if option.expiry == expiry]


# The anchor day's known prices.


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("conid", "price"), [(ARM_143_CALL, Decimal("1.60")), (ARM_145_CALL, Decimal("1.10"))]
)
def test_the_known_calls_keep_their_price_all_session(
    seed: int, conid: int, price: Decimal
) -> None:
    market = Market(seed)
    opening = new_york(ANCHOR, 9, 30)
    for second in range(0, 23_400, 97):
        at = opening + timedelta(seconds=second)
        now = quote(market, conid, at)
        assert now.feed is Feed.LIVE
        assert not now.last_is_prior_close
        assert not now.halted
        assert now.last is not None
        assert now.bid is not None
        assert now.ask is not None
        assert now.greeks is not None
        assert abs(now.last - price) <= FEW_TICKS
        assert now.bid <= price <= now.ask
        assert now.bid <= now.last + FEW_TICKS
        assert now.last <= now.ask + FEW_TICKS


def test_the_known_calls_move(market: Market) -> None:
    books = {
        (now.bid, now.ask)
        for minute in range(0, 390, 5)
        for now in [quote(market, ARM_143_CALL, NOON + timedelta(minutes=minute / 4))]
    }
    assert len(books) > 2


# Every quote.


@pytest.mark.parametrize(("conid", "month"), CLASSES)
def test_books_are_on_the_ticks_and_bid_is_below_ask(
    market: Market, conid: int, month: str
) -> None:
    options = market.options(conid, month, NOON)
    rules = market.tick_rules(options[0].conid)

    def increment(price: Decimal) -> Decimal:
        return [rule.increment for rule in rules if rule.from_price <= price][-1]

    for option in options:
        now = quote(market, option.conid)
        for price in (now.bid, now.ask, now.last, now.open, now.high, now.low):
            assert price is None or price % increment(price) == 0
        if now.ask is not None:
            assert now.bid is None or 0 < now.bid < now.ask
            assert now.ask > 0
        assert now.bid_size != 0 or now.bid is None


@pytest.mark.parametrize(("conid", "month"), CLASSES)
def test_the_silent_have_no_greeks_and_the_rest_do(market: Market, conid: int, month: str) -> None:
    for option in market.options(conid, month, NOON):
        now = quote(market, option.conid)
        assert (now.greeks is None) == (now.ask is None)
        if now.halted:
            assert now.ask is None
            assert not now.last_is_prior_close
        if now.last_is_prior_close:
            assert now.last == now.prior_close
            assert now.volume == 0


@settings(max_examples=40, deadline=None)
@given(second=st.integers(0, 23_400), at_random=st.data())
def test_a_days_range_holds_its_trades(
    market: Market, second: int, at_random: st.DataObject
) -> None:
    options = market.options(SPY, "AUG25", NOON)
    option = at_random.draw(st.sampled_from(options))
    now = quote(market, option.conid, new_york(ANCHOR, 9, 30) + timedelta(seconds=second))
    if now.volume:
        assert now.last is not None
        assert now.open is not None
        assert now.low is not None
        assert now.high is not None
        assert now.low <= min(now.last, now.open)
        assert max(now.last, now.open) <= now.high
    else:
        assert (now.open, now.high, now.low) == (None, None, None)


def test_every_kind_of_contract_occurs(market: Market) -> None:
    quotes = [quote(market, o.conid) for o in market.options(SPY, "AUG25", NOON)]
    assert any(q.halted for q in quotes)
    assert any(q.last_is_prior_close for q in quotes)
    assert any(q.ask is None and not q.halted for q in quotes)
    assert any(q.ask is not None and q.bid is None and q.bid_size == 0 for q in quotes)
    assert any(q.last is None for q in quotes)
    traded = [q for q in quotes if q.volume]
    assert len(traded) > len(quotes) / 2


@pytest.mark.parametrize("conid", [ARM_143_CALL, ARM_145_CALL])
def test_high_low_and_volume_only_grow_and_open_interest_stays(market: Market, conid: int) -> None:
    quotes = [
        quote(market, conid, new_york(ANCHOR, 9, 30) + timedelta(minutes=m))
        for m in range(0, 391, 3)
    ]
    highs = [q.high for q in quotes if q.high is not None]
    lows = [q.low for q in quotes if q.low is not None]
    assert len(highs) == len(lows) == len(quotes)
    assert highs == sorted(highs)
    assert lows == sorted(lows, reverse=True)
    assert len({q.open for q in quotes}) == 1
    volumes = [q.volume for q in quotes if q.volume is not None]
    assert volumes == sorted(volumes)
    assert volumes[-1] >= 300
    assert len({q.open_interest for q in quotes}) == 1


def test_before_listing_and_after_expiry_there_is_no_quote(market: Market) -> None:
    contract = market.option(ARM_143_CALL)
    assert contract is not None
    assert market.quote(ARM_143_CALL, new_york(EXPIRY, 18)) is not None
    assert market.quote(ARM_143_CALL, new_york(date(2025, 8, 23), 12)) is None
    assert market.quote(ARM_143_CALL, new_york(date(2025, 1, 6), 12)) is None


def test_before_its_first_session_a_contract_has_no_prices(market: Market) -> None:
    contract = next(
        option
        for option in market.options(ARM, "OCT25", NOON)
        if option.expiry == date(2025, 10, 3)
    )
    listed = date(2025, 8, 14)  # fifty days before
    early = quote(market, contract.conid, new_york(listed, 8))
    assert (early.bid, early.ask, early.last, early.greeks) == (None, None, None, None)
    first_day = quote(market, contract.conid, new_york(listed, 12))
    assert (first_day.prior_close, first_day.open_interest) == (None, 0)


def test_an_expiring_option_ends_at_its_intrinsic_value(market: Market) -> None:
    at = new_york(EXPIRY, 16)
    price = spot(market, ARM, at)
    checked = 0
    for option in chain(market, ARM, "AUG25", EXPIRY):
        now = quote(market, option.conid, at)
        intrinsic = price - option.strike if option.right is Right.CALL else option.strike - price
        if now.mark is not None and intrinsic > 1:
            assert abs(now.mark - intrinsic) < intrinsic / 20 + Decimal("0.1")
            checked += 1
    assert checked > 20


def test_outside_the_session_an_option_is_frozen(market: Market) -> None:
    closing = quote(market, ARM_143_CALL, new_york(ANCHOR, 16))
    night = quote(market, ARM_143_CALL, new_york(date(2025, 8, 19), 3))
    assert night.feed is Feed.FROZEN
    assert (night.bid, night.ask, night.last) == (closing.bid, closing.ask, closing.last)
    assert closing.close == closing.last


# What arbitrage allows.


@pytest.mark.parametrize(("conid", "month"), CLASSES)
@pytest.mark.parametrize("hour", [10, 15])
def test_calls_fall_and_puts_rise_with_the_strike(
    market: Market, conid: int, month: str, hour: int
) -> None:
    at = new_york(ANCHOR, hour)
    options = market.options(conid, month, at)
    identities = {(o.expiry, o.trading_class, o.right) for o in options}
    for expiry, trading_class, right in identities:
        row = sorted(
            (o.strike, quote(market, o.conid, at))
            for o in options
            if (o.expiry, o.trading_class, o.right) == (expiry, trading_class, right)
        )
        if right is Right.PUT:
            row.reverse()
        made = [(strike, q.bid or Decimal(0), q.ask) for strike, q in row if q.ask is not None]
        for (near, bid, ask), (far, further_bid, further_ask) in pairwise(made):
            assert ask is not None
            assert further_ask is not None
            assert further_bid <= ask  # no free vertical spread
            assert bid - further_ask <= abs(far - near)  # nor one sold for more than it can cost


@pytest.mark.parametrize(("conid", "month"), CLASSES)
def test_put_call_parity_holds_within_the_spread(market: Market, conid: int, month: str) -> None:
    options = market.options(conid, month, NOON)
    by_identity = {(o.expiry, o.trading_class, o.strike, o.right): o for o in options}
    price = float(spot(market, conid))
    checked = 0
    for (expiry, trading_class, strike, right), call in by_identity.items():
        put = by_identity[expiry, trading_class, strike, Right.PUT]
        years = (expiry - ANCHOR).days / 365
        calls, puts = quote(market, call.conid), quote(market, put.conid)
        if right is Right.PUT or calls.mark is None or puts.mark is None:
            continue
        if abs(float(strike) / price - 1) > 0.1:
            continue
        forward = price - float(strike) * math.exp(-RATE * years)
        slack = 0.012 * years * price + 0.004 * price  # dividends, early exercise, spread
        assert float(calls.mark - puts.mark) == pytest.approx(forward, abs=slack)
        checked += 1
    assert checked > 5


def test_spreads_widen_away_from_the_money(market: Market) -> None:
    def relative_spread(strike: int) -> Decimal:
        found = market.options(SPX, "SEP25", NOON, strike=Decimal(strike), right=Right.CALL)
        option = next(o for o in found if o.trading_class == "SPX")
        now = quote(market, option.conid)
        assert now.bid is not None
        assert now.ask is not None
        return (now.ask - now.bid) / now.ask

    assert relative_spread(6450) < relative_spread(6650) < relative_spread(6850)


def test_the_index_has_a_skew(market: Market) -> None:
    def volatility(strike: int) -> Decimal:
        found = market.options(SPX, "SEP25", NOON, strike=Decimal(strike), right=Right.PUT)
        greeks = quote(market, next(o for o in found if o.trading_class == "SPX").conid).greeks
        assert greeks is not None
        return greeks.implied_volatility

    assert volatility(6000) > volatility(6200) > volatility(6450) > volatility(6600)


# Greeks.


def test_greeks_have_the_right_signs(market: Market) -> None:
    for option in chain(market, ARM, "AUG25", EXPIRY):
        greeks = quote(market, option.conid).greeks
        if greeks is None:
            continue
        if option.right is Right.CALL:
            assert 0 <= greeks.delta <= 1
        else:
            assert -1 <= greeks.delta <= 0
        assert greeks.gamma >= 0
        assert greeks.vega >= 0
        assert Decimal("0.3") < greeks.implied_volatility < 1


@given(
    call=st.booleans(),
    moneyness=st.floats(0.7, 1.4),
    years=st.floats(0.02, 3),
    volatility=st.floats(0.1, 1.2),
)
def test_sensitivities_are_slopes_of_the_price(
    call: bool,
    moneyness: float,
    years: float,
    volatility: float,
) -> None:
    model = Model(call, 100 * moneyness, years, volatility, dividends=0.01, european=True)
    delta, gamma, theta, vega = model.sensitivities(100)
    step = 1e-3
    up, here, down = (model.price(100 + move) for move in (step, 0, -step))
    assert delta == pytest.approx((up - down) / (2 * step), abs=1e-5)
    assert gamma == pytest.approx((up - 2 * here + down) / step**2, abs=1e-3)
    later = Model(call, model.strike, years - 1e-6, volatility, 0.01, european=True)
    assert theta == pytest.approx((later.price(100) - here) / 1e-6 / 365, abs=1e-4)
    wilder = Model(call, model.strike, years, volatility + 1e-6, 0.01, european=True)
    assert vega == pytest.approx((wilder.price(100) - here) / 1e-6 / 100, abs=1e-4)


def test_an_american_option_is_worth_its_exercise() -> None:
    deep = Model(call=False, strike=200.0, years=1.0, volatility=0.2)
    assert deep.price(100.0) == 100.0
    european = Model(call=False, strike=200.0, years=1.0, volatility=0.2, european=True)
    assert european.price(100.0) < 100.0
