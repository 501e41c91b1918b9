"""Pure functions from the broker's JSON to the domain's values; its oddities end here.

Numbers may come as JSON numbers or as strings; whatever cannot be read is reported, never guessed
at and never fatal. An answer of a wholly unknown shape raises RefusedError (``unexpected-answer``).
"""

from ibcli.broker.decode.belonging import Question, belonging
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
from ibcli.broker.decode.rows import Decoded
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
