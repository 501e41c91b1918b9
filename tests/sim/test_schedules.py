"""Trading hours on days that are not like others, in both forms in which they are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.sim.client import Client

if TYPE_CHECKING:
    from ibcli.sim.embedded import SimServer
    from tests.sim.conftest import Serve

SPY, ARM, SPX = 756733, 653400472, 416904
ARM_CALL = 804155360  # Aug 22 '25 143 Call


def option_of(sim: SimServer, conid: int) -> int:
    now = sim.sim.now
    day = sim.sim.market.expiries(conid, now)[-1][0]
    return sim.sim.market.options(conid, day.strftime("%b%y").upper(), now)[0].conid


def hours(body: dict[str, Any], kind: str) -> dict[str, tuple[str, str]]:
    """By date: opening and closing in the zone that the answer names."""
    zone = ZoneInfo(body["exchange_time_zone"])
    found = {}
    for day, spans in body["schedules"].items():
        (span,) = spans[kind]
        ends = [datetime.fromtimestamp(span[name], UTC) for name in ("opening", "closing")]
        found[day] = (f"{ends[0].astimezone(zone):%H%M}", f"{ends[1].astimezone(zone):%H%M}")
        assert f"{ends[0].astimezone(zone):%Y%m%d}" == day
    return found


@pytest.mark.parametrize(
    ("today", "around"),
    [
        ("2025-08-18", ["20250815", "20250818", "20250819", "20250820", "20250821", "20250822"]),
        ("2025-09-01", ["20250829", "20250902", "20250903", "20250904", "20250905", "20250908"]),
        ("2025-11-28", ["20251126", "20251128", "20251201", "20251202", "20251203", "20251204"]),
        ("2025-12-24", ["20251223", "20251224", "20251226", "20251229", "20251230", "20251231"]),
        ("2025-08-16", ["20250815", "20250818", "20250819", "20250820", "20250821", "20250822"]),
        ("2025-08-17", ["20250815", "20250818", "20250819", "20250820", "20250821", "20250822"]),
    ],
)
@pytest.mark.parametrize("conid", [SPY, ARM, SPX])
def test_days_around_today(serve: Serve, today: str, around: list[str], conid: int) -> None:
    sim = serve(clock=f"{today}T10:30")
    trader = Client(sim.env()).login()
    for one in (conid, option_of(sim, conid)):
        body = trader.get("/contract/trading-schedule", conid=one).body
        central = conid == SPX
        assert body["exchange_time_zone"] == ("US/Central" if central else "US/Eastern")
        found = hours(body, "liquid_hours")
        assert list(found) == around
        half = ("0830", "1200") if central else ("0930", "1300")
        full = ("0830", "1500") if central else ("0930", "1600")
        halves = {"20251128", "20251224"}
        assert found == {day: half if day in halves else full for day in around}


def test_options_and_indexes_have_no_hours_outside(serve: Serve) -> None:
    sim = serve(clock="2025-11-28T10:30")
    trader = Client(sim.env()).login()
    for conid in (ARM_CALL, option_of(sim, SPY), option_of(sim, SPX), SPX):
        body = trader.get("/contract/trading-schedule", conid=conid).body
        assert hours(body, "extended_hours") == hours(body, "liquid_hours")
    stock = trader.get("/contract/trading-schedule", conid=SPY).body
    assert hours(stock, "extended_hours")["20251128"] == ("0400", "1700")
    assert hours(stock, "extended_hours")["20251201"] == ("0400", "2000")


def test_an_unknown_contract_has_none(trader: Client) -> None:
    assert trader.get("/contract/trading-schedule", conid=1).status == 500


def liquid(client: Client, kind: str, symbol: str) -> tuple[str, dict[str, Any]]:
    """The zone, and by date what is liquid: None on a closed day."""
    query = {"assetClass": kind, "symbol": symbol}
    (venue,) = client.get("/trsrv/secdef/schedule", **query).body
    found: dict[str, Any] = {}
    for row in venue["schedules"]:
        assert row["tradingtimes"]  # documented: at least one
        spans = [t for t in row["tradingtimes"] if t.get("prop") == "LIQUID"]
        found[row["tradingScheduleDate"]] = None
        if spans:
            found[row["tradingScheduleDate"]] = (spans[0]["openingTime"], spans[0]["closingTime"])
    return venue["timezone"], found


@pytest.mark.parametrize(
    ("kind", "symbol", "zone", "full", "half"),
    [
        ("STK", "SPY", "America/New_York", ("0930", "1600"), ("0930", "1300")),
        ("OPT", "SPY", "America/New_York", ("0930", "1600"), ("0930", "1300")),
        ("STK", "ARM", "America/New_York", ("0930", "1600"), ("0930", "1300")),
        ("OPT", "SPX", "America/Chicago", ("0830", "1500"), ("0830", "1200")),
    ],
)
@pytest.mark.parametrize("today", ["2025-08-18", "2025-09-01", "2025-11-28", "2025-12-24"])
def test_weekdays_and_what_differs_from_them(
    serve: Serve, kind: str, symbol: str, zone: str, full: object, half: object, today: str
) -> None:
    sim = serve(clock=f"{today}T10:30")
    client = Client(sim.env()).login()
    found_zone, found = liquid(client, kind, symbol)
    assert found_zone == zone
    weekdays = [found[f"2000010{number}"] for number in range(1, 8)]  # from a Saturday on
    assert weekdays == [None, None, full, full, full, full, full]
    special = {"20250901": None, "20251127": None, "20251128": half, "20251224": half}
    for day, spans in special.items():
        if day >= today.replace("-", ""):
            assert found[day] == spans
    assert "20250818" not in found  # a day like others


def test_nothing_for_what_is_not_there(client: Client) -> None:
    for kind, symbol in (("STK", "NOSUCH"), ("STK", "SPX")):
        query = {"assetClass": kind, "symbol": symbol}
        assert client.get("/trsrv/secdef/schedule", **query).body == []
