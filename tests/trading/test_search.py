"""Symbols over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ibcli.broker.contract_book import ContractBook
from ibcli.errors import NotFoundError
from ibcli.trading.search import find_optionable, search

if TYPE_CHECKING:
    from tests.trading.conftest import Desk


def listing_row(conid: int, exchange: str, options_at: str | None) -> dict[str, object]:
    """A row of an answer to a search for XYZ."""
    options = {"secType": "OPT", "months": "AUG25", "exchange": options_at}
    return {
        "conid": str(conid),
        "companyHeader": f"XYZ INC - {exchange}",
        "companyName": "XYZ INC",
        "symbol": "XYZ",
        "description": exchange,
        "sections": [{"secType": "STK"}, *([options] if options_at else [])],
    }


def test_the_tradable_listing_comes_first(shared_desk: Desk) -> None:
    with shared_desk.client() as client:
        listings, warnings = search(client, "ARM")
    assert listings[0].conid == 653400472
    assert listings[0].tradable
    assert "AUG25" in listings[0].option_months
    assert not any(listing.tradable for listing in listings[1:])
    assert warnings == ()


def test_a_listing_that_is_not_the_first_row_is_found(own_desk: Desk) -> None:
    rows = [listing_row(1, "MEXI", None), listing_row(2, "TSE", "CDE")]
    rows.append(listing_row(3, "NASDAQ", "SMART;AMEX"))
    own_desk.sim.faults.add("/iserver/secdef/search", body=rows)
    with own_desk.client() as client:
        listings, _ = search(client, "XYZ")
    assert [listing.conid for listing in listings] == [3, 1, 2]


def test_a_search_is_remembered_for_the_day(fresh_desk: Desk) -> None:
    for _ in range(2):
        before = fresh_desk.count("/iserver/secdef/search")
        with fresh_desk.client() as client:
            search(client, "TSLA")
    assert fresh_desk.count("/iserver/secdef/search") == before


def test_by_name(shared_desk: Desk) -> None:
    with shared_desk.client() as client:
        listings, _ = search(client, "apple", by_name=True)
    assert 265598 in [listing.conid for listing in listings]


def test_a_name_that_nobody_has(shared_desk: Desk) -> None:
    with shared_desk.client() as client, pytest.raises(NotFoundError, match="no company named"):
        search(client, "qqzzx holdings", by_name=True)


def test_an_index(shared_desk: Desk) -> None:
    with shared_desk.client() as client:
        listings, _ = search(client, "SPX", sec_type="IND")
    assert listings[0].conid == 416904


def test_an_unknown_symbol_names_the_nearest(shared_desk: Desk) -> None:
    with shared_desk.client() as client:
        search(client, "ARM")
        with pytest.raises(NotFoundError) as caught:
            search(client, "AMR")
        assert "ARM" in caught.value.hint
        with pytest.raises(NotFoundError) as caught:
            search(client, "QQZZX")
    assert "--name" in caught.value.hint


def test_rows_that_cannot_be_read_are_reported_and_not_remembered(own_desk: Desk) -> None:
    rows = [{"conid": "no number"}, listing_row(3, "NASDAQ", "SMART")]
    own_desk.sim.faults.add("/iserver/secdef/search", body=rows, count=2)
    for _ in range(2):
        with own_desk.client() as client:
            listings, warnings = search(client, "XYZ")
        assert [listing.conid for listing in listings] == [3]
        assert "no number" in warnings[0]


def test_options_are_those_of_the_listing_on_smart_not_of_the_first_row(own_desk: Desk) -> None:
    rows = [listing_row(1, "TSE", "CDE"), listing_row(2, "NASDAQ", "AMEX;SMART")]
    own_desk.sim.faults.add("/iserver/secdef/search", body=rows)
    with own_desk.client() as client, ContractBook(client) as book:
        assert find_optionable(book, ["XYZ"]).conid == 2


def test_a_symbol_without_options_says_so(own_desk: Desk) -> None:
    own_desk.sim.faults.add("/iserver/secdef/search", body=[listing_row(1, "LSE", None)])
    with (
        own_desk.client() as client,
        ContractBook(client) as book,
        pytest.raises(NotFoundError) as caught,
    ):
        find_optionable(book, ["XYZ"])
    assert caught.value.code == "no-options"
