"""Pure functions from the broker's JSON to the domain's values; its oddities end here.

Numbers may come as JSON numbers or as strings; whatever cannot be read is reported, never guessed
at and never fatal. An answer of a wholly unknown shape raises RefusedError (``unexpected-answer``).
"""

from ibcli.broker.decode.belonging import Question, belonging
from ibcli.broker.decode.contracts import (
    Decoded,
    Definition,
    MonthStrikes,
    decode_contract_info,
    decode_definitions,
    decode_listings,
    decode_option_info,
    decode_strikes,
)
from ibcli.broker.decode.quotes import RawRow, decode_quote, raw_rows

__all__ = [
    "Decoded",
    "Definition",
    "MonthStrikes",
    "Question",
    "RawRow",
    "belonging",
    "decode_contract_info",
    "decode_definitions",
    "decode_listings",
    "decode_option_info",
    "decode_quote",
    "decode_strikes",
    "raw_rows",
]
