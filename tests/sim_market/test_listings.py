from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from ibcli.sim.market import Market, Right
from ibcli.sim.market.expiries import monthly_day
from tests.sim_market.instants import AAPL, AAPL_CDR, ANCHOR, ARM, NOON, SPX, SPY, new_york


def days(market: Market, conid: int, name: str, today: date = ANCHOR) -> list[date]:
    expiries = market.expiries(conid, new_york(today, 12))
    return [day for day, trading_class, _ in expiries if trading_class == name]


# Search.


def test_the_tradable_listing_is_not_always_the_first_row(market: Market) -> None:
    rows = market.search("arm", NOON)
    assert [row.smart for row in rows] == [False, True]
    assert rows[1].conid == ARM


def test_a_symbol_has_several_listings(market: Market) -> None:
    rows = market.search("AAPL", NOON)
    assert [(row.listing_exchange, row.smart) for row in rows] == [
        ("NASDAQ", True),
        ("TSE", False),
        ("MEXI", False),
        ("EBS", False),
    ]
    cdr_options = next(s for s in rows[1].sections if s.sec_type == "OPT")
    assert cdr_options.exchanges == ("CDE",)
    assert cdr_options.months
    assert all(section.sec_type != "OPT" for section in rows[2].sections)


def test_months_are_those_listed_from_now_on_in_order(market: Market) -> None:
    def months(today: date) -> tuple[str, ...]:
        row = next(r for r in market.search("AAPL", new_york(today, 12)) if r.smart)
        return next(s.months for s in row.sections if s.sec_type == "OPT")

    # As recorded for AAPL in April 2026.
    recorded = (
        "APR26;MAY26;JUN26;JUL26;AUG26;SEP26;OCT26;NOV26;DEC26;JAN27;MAR27;JUN27;DEC27;"
        "JAN28;MAR28;DEC28"
    )
    assert ";".join(months(date(2026, 4, 24))) == recorded
    assert months(ANCHOR)[:3] == ("AUG25", "SEP25", "OCT25")


@pytest.mark.parametrize(
    ("text", "by_name", "sec_type", "symbols"),
    [
        ("ES", False, None, ["ES"]),
        ("SPX", False, "STK", []),
        ("SPX", False, "IND", ["SPX"]),
        ("nvidia", True, None, ["NVDA"]),
        ("nvidia", False, None, []),
        ("", True, None, []),
        ("NOPE", False, None, []),
    ],
)
def test_search_by_symbol_name_and_type(
    market: Market, text: str, sec_type: str | None, symbols: list[str], *, by_name: bool
) -> None:
    rows = market.search(text, NOON, by_name=by_name, sec_type=sec_type)
    assert [row.symbol for row in rows] == symbols


def test_an_underlying_has_months_only_at_an_instant(market: Market) -> None:
    timeless, dated = market.underlying(ARM), market.underlying(ARM, NOON)
    assert timeless is not None
    assert timeless.smart
    assert all(not section.months for section in timeless.sections)
    assert dated == market.search("ARM", NOON)[1]
    assert market.underlying(1) is None


# Expiries.


def test_arm_lists_its_weeklies_and_no_expired_expiry(market: Market) -> None:
    august = [day for day in days(market, ARM, "ARM") if day.month == 8]
    assert august == [date(2025, 8, 22), date(2025, 8, 29)]


def test_an_expiry_is_listed_through_its_own_day(market: Market) -> None:
    assert ANCHOR in days(market, SPY, "SPY", ANCHOR)
    assert ANCHOR not in days(market, SPY, "SPY", date(2025, 8, 19))


def test_monthlies_are_told_from_weeklies(market: Market) -> None:
    weekly = {day: is_weekly for day, _, is_weekly in market.expiries(AAPL, NOON)}
    assert weekly[date(2025, 9, 19)] is False
    assert weekly[date(2025, 9, 12)] is True


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(2025, 4, 17), (2025, 8, 15), (2026, 6, 18), (2024, 3, 15), (2022, 4, 14)],
)
def test_a_monthly_is_the_third_friday_or_the_thursday_before(
    year: int, month: int, day: int
) -> None:
    assert monthly_day(year, month) == date(year, month, day)


def test_a_weekly_moves_to_thursday_before_a_holiday(market: Market) -> None:
    listed = days(market, ARM, "ARM", date(2025, 6, 23))
    assert date(2025, 7, 3) in listed
    assert date(2025, 7, 4) not in listed
    assert date(2025, 4, 17) in days(market, ARM, "ARM", date(2025, 3, 24))


def test_a_fund_has_dailies_on_trading_days(market: Market) -> None:
    august = [d for d in days(market, SPY, "SPY", date(2025, 8, 25)) if d < date(2025, 9, 1)]
    assert august == [date(2025, 8, day) for day in (25, 26, 27, 28, 29)]
    assert date(2025, 9, 1) not in days(market, SPY, "SPY", date(2025, 8, 25))  # Labor Day


def test_the_index_has_two_classes_that_share_dates(market: Market) -> None:
    morning, all_days = days(market, SPX, "SPX"), days(market, SPX, "SPXW")
    # Settled on the open of the third Friday: last traded, and dated, the Thursday before.
    assert morning[:2] == [date(2025, 9, 18), date(2025, 10, 16)]
    assert {date(2025, 9, 18), date(2025, 9, 19)} <= set(all_days)
    september = market.options(SPX, "SEP25", NOON, strike=Decimal(6450), right=Right.CALL)
    shared = [o for o in september if o.expiry == date(2025, 9, 18)]
    assert [(o.trading_class, o.am_settled, o.weekly) for o in shared] == [
        ("SPX", True, False),
        ("SPXW", False, True),
    ]
    assert len({o.conid for o in shared}) == 2


