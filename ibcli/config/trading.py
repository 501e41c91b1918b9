"""The trader's own limits and habits, as the settings say them.

No message repeats the text it was given: a secret may have been put in the wrong place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ibcli.domain import wishes
from ibcli.domain.months import ExpiryWord, parse_expiry
from ibcli.domain.order_terms import OrderType, Side, Tif
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from decimal import Decimal

    from ibcli.domain.wishes import IfLegFails, Limit, TakeProfit, Window

NONE = "none"  # the word that takes a limit away
_MESSAGE_ID = "[A-Za-z][0-9]{1,8}"
_MOST = 100_000  # contracts or orders


class Unattended(StrEnum):
    """On which accounts orders may be sent when nobody can be asked."""

    NEVER = "never"
    PAPER = "paper"  # and simulated ones
    LIVE = "live"  # on all


@dataclass(frozen=True, slots=True)
class Guards:
    """The limits that every order is held against; None takes one away. Amounts are in USD."""

    symbols: frozenset[str] | None  # underlyings
    max_contracts: int | None
    max_orders_per_day: int | None
    max_premium: Decimal | None
    max_loss: Decimal | None
    max_delta: Decimal | None  # absolute
    max_spread: Decimal | None  # of the mid
    price_band: Decimal | None  # of the mid
    quote_max_age: Decimal | None  # seconds
    max_margin: Decimal | None  # of the equity
    window: Window | None


@dataclass(frozen=True, slots=True)
class OrderDefaults:
    """What ``order`` takes for its options where no flag says it.

    At most one of ``delta``, ``otm`` and ``offset`` is set. ``wait`` is ``working``, ``filled`` or
    seconds.
    """

    action: Side
    expiry: date | ExpiryWord
    delta: Decimal | None
    otm: int | None
    offset: Decimal | None
    quantity: int
    limit: Limit
    type: OrderType
    tif: Tif
    outside_rth: bool
    stop_multiple: Decimal
    take_profit: TakeProfit | None
    width: Decimal | None
    combo: bool | None  # None: as the structure asks for
    if_leg_fails: IfLegFails
    wait: str


def or_none(read: Callable[[str], object]) -> Callable[[str], object]:
    """As ``read``, or None for the word ``none``."""

    def reading(value: str) -> object:
        if value.strip().lower() == NONE:
            return None
        try:
            return read(value)
        except ValueError as error:
            raise ValueError(f"{error}; or none") from None

    return reading


def symbols(value: str) -> frozenset[str]:
    """Underlyings, separated by commas or blanks."""
    from ibcli.domain.symbols import parse_symbol

    wrong = "must be symbols separated by commas, such as SPY,ARM,BRK.B"
    try:
        found = frozenset(parse_symbol(word) for word in re.split(r"[,;\s]+", value) if word)
    except UsageError:
        raise ValueError(wrong) from None
    if not found:
        raise ValueError(wrong)
    return found


def whole(value: str) -> int:
    """A whole number from 1 on."""
    if not re.fullmatch("[0-9]{1,6}", value) or not 1 <= int(value) <= _MOST:
        raise ValueError(f"must be a whole number from 1 to {_MOST}")
    return int(value)


def delta(value: str) -> Decimal:
    """An absolute delta above 0, at most 1."""
    wrong = "must be a delta above 0 and at most 1, such as 0.10"
    try:
        number = wishes.amount(value)
    except ValueError:
        raise ValueError(wrong) from None
    if number > 1:
        raise ValueError(wrong)
    return number


def share(value: str) -> Decimal:
    """A fraction (0.25) or percent (25%)."""
    wrong = "must be a fraction such as 0.25, or 25%"
    try:
        number = wishes.amount(value.removesuffix("%"))
    except ValueError:
        raise ValueError(wrong) from None
    return number / 100 if value.endswith("%") else number


def multiple(value: str) -> Decimal:
    """A stop's distance: a multiple of the premium, above 1."""
    wrong = "must be a multiple above 1, such as 3.5"
    try:
        number = wishes.amount(value)
    except ValueError:
        raise ValueError(wrong) from None
    if number <= 1:
        raise ValueError(wrong)
    return number


