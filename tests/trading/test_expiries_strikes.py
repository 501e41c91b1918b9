"""Expiries and strikes over the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.contract_book import ContractBook
from ibcli.domain.months import ExpiryWord, Month
from ibcli.errors import NotFoundError
from ibcli.trading.board import Board
from ibcli.trading.expiries import expiries
from ibcli.trading.strikes import strikes
from tests.decode.answers import info_row

if TYPE_CHECKING:
    from tests.trading.conftest import Desk

AUG25 = Month.parse("AUG25")
SEP25 = Month.parse("SEP25")


def test_all_expiries_of_a_symbol(shared_desk: Desk) -> None:
    with shared_desk.client() as client:
        found = expiries(client, "ARM").data
    assert found.today == date(2025, 8, 18)
    assert found.month is None
    days = [row.day for row in found.rows]
    assert days == sorted(days)
    assert {date(2025, 8, 22), date(2025, 8, 29), date(2025, 9, 19)} <= set(days)
    by_day = {row.day: row for row in found.rows}
    assert (by_day[date(2025, 8, 22)].days, by_day[date(2025, 8, 22)].weekly) == (4, True)
    monthly = by_day[date(2025, 9, 19)]
    assert (monthly.days, monthly.weekly, monthly.month) == (32, False, "SEP25")
    # Juneteenth 2026 is the third Friday: the monthly lies on the Thursday before.
    assert not by_day[date(2026, 6, 18)].weekly


@pytest.mark.parametrize("month", [AUG25, SEP25])
def test_a_few_strikes_tell_every_expiry_of_a_month(shared_desk: Desk, month: Month) -> None:
    with shared_desk.client(60) as client:
        found = expiries(client, "ARM", month=month).data
        with ContractBook(client) as book:
            board = Board(book, found.underlying, month)
            board.look_up_all()
            assert list(found.rows) == board.expiries(found.today)


def test_a_month_of_expiries_takes_few_requests(fresh_desk: Desk) -> None:
    before = fresh_desk.count("/iserver/secdef/info")
    with fresh_desk.client() as client:
        expiries(client, "SPX", month=SEP25)
    assert fresh_desk.count("/iserver/secdef/info") - before <= 4


def test_classes_are_told_apart(shared_desk: Desk) -> None:
    with shared_desk.client() as client:
        found = expiries(client, "SPX", month=SEP25).data
    monthly = [row for row in found.rows if not row.weekly]
    assert [(row.day, row.trading_class) for row in monthly] == [(date(2025, 9, 18), "SPX")]
    assert {row.trading_class for row in found.rows if row.weekly} == {"SPXW"}


def test_a_month_that_is_not_listed(shared_desk: Desk) -> None:
    with shared_desk.client() as client, pytest.raises(NotFoundError) as caught:
        expiries(client, "ARM", month=Month.parse("MAR26"))
    assert caught.value.hint == "Nearest months: JAN26, FEB26, MAY26."


def test_the_strikes_of_a_month(shared_desk: Desk) -> None:
    with shared_desk.client() as client:
        found = strikes(client, "ARM", month=AUG25).data
    assert (found.month, found.expiry) == ("AUG25", None)
    assert found.calls == tuple(sorted(found.calls))
    assert Decimal(143) in found.calls
    assert found.underlying_quote is not None
    assert found.underlying_quote.price is not None
    assert found.at_the_money is not None
    assert abs(found.at_the_money - found.underlying_quote.price) <= Decimal("0.5")


def test_the_strikes_of_an_expiry_are_fewer_than_its_months(shared_desk: Desk) -> None:
    with shared_desk.client() as client:
        month = strikes(client, "ARM", month=SEP25).data
        monthly = strikes(client, "ARM", expiry=date(2025, 9, 19)).data
        following = strikes(client, "ARM", expiry=ExpiryWord.NEXT).data
    assert set(monthly.calls) < set(month.calls)
    assert (monthly.month, monthly.expiry) == ("SEP25", date(2025, 9, 19))
    assert following.expiry == date(2025, 8, 22)


def test_the_strikes_of_one_class(shared_desk: Desk) -> None:
    with shared_desk.client(60) as client:
        found = strikes(client, "SPX", month=Month.parse("DEC26"), trading_class="SPX").data
        assert found.calls
        assert found.expiry is not None
        with pytest.raises(NotFoundError) as caught:
            strikes(client, "SPX", expiry=found.expiry, trading_class="NDX")
    assert caught.value.hint == "Classes: SPX."


def test_strikes_of_two_classes_together_are_said_to_be_so(own_desk: Desk) -> None:
    rows = [
        info_row(n, right, "20250822", strike=143.0, tradingClass=name)
        for n, (right, name) in enumerate([("C", "ARM"), ("C", "ARM1"), ("P", "ARM1")], 1)
    ]
    own_desk.sim.faults.add("/iserver/secdef/strikes", body={"call": [143.0], "put": [143.0]})
    own_desk.sim.faults.add("/iserver/secdef/info", body=rows, count=None)
    with own_desk.client() as client:
        both = strikes(client, "ARM", expiry=date(2025, 8, 22))
        one = strikes(client, "ARM", expiry=date(2025, 8, 22), trading_class="ARM")
    assert both.warnings == (
        "The strikes of ARM and ARM1 are shown together: --class ARM shows those of one.",
    )
    assert (one.warnings, one.data.puts) == ((), ())


def test_a_class_without_such_an_expiry_names_its_own_nearest(shared_desk: Desk) -> None:
    with shared_desk.client(60) as client, pytest.raises(NotFoundError) as caught:
        strikes(client, "SPX", expiry=date(2026, 4, 17), trading_class="SPX")
    assert "of class SPX that expire on 2026-04-17" in caught.value.message
    assert caught.value.hint == "Nearest: 2026-04-16."
