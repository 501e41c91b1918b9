"""Each limit refuses with its name, its value and itself, and nothing that writes is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ibcli.config import load_settings
from ibcli.domain.contracts import Listing
from ibcli.domain.order_preview import Bounds
from ibcli.domain.orders import Side, TicketLeg, Tradable
from ibcli.domain.quotes import LastKind, Quote
from ibcli.domain.terms import TradingHours
from ibcli.sim.embedded import SimServer
from ibcli.trading.orders.facts import Facts
from ibcli.trading.orders.guards import check_circumstances
from ibcli.trading.orders.market_guards import age, delta, quality, quote_trouble
from ibcli.trading.orders.shapes import Shape
from tests.order.conftest import Trader
from tests.scenes.market import EVENING, simulated_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.scenes.ended import EndedOrder

PUT = ("SPY", "--side", "put", "--strike", "641")
CROSSED = [
    ("guard-symbols", "IBCLI_SYMBOLS", "ARM,QQQ", (), "SPY", "ARM, QQQ"),
    ("guard-max-contracts", "IBCLI_MAX_CONTRACTS", "1", ("--qty", "2"), "2", "1"),
    ("guard-max-contracts", "IBCLI_MAX_CONTRACTS", "3", ("--width", "1", "--qty", "2"), "4", "3"),
    ("guard-max-premium", "IBCLI_MAX_PREMIUM", "5", ("--limit", "0.50"), "$50.00", "$5.00"),
    ("guard-max-loss", "IBCLI_MAX_LOSS", "20", ("--limit", "0.50"), "$125.00", "$20.00"),
    ("guard-max-loss", "IBCLI_MAX_LOSS", "20", ("--limit", "0.50", "--no-stop"), "$64,0", "$20.00"),
    ("guard-max-delta", "IBCLI_MAX_DELTA", "0.02", (), "0.0", "0.02"),
    ("guard-max-spread", "IBCLI_MAX_SPREAD", "0.01", (), "% of mid", "1.0% of mid"),
    ("guard-price-band", "IBCLI_PRICE_BAND", "10%", ("--limit", "0.20"), "% off mid", "10.0%"),
    ("guard-max-margin", "IBCLI_MAX_MARGIN", "0.001", (), "% of equity", "0.1% of equity"),
    ("guard-window", "IBCLI_WINDOW", "09:30-10:30", (), "11:0", "09:30-10:30"),
    ("guard-quote-max-age", "IBCLI_QUOTE_MAX_AGE", "0.000001", (), " s old", "0.000001 s"),
    ("guard-unattended", "IBCLI_UNATTENDED", "never", (), "unattended, paper account", "never"),
]

NOON = datetime(2025, 8, 18, 16, tzinfo=UTC)
PUT_641 = Tradable(1, "OPT", "SPY", "SPY 18AUG25 641 P", Decimal(100))


def facts(quotes: dict[int, Quote]) -> Facts:
    """One put to be sold, these quotes, and the usual limits."""
    return Facts(
        settings=load_settings(environ={}),
        listing=Listing(9, "SPY", None, None, ()),
        paper=True,
        asked=False,
        queue=False,
        now=NOON,
        hours=TradingHours({}),
        shapes=(Shape(1, Side.SELL, 1, (TicketLeg(PUT_641),)),),
        quotes=quotes,
        priced=(),
        bounds=Bounds(is_known=False, most=None, least=None, at_stops=None),
        margin=None,
        sent_today=0,
        halt=None,
    )


def refused(trader: Trader, ended: EndedOrder, code: str) -> str:
    """The message of a refusal by a guard, after which nothing was sent."""
    assert ended.code == 9, ended.err
    assert ended.failure["code"] == code
    assert trader.posts() == []
    return str(ended.failure["message"])


@pytest.mark.parametrize(("code", "setting", "limit", "words", "value", "shown"), CROSSED)
def test_a_limit_that_is_crossed(
    quiet: Trader,
    code: str,
    setting: str,
    limit: str,
    words: tuple[str, ...],
    value: str,
    shown: str,
) -> None:
    quiet.limited(**{setting: limit})
    ended = quiet.order(*PUT, *words)
    message = refused(quiet, ended, code)
    assert setting in message
    assert value in message
    assert shown in message
    guard = ended.guards[code]
    assert (guard["ok"], guard["setting"]) == (False, setting)
    assert ended.data["refused_by"] == code


def test_all_limits_are_shown_with_their_values(quiet: Trader) -> None:
    ended = quiet.preview(*PUT)
    assert ended.code == 0
    assert len(ended.guards) == 17
    assert all(guard["ok"] and guard["value"] for guard in ended.guards.values())
    assert ended.guards["guard-symbols"]["limit"] is None
    assert quiet.posts() == []


def test_an_unlimited_loss_is_beyond_any_limit(quiet: Trader) -> None:
    quiet.limited(IBCLI_MAX_LOSS="1000000")
    ended = quiet.order("SPY", "--side", "call", "--strike", "646", "--no-stop")
    assert "unlimited" in refused(quiet, ended, "guard-max-loss")


def test_a_window_that_is_open(quiet: Trader) -> None:
    quiet.limited(IBCLI_WINDOW="10:30-13:00")
    assert quiet.preview(*PUT).code == 0


def test_none_takes_a_limit_away(quiet: Trader) -> None:
    quiet.limited(IBCLI_MAX_DELTA="none", IBCLI_MAX_CONTRACTS="none", IBCLI_MAX_MARGIN="none")
    ended = quiet.preview("SPY", "--side", "put", "--strike", "645", "--expiry", "next")
    assert ended.code == 0, ended.err
    assert ended.guards["guard-max-delta"]["limit"] is None


def test_orders_of_the_day_are_counted_over_all_jobs(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at()
    trader.limited(IBCLI_MAX_ORDERS_PER_DAY="2")
    assert trader.order(*PUT).code == 0
    assert trader.order(*PUT).code == 0
    sent = trader.posts()
    ended = trader.order(*PUT)
    assert (ended.code, ended.failure["code"]) == (9, "guard-max-orders-per-day")
    assert ended.guards["guard-max-orders-per-day"]["value"] == "3"
    assert trader.posts() == sent


@pytest.fixture
def other_feed(quiet: Trader) -> Iterator[Trader]:
    """A trader whose market can be made another feed, for the time of a test."""
    yield quiet
    quiet.sim.session.feed("R")


@pytest.mark.parametrize(
    ("feed", "words"),
    [("D", PUT), ("Z", PUT), ("Y", PUT), ("N", PUT), ("D", ("SPY", "--side", "put"))],
)
def test_data_that_is_not_live_is_refused(
    other_feed: Trader, feed: str, words: tuple[str, ...]
) -> None:
    other_feed.sim.session.feed(feed)
    refused(other_feed, other_feed.order(*words), "guard-feed")


@pytest.mark.parametrize(
    ("quote", "trouble"),
    [
        (None, "no quote"),
        (Quote(1), "no ask"),
        (Quote(1, ask=Decimal(1)), "no bid"),
        (Quote(1, bid=Decimal(0), ask=Decimal(1)), "no bid"),
        (Quote(1, bid=Decimal(1)), "no ask"),
        (Quote(1, bid=Decimal(2), ask=Decimal(1)), "crossed, bid 2 above ask 1"),
        (
            Quote(1, bid=Decimal(1), ask=Decimal(2), last_kind=LastKind.HALTED),
            "halted",
        ),
        (Quote(1, bid=Decimal(1), ask=Decimal(1)), ""),
    ],
)
def test_what_is_wrong_with_a_quote(quote: Quote | None, trouble: str) -> None:
    assert quote_trouble(quote) == trouble


def test_a_wing_does_without_a_bid_and_not_without_an_ask() -> None:
    assert quote_trouble(Quote(1, ask=Decimal(1)), is_wing=True) == ""
    assert quote_trouble(Quote(1, bid=Decimal(1)), is_wing=True) == "no ask"


@pytest.mark.parametrize(
    ("seconds", "value", "ok"),
    [
        (29, "29.0 s old", True),
        (31, "31.0 s old", False),
        (-31, "31.0 s ahead", False),
        (None, "not known", False),
    ],
)
def test_the_age_of_quotes(seconds: int | None, value: str, ok: bool) -> None:
    updated = NOON - timedelta(seconds=seconds) if seconds is not None else None
    check = age(facts({1: Quote(1, updated=updated)}))
    assert (check.value, check.ok) == (value, ok)


def test_a_delta_that_is_not_told_is_too_large() -> None:
    check = delta(facts({1: Quote(1)}))
    assert (check.value, check.ok) == ("not known", False)


@pytest.mark.parametrize(
    ("updates", "trouble"),
    [({}, ""), ({"underlying_quote": Quote(9, last_kind=LastKind.HALTED)}, "SPY: halted")],
)
def test_options_of_a_halted_underlying(updates: dict[str, Any], trouble: str) -> None:
    found = replace(facts({1: Quote(1, bid=Decimal(1), ask=Decimal(2))}), **updates)
    check = quality(found)
    assert check.ok is not bool(trouble)
    assert trouble in check.value


def test_a_contract_without_a_bid_is_refused(quiet: Trader) -> None:
    ended = quiet.order("SPY", "--side", "put", "--strike", "630")
    assert "no bid" in refused(quiet, ended, "guard-quote")


def test_by_delta_what_has_no_market_is_passed_over(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at("2025-08-18T14:30:00-04:00")
    trader.limited(IBCLI_MAX_SPREAD="none")
    ended = trader.preview("SPY", "--side", "put", "--delta", "0.01")
    assert ended.code == 0, ended.err
    assert ended.data["legs"][0]["bid"]
    assert any("has no bid" in warning for warning in ended.document["warnings"])
    too_far = trader.preview("SPY", "--side", "put", "--delta", "0.003")
    assert (too_far.code, too_far.failure["code"]) == (5, "unknown-strike")


@pytest.fixture(scope="session")
def night() -> Iterator[SimServer]:
    """A market that has closed, for tests that place nothing."""
    with SimServer(simulated_day(EVENING)) as sim:
        yield sim


@pytest.fixture
def evening(
    night: SimServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Trader:
    return Trader(night, tmp_path, monkeypatch, capsys)


def test_a_closed_market(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at(EVENING)
    ended = trader.order("SPY", "--side", "put", "--strike", "640")
    assert (ended.code, ended.failure["code"]) == (9, "guard-market"), ended.err
    assert "closed until Tue 19 Aug 09:30" in ended.failure["message"]
    assert trader.posts() == []


def test_an_order_may_wait_for_the_open(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at(EVENING)
    ended = trader.order("SPY", "--side", "put", "--queue")
    assert ended.code == 0, ended.err
    assert ended.data["trading_day"] == "2025-08-19"
    (leg,) = ended.data["legs"]
    assert leg["orders"][0]["legs"][0]["expiry"] == "2025-08-19"
    assert [order["status"] for order in leg["orders"]] == ["PreSubmitted", "PreSubmitted"]


@pytest.mark.parametrize(
    "words",
    [
        ("--type", "MKT"),
        ("--type", "STP", "--stop-price", "0.40"),
        ("--type", "TRAIL", "--trail", "0.05"),
        ("--type", "MIDPRICE"),
    ],
)
def test_only_what_has_a_limit_may_wait_for_the_open(
    evening: Trader, words: tuple[str, ...]
) -> None:
    ended = evening.order("SPY", "--side", "put", "--strike", "640", "--queue", *words)
    assert (ended.code, ended.failure["code"]) == (9, "guard-market")
    assert "LMT" in ended.failure["hint"]
    assert evening.posts() == []


def test_delayed_data_is_refused_though_the_order_may_wait(
    trader_at: Callable[..., Trader],
) -> None:
    trader = trader_at(EVENING)
    trader.sim.session.feed("Y")
    ended = trader.order("SPY", "--side", "put", "--queue")
    assert (ended.code, ended.failure["code"]) == (9, "guard-feed")


def test_the_kill_switch(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at()
    state = trader.folder / "state"
    state.mkdir()
    (state / "halt").write_text("2025-08-18T14:00:00+00:00\nthe news\n")
    ended = trader.order(*PUT)
    assert (ended.code, ended.failure["code"]) == (9, "guard-halt")
    assert "the news" in ended.failure["message"]
    assert trader.posts() == []


def test_a_live_account_needs_two_settings(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at(account="U7654321")
    trader.limited(IB_IS_LIVE="false")
    wrong = trader.order(*PUT)
    assert (wrong.code, wrong.failure["code"]) == (9, "guard-account")
    trader.limited(IB_IS_LIVE="true")
    alone = trader.order(*PUT)
    assert (alone.code, alone.failure["code"]) == (9, "guard-unattended")
    assert trader.posts() == []
    trader.limited(IBCLI_UNATTENDED="live")
    assert trader.order(*PUT).code == 0


def test_a_paper_account_that_is_called_live(quiet: Trader) -> None:
    quiet.limited(IB_IS_LIVE="true", IBCLI_UNATTENDED="live")
    ended = quiet.order(*PUT)
    assert (ended.code, ended.failure["code"]) == (9, "guard-account")
    assert quiet.posts() == []


def test_yes_does_not_stand_for_somebody_at_the_terminal(quiet: Trader) -> None:
    quiet.limited(IBCLI_UNATTENDED="never")
    refused(quiet, quiet.order(*PUT, "--yes"), "guard-unattended")


def test_a_refusal_by_what_if_is_the_brokers(trader_at: Callable[..., Trader]) -> None:
    trader = trader_at(cash=Decimal(5000))
    ended = trader.order(*PUT)
    assert ended.code == 6, ended.err
    assert trader.posts() == []


@pytest.mark.parametrize("paper", [True, False])
@pytest.mark.parametrize("is_live", [None, "true", "false"])
@pytest.mark.parametrize("unattended", [None, "never", "paper", "live"])
@pytest.mark.parametrize("asked", [True, False])
def test_where_orders_may_be_sent(
    paper: bool, is_live: str | None, unattended: str | None, asked: bool
) -> None:
    told = {"IB_IS_LIVE": is_live, "IBCLI_UNATTENDED": unattended}
    settings = load_settings(environ={name: word for name, word in told.items() if word})
    checks = check_circumstances(replace(facts({}), settings=settings, paper=paper, asked=asked))
    ok = {check.code: check.ok for check in checks}
    assert ok["guard-account"] is (paper is (is_live != "true"))
    allowed = {"never": False, "live": True}.get(unattended or "paper", paper)
    assert ok["guard-unattended"] is (asked or allowed)
