"""/iserver/marketdata/history."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ibcli.sim.errors import bad_request, server_error
from ibcli.sim.market.model import OptionContract
from ibcli.sim.options import BASE_PATH
from ibcli.sim.routes.marketdata import instrument_of
from ibcli.sim.sessions import NEW_YORK
from ibcli.sim.wire import conid_of, reply, signed_in, sim_of, truth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibcli.sim.core import Simulator
    from ibcli.sim.market.model import Bar
    from ibcli.sim.snapshot import Instrument

MOST_POINTS = 1000
NO_CHART = "Chart data unavailable"  # reported
_PRICE_FACTOR = 100
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_STAMP = "%Y%m%d-%H:%M:%S"
_LENGTH = re.compile(r"(\d{1,4})(S|min|h|d|w|m|y)")
_UNITS = {
    "S": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
_LONGEST_PERIOD = 15 * _UNITS["y"]  # "{1-15}y", and bars up to "1m", IBKR's reference
_LONGEST_CLOSURE = 5  # days; Good Friday and Easter are three
_LONGEST_BAR = _UNITS["m"]


async def history(request: web.Request) -> web.Response:
    """Bars up to ``startTime`` (UTC; it names the end of the window), by default the market's
    present.
    """
    return reply(_chart(sim_of(request), request.query))


def _chart(sim: Simulator, query: Mapping[str, str]) -> dict[str, Any]:
    conid = conid_of(query.get("conid"))
    period = _length(query, "period", "1d", _LONGEST_PERIOD)
    bar = _length(query, "bar", "1min", _LONGEST_BAR)
    instrument = instrument_of(sim, conid)
    first = sim.streams.first_chart(signed_in().username, conid)
    if instrument is None or _is_expired(sim, instrument):
        raise server_error(NO_CHART)
    if first and sim.options.history_fails_first:
        raise server_error(NO_CHART)
    outside = truth(query.get("outsideRth", "false"))
    end = _end(sim, query)
    if end <= _EARLIEST:
        raise server_error(NO_CHART)
    period = min(period, end - _EARLIEST)
    bars = _bars(sim, conid, (end, period, bar), outside=outside)
    if not bars:
        raise server_error(NO_CHART)
    shown = bars[-MOST_POINTS:]
    facts = _facts(instrument, shown, bar)
    return facts | {"timePeriod": query.get("period") or "1d", "outsideRth": outside}


def _bars(
    sim: Simulator, conid: int, window: tuple[datetime, timedelta, timedelta], *, outside: bool
) -> Sequence[Bar]:
    """The window's bars; where nothing was traded in it, as over a weekend, those of the latest
    window in which something was.
    """
    end, period, bar = window
    for back in range(_LONGEST_CLOSURE):
        bars = sim.market.bars(conid, end - timedelta(days=back), period, bar, outside_rth=outside)
        if bars:
            return bars
    return []


def _is_expired(sim: Simulator, instrument: Instrument) -> bool:
    today = sim.now.astimezone(NEW_YORK).date()
    return isinstance(instrument, OptionContract) and instrument.expiry < today


def _facts(instrument: Instrument, bars: Sequence[Bar], length: timedelta) -> dict[str, Any]:
    is_option = isinstance(instrument, OptionContract)
    factor = 1 if is_option else 100
    first = bars[0].start
    return {
        "serverId": str(instrument.conid % 100_000),
        "symbol": instrument.symbol,
        "text": instrument.symbol if isinstance(instrument, OptionContract) else instrument.name,
        "priceFactor": _PRICE_FACTOR,
        "startTime": first.strftime(_STAMP),
        "high": _extreme(max(bars, key=lambda bar: bar.high), "high", first, factor),
        "low": _extreme(min(bars, key=lambda bar: bar.low), "low", first, factor),
        "barLength": int(length.total_seconds()),
        "mdAvailability": "S",
        "mktDataDelay": 0,
        "tradingDayDuration": 390,
        "volumeFactor": factor,
        "priceDisplayRule": 1,
        "priceDisplayValue": "2",
        "negativeCapable": False,
        "messageVersion": 2,
        "data": [_bar(bar, factor) for bar in bars],
        "points": len(bars) - 1,
        "travelTime": 2,
    }


def _extreme(bar: Bar, name: str, first: datetime, factor: int) -> str:
    """price x factor / volume / minutes since the first bar: "65820/26572.9/67"."""
    price: Decimal = getattr(bar, name)
    minutes = int((bar.start - first).total_seconds() // 60)
    volume = (Decimal(bar.volume) / factor).normalize()
    return f"{int(price * _PRICE_FACTOR)}/{volume:f}/{minutes}"


def _bar(bar: Bar, factor: int) -> dict[str, Any]:
    """Prices are numbers here, and volumes are in units of volumeFactor."""
    return {
        "o": float(bar.open),
        "c": float(bar.close),
        "h": float(bar.high),
        "l": float(bar.low),
        "v": bar.volume / factor,
        "t": int(bar.start.timestamp() * 1000),
    }


def _length(query: Mapping[str, str], name: str, default: str, longest: timedelta) -> timedelta:
    text = query.get(name) or default
    match = _LENGTH.fullmatch(text)
    length = int(match[1]) * _UNITS[match[2]] if match else timedelta()
    if not timedelta() < length <= longest:
        raise bad_request(f"invalid {name} {text}")  # wording invented
    return length


def _end(sim: Simulator, query: Mapping[str, str]) -> datetime:
    text = query.get("startTime")
    if not text:
        return sim.now
    try:
        return min(sim.now, datetime.strptime(text, _STAMP).replace(tzinfo=UTC))
    except ValueError:
        raise bad_request(f"invalid startTime {text}") from None  # wording invented


ROUTES = [
    web.get(f"{BASE_PATH}/iserver/marketdata/history", history, allow_head=False),
]
