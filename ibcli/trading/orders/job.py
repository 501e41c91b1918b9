"""The name of a job: by it the same order is known when the command is run again."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import TYPE_CHECKING

from ibcli.domain.orders import OrderType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from ibcli.trading.orders.request import OrderRequest

LONGEST = 60  # characters


def job_name(request: OrderRequest) -> str:
    """``spy-both-sell-0dte-delta-0.10-x1``: the words that decide what is traded, and no others.

    Prices, protection and output do not count: the job that is run again with another limit is the
    same job.
    """
    name = re.sub(r"[^a-z0-9.]+", "-", " ".join(_words(request)).lower()).strip("-")
    if len(name) <= LONGEST:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9].rstrip('-.')}-{mark}"


def _words(request: OrderRequest) -> Iterator[str]:
    yield request.symbol
    if request.legs:
        yield from map(str, request.legs)
    else:
        yield "both" if len(request.sides) > 1 else request.sides[0].word
        yield request.action
        yield _day(request.expiry)
        if request.trading_class is not None:
            yield request.trading_class
        yield str(request.strikes)
    if request.width is not None:
        yield f"width {_number(request.width)}"
    if request.is_combo:
        yield "combo"
    if request.type is not OrderType.LMT:
        yield request.type
    yield f"x{request.quantity}"


def _day(expiry: object) -> str:
    return f"{expiry:%d%b%y}" if isinstance(expiry, date) else str(expiry)


def _number(number: Decimal) -> str:
    return f"{number.normalize():f}"
