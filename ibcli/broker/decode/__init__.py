"""Pure functions from the broker's JSON to the domain's values; its oddities end here.

Numbers may come as JSON numbers or as strings; whatever cannot be read is reported, never guessed
at and never fatal. An answer of a wholly unknown shape raises RefusedError (``unexpected-answer``).

Each is imported when it is first asked for: a quote needs to read neither orders nor executions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ibcli.broker.decode.belonging import Question, belonging
from ibcli.broker.decode.rows import Decoded

if TYPE_CHECKING:
    from ibcli.broker.decode.contracts import (
        Definition,
        MonthStrikes,
        decode_contract_info,
        decode_definitions,
        decode_listings,
        decode_option_info,
        decode_strikes,
    )
    from ibcli.broker.decode.executions import decode_executions
    from ibcli.broker.decode.orders import OrderList, decode_order_status, decode_orders
    from ibcli.broker.decode.positions import decode_positions, page_size
    from ibcli.broker.decode.quotes import RawRow, decode_quote, raw_rows
    from ibcli.broker.decode.replies import (
        Asked,
        CancelReply,
        Placed,
        PlacedRow,
        Prompted,
        QuestionMessage,
        Refused,
        Reply,
        decode_cancel,
        decode_reply,
    )
    from ibcli.broker.decode.terms import decode_hours, decode_rules, decode_venue_hours
    from ibcli.broker.decode.whatif import decode_what_if

__all__ = [
    "Asked",
    "CancelReply",
    "Decoded",
    "Definition",
    "MonthStrikes",
    "OrderList",
    "Placed",
    "PlacedRow",
    "Prompted",
    "Question",
    "QuestionMessage",
    "RawRow",
    "Refused",
    "Reply",
    "belonging",
    "decode_cancel",
    "decode_contract_info",
    "decode_definitions",
    "decode_executions",
    "decode_hours",
    "decode_listings",
    "decode_option_info",
    "decode_order_status",
    "decode_orders",
    "decode_positions",
    "decode_quote",
    "decode_reply",
    "decode_rules",
    "decode_strikes",
    "decode_venue_hours",
    "decode_what_if",
    "page_size",
    "raw_rows",
]

_WHERE = {
    "contracts": "Definition MonthStrikes decode_contract_info decode_definitions decode_listings"
    " decode_option_info decode_strikes",
    "executions": "decode_executions",
    "orders": "OrderList decode_order_status decode_orders",
    "positions": "decode_positions page_size",
    "quotes": "RawRow decode_quote raw_rows",
    "replies": "Asked CancelReply Placed PlacedRow Prompted QuestionMessage Refused Reply"
    " decode_cancel decode_reply",
    "terms": "decode_hours decode_rules decode_venue_hours",
    "whatif": "decode_what_if",
}
_HOME = {name: module for module, names in _WHERE.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found
