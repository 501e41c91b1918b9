"""Trading hours: /contract/trading-schedule (instants) and /trsrv/secdef/schedule (wall times of
the exchange, which are Chicago's for what is listed on CBOE).

Options and indexes are not traded outside the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aiohttp import web

from ibcli.sim.errors import bad_request, server_error
from ibcli.sim.format import compact_date
from ibcli.sim.market.model import OptionContract, Underlying
from ibcli.sim.options import BASE_PATH
from ibcli.sim.routes.marketdata import instrument_of
from ibcli.sim.sessions import NEW_YORK
from ibcli.sim.wire import conid_of, reply, sim_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibcli.sim.market.model import TradingDay
    from ibcli.sim.snapshot import Instrument

_DAYS_AROUND = 6  # "the 6 total days surrounding the current trading day"
_WEEKDAY_TEMPLATE = (
    20000101  # a Saturday; the schedule begins with one template for each weekday from there
)
_ORDINARY = date(2025, 8, 9), date(2025, 8, 15)  # a Saturday, and the Friday after
_WORKDAYS = 5


async def trading_schedule(request: web.Request) -> web.Response:
    """The trading days around the market's today; closed ones are left out. Times are epoch
    seconds.
    """
    sim = sim_of(request)
    conid = conid_of(request.query.get("conid"))
    instrument = instrument_of(sim, conid)
    if instrument is None:
        raise server_error("Contract not found")  # wording invented
    listing = instrument
    if isinstance(instrument, OptionContract):
        listing = sim.market.underlying(instrument.underlying_conid) or instrument
    outside = isinstance(instrument, Underlying) and _trades_outside(instrument)
    today = sim.now.astimezone(NEW_YORK).date()
    days = sim.market.trading_days(today - timedelta(days=6), today + timedelta(days=9))
    open_days = [day for day in days if day.liquid is not None]
    upcoming = [day for day in open_days if day.day >= today]
    past = [day for day in open_days if day.day < today]
    shown = [*past[-1:], *upcoming[: _DAYS_AROUND - 1]]
    return reply(
        {
            "exchange_time_zone": _zone_of(listing).old_name,
            "schedules": {compact_date(day.day): _hours(day, outside=outside) for day in shown},
        }
    )


@dataclass(frozen=True, slots=True)
class _Zone:
    """An exchange's wall clock; the two endpoints name it differently (recorded)."""

    name: str
    old_name: str


_EASTERN = _Zone("America/New_York", "US/Eastern")
_CENTRAL = _Zone("America/Chicago", "US/Central")


def _zone_of(listing: Instrument) -> _Zone:
    at_cboe = isinstance(listing, Underlying) and listing.listing_exchange == "CBOE"
    return _CENTRAL if at_cboe else _EASTERN


def _trades_outside(listing: Underlying) -> bool:
    return listing.sec_type == "STK"


def _hours(day: TradingDay, *, outside: bool) -> dict[str, Any]:
    hours: dict[str, Any] = {}
    if day.liquid is not None:
        hours["liquid_hours"] = [_span(day.liquid)]
    extended = day.extended if outside else day.liquid
    if extended is not None:
        hours["extended_hours"] = [{"cancel_daily_orders": True, **_span(extended)}]
    return hours


def _span(span: tuple[datetime, datetime]) -> dict[str, int]:
    return {"opening": int(span[0].timestamp()), "closing": int(span[1].timestamp())}


async def secdef_schedule(request: web.Request) -> web.Response:
    """A template for each weekday, then the dates that differ: holidays and half days ahead. A day
    without a time that is LIQUID is closed.
    """
    sim, query = sim_of(request), request.query
    symbol, kind = query.get("symbol", ""), query.get("assetClass", "").upper()
    if not symbol or not kind:
        raise bad_request("assetClass and symbol are required")  # wording invented
    found = [
        listing
        for listing in sim.market.search(symbol, sim.now)
        if any(section.sec_type == kind for section in listing.sections)
    ]
    if not found:
        return reply([])
    listing = next((u for u in found if u.smart), found[0])
    outside = kind == "STK"
    today = sim.now.astimezone(NEW_YORK).date()
    days = sim.market.trading_days(today, today + timedelta(days=366))
    special = [day for day in days if day.day.weekday() < _WORKDAYS and _is_special(day)]
    zone = _zone_of(listing)
    return reply(
        [
            {
                "id": f"p{listing.conid}",
                "tradeVenueId": "v13038",
                "exchange": query.get("exchange") or listing.listing_exchange,
                "description": listing.listing_exchange,
                "timezone": zone.name,
                "schedules": [
                    *_templates(sim.market.trading_days(*_ORDINARY), zone, outside=outside),
                    *(
                        _schedule(compact_date(day.day), _times(day, zone, outside=outside))
                        for day in special
                    ),
                ],
            }
        ]
    )


def _is_special(day: TradingDay) -> bool:
    return day.liquid is None or day.half_day


def _templates(week: Sequence[TradingDay], zone: _Zone, *, outside: bool) -> list[dict[str, Any]]:
    """Those of an ordinary week, which begins with a Saturday, under the dates of the first one."""
    return [
        _schedule(str(_WEEKDAY_TEMPLATE + number), _times(day, zone, outside=outside))
        for number, day in enumerate(week)
    ]


def _times(day: TradingDay, zone: _Zone, *, outside: bool) -> list[tuple[str, str, str]]:
    """A closed day has a time that is not liquid (recorded)."""
    if day.liquid is None:
        return [("0000", "2359", "")]
    times = []
    if outside and day.extended is not None:
        times.append((*_wall(day.extended, zone), ""))
    return [*times, (*_wall(day.liquid, zone), "LIQUID")]


def _wall(span: tuple[datetime, datetime], zone: _Zone) -> tuple[str, str]:
    opening, closing = (instant.astimezone(ZoneInfo(zone.name)) for instant in span)
    return f"{opening:%H%M}", f"{closing:%H%M}"


def _schedule(day: str, times: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "clearingCycleEndTime": times[-1][1] if times[-1][2] else "0000",
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
