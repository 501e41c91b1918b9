"""Rows of /iserver/account/orders and the body of order/status, in their recorded shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.sim import format as wire
from ibcli.sim.books.contracts import SPREAD_CONID
from ibcli.sim.books.ledger import money, plain
from ibcli.sim.books.order import Order, OrderType, Status, Tif

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.sim.books.contracts import Contract, Contracts
    from ibcli.sim.books.timeline import Timeline

_NAMES = {
    OrderType.LMT: ("Limit", "LIMIT"),
    OrderType.MKT: ("Market", "MARKET"),
    OrderType.STP: ("Stop", "STOP"),
    OrderType.STOP_LIMIT: ("Stop Limit", "STOP_LIMIT"),
    OrderType.MIDPRICE: ("MidPrice", "MIDPRICE"),
    OrderType.TRAIL: ("Trailing Stop", "TRAILING_STOP"),
    OrderType.TRAILLMT: ("Trailing Stop Limit", "TRAILING_STOP_LIMIT"),
}  # "Limit", "Market" and their capitals are recorded
_CCP = {
    Status.INACTIVE: "Pending Submit",
    Status.PENDING_SUBMIT: "Pending Submit",
    Status.PRE_SUBMITTED: "Pending Submit",
    Status.SUBMITTED: "Submitted",
    Status.PENDING_CANCEL: "Submitted",
    Status.CANCELLED: "Cancelled",
    Status.FILLED: "Filled",
}  # recorded
_CCP_CODES = {Status.FILLED: "2", Status.CANCELLED: "4"}  # 0 and 2 are recorded
_COLOURS = {
    Status.INACTIVE: ("#000000", "#AFAFAF"),
    Status.PENDING_SUBMIT: ("#000000", "#3399CC"),
    Status.PRE_SUBMITTED: ("#FFFFFF", "#997EE5"),
    Status.SUBMITTED: ("#000000", "#00F000"),
    Status.PENDING_CANCEL: ("#000000", "#FF64FF"),
    Status.CANCELLED: ("#FFFFFF", "#AA0000"),
    Status.FILLED: ("#FFFFFF", "#000000"),
}  # background, foreground; recorded
_DONE = {Status.FILLED: "Order Filled", Status.CANCELLED: "Order Cancelled"}


class OrderReport:
    """Orders of one market."""

    def __init__(self, contracts: Contracts, timeline: Timeline) -> None:
        self._contracts = contracts
        self._timeline = timeline

    def row(self, order: Order) -> dict[str, Any]:
        """A row of the list; what does not exist is absent."""
        first = self._contracts.get(order.legs[0].conid)
        background, foreground = _COLOURS[order.status]
        changed = self._timeline.at(order.changed)
        name, original = _NAMES[order.type]
        row: dict[str, Any] = {
            "acct": order.account,
            "conidex": order.conidex,
            "conid": order.conid,
            "account": order.account,
            "orderId": order.id,
            "cashCcy": "USD",
            "sizeAndFills": size_and_fills(order),
            "orderDesc": description(order, first),
            "description1": first.symbol,
            "ticker": first.symbol,
            "secType": "BAG" if order.is_combo else first.sec_type,
            "listingExchange": listing_exchange(first),
            "remainingQuantity": float(order.remaining),
            "filledQuantity": float(order.filled),
            "totalSize": float(order.total),
            "companyName": first.underlying.name,
            "status": order.status.value,
            "order_ccp_status": _CCP[order.status],
            "outsideRTH": order.outside_rth,
            "origOrderType": original,
            "supportsTaxOpt": "1",
            "lastExecutionTime": changed.strftime("%y%m%d%H%M%S"),
            "orderType": name,
            "bgColor": background,
            "fgColor": foreground,
            "isEventTrading": "0",
            "price": price_text(order),
            "timeInForce": "CLOSE" if order.tif is Tif.DAY else order.tif.value,
            "lastExecutionTime_r": int(changed.timestamp()) * 1000,
            "side": "BUY" if order.buy else "SELL",
        }
        return row | self._sometimes(order, first)

    def _sometimes(self, order: Order, first: Contract) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        if order.coid is not None:
            extra["order_ref"] = order.coid
        if order.average is not None:
            extra["avgPrice"] = average_text(order)
        if first.option is not None and not order.is_combo:
            extra["description2"] = wire.option_description(first.option)
        if order.status is Status.CANCELLED and order.reason:
            extra["order_cancellation_by_system_reason"] = order.reason
        return extra

    def status(self, order: Order) -> dict[str, Any]:
        """order/status: snake case, most values strings."""
        first = self._contracts.get(order.legs[0].conid)
        background, foreground = _COLOURS[order.status]
        over = not order.working
        words = description(order, first, with_contract=False)
        placed = self._timeline.at(order.placed)
        body: dict[str, Any] = {
            "sub_type": None,
            "request_id": str(order.id % 10_000_000),
            "server_id": "0",
            "order_id": order.id,
            "conidex": order.conidex,
            "conid": order.conid,
            "symbol": first.symbol,
            "side": "B" if order.buy else "S",
            "contract_description_1": first.symbol,
            "listing_exchange": listing_exchange(first),
            "option_acct": "c",
            "company_name": first.underlying.name,
            "size": _float_text(order.remaining if not over else order.total * 0),
            "total_size": _float_text(order.total),
            "currency": "USD",
            "account": order.account,
            "order_type": _NAMES[order.type][1],
            "cum_fill": _float_text(order.filled),
            "order_status": order.status.value,
            "order_ccp_status": _CCP_CODES.get(order.status, "0"),
            "order_status_description": _DONE.get(order.status, "Order Submitted"),
            "tif": order.tif.value,
            "fg_color": foreground,
            "bg_color": background,
            "order_not_editable": over,
            "editable_fields": "" if over else "\u001e",
            "cannot_cancel_order": over,
            "deactivate_order": False,
            "sec_type": "BAG" if order.is_combo else first.sec_type,
            "available_chart_periods": "#R|1",
            "order_description": words,
            "order_description_with_contract": description(order, first),
            "alert_active": 1,
            "child_order_type": "0" if order.parent is None else "3",
            "order_clearing_account": order.account,
            "size_and_fills": size_and_fills(order),
            "exit_strategy_display_price": average_text(order) or price_text(order),
            "exit_strategy_chart_description": words,
            "exit_strategy_tool_availability": "1",
            "allowed_duplicate_opposite": True,
            "order_time": placed.strftime("%y%m%d%H%M%S"),
        }
        if not over:
            body |= {"outside_rth": order.outside_rth, "all_or_none": False}
            body |= {"use_price_mgmt_algo": order.adaptive}
            body |= {"clearing_id": "IB", "clearing_name": "IB"}
        return body | _prices(order) | self._named(order, first)

    def _named(self, order: Order, first: Contract) -> dict[str, Any]:
        extra = {} if order.coid is None else {"order_ref": order.coid}
        if first.option is not None and not order.is_combo:
            extra["contract_description_2"] = wire.option_description(first.option)
        return extra


def _prices(order: Order) -> dict[str, str]:
    """``stop_price`` is named by analogy with the recorded ``limit_price``."""
    prices = {}
    if order.type.has_limit and order.price is not None:
        prices["limit_price"] = money(order.price)
    if order.type.has_stop and order.stop is not None:
        prices["stop_price"] = money(order.stop)
    if order.average is not None:
        prices["average_price"] = average_text(order)
    return prices


def _float_text(value: Decimal) -> str:
    """ "1.0" (recorded)."""
    return str(float(value))


def average_text(order: Order) -> str:
    """The average of the fills, empty without any."""
    return "" if order.average is None else money(round(order.average, 4))


def price_text(order: Order) -> str:
    """A limit or a trigger; empty for a market order (recorded)."""
    if order.type is OrderType.STP and order.stop is not None:
        return money(order.stop)
    return "" if order.price is None else money(order.price)


def size_and_fills(order: Order) -> str:
    """ "0/1,000" while it works, the size once it is filled (recorded)."""
    if order.status is Status.FILLED:
        return f"{int(order.total):,}"
    return f"{int(order.filled):,}/{int(order.total):,}"


def listing_exchange(contract: Contract) -> str:
    """NASDAQ is spelled NASDAQ.NMS (recorded); options trade on SMART."""
    if contract.option is not None:
        return "SMART"
    exchange = contract.underlying.listing_exchange
    return "NASDAQ.NMS" if exchange == "NASDAQ" else exchange


def instrument_words(order: Order, first: Contract) -> str:
    """What is traded, for people."""
    if order.conid == SPREAD_CONID:
        return f"{first.symbol} Combo"
    if first.option is None:
        return first.symbol
    option = first.option
    strike = plain(option.strike)
    return f"{first.symbol} {option.expiry:%b%d'%y} {strike} {wire.right_word(option.right)}"


def description(order: Order, first: Contract, *, with_contract: bool = True) -> str:
    """ "Buy 1000 ZIM Limit 15.51, Day"; "Bought 1 SPY Market, Day" once filled (recorded)."""
    verbs = ("Bought", "Sold") if order.status is Status.FILLED else ("Buy", "Sell")
    words = [verbs[0] if order.buy else verbs[1], plain(order.total)]
    if with_contract:
        words.append(instrument_words(order, first))
    words.append(_NAMES[order.type][0])
    if order.type.has_limit and order.price is not None:
        words.append(money(order.price))
    if order.type.has_stop and order.stop is not None:
        words.append(f"Stop {money(order.stop)}" if order.type.has_limit else money(order.stop))
    return f"{' '.join(words)}, {'Day' if order.tif is Tif.DAY else order.tif.value}"
