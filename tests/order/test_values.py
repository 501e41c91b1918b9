"""Payoffs, prices on their ticks, names of jobs, and what the settings say: without any market."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.config import load_settings
from ibcli.domain.contracts import Right
from ibcli.domain.orders import OrderType, Role, Side, Tif, Tradable
from ibcli.domain.payoff import Held, Payoff
from ibcli.domain.quotes import Quote
from ibcli.domain.terms import TickRules
from ibcli.domain.wishes import LimitWord, TakeProfit
from ibcli.errors import ConfigurationError, GuardError
from ibcli.trading.orders.job import LONGEST, job_name
from ibcli.trading.orders.pricing import Priced, market_of, price, rules_of
from ibcli.trading.orders.request import ByDelta, ByPlace, LegWish, OrderRequest
from ibcli.trading.orders.shapes import Chosen, as_combo, as_singles

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2025, 8, 22)
NICKELS = TickRules(((Decimal(0), Decimal("0.05")), (Decimal(3), Decimal("0.10"))))
PENNIES = TickRules(((Decimal(0), Decimal("0.01")),))


def option(conid: int, strike: int, right: Right) -> Tradable:
    words = f"ARM 22AUG25 {strike} {right}"
    return Tradable(conid, "OPT", "ARM", words, Decimal(100), 1, "ARM", DAY, Decimal(strike), right)


PUT, WING, CALL = (
    option(1, 140, Right.PUT),
    option(2, 135, Right.PUT),
    option(3, 150, Right.CALL),
)


def quoted(conid: int, bid: str | None, ask: str) -> Quote:
    return Quote(conid, bid=Decimal(bid) if bid else None, ask=Decimal(ask))


def single(request: OrderRequest, bid: str, ask: str, rules: TickRules = NICKELS) -> Priced:
    (shape,) = as_singles([Chosen(request.action, 1, PUT)], request.quantity)
    market = market_of(shape, {1: quoted(1, bid, ask)})
    assert market is not None
    return price(shape, request, market, rules)


def vertical(request: OrderRequest, short: tuple[str, str], wing: tuple[str | None, str]) -> Priced:
    legs = [Chosen(request.action, 1, PUT), Chosen(request.action.opposite, 1, WING)]
    (shape,) = as_combo(legs, request.quantity)
    market = market_of(shape, {1: quoted(1, *short), 2: quoted(2, *wing)})
    assert market is not None
    return price(shape, request, market, rules_of(shape, dict.fromkeys(_sides(), NICKELS)))


def _sides() -> list[tuple[int, Side]]:
    return [(conid, side) for conid in (1, 2) for side in Side]


SELL = OrderRequest("ARM", (Right.PUT,))
BUY = replace(SELL, action=Side.BUY)


@pytest.mark.parametrize(
    ("request_", "bid", "ask", "limit"),
    [
        (SELL, "1.00", "1.05", "1.05"),  # a mid of 1.025, rounded up for a sale
        (BUY, "1.00", "1.05", "1.00"),
        (SELL, "3.00", "3.10", "3.10"),
        (BUY, "3.00", "3.10", "3.00"),
        (replace(SELL, limit=LimitWord.NATURAL), "1.00", "1.20", "1.00"),
        (replace(BUY, limit=LimitWord.NATURAL), "1.00", "1.20", "1.20"),
        (replace(SELL, limit=LimitWord.ASK), "1.00", "1.20", "1.20"),
        (replace(SELL, limit=Decimal("1.11")), "1.00", "1.20", "1.15"),
        (replace(BUY, limit=Decimal("1.11")), "1.00", "1.20", "1.10"),
    ],
)
def test_limits_are_rounded_the_way_that_the_action_prefers(
    request_: OrderRequest, bid: str, ask: str, limit: str
) -> None:
    assert single(request_, bid, ask).limit == Decimal(limit)


def test_the_stop_is_rounded_up_on_the_tick_of_its_own_price() -> None:
    stop = single(SELL, "1.00", "1.05").stop
    assert stop is not None
    assert stop.trigger == Decimal("3.70")  # 3.675, where ticks are dimes


def test_a_take_profit_of_a_sale_is_rounded_down_but_never_to_nothing() -> None:
    half = replace(SELL, take_profit=TakeProfit(share=Decimal("0.5")))
    profit, stop = single(half, "0.10", "0.15").bracket.children
    assert (profit.role, profit.limit) == (Role.TAKE_PROFIT, Decimal("0.05"))
    assert profit.single_group
    assert stop.single_group


def test_a_credit_is_negative_and_more_of_it_is_preferred() -> None:
    priced = vertical(SELL, ("1.00", "1.10"), ("0.50", "0.55"))
    assert priced.is_credit
    assert priced.limit == Decimal("-0.55")  # the mid is -0.525
    assert priced.stop is not None
    assert priced.stop.side is Side.SELL
    assert priced.stop.trigger == Decimal("-1.95")
    assert priced.cash == 55
    assert priced.liability == 5


@pytest.mark.parametrize(
    ("word", "limit"),
    [(LimitWord.NATURAL, "-0.45"), (LimitWord.BID, "-0.45"), (LimitWord.ASK, "-0.60")],
)
def test_words_for_a_credits_price_are_its_sellers(word: LimitWord, limit: str) -> None:
    priced = vertical(replace(SELL, limit=word), ("1.00", "1.10"), ("0.50", "0.55"))
    assert priced.limit == Decimal(limit)


def test_a_credits_price_is_typed_without_a_sign() -> None:
    typed = replace(SELL, limit=Decimal("0.70"))
    assert vertical(typed, ("1.00", "1.10"), ("0.50", "0.55")).limit == Decimal("-0.70")


def test_a_debit_is_bought_and_has_no_stop() -> None:
    priced = vertical(BUY, ("1.00", "1.10"), ("0.50", "0.55"))
    assert (priced.is_credit, priced.limit, priced.bracket.children) == (
        False,
        Decimal("0.50"),
        (),
    )
    assert priced.cash == -50


def test_a_wing_may_lack_a_bid_but_what_is_sold_may_not() -> None:
    priced = vertical(SELL, ("1.00", "1.10"), (None, "0.05"))
    assert priced.market.bid == Decimal("-1.10")
    (shape,) = as_singles([Chosen(Side.SELL, 1, PUT)], 1)
    assert market_of(shape, {1: quoted(1, None, "0.05")}) is None


def test_a_credit_that_the_quotes_make_a_debit_is_refused() -> None:
    with pytest.raises(GuardError, match="where a credit is meant"):
        vertical(SELL, ("0.10", "0.15"), ("0.50", "0.55"))


def test_a_stop_outside_the_width_is_left_to_the_wing() -> None:
    priced = vertical(replace(SELL, stop_multiple=Decimal(10)), ("1.00", "1.10"), ("0.50", "0.55"))
    assert priced.stop is None


@given(
    bid=st.integers(1, 900), spread=st.integers(0, 100), side=st.sampled_from(list(Side)),
    multiple=st.integers(11, 80),
)  # fmt: skip
def test_prices_always_lie_on_the_tick(bid: int, spread: int, side: Side, multiple: int) -> None:
    request = replace(SELL, action=side, stop_multiple=Decimal(multiple) / 10)
    low = Decimal(bid) / 100
    try:
        priced = single(request, str(low), str(low + Decimal(spread) / 100))
    except GuardError:  # a purchase below the least price; a stop that would go off at once
        ask = low + Decimal(spread) / 100
        assert side is Side.BUY or Decimal(multiple) / 10 * (low + ask) / 2 <= ask
        return
    limit, mid = priced.limit, priced.market.mid
    assert limit is not None
    assert NICKELS.is_on_tick(limit)
    assert (limit >= mid) if side is Side.SELL else (limit <= mid)
    if priced.stop is not None and priced.stop.trigger is not None:
        assert NICKELS.is_on_tick(priced.stop.trigger)
        assert priced.stop.trigger >= limit * request.stop_multiple  # type: ignore[operator]


def test_an_iron_condors_bounds() -> None:
    held = (
        Held(Right.PUT, Decimal(135), Decimal(100)),
        Held(Right.PUT, Decimal(140), Decimal(-100)),
        Held(Right.CALL, Decimal(150), Decimal(-100)),
        Held(Right.CALL, Decimal(155), Decimal(100)),
    )
    payoff = Payoff(held, Decimal(120))
    assert [payoff.most, payoff.least, payoff.liability] == [120, -380, 500]
    assert payoff.break_evens == (Decimal("138.80"), Decimal("151.20"))


def test_bounds_that_are_none() -> None:
    short = Payoff((Held(Right.CALL, Decimal(150), Decimal(-100)),), Decimal(110))
    assert [short.most, short.least, short.liability] == [110, None, None]
    assert short.break_evens == (Decimal("151.10"),)
    bought = Payoff((Held(Right.CALL, Decimal(150), Decimal(100)),), Decimal(-110))
    assert [bought.most, bought.least] == [None, -110]
    put = Payoff((Held(Right.PUT, Decimal(140), Decimal(-100)),), Decimal(100))
    assert put.least == -13900


legs = st.lists(
    st.builds(
        Held,
        st.sampled_from(list(Right)),
        st.integers(1, 400).map(Decimal),
        st.integers(-5, 5).filter(bool).map(lambda n: Decimal(100 * n)),
    ),
    min_size=1,
    max_size=4,
)


@given(held=legs, cash=st.integers(-5000, 5000), price=st.integers(0, 800))
def test_no_price_is_better_or_worse_than_the_bounds(
    held: list[Held], cash: int, price: int
) -> None:
    payoff = Payoff(tuple(held), Decimal(cash))
    profit = payoff.at(Decimal(price))
    assert payoff.most is None or profit <= payoff.most
    assert payoff.least is None or profit >= payoff.least
    for even in payoff.break_evens:
        slope = sum(abs(one.units) for one in held)
        assert abs(payoff.at(even)) <= slope / 100


def test_jobs_are_named_by_what_is_traded_and_by_nothing_else() -> None:
    name = job_name(SELL)
    assert name == "arm-put-sell-0dte-delta-0.10-x1"
    for same in (
        replace(SELL, limit=LimitWord.BID),
        replace(SELL, tif=Tif.GTC),
        replace(SELL, stop_multiple=None),
    ):
        assert job_name(same) == name
    others = [
        BUY,
        replace(SELL, quantity=2),
        replace(SELL, sides=(Right.PUT, Right.CALL)),
        replace(SELL, strikes=ByDelta(Decimal("0.2"))),
        replace(SELL, strikes=ByPlace(2)),
        replace(SELL, width=Decimal(5)),
        replace(SELL, width=Decimal(5), combo=False),
        replace(SELL, expiry=DAY),
        replace(SELL, type=OrderType.MKT),
        replace(SELL, trading_class="ARM1"),
    ]
    assert len({name, *map(job_name, others)}) == 1 + len(others)


def test_long_jobs_are_cut_and_still_told_apart() -> None:
    many = [LegWish.parse(f"sell 1 ARM 22AUG25 {strike} P") for strike in (140, 135, 130)]
    other = [*many[:2], LegWish.parse("sell 1 ARM 22AUG25 125 P")]
    names = {job_name(OrderRequest("ARM", legs=tuple(each))) for each in (many, other)}
    assert len(names) == 2
    assert all(len(name) <= LONGEST for name in names)


def test_defaults_of_the_settings(tmp_path: Path) -> None:
    settings = load_settings(environ={}, cwd=tmp_path)
    assert settings.guards.max_contracts == 10
    assert settings.guards.max_delta == Decimal("0.40")
    assert settings.unattended == "paper"
    assert settings.confirm == {"o163", "o10151", "o10152", "o10331"}
    assert settings.order.delta == Decimal("0.10")
    assert settings.order.stop_multiple == Decimal("3.5")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("IBCLI_SYMBOLS", "SPY;;-"),
        ("IBCLI_MAX_CONTRACTS", "0"),
        ("IBCLI_MAX_CONTRACTS", "1.5"),
        ("IBCLI_MAX_LOSS", "-5"),
        ("IBCLI_MAX_LOSS", "1e9"),
        ("IBCLI_MAX_DELTA", "1.1"),
        ("IBCLI_WINDOW", "13:00-11:00"),
        ("IBCLI_WINDOW", "25:00-26:00"),
        ("IBCLI_CONFIRM", "yes"),
        ("IBCLI_UNATTENDED", "always"),
        ("IBCLI_ORDER_EXPIRY", "all"),
        ("IBCLI_ORDER_TYPE", "LIMIT"),
        ("IBCLI_ORDER_STOP_MULTIPLE", "1"),
        ("IBCLI_ORDER_TAKE_PROFIT", "250%"),
        ("IBCLI_ORDER_LIMIT", "last"),
        ("IBCLI_ORDER_WAIT", "0"),
    ],
)
def test_settings_that_mean_nothing_are_refused_without_repeating_them(
    tmp_path: Path, name: str, written: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ={name: written}, cwd=tmp_path)
    assert name in caught.value.message
    assert written not in caught.value.message or len(written) < 3


def test_two_ways_to_find_strikes_disagree(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="both set"):
        load_settings(environ={"IBCLI_ORDER_OTM": "2", "IBCLI_ORDER_DELTA": "0.1"}, cwd=tmp_path)
