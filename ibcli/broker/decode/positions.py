"""Positions.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#positions. A strike is "440", "0"
or 0.0, a multiplier 100.0, 0.0 or null, and texts hold HTML entities (all recorded).
"""

from __future__ import annotations

import re
from decimal import Decimal

from ibcli.broker.decode.rows import Decoded, Fields, Row, each, optional, wanted
from ibcli.broker.decode.values import amount, conid, day, size, text
from ibcli.domain.blotter import Position
from ibcli.domain.contracts import OptionContract, Right
from ibcli.domain.orders import Tradable
from ibcli.domain.settlement import last_trading_day
from ibcli.domain.symbols import parse_occ, tidy

_RIGHTS = {"C": Right.CALL, "CALL": Right.CALL, "P": Right.PUT, "PUT": Right.PUT}
# "SPY    JAN2025 440 C [SPY   250117C00440000 100]": the symbol of OCC, and the multiplier
_IN_BRACKETS = re.compile(r"\[([A-Z0-9]{1,6} *[0-9]{6}[CP][0-9]{8})(?: +([0-9.]+))?\]")
PAGE = 100  # rows on a full page


def decode_positions(answer: object) -> Decoded[Position]:
    """One page. A row without its contract or quantity is named in ``odd``.

    Raises RefusedError for an answer that is no list.
    """
    return each(answer, "positions", _position)


def page_size(answer: object) -> int:
    """How many rows a full page has: the rows say so; more than 100 would hide what follows."""
    rows = answer if isinstance(answer, list) else []
    told = rows[0].get("pageSize") if rows and isinstance(rows[0], dict) else None
    if not isinstance(told, int) or isinstance(told, bool):
        return PAGE
    return told if 0 < told < PAGE else PAGE


def _position(row: Row) -> Position:
    fields = Fields(row)
    number = wanted(row, "conid", conid)
    kind = fields.get(text, "assetClass", "secType")
    described = fields.get(text, "contractDesc", "description", "fullName", "ticker")
    tradable = _tradable(fields, number, kind, described or "")
    return Position(
        conid=number,
        account=fields.get(text, "acctId"),
        quantity=wanted(row, "position", size),
        words=tradable.words if tradable else described or str(number),
        sec_type=kind,
        tradable=tradable,
        average_price=fields.get(amount, "avgPrice"),
        average_cost=fields.get(amount, "avgCost"),
        mark=fields.get(amount, "mktPrice", "marketPrice"),
        value=fields.get(amount, "mktValue", "marketValue"),
        unrealized=fields.get(amount, "unrealizedPnl"),
        realized=fields.get(amount, "realizedPnl"),
        currency=fields.get(text, "currency"),
        underlying_conid=_underlying(fields),
        odd=tuple(fields.odd),
    )


def _tradable(fields: Fields, number: int, kind: str | None, described: str) -> Tradable | None:
    if kind == "OPT":
        return _option(fields, number, described)
    symbol = fields.get(text, "ticker") or described
    if kind == "STK" and symbol:
        return Tradable(number, "STK", symbol, symbol, Decimal(1))
    return None


def _option(fields: Fields, number: int, described: str) -> Tradable | None:
    """The option, from the row's own fields; what they lack from the symbol in its description."""
    match = _IN_BRACKETS.search(described)
    occ = parse_occ(match[1]) if match else None
    expiry = fields.get(day, "lastTradingDay", "expiry")
    if expiry is None and occ is not None:
        expiry = last_trading_day(occ.root, occ.expiry)
    strike = _positive(fields, "strike") or (occ and occ.strike)
    right = fields.get(_right, "putOrCall") or (occ and occ.right)
    times = _positive(fields, "multiplier") or _times(match)
    symbol = fields.get(text, "undSym", "ticker") or (occ and occ.root)
    if not (expiry and strike and right and times and symbol):
        return None
    contract = OptionContract(
        conid=number,
        underlying_conid=_underlying(fields) or 0,
        symbol=symbol,
        trading_class=occ.root if occ else symbol,
        expiry=expiry,
        strike=tidy(strike),
        right=right,
        multiplier=tidy(times),
    )
    return Tradable(
        conid=number,
        sec_type="OPT",
        symbol=symbol,
        words=contract.words,
        multiplier=tidy(times),
        underlying_conid=contract.underlying_conid or None,
        trading_class=occ.root if occ else None,
        expiry=expiry,
        strike=contract.strike,
        right=right,
    )


def _times(match: re.Match[str] | None) -> Decimal | None:
    """The multiplier behind the symbol in the description."""
    written = match[2] if match else None
    return amount(written) if written and written.replace(".", "", 1).isdigit() else None


def _positive(fields: Fields, key: str) -> Decimal | None:
    """A number; 0 stands for none."""
    found = fields.get(amount, key)
    return found if found and found > 0 else None


def _underlying(fields: Fields) -> int | None:
    """The underlying's conid; a stock has 0 there."""
    is_stock = optional(fields.row, "undConid", amount) == 0
    return None if is_stock else fields.get(conid, "undConid")


def _right(value: object) -> Right | None:
    return _RIGHTS.get(value.strip().upper()) if isinstance(value, str) else None
