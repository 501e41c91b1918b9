"""What protects combinations, and what they may lose: ratios, calendars, brute force."""

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
from ibcli.domain.orders import OrderType, Side, Tradable
from ibcli.domain.wishes import LimitWord, TakeProfit
from ibcli.errors import GuardError, UsageError
from ibcli.trading.orders.amount_guards import is_within_band, worst_loss, worst_of_some
from ibcli.trading.orders.outlook import bounds_of
from ibcli.trading.orders.pricing import Priced, market_of, price, rules_of
from ibcli.trading.orders.request import LegWish, OrderRequest
from ibcli.trading.orders.shapes import Chosen, as_combo, as_singles, payoff_of
from ibcli.trading.orders.wording import protection
from tests.order.test_values import CALL, PENNIES, PUT, SELL, WING, option, quoted, single, vertical

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def spread(*legs: tuple[Side, int, Tradable]) -> Callable[..., Priced]:
    """A combination of these legs, priced by bid and ask of each."""
    (shape,) = as_combo([Chosen(*leg) for leg in legs], 1)

    def priced(request: OrderRequest, *markets: tuple[str, str]) -> Priced:
        quotes = {
            leg[2].conid: quoted(leg[2].conid, *each)
            for leg, each in zip(legs, markets, strict=True)
        }
        market = market_of(shape, quotes)
        assert market is not None
        rules = {(leg[2].conid, side): PENNIES for leg in legs for side in Side}
        return price(shape, request, market, rules_of(shape, rules))

    return priced


RATIO = spread((Side.BUY, 1, PUT), (Side.SELL, 2, WING))
LEGS = OrderRequest("ARM", legs=(LegWish.parse("sell 2 ARM 22AUG25 135 P"),) * 2)
LATER = replace(WING, conid=4, expiry=date(2025, 8, 29))


def test_what_is_sold_uncovered_and_paid_for_needs_no_stop_to_be_said() -> None:
    markets = (("1.00", "1.02"), ("0.20", "0.22"))
    with pytest.raises(UsageError, match="no premium to set a stop by"):
        RATIO(LEGS, *markets)
    priced = RATIO(replace(LEGS, stop_multiple=None), *markets)
    assert "none" in protection(priced)
    assert worst_loss(bounds_of([priced])) == 13059  # at a price of 0, and 59 paid


def test_a_ratio_spread_for_a_credit_has_a_stop() -> None:
    priced = RATIO(LEGS, ("1.00", "1.02"), ("0.70", "0.72"))
    assert priced.stop is not None
    assert worst_loss(bounds_of([priced])) == priced.loss_at_stop == 103


def test_calls_sold_uncovered_have_no_bound() -> None:
    further = replace(CALL, conid=5, strike=Decimal(155))
    ratio = spread((Side.BUY, 1, CALL), (Side.SELL, 2, further))
    priced = ratio(replace(LEGS, stop_multiple=None), ("1.00", "1.02"), ("0.20", "0.22"))
    assert worst_loss(bounds_of([priced])) is None
    assert protection(priced) == "none: the loss has no bound"


@pytest.mark.parametrize(
    ("bought", "sold", "markets", "has_stop"),
    [
        (LATER, WING, (("1.00", "1.02"), ("0.50", "0.52")), False),  # a calendar, for a debit
        (WING, LATER, (("0.50", "0.52"), ("1.00", "1.02")), True),
    ],
)
def test_of_different_expiries_nobody_knows_the_end(
    bought: Tradable, sold: Tradable, markets: tuple[tuple[str, str], ...], has_stop: bool
) -> None:
    priced = spread((Side.BUY, 1, bought), (Side.SELL, 1, sold))(LEGS, *markets)
    assert (priced.stop is not None) is has_stop
    assert not bounds_of([priced]).is_known
    assert has_stop or "not known" in protection(priced)


def test_a_short_that_outlives_its_cover_is_uncovered() -> None:
    outlives = spread((Side.BUY, 1, WING), (Side.SELL, 1, LATER))
    with pytest.raises(UsageError, match="sells more than it buys"):
        outlives(LEGS, ("1.00", "1.02"), ("0.50", "0.52"))


