"""The codes of market-data fields, and the names by which a user asks for them.

Codes: https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#market-data-fields;
recorded answers confirm 84 <= 31 <= 86 and that 85 and 88 are the sizes.
"""

from __future__ import annotations

from enum import StrEnum

from ibcli.errors import UsageError


class Field(StrEnum):
    """A field of a snapshot row. A member that has a value in Quote is named after it."""

    LAST = "31"
    SYMBOL = "55"
    HIGH = "70"
    LOW = "71"
    CHANGE = "82"
    CHANGE_PERCENT = "83"
    BID = "84"
    ASK_SIZE = "85"  # not the ask
    ASK = "86"  # not the volume
    VOLUME = "87"  # abbreviated (10.2K); VOLUME_EXACT is not
    BID_SIZE = "88"  # not the close
    RIGHT = "201"
    EXCHANGE = "6004"
    UNDERLYING_CONID = "6457"
    AVAILABILITY = "6509"
    LAST_SIZE = "7059"
    OPTION_VOLUME = "7089"  # of an underlying
    CAN_BE_TRADED = "7184"
    DESCRIPTION = "7219"
    DESCRIPTION_LONG = "7220"
    IMPLIED_VOLATILITY_30D = "7283"  # of an underlying
    OPEN = "7295"
    CLOSE = "7296"
    DELTA = "7308"
    GAMMA = "7309"
    THETA = "7310"
    VEGA = "7311"
    IMPLIED_VOLATILITY = "7633"  # of one option
    MARK = "7635"
    OPEN_INTEREST = "7638"
    PRIOR_CLOSE = "7741"
    VOLUME_EXACT = "7762"
    HAS_PERMISSION = "7768"

    @property
    def attribute(self) -> str:
        """The name of the value in Quote."""
        return self.name.lower()


MOST_FIELDS = 50  # in one request
MOST_CONIDS = 100

# What each row tells of itself; sent along whatever else is asked for.
ALWAYS = (Field.AVAILABILITY, Field.SYMBOL)

GREEKS = (Field.GAMMA, Field.THETA, Field.VEGA)
MODEL = frozenset({Field.DELTA, *GREEKS, Field.IMPLIED_VOLATILITY})  # computed from prices
OPTION_ONLY = MODEL | {Field.OPEN_INTEREST}
UNDERLYING_ONLY = frozenset({Field.OPTION_VOLUME, Field.IMPLIED_VOLATILITY_30D})

# What a user may name. Each is an attribute of Quote.
NAMED = (
    Field.BID,
    Field.BID_SIZE,
    Field.ASK,
    Field.ASK_SIZE,
    Field.LAST,
    Field.LAST_SIZE,
    Field.MARK,
    Field.VOLUME,
    Field.OPEN_INTEREST,
    Field.IMPLIED_VOLATILITY,
    Field.DELTA,
    *GREEKS,
    Field.OPEN,
    Field.HIGH,
    Field.LOW,
    Field.CLOSE,
    Field.PRIOR_CLOSE,
    Field.CHANGE,
    Field.CHANGE_PERCENT,
    Field.OPTION_VOLUME,
    Field.IMPLIED_VOLATILITY_30D,
)

_ALIASES = {
    "iv": Field.IMPLIED_VOLATILITY,
    "oi": Field.OPEN_INTEREST,
    "vol": Field.VOLUME,
    "iv30": Field.IMPLIED_VOLATILITY_30D,
    "change%": Field.CHANGE_PERCENT,
}
_GROUPS = {"greeks": (Field.DELTA, *GREEKS), "mid": (Field.BID, Field.ASK)}


def parse_fields(text: str) -> tuple[Field, ...]:
    """Read names or the broker's codes, separated by commas: ``bid,86,iv``; ``-`` serves for ``_``.

    Raises UsageError that names the nearest known one.
    """
    known: dict[str, tuple[Field, ...]] = {field.attribute: (field,) for field in NAMED}
    known |= {alias: (field,) for alias, field in _ALIASES.items()} | _GROUPS
    codes = {field.value: (field,) for field in NAMED}
    found: dict[Field, None] = {}
    for word in text.split(","):
        name = word.strip().lower().replace("-", "_").replace(" ", "_")
        meant = known.get(name) or codes.get(name)
        if meant is None:
            from difflib import get_close_matches

            close = get_close_matches(name, known, n=3)
            raise UsageError(
                f"{word.strip()!r} is not a field.",
                hint=f"Nearest: {', '.join(close)}." if close else f"Known: {', '.join(known)}.",
            )
        found |= dict.fromkeys(meant)
    return tuple(found)


def wire_codes(fields: tuple[Field, ...]) -> tuple[str, ...]:
    """What to ask for so that all of ``fields`` can be read, with what every row should tell."""
    wanted = [*ALWAYS, *fields]
    if Field.VOLUME in fields:
        wanted.append(Field.VOLUME_EXACT)
    return tuple(dict.fromkeys(str(field) for field in wanted))
