"""Every recorded answer about contracts and quotes decodes, where the recordings are at hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson

from ibcli.broker import decode

FOLDER = Path(__file__).parents[3] / "shared" / "ibkr" / "payloads"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not at hand")


def bodies(pattern: str) -> dict[str, Any]:
    """The answers of all recordings whose names match."""
    found = {
        path.stem: simplejson.loads(path.read_text(), use_decimal=True)["body"]
        for path in sorted(FOLDER.glob(pattern))
    }
    assert found
    return found


def test_searches() -> None:
    for name, body in bodies("secdef-search--*.json").items():
        read = decode.decode_listings(body)
        assert len(read.rows) == len(body), name
        assert read.odd == (), name
        assert sum(listing.tradable for listing in read.rows) == 1, name
        (tradable,) = (listing for listing in read.rows if listing.tradable)
        assert len(tradable.option_months) >= 10, name


def test_option_info() -> None:
    found = bodies("secdef-info--*option*.json") | bodies("secdef-info--spx*.json")
    for name, body in found.items():
        read = decode.decode_option_info(body, 1)
        assert len({contract.key for contract in read.rows}) == len(body), name
        assert read.odd == (), name


def test_info_that_is_not_of_options() -> None:
    found = bodies("secdef-info--stock*.json") | bodies("secdef-info--future*.json")
    for name, body in found.items():
        read = decode.decode_option_info(body, 1)
        assert (read.rows, len(read.odd)) == ((), 1), name


def test_strikes() -> None:
    for name, body in bodies("strikes--*.json").items():
        read = decode.decode_strikes(body)
        assert len(read.calls) == len(body["call"]), name
        assert read.odd == (), name


def test_definitions() -> None:
    for name, body in bodies("trsrv-secdef--*.json").items():
        read = decode.decode_definitions(body)
        assert [row.instrument.symbol for row in read.rows] == ["SPY"], name
    for name, body in bodies("contract-info--*.json").items():
        assert decode.decode_contract_info(body).instrument.symbol == "SPY", name


def test_snapshots() -> None:
    for name, body in bodies("snapshot--*.json").items():
        rows = decode.raw_rows(body)
        assert len(rows) == len(body), name
        for conid, row in rows.items():
            assert decode.decode_quote(conid, row).odd == (), name


def test_the_recorded_option_lies_between_its_bid_and_ask() -> None:
    ((conid, row),) = decode.raw_rows(bodies("snapshot--option*.json").popitem()[1]).items()
    quote = decode.decode_quote(conid, row)
    assert (quote.bid, quote.last, quote.ask) == (Decimal("2.60"), Decimal("2.61"), Decimal("2.67"))
    assert [quote.bid_size, quote.ask_size, quote.volume] == [1, 1, 10200]
    assert (quote.delta, quote.theta) == (Decimal("0.271"), Decimal("-0.282"))