def action(value: str) -> Side:
    """``buy`` or ``sell``."""
    return Side(_one_of(value.upper(), Side).upper())


def order_type(value: str) -> OrderType:
    """How an order is to be filled."""
    return OrderType(_one_of(value.upper().replace("-", "_"), OrderType))


def tif(value: str) -> Tif:
    """How long an order stays in force."""
    return Tif(_one_of(value.upper(), Tif))


def unattended(value: str) -> Unattended:
    """``never``, ``paper`` or ``live``."""
    return Unattended(_one_of(value.lower(), Unattended))


def if_leg_fails(value: str) -> IfLegFails:
    """``keep``, ``cancel`` or ``unwind``."""
    return wishes.IfLegFails(_one_of(value.lower(), wishes.IfLegFails))


def wait(value: str) -> str:
    """``working``, ``filled`` or seconds."""
    word = value.lower()
    if word in {"working", "filled"}:
        return word
    try:
        return f"{wishes.amount(word):f}"
    except ValueError:
        raise ValueError("must be working, filled or a number of seconds") from None


def expiry(value: str) -> date | ExpiryWord:
    """A day, ``0dte`` or ``next``."""
    wrong = "must be 0dte, next or a day such as 2025-08-22"
    try:
        found = parse_expiry(value)
    except UsageError:
        raise ValueError(wrong) from None
    if found is ExpiryWord.ALL:
        raise ValueError(wrong)
    return found


def confirm(value: str) -> frozenset[str]:
    """Ids of the broker's questions, separated by commas; ``none``: not one is accepted.

    o354 (no market data) may stand here without effect.
    """
    if value.strip().lower() == NONE:
        return frozenset()
    words = [word for word in re.split(r"[,;\s]+", value) if word]
    if not words or not all(re.fullmatch(_MESSAGE_ID, word) for word in words):
        raise ValueError("must be message ids separated by commas, such as o163,o10151; or none")
    return frozenset(word.lower() for word in words)


def _one_of(word: str, words: type[StrEnum]) -> str:
    if word not in {str(each) for each in words}:
        raise ValueError(f"must be one of: {', '.join(str(each).lower() for each in words)}")
    return word


def guards_of(values: Mapping[str, Any]) -> Guards:
    """The limits among the parsed settings."""
    return Guards(
        symbols=values["IBCLI_SYMBOLS"],
        max_contracts=values["IBCLI_MAX_CONTRACTS"],
        max_orders_per_day=values["IBCLI_MAX_ORDERS_PER_DAY"],
        max_premium=values["IBCLI_MAX_PREMIUM"],
        max_loss=values["IBCLI_MAX_LOSS"],
        max_delta=values["IBCLI_MAX_DELTA"],
        max_spread=values["IBCLI_MAX_SPREAD"],
        price_band=values["IBCLI_PRICE_BAND"],
        quote_max_age=values["IBCLI_QUOTE_MAX_AGE"],
        max_margin=values["IBCLI_MAX_MARGIN"],
        window=values["IBCLI_WINDOW"],
    )


def order_of(values: Mapping[str, Any]) -> OrderDefaults:
    """The habits among the parsed settings."""
    return OrderDefaults(
        action=values["IBCLI_ORDER_ACTION"],
        expiry=values["IBCLI_ORDER_EXPIRY"],
        delta=values["IBCLI_ORDER_DELTA"],
        otm=values["IBCLI_ORDER_OTM"],
        offset=values["IBCLI_ORDER_OFFSET"],
        quantity=values["IBCLI_ORDER_QTY"],
        limit=values["IBCLI_ORDER_LIMIT"],
        type=values["IBCLI_ORDER_TYPE"],
        tif=values["IBCLI_ORDER_TIF"],
        outside_rth=values["IBCLI_ORDER_OUTSIDE_RTH"],
        stop_multiple=values["IBCLI_ORDER_STOP_MULTIPLE"],
        take_profit=values["IBCLI_ORDER_TAKE_PROFIT"],
        width=values["IBCLI_ORDER_WIDTH"],
        combo=values["IBCLI_ORDER_COMBO"],
        if_leg_fails=values["IBCLI_ORDER_IF_LEG_FAILS"],
        wait=values["IBCLI_ORDER_WAIT"],
    )
