"""An order that is being cancelled, watched until it has ended one way or the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ibcli.broker.blotter import order_status
from ibcli.errors import IncompleteError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.domain.blotter import OrderStatus
    from ibcli.domain.order_list import OrderRow

_PAUSE = 0.5  # seconds between looks


def followed(client: BrokerClient, row: OrderRow, seconds: float | None = None) -> OrderRow:
    """The row as the broker tells it once the order has ended, or after so many seconds.

    None: until the deadline. A look that fails leaves it as it was.
    """
    deadline = client.deadline
    end = deadline.clock() + (deadline.remaining if seconds is None else seconds)
    while True:
        try:
            told = order_status(client, row.order.order_id)
        except (RefusedError, UnreachableError, IncompleteError):
            return row
        if told is not None:
            row = with_status(row, told.status, told.filled, told.average_price)
        if not row.is_open or deadline.clock() >= end or deadline.passed:
            return row
        deadline.sleep(_PAUSE / client.settings.haste)


def with_status(row: OrderRow, status: OrderStatus, *filled: object) -> OrderRow:
    """The row with a newer status, and with what was filled and at which average price."""
    changes: dict[str, object] = {"status": status}
    if filled:
        known = zip(("filled", "average_price"), filled, strict=True)
        changes |= {name: value for name, value in known if value is not None}
    return replace(row, order=replace(row.order, **changes))  # type: ignore[arg-type]
