"""What an order would do to an account.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#preview-order; amounts are strings
with commas ("1,006,413"), at times with stray quotes behind (documented), commissions carry their
currency ("1.05 USD") or are "NA" (recorded).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ibcli.broker.decode.values import UnreadableError, number, prose, text, unexpected
from ibcli.domain.terms import WhatIf

if TYPE_CHECKING:
    from decimal import Decimal

_AMOUNT = re.compile(r"([+-]?[0-9][0-9,]*(?:\.[0-9]+)?)(?: [A-Z]{3})?")
_NUMBERED = re.compile(r"[0-9]{1,6}/")  # "21/You are trying ...": the message's number


def decode_what_if(answer: object) -> WhatIf:
    """The preview; what it does not say, or not readably, is None. Raises RefusedError."""
    if not isinstance(answer, Mapping):
        raise unexpected("what the order would do", answer)
    amount, initial, maintenance, equity = (
        found if isinstance(found := answer.get(key), Mapping) else {}
        for key in ("amount", "initial", "maintenance", "equity")
    )
    return WhatIf(
        commission=_amount(amount.get("commission")),
        commission_words=_said(amount.get("commission")),
        initial_change=_amount(initial.get("change")),
        initial_after=_amount(initial.get("after")),
        maintenance_change=_amount(maintenance.get("change")),
        maintenance_after=_amount(maintenance.get("after")),
        equity=_amount(equity.get("current")),
        equity_after=_amount(equity.get("after")),
        warning=_warning(answer.get("warn")),
    )


def _amount(value: object) -> Decimal | None:
    """A number; with its currency and stray quotes left out. A range is none."""
    if isinstance(value, str):
        match = _AMOUNT.fullmatch(value.strip().strip('"').strip())
        value = match[1] if match else None
    try:
        return number(value, suffixes="")
    except UnreadableError:
        return None


def _said(value: object) -> str | None:
    words = text(value)
    return None if words is None or words.upper() in {"NA", "N/A", "-"} else words


def _warning(value: object) -> str | None:
    words = prose(value)
    return _NUMBERED.sub("", words, count=1).strip() or None if words else None
