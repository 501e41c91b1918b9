"""Trading hours: /contract/trading-schedule (instants) and /trsrv/secdef/schedule (New York wall
times).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ibcli.sim.errors import bad_request, server_error
from ibcli.sim.format import compact_date
from ibcli.sim.options import BASE_PATH
from ibcli.sim.routes.marketdata import instrument_of
from ibcli.sim.sessions import NEW_YORK
from ibcli.sim.wire import conid_of, reply, sim_of

if TYPE_CHECKING:
    from datetime import datetime

    from ibcli.sim.market.model import TradingDay

_DAYS_AROUND = 6  # "the 6 total days surrounding the current trading day"
_WEEKDAY_TEMPLATE = (
    20000101  # a Saturday; the schedule begins with one template for each weekday from there
)


async def trading_schedule(request: web.Request) -> web.Response:
    """The trading days around the market's today; closed ones are left out. Times are epoch
    seconds.
    """
    sim = sim_of(request)
    conid = conid_of(request.query.get("conid"))
    if instrument_of(sim, conid) is None:
        raise server_error("Contract not found")  # wording invented
    today = sim.now.astimezone(NEW_YORK).date()
    days = sim.market.trading_days(today - timedelta(days=6), today + timedelta(days=9))
    open_days = [day for day in days if day.liquid is not None]
    upcoming = [day for day in open_days if day.day >= today]
    past = [day for day in open_days if day.day < today]
    shown = [*past[-1:], *upcoming[: _DAYS_AROUND - 1]]
    return reply(
        {
            "exchange_time_zone": "US/Eastern",
            "schedules": {compact_date(day.day): _hours(day) for day in shown},
        }
    )


def _hours(day: TradingDay) -> dict[str, Any]:
    hours: dict[str, Any] = {}
    if day.liquid is not None:
        hours["liquid_hours"] = [_span(day.liquid)]
    if day.extended is not None:
        hours["extended_hours"] = [{"cancel_daily_orders": True, **_span(day.extended)}]
    return hours


def _span(span: tuple[datetime, datetime]) -> dict[str, int]:
    return {"opening": int(span[0].timestamp()), "closing": int(span[1].timestamp())}


async def secdef_schedule(request: web.Request) -> web.Response:
    """A template for each weekday, then the dates that differ: holidays and half days ahead."""
    sim, query = sim_of(request), request.query
    symbol = query.get("symbol", "")
    if not symbol or not query.get("assetClass"):
        raise bad_request("assetClass and symbol are required")  # wording invented
    found = [u for u in sim.market.search(symbol, sim.now) if u.symbol == symbol.upper()]
    if not found:
        return reply([])
    listing = next((u for u in found if u.smart), found[0])
    today = sim.now.astimezone(NEW_YORK).date()
    days = sim.market.trading_days(today, today + timedelta(days=366))
    weekdays = [_template(offset) for offset in range(7)]
    special = [_special(day) for day in days if day.day.weekday() < 5 and _is_special(day)]
    return reply(
        [
            {
                "id": f"p{listing.conid}",
                "tradeVenueId": "v13038",
                "exchange": query.get("exchange") or listing.listing_exchange,
                "description": listing.listing_exchange,
                "timezone": "America/New_York",
                "schedules": [*weekdays, *special],
            }
        ]
    )


def _is_special(day: TradingDay) -> bool:
    return day.liquid is None or day.half_day


def _template(offset: int) -> dict[str, Any]:
    closed = offset < 2  # Saturday and Sunday come first
    times = [] if closed else [("0400", "2000", ""), ("0930", "1600", "LIQUID")]
    return _schedule(str(_WEEKDAY_TEMPLATE + offset), times)


def _special(day: TradingDay) -> dict[str, Any]:
    times = []
    if day.extended is not None:
        times.append((*_wall(day.extended), ""))
    if day.liquid is not None:
        times.append((*_wall(day.liquid), "LIQUID"))
    return _schedule(compact_date(day.day), times)


def _wall(span: tuple[datetime, datetime]) -> tuple[str, str]:
    opening, closing = (instant.astimezone(NEW_YORK) for instant in span)
    return f"{opening:%H%M}", f"{closing:%H%M}"


def _schedule(day: str, times: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "clearingCycleEndTime": "2000" if times else "0000",
        "tradingScheduleDate": day,
        "sessions": [],
        "tradingtimes": [
            {
                "openingTime": opening,
                "closingTime": closing,
                **({"prop": prop} if prop else {}),
                "cancelDayOrders": "Y",
            }
            for opening, closing, prop in times
        ],
    }


ROUTES = [
    web.get(f"{BASE_PATH}/contract/trading-schedule", trading_schedule, allow_head=False),
    web.get(f"{BASE_PATH}/trsrv/secdef/schedule", secdef_schedule, allow_head=False),
]
