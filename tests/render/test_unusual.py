"""What a tired trader would misread unless it were said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.domain.chains import Chain, ChainRow, ChainSide, ChainTable, Expiry
from ibcli.domain.quotes import Feed
from ibcli.render import chain, strikes
from tests.render.values import ARM_QUOTE, AUG22, AUG29, CHAIN, STRIKES

if TYPE_CHECKING:
    from tests.render.conftest import Draw


def with_calls(**changes: object) -> Chain:
    """The chain, its calls of other terms."""

    def side(row: ChainRow) -> ChainSide | None:
        return row.call and ChainSide(replace(row.call.contract, **changes), row.call.quote)  # type: ignore[arg-type]

    rows = tuple(replace(row, call=side(row)) for row in CHAIN.tables[0].rows)
    return replace(CHAIN, tables=(ChainTable(AUG22, rows),))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"multiplier": Decimal(150)}, "ARM  multiplier 100 or 150"),
        ({"multiplier": None}, "ARM  multiplier 100 or unknown"),
        ({"currency": "EUR"}, "ARM  EUR"),
    ],
)
def test_other_terms_than_the_usual_are_said(
    changes: dict[str, object], said: str, on_screen: Draw
) -> None:
    assert said in on_screen(chain, with_calls(**changes), 80)
    assert "multiplier" not in on_screen(chain, CHAIN, 80)


def test_the_morning_of_settlement_is_said(on_screen: Draw) -> None:
    monthly = Expiry(date(2025, 9, 18), 31, "SPX", weekly=False, month="SEP25")
    drawn = replace(CHAIN, tables=(ChainTable(monthly, CHAIN.tables[0].rows),))
    assert "monthly  SPX  settles Fri morning" in on_screen(chain, drawn, 80)


def test_of_many_other_expiries_the_nearest_and_the_monthly_are_named(on_screen: Draw) -> None:
    many = tuple(
        replace(AUG29, day=AUG29.day + timedelta(days=n), days=11 + n, weekly=n != 8)
        for n in range(12)
    )
    text = " ".join(on_screen(chain, replace(CHAIN, other_expiries=many), 80).split())
    assert text.endswith(
        "Also in this month: 2025-08-29 (11 days, ARM), 2025-08-30 (12 days, ARM), "
        "2025-08-31 (13 days, ARM), 2025-09-06 (19 days, monthly, ARM) and 8 more "
        "(ibcli expiries ARM --month AUG25). To see one: ibcli chain ARM --expiry 2025-08-29"
    )


@pytest.mark.parametrize(
    ("feed", "said"), [(Feed.DELAYED, "DELAYED"), (None, "UNKNOWN"), (Feed.FROZEN, "FROZEN")]
)
def test_strikes_by_a_price_that_is_not_live_say_so(
    feed: Feed | None, said: str, on_screen: Draw
) -> None:
    delayed = replace(STRIKES, underlying_quote=replace(ARM_QUOTE, feed=feed))
    assert said in on_screen(strikes, delayed, 120).splitlines()[0]
    assert "LIVE" not in on_screen(strikes, STRIKES, 120)
    assert strikes.document(delayed)["underlying"]["feed"] == feed
