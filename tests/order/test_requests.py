"""How few requests an order is: counted at the simulator."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ibcli.domain.contracts import Right
from ibcli.domain.quotes import Feed, Quote
from ibcli.trading.orders.strikes import is_decided

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.order.conftest import Trader

SNAPSHOT = "marketdata/snapshot"
STATUS = "order/status"
WORDS = ("SPY", "--side", "both")
# So far from the market that it would have to move a dollar to fill them.
FAR = (
    *("SPY", "--side", "both", "--expiry", "2025-08-22"),
    *("--strike", "630,655", "--limit", "ask"),
)
NOW = ("SPY", "--side", "put", "--strike", "641", "--limit", "natural")


def counted(trader: Trader) -> Counter[str]:
    """Requests by the last words of their paths, without numbers."""
    found: Counter[str] = Counter()
    for request in trader.sim.requests:
        words = [word for word in request.path.split("/")[3:] if not word[-1].isdigit()]
        found["reply" if "reply" in words else "/".join(words[-2:])] += 1
    return found


def warm(trader: Trader, *words: str) -> Trader:
    """Contracts, rules and hours are known, and the streams are open."""
    assert trader.preview(*words).code == 0
    assert trader.preview(*words).code == 0
    trader.forget_requests()
    return trader


def test_a_warm_preview_of_both_sides_is_four_requests(
    trader_at: Callable[..., Trader],
) -> None:
    trader = warm(trader_at(), *WORDS)
    trader.preview(*WORDS)
    found = counted(trader)
    # the underlying, both ladders at once; the legs anew only where half a second has passed
    assert found.pop(SNAPSHOT) in {2, 3}
    assert found == {"orders/whatif": 2}


def test_a_first_order_does_not_wait_for_the_greeks_of_far_strikes(
    trader_at: Callable[..., Trader],
) -> None:
    trader = trader_at(greeks_after_polls=3)
    chosen = trader.preview(*WORDS).data["legs"]
    # the underlying twice; the ladders: opened, prices, greeks of those near; perhaps the legs
    assert counted(trader)[SNAPSHOT] <= 7
    later = trader.preview(*WORDS).data["legs"]
    assert [leg["conid"] for leg in later] == [leg["conid"] for leg in chosen]


def test_stops_are_looked_at_once(trader_at: Callable[..., Trader]) -> None:
    trader = warm(trader_at(), *FAR)
    ended = trader.order(*FAR, job="counted")
    assert ended.code == 0, ended.err
    legs = ended.data["legs"]
    stops = [str(order["order_id"]) for leg in legs for order in leg["orders"][1:]]
    asked = [request.path.rpartition("/")[2] for request in trader.sim.requests]
    assert [asked.count(stop) for stop in stops] == [1, 1]
    trader.forget_requests()
    assert trader.order(*FAR, job="counted").data["already"] is True
    assert counted(trader) == {STATUS: 4}


def test_trades_are_asked_for_by_those_who_wait_for_fills(
    trader_at: Callable[..., Trader],
) -> None:
    trader = trader_at()
    (leg,) = trader.order(*NOW, job="filled").data["legs"]
    assert leg["state"] == "filled"
    assert counted(trader)["account/trades"] == 0
    trader.order(*NOW, "--wait", "filled", job="filled")
    assert counted(trader)["account/trades"] > 0


def quote(delta: str | None, bid: str | None = "1.00") -> Quote:
    return Quote(
        conid=1,
        feed=Feed.LIVE,
        bid=Decimal(bid) if bid else None,
        ask=Decimal("1.10"),
        delta=Decimal(delta) if delta else None,
    )


def ladder(*deltas: str | None) -> dict[Decimal, Quote | None]:
    """By rising strike; a blank is a row without its delta yet."""
    return {Decimal(600 + n): quote(delta) for n, delta in enumerate(deltas)}


WISHED = Decimal("0.10")


@pytest.mark.parametrize(
    ("deltas", "decided"),
    [
        (("0.30", "0.20", "0.09", "0.03"), True),
        ((None, "0.20", "0.09", "0.03", None), True),  # far ones cannot be nearer
        ((None, "0.09", "0.03", None), False),  # the first may be 0.10
        (("0.30", "0.11", None, "0.03"), False),
        ((None, None, None), False),
        (("0.30", None, "0.20"), True),  # all are too large: others must be looked up
        ((None, "0.30", "0.20", None), False),  # the last may yet be small enough
        (("0.08", None, None), True),  # all are too small
    ],
)
def test_when_no_more_deltas_matter(deltas: tuple[str | None, ...], decided: bool) -> None:
    calls = ladder(*deltas)
    puts = {-strike: quote for strike, quote in calls.items()}
    assert is_decided(calls, WISHED, Right.CALL) is decided
    assert is_decided(puts, WISHED, Right.PUT) is decided


def test_a_strike_without_a_market_decides_nothing() -> None:
    calls = ladder("0.30", "0.20", "0.09", "0.03")
    calls[Decimal(602)] = quote("0.09", bid=None)
    assert not is_decided(calls, WISHED, Right.CALL)
    assert not is_decided({}, WISHED, Right.CALL)
