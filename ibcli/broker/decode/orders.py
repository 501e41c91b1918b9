"""Orders as the broker lists them, and one order's status.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#live-orders and #order-status. The
list's rows are in camel case, a status is in snake case with all numbers in strings (recorded).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.broker.decode.rows import Fields, Row, each
from ibcli.broker.decode.statuses import order_type, side, status, tif
from ibcli.broker.decode.values import (
    UnreadableError,
    amount,
    boolean,
    clock_instant,
    conid,
    instant,
    prose,
    size,
    text,
    unexpected,
    whole,
)
from ibcli.domain.blotter import LiveOrder, OrderStatus
from ibcli.domain.orders import OrderType

if TYPE_CHECKING:
    from decimal import Decimal

_STOP = re.compile(r"\bStop ([0-9]{1,9}(?:\.[0-9]{1,6})?)(?![0-9.])")
_LEG = re.compile(r"([0-9]{1,12})/[+-]?[0-9]+")
# Statuses of which the broker's description says more than their name.
_TELLING = {OrderStatus.INACTIVE, OrderStatus.CANCELLED, OrderStatus.FAILED, OrderStatus.WARN_STATE}


@dataclass(frozen=True, slots=True)
class OrderList:
    """The rows of one answer. ``gathered``: the broker says that these are all (``snapshot``).

    It says no in its first answer of a session, which is empty, and at times beside rows (both
    recorded); older answers do not say (None).
    """

    orders: tuple[LiveOrder, ...]
    gathered: bool | None
    odd: tuple[str, ...] = ()


def decode_orders(answer: object) -> OrderList:
    """The list of orders. Raises RefusedError when it has no list at all."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("orders"), list):
        raise unexpected("orders", answer)
    read = each(answer["orders"], "orders", _listed)
    return OrderList(read.rows, boolean(answer.get("snapshot")), read.odd)


def decode_order_status(answer: object) -> LiveOrder:
    """One order's status. Raises RefusedError when it does not say of which order."""
    if not isinstance(answer, Mapping):
        raise unexpected("an order", answer)
    try:
        return _status(answer)
    except UnreadableError:
        raise unexpected("an order", answer) from None


def _listed(row: Row) -> LiveOrder:
    fields = Fields(row)
    return _order(
        fields,
        order_id=_order_id(fields, "orderId", "order_id"),
        account=fields.get(text, "account", "acct"),
        symbol=fields.get(text, "ticker", "description1"),
        words=_words(fields, "description1", "description2"),
        kind=fields.get(order_type, "orderType", "origOrderType"),
        state=fields.get(text, "status", "order_status"),
        quantity=fields.get(size, "totalSize", "quantity"),
        filled=fields.get(size, "filledQuantity"),
        remaining=fields.get(size, "remainingQuantity"),
        prices=_Prices(
            fields.get(amount, "price", "limit_price", "lmtPrice"),
            fields.get(amount, "auxPrice", "stop_price", "stopPrice"),
            fields.get(amount, "avgPrice", "average_price"),
        ),
        force=fields.get(text, "timeInForce", "tif"),
    )


def _status(row: Row) -> LiveOrder:
    fields = Fields(row)
    total = fields.get(size, "total_size")
    filled = fields.get(size, "cum_fill")
    return _order(
        fields,
        order_id=_order_id(fields, "order_id", "orderId"),
        account=fields.get(text, "account", "order_clearing_account"),
        symbol=fields.get(text, "symbol", "contract_description_1"),
        words=_words(fields, "contract_description_1", "contract_description_2"),
        kind=fields.get(order_type, "order_type"),
        state=fields.get(text, "order_status"),
        quantity=total,
        filled=filled,
        remaining=None if total is None or filled is None else total - filled,
        prices=_Prices(
            fields.get(amount, "limit_price", "price"),
            fields.get(amount, "stop_price", "aux_price", "auxPrice"),
            fields.get(amount, "average_price", "avg_price"),
        ),
        force=fields.get(text, "tif"),
    )


@dataclass(frozen=True, slots=True)
class _Prices:
    """``price`` is the limit, but the trigger of an order that has no limit."""

    price: Decimal | None
    aux: Decimal | None
    average: Decimal | None

    def limit(self, kind: OrderType | None) -> Decimal | None:
        if kind in {OrderType.MKT, OrderType.STP, OrderType.TRAIL}:
            return None
        return self.price

    def trigger(self, kind: OrderType | None, row: Row) -> Decimal | None:
        if kind is not None and not kind.has_trigger:
            return None
        if self.aux is not None:
            return self.aux
        told = self.price if kind in {OrderType.STP, OrderType.TRAIL} else None
        return _described_stop(row) if told is None else told


def _order(
    fields: Fields,
    *,
    order_id: int,
    account: str | None,
    symbol: str | None,
    words: str | None,
    kind: OrderType | None,
    state: str | None,
    quantity: Decimal | None,
    filled: Decimal | None,
    remaining: Decimal | None,
    prices: _Prices,
    force: str | None,
) -> LiveOrder:
    standing = status(state)
    if standing is OrderStatus.UNKNOWN and state is not None:
        fields.odd.append(f"status = {state!r}")
    conidex = fields.get(text, "conidex", "conidEx")
    reason = fields.get(prose, "text", "warning_message", "rejectReason")
    if reason is None and standing in _TELLING:
        reason = fields.get(prose, "order_status_description")
    return LiveOrder(
        order_id=order_id,
        coid=fields.get(text, "order_ref", "cOID"),
        account=account,
        conids=_conids(fields, conidex),
        conidex=conidex,
        sec_type=fields.get(text, "secType", "sec_type"),
        symbol=symbol,
        words=words,
        side=fields.get(side, "side"),
        type=kind,
        status=standing,
        quantity=quantity,
        filled=filled,
        remaining=remaining,
        limit=prices.limit(kind),
        trigger=prices.trigger(kind, fields.row),
        average_price=prices.average or None,
        tif=tif(force),
        outside_rth=fields.get(boolean, "outsideRTH", "outside_rth"),
        updated=fields.get(instant, "lastExecutionTime_r")
        or fields.get(clock_instant, "lastExecutionTime", "order_time"),
        reason=reason,
        odd=tuple(fields.odd),
    )


def _described_stop(row: Row) -> Decimal | None:
    """The trigger where it stands in the description alone: ``Stop Limit 0.60 Stop 0.70, Day``."""
    words = row.get("orderDesc") or row.get("order_description")
    match = _STOP.search(words) if isinstance(words, str) else None
    return amount(match[1]) if match else None


def _order_id(fields: Fields, *keys: str) -> int:
    found = fields.get(whole, *keys)
    if not found:
        raise UnreadableError("it has no number")
    return found


def _words(fields: Fields, *keys: str) -> str | None:
    told = (fields.get(text, key) for key in keys)
    return " ".join(word for word in told if word) or None


def _conids(fields: Fields, conidex: str | None) -> tuple[int, ...]:
    """Those of a combination's legs, ``28812380;;;804155360/1,796812614/-1``; else its one."""
    if conidex is not None and (legs := _LEG.findall(conidex)):
        return tuple(int(leg) for leg in legs)
    found = fields.get(conid, "conid") or conid((conidex or "").partition("@")[0])
    return () if found is None else (found,)
