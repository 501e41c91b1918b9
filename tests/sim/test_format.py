"""How values are spelled on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ibcli.sim import format as wire
from ibcli.sim.market.model import Feed, OptionContract, Quote, Right

QUOTE = Quote(1, datetime(2025, 8, 18, 14, tzinfo=UTC), Feed.LIVE, last=Decimal("1.6"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.6", "1.60"),
        ("270", "270.00"),
        ("0.0525", "0.0525"),
        ("-2.5", "-2.50"),
        ("1E+2", "100.00"),
    ],
)
def test_price(value: str, text: str) -> None:
    assert wire.price(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text", "raw"),
    [
        (0, "0", 0.0),
        (598, "598", 598.0),
        (9_999, "9,999", 9999.0),
        (10_234, "10.2K", 10200.0),
        (25_512_345, "25.5M", 25500000.0),
    ],
)
def test_volume(value: int, text: str, raw: float) -> None:
    assert wire.volume(value) == (text, raw)


def test_size() -> None:
    assert wire.size(1300) == "1,300"


def test_greek_and_percent() -> None:
    assert wire.greek(Decimal("-0.28249")) == "-0.282"
    assert wire.percent(Decimal("0.385")) == "38.5%"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "1.60"),
        ({"last_is_prior_close": True}, "C1.60"),
        ({"halted": True}, "H1.60"),
        ({"last": None}, None),
    ],
)
def test_last_has_a_prefix_when_it_is_not_a_trade_of_today(
    changes: dict[str, object], text: str | None
) -> None:
    assert wire.last(replace(QUOTE, **changes)) == text  # type: ignore[arg-type]


def test_option_words() -> None:
    option = OptionContract(
        conid=1,
        underlying_conid=2,
        symbol="AAPL",
        trading_class="AAPL",
        expiry=date(2024, 10, 18),
        strike=Decimal("217.50"),
        right=Right.CALL,
        multiplier=100,
        currency="USD",
        exchanges=("SMART",),
        weekly=False,
    )
    assert wire.option_description(option) == "OCT 18 '24 217.5 Call"
    assert wire.occ_symbol(option) == "AAPL  241018C00217500"
    assert wire.month_code(option.expiry) == "OCT24"