def test_a_price_without_a_sign_is_refused_where_the_market_does_not_give_it_one() -> None:
    vertical = spread((Side.BUY, 1, WING), (Side.SELL, 1, PUT))
    typed = replace(LEGS, limit=Decimal("0.50"))
    with pytest.raises(GuardError, match="a credit or a debit"):
        vertical(typed, ("1.00", "1.10"), ("1.05", "1.15"))
    meant = replace(SELL, limit=Decimal("0.05"))
    priced = vertical(meant, ("1.02", "1.12"), ("1.00", "1.10"))  # --side says what is meant
    assert priced.limit == Decimal("-0.05")


def test_a_stop_that_would_go_off_at_once_is_refused() -> None:
    near = replace(SELL, limit=LimitWord.NATURAL, stop_multiple=Decimal("1.5"))
    with pytest.raises(GuardError, match="go off at once"):
        single(near, "1.00", "1.60")
    with pytest.raises(GuardError, match="go off at once"):
        vertical(near, ("1.00", "1.30"), ("0.50", "0.60"))
    assert single(replace(near, stop_multiple=Decimal(2)), "1.00", "1.60").stop


def test_of_separate_orders_the_worst_choice_that_is_filled_counts(tmp_path: Path) -> None:
    wing, short = as_singles([Chosen(Side.SELL, 1, PUT), Chosen(Side.BUY, 1, WING)], 1)
    request = replace(SELL, stop_multiple=None)
    quotes = {1: quoted(1, "1.00", "1.02"), 2: quoted(2, "0.50", "0.52")}
    priced = []
    for shape in (wing, short):
        market = market_of(shape, quotes)
        assert market is not None
        priced.append(price(shape, request, market, PENNIES))
    assert worst_loss(bounds_of(priced)) == 450
    assert worst_of_some(priced) == 13899  # the wing is not filled
    assert worst_of_some(priced * 4) is not None


def test_a_take_profit_is_where_it_was_asked_for(tmp_path: Path) -> None:
    settings = load_settings(environ={}, cwd=tmp_path)
    market = replace(SELL, type=OrderType.MKT)
    assert not is_within_band(single(market, "1.00", "1.05"), settings)
    half = replace(market, take_profit=TakeProfit(share=Decimal("0.5")))
    assert is_within_band(single(half, "1.00", "1.05"), settings)
    far = replace(half, type=OrderType.LMT, limit=Decimal("0.50"))
    assert not is_within_band(single(far, "1.00", "1.05"), settings)


@given(
    legs=st.lists(
        st.tuples(
            st.sampled_from(list(Side)),
            st.integers(1, 3),
            st.sampled_from(list(Right)),
            st.integers(1, 30),
        ),
        min_size=1,
        max_size=4,
    ),
    cash=st.integers(-2000, 2000),
)
def test_bounds_agree_with_brute_force(legs: list[tuple[Side, int, Right, int]], cash: int) -> None:
    chosen = [Chosen(s, n, option(i, 10 * k, r)) for i, (s, n, r, k) in enumerate(legs, start=1)]
    payoff = payoff_of(as_singles(chosen, 1), Decimal(cash))
    assert payoff is not None

    def profit(at: int) -> int:
        each = (
            (1 if side is Side.BUY else -1)
            * count
            * max(at - 10 * strike if right is Right.CALL else 10 * strike - at, 0)
            for side, count, right, strike in legs
        )
        return cash + 100 * sum(each)

    grid = [profit(at) for at in range(0, 401, 10)]
    slope = grid[-1] - grid[-2]  # beyond all strikes
    assert payoff.most == (None if slope > 0 else max(grid))
    assert payoff.least == (None if slope < 0 else min(grid))
    signs = [(left > 0) - (left < 0) for left in grid]
    crossings = [(10 * i, 10 * i + 10) for i in range(40) if signs[i] * signs[i + 1] < 0]
    for low, high in crossings:
        assert any(low <= even <= high for even in payoff.break_evens)
    for even in payoff.break_evens:
        assert even > 300 or any(
            signs[i] * signs[i + 1] <= 0 for i in range(40) if 10 * i <= even <= 10 * i + 10
        )
