"""Whether rows are about what was asked: a row of another contract may never pass for one's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ibcli.broker.decode.rows import Decoded, few

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.domain.contracts import OptionContract
    from ibcli.domain.months import Month

# A contract whose last day is a holiday ends before it, so maybe in another month than its name's.
_LEEWAY = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Question:
    """What a look-up of contracts was about."""

    symbol: str | None
    month: Month
    strike: Decimal


def belonging(told: Decoded[OptionContract], question: Question) -> Decoded[OptionContract]:
    """The contracts that answer the question and can be told apart; the others are named."""
    odd = list(told.odd)
    fitting = []
    for contract in dict.fromkeys(told.rows):
        reason = _unfit(contract, question)
        if reason:
            odd.append(f"a contract was left out, {contract.words}: {reason}")
        else:
            fitting.append(contract)
    keys = Counter(contract.key for contract in fitting)
    conids = Counter(contract.conid for contract in fitting)
    clear = [c for c in fitting if keys[c.key] == conids[c.conid] == 1]
    odd += [
        f"a contract was left out, {c.words}: conid {c.conid} is not the only one told for it"
        if keys[c.key] > 1
        else f"a contract was left out, {c.words}: its conid {c.conid} stands for others too"
        for c in fitting
        if keys[c.key] > 1 or conids[c.conid] > 1
    ]
    return Decoded(tuple(clear), few(odd, "contracts"))


def _unfit(contract: OptionContract, question: Question) -> str:
    """Why a contract does not answer the question; empty when it does."""
    if question.symbol is not None and _bare(contract.symbol) != _bare(question.symbol):
        return f"it is one of {contract.symbol}, not of {question.symbol}"
    if contract.strike != question.strike:
        return f"strike {question.strike} was asked for"
    first, next_first = question.month.first_day, question.month.next.first_day
    if not first - _LEEWAY <= contract.expiry < next_first + _LEEWAY:
        return f"month {question.month} was asked for"
    return ""


def _bare(symbol: str) -> str:
    """A symbol without what separates its share class: BRK B, BRK.B, BRKB."""
    return "".join(c for c in symbol.upper() if c.isalnum())
