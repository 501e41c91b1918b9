"""Whatever JSON arrives: decoders answer or refuse, and nothing they say can drive a terminal."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.broker import decode
from ibcli.broker.decode.values import UnreadableError
from ibcli.broker.fields import Field
from ibcli.errors import RefusedError
from tests.decode import order_answers as orders
from tests.decode.answers import (
    DEFINITIONS,
    OPTION_CONTRACT_INFO,
    OPTION_ROW,
    SEARCH,
    info_row,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.sampled_from(
        ["N/A", "-", "C1.5", "10.2K", "1,300", "38.5%", "\x1b[2J", "&#27;", "20250822"]
    )
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
DECODERS: dict[str, Callable[[Any], object]] = {
    "listings": decode.decode_listings,
    "strikes": decode.decode_strikes,
    "option info": lambda answer: decode.decode_option_info(answer, 1),
    "contract info": decode.decode_contract_info,
    "definitions": decode.decode_definitions,
    "rows": lambda answer: [
        decode.decode_quote(conid, row) for conid, row in decode.raw_rows(answer).items()
    ],
    "orders": lambda answer: decode.decode_orders({"orders": answer}),
    "order status": decode.decode_order_status,
    "executions": decode.decode_executions,
    "positions": decode.decode_positions,
    "question": decode.decode_reply,
    "placed": decode.decode_reply,
    "prompt": decode.decode_reply,
    "cancelled": decode.decode_cancel,
    "what-if": decode.decode_what_if,
    "rules": decode.decode_rules,
    "hours": decode.decode_hours,
    "venue": lambda answer: decode.decode_venue_hours(answer, [date(2025, 9, 2)]),
}
LONE = {"strikes", "contract info", "order status", "prompt", "cancelled", "what-if"}
LONE |= {"rules", "hours"}
ROWS: dict[str, dict[str, Any]] = {
    "listings": SEARCH[1],
    "strikes": {"call": [], "put": []},
    "option info": info_row(1, "C", "20250822"),
    "contract info": OPTION_CONTRACT_INFO,
    "definitions": DEFINITIONS["secdef"][1],
    "rows": OPTION_ROW,
    "orders": orders.ORDER_ROW,
    "order status": orders.STATUS,
    "executions": orders.TRADE,
    "positions": orders.OPTION_POSITION,
    "question": orders.QUESTION,
    "placed": orders.PLACED,
    "prompt": orders.PROMPT,
    "cancelled": {"msg": "Request was submitted", "order_id": 1},
    "what-if": orders.WHAT_IF,
    "rules": orders.RULES,
    "hours": orders.HOURS,
    "venue": orders.VENUE,
}


def harmless(value: object) -> bool:
    """Whether a repr of the value, with its escapes undone, holds no control character."""
    texts = list(_texts(value))
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for word in texts for c in word)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple | list):
        return [word for item in value for word in _texts(item)]
    slots = getattr(value, "__slots__", ())
    return [word for name in slots for word in _texts(getattr(value, name))]


@pytest.mark.parametrize("name", DECODERS)
@given(answer=JSON)
def test_any_answer_is_read_or_refused(name: str, answer: object) -> None:
    try:
        read = DECODERS[name](answer)
    except (RefusedError, UnreadableError):
        return
    assert harmless(read)


@pytest.mark.parametrize("name", DECODERS)
@given(data=st.data())
def test_a_known_row_with_any_values_is_read_or_refused(name: str, data: st.DataObject) -> None:
    row = dict(ROWS[name])
    for key in data.draw(st.lists(st.sampled_from(sorted(row)), max_size=6)):
        row[key] = data.draw(JSON)
    try:
        read = DECODERS[name](row if name in LONE else [row])
    except (RefusedError, UnreadableError):
        return
    assert harmless(read)


@given(st.dictionaries(st.sampled_from([str(field) for field in Field]), LEAVES))
def test_every_value_of_a_row_is_read_or_named(row: dict[str, object]) -> None:
    quote = decode.decode_quote(1, row)
    for reported in quote.odd:
        assert reported.split(" = ")[0].removeprefix("field ") in row
    for name in ("bid", "ask", "last", "delta", "open_interest"):
        value = getattr(quote, name)
        assert value is None or len(f"{value:f}") < 70
