"""What the broker says of an account's orders and executions.

Everything here is a read and raises what ``BrokerClient.read`` raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.decode import (
    Decoded,
    OrderList,
    decode_executions,
    decode_order_status,
    decode_orders,
)
from ibcli.domain.blotter import Blotter
from ibcli.errors import IncompleteError, NotFoundError, UnreachableError

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import Execution, LiveOrder

_ORDERS = "/iserver/account/orders"
_TRADES = "/iserver/account/trades"
_LONGEST = 7  # days of executions that the broker keeps at hand
_TOO_LATE = {"pacing", "rate-limited", "timeout"}


def live_orders(client: BrokerClient, account: str) -> Blotter:
    """The account's orders of today and those still working, asked for until they are all there.

    The first answer of a session is empty with ``"snapshot": false`` (recorded): then, and as long
    as it stays so, it is asked again, every five seconds at most. Orders beside a ``false`` occur
    too (recorded): a second such answer is taken for whole. At the deadline ``complete`` is false.
    It is false as well when a row could not be read, which may be any order.

    https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#live-orders
    """
    accounts = client.ensure_accounts()
    found = _order_list(client, account)
    gathered = found.gathered is True or (found.gathered is None and bool(found.orders))
    while not gathered:
        before = bool(found.orders)
        try:
            client.deadline.check("waiting for the list of orders")
            found = _order_list(client, account)
        except UnreachableError as late:
            if late.code not in _TOO_LATE:
                raise
            break
        except IncompleteError:
            break
        gathered = found.gathered is not False or (before and bool(found.orders))
    mine = (order for order in found.orders if accounts.own(account, order.account))
    return Blotter(tuple(mine), gathered and not found.odd, found.odd)


def _order_list(client: BrokerClient, account: str) -> OrderList:
    # Without the account, a login with several gets a list that is falsely empty (reported).
    return decode_orders(client.read("GET", _ORDERS, params={"accountId": account}))


def order_status(client: BrokerClient, order_id: int) -> LiveOrder | None:
    """One order; None when the broker says that it does not know it.

    https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#order-status
    """
    client.ensure_accounts()
    try:
        answer = client.read("GET", f"/iserver/account/order/status/{order_id}")
    except NotFoundError as unknown:
        if unknown.code == "unknown-order":
            return None
        raise
    return decode_order_status(answer)


def executions(client: BrokerClient, account: str, days: int = 1) -> Decoded[Execution]:
    """The account's executions of the last 1 to 7 days, today's among them; empty when none is.

    The first answer of a session may be empty (reported): it is asked again then, once a session.

    https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#trades
    """
    if not 1 <= days <= _LONGEST:
        raise ValueError("the broker tells executions of 1 to 7 days")
    accounts = client.ensure_accounts()
    params = {"days": str(days), "accountId": account}
    found = decode_executions(client.read("GET", _TRADES, params=params))
    if not found.rows and not found.odd and not client.memory.has_called(_TRADES):
        found = decode_executions(client.read("GET", _TRADES, params=params))
    client.memory.mark_called(_TRADES)
    mine = (row for row in found.rows if accounts.own(account, row.account))
    return Decoded(tuple(mine), found.odd)