def test_the_far_months_are_leaps(market: Market) -> None:
    far = [day for day in days(market, AAPL, "AAPL") if day.year >= 2027]
    assert date(2027, 1, 15) in far
    assert date(2028, 1, 21) in far
    assert all(day.month in (1, 3, 6, 12) for day in far)


# Strikes.


def test_a_month_has_the_union_of_its_expiries_strikes(market: Market) -> None:
    strikes = market.strikes(ARM, "sep25", NOON)
    assert strikes[Right.CALL] == strikes[Right.PUT] == sorted(set(strikes[Right.CALL]))
    calls = market.options(ARM, "SEP25", NOON, right=Right.CALL)
    assert set(strikes[Right.CALL]) == {option.strike for option in calls}
    monthly = {o.strike for o in calls if o.expiry == date(2025, 9, 19)}
    weekly = {o.strike for o in calls if o.expiry == date(2025, 9, 12)}
    assert Decimal("142.5") in monthly - weekly
    assert Decimal(143) in weekly - monthly


@pytest.mark.parametrize(
    ("conid", "month", "exchange"),
    [
        (ARM, "JUL25", "SMART"),
        (ARM, "AUGUST", "SMART"),
        (ARM, "AUG25", "CDE"),
        (AAPL_CDR, "SEP25", "SMART"),
        (1, "AUG25", "SMART"),
    ],
)
def test_an_unknown_month_exchange_or_underlying_has_no_strikes(
    market: Market, conid: int, month: str, exchange: str
) -> None:
    empty: dict[Right, list[Decimal]] = {Right.CALL: [], Right.PUT: []}
    assert market.strikes(conid, month, NOON, exchange) == empty
    assert market.options(conid, month, NOON, exchange=exchange) == []


def test_the_canadian_listing_has_options_on_its_own_exchange(market: Market) -> None:
    options = market.options(AAPL_CDR, "SEP25", NOON, exchange="CDE")
    assert options
    assert {option.currency for option in options} == {"CAD"}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("conid", "month", "around", "step"),
    [
        (ARM, "AUG25", 139, 1),
        (SPY, "AUG25", 643, 1),
        (SPX, "AUG25", 6450, 5),
        (AAPL, "SEP25", 230, 5),
    ],
)
def test_strikes_are_dense_around_the_money_whatever_the_seed(
    seed: int, conid: int, month: str, around: int, step: int
) -> None:
    strikes = Market(seed).strikes(conid, month, NOON)[Right.CALL]
    near = range(around // step * step - 3 * step, around + 4 * step, step)
    assert {Decimal(strike) for strike in near} <= set(strikes)
    assert strikes[0] < around * Decimal("0.8")
    assert strikes[-1] > around * Decimal("1.2")


def test_strikes_widen_away_from_the_money_and_with_time(market: Market) -> None:
    def steps(month: str) -> list[Decimal]:
        strikes = market.strikes(SPX, month, NOON)[Right.CALL]
        return [high - low for low, high in pairwise(strikes)]

    assert min(steps("AUG25")) == 5
    assert steps("AUG25")[0] == steps("AUG25")[-1] == 100
    assert min(steps("DEC28")) == 25


def test_strikes_do_not_change_during_a_day(market: Market) -> None:
    morning, evening = new_york(ANCHOR, 9, 31), new_york(ANCHOR, 15, 59)
    assert market.options(ARM, "AUG25", morning) == market.options(ARM, "AUG25", evening)


def test_options_come_by_expiry_calls_first(market: Market) -> None:
    rows = market.options(ARM, "AUG25", NOON, strike=Decimal("143.0"))
    assert [(row.expiry.day, row.right) for row in rows] == [
        (22, Right.CALL),
        (22, Right.PUT),
        (29, Right.CALL),
        (29, Right.PUT),
    ]
    assert market.options(ARM, "AUG25", NOON, strike=Decimal("143.01")) == []


# Futures and ticks.


def test_futures_are_quarterly_third_fridays(market: Market) -> None:
    contracts = market.futures("es", NOON)
    assert [contract.expiry for contract in contracts[:4]] == [
        date(2025, 9, 19),
        date(2025, 12, 19),
        date(2026, 3, 20),
        date(2026, 6, 18),  # Juneteenth is a Friday
    ]
    assert contracts[3].conid == 649180678  # recorded
    assert all(market.future(contract.conid) == contract for contract in contracts)
    assert market.future(551_000_025) is None  # what the recorded id replaces
    assert market.futures("ARM", NOON) == []


def test_tick_rules_depend_on_the_class(market: Market) -> None:
    def increments(conid: int) -> list[tuple[str, str]]:
        rules = market.tick_rules(conid)
        return [(str(rule.from_price), str(rule.increment)) for rule in rules]

    def first(conid: int) -> int:
        return market.options(conid, "AUG25", NOON)[0].conid

    assert increments(ARM) == [("0", "0.01")]
    assert increments(first(ARM)) == [("0", "0.01"), ("3", "0.05")]
    assert increments(first(SPY)) == [("0", "0.01")]
    assert increments(first(SPX)) == [("0", "0.05"), ("3", "0.10")]
    assert increments(649180678) == [("0", "0.25")]
    assert increments(1) == []
