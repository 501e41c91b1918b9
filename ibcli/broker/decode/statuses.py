"""Words that the broker spells in several ways: orders' statuses, types, sides, times in force."""

from __future__ import annotations

import re

from ibcli.domain.blotter import OrderStatus
from ibcli.domain.orders import OrderType, Side, Tif

_STATUSES = {status.value.lower(): status for status in OrderStatus}
_STATUSES |= {
    "canceled": OrderStatus.CANCELLED,
    "apicancelled": OrderStatus.CANCELLED,
    "precancelled": OrderStatus.PRE_CANCELLED,
    "precanceled": OrderStatus.PRE_CANCELLED,
    "rejected": OrderStatus.FAILED,
}
# Requests say LMT and STOP_LIMIT, answers LIMIT, Limit or "Stop Limit" (recorded and documented).
_TYPES = {
    "lmt": OrderType.LMT,
    "limit": OrderType.LMT,
    "mkt": OrderType.MKT,
    "market": OrderType.MKT,
    "stp": OrderType.STP,
    "stop": OrderType.STP,
    "stoplimit": OrderType.STOP_LIMIT,
    "stplmt": OrderType.STOP_LIMIT,
    "stoplmt": OrderType.STOP_LIMIT,
    "stplimit": OrderType.STOP_LIMIT,
    "midprice": OrderType.MIDPRICE,
    "midpx": OrderType.MIDPRICE,
    "trail": OrderType.TRAIL,
    "trailingstop": OrderType.TRAIL,
    "traillmt": OrderType.TRAILLMT,
    "traillimit": OrderType.TRAILLMT,
    "trailingstoplimit": OrderType.TRAILLMT,
    "trailinglimit": OrderType.TRAILLMT,
    "trailstop": OrderType.TRAIL,
    "trailstoplimit": OrderType.TRAILLMT,
}
_SIDES = {
    "buy": Side.BUY,
    "b": Side.BUY,
    "bot": Side.BUY,
    "sell": Side.SELL,
    "s": Side.SELL,
    "sld": Side.SELL,
    "ssell": Side.SELL,
    "sshort": Side.SELL,
}
_TIFS = {tif.value.lower(): tif for tif in Tif} | {"close": Tif.DAY}  # CLOSE: recorded, for DAY


def _plain(value: object) -> str:
    return re.sub(r"[\s_\-]", "", value).lower() if isinstance(value, str) else ""


def status(value: object) -> OrderStatus:
    """A status; UNKNOWN for a word not listed."""
    return _STATUSES.get(_plain(value), OrderStatus.UNKNOWN)


def order_type(value: object) -> OrderType | None:
    """An order's type; None for one that ibcli does not know."""
    return _TYPES.get(_plain(value))


def side(value: object) -> Side | None:
    """A side from BUY, B, BOT and their like; None for anything else."""
    return _SIDES.get(_plain(value))


def tif(value: object) -> Tif | None:
    """A time in force; None for one that ibcli does not know."""
    return _TIFS.get(_plain(value))
