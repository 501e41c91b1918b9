"""Contracts, listings and strikes as the cache keeps them, and back.

Readers raise ValueError, TypeError, KeyError, AttributeError or ArithmeticError over damage.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

from ibcli.broker.decode import Definition, MonthStrikes
from ibcli.domain.contracts import Listing, OptionContract, Right, Section
from ibcli.domain.watchlist import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ibcli.domain.terms import TickRules, TradingHours


def option_definition(contract: OptionContract) -> Definition:
    """An option contract as the definition of its conid."""
    instrument = Instrument(
        conid=contract.conid, symbol=contract.symbol, sec_type="OPT", contract=contract
    )
    return Definition(instrument, contract.underlying_conid)


def sum_of(columns: Iterable[object]) -> int:
    """Of texts, numbers and nulls as SQLite gives them back."""
    return crc32("\x1f".join(map(str, columns)).encode())


def contract_row(contract: OptionContract) -> tuple[object, ...]:
    """The columns of a contract, the last of them a sum over the others."""
    columns = (
        contract.conid,
        contract.underlying_conid,
        contract.symbol,
        contract.trading_class,
        contract.expiry.isoformat(),
        str(contract.strike),
        str(contract.right),
        None if contract.multiplier is None else str(contract.multiplier),
        contract.currency,
        ",".join(contract.exchanges),
    )
    return (*columns, sum_of(columns))


def contract_from(row: Sequence[str]) -> OptionContract:
    """The contract of a row. A strike of which a bit turned over would be another contract's."""
    *columns, expected = row
    if str(sum_of(columns)) != str(expected):
        raise ValueError("not what was written")
    conid, underlying, symbol, trading_class, expiry, strike, right, multiplier, currency, at = (
        columns
    )
    return OptionContract(
        conid=int(conid),
        underlying_conid=int(underlying),
        symbol=symbol,
        trading_class=trading_class,
        expiry=_day(expiry),
        strike=_number(strike),
        right=Right(right),
        multiplier=None if multiplier is None else _number(multiplier),
        currency=currency,
        exchanges=_words(at),
    )


# A month's contracts share a few days, strikes and lists of exchanges.
_day = lru_cache(date.fromisoformat)
_number = lru_cache(maxsize=1024)(Decimal)


@lru_cache
def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(",")) if listed else ()


def listings_from(kept: object) -> tuple[Listing, ...]:
    """Listings from their JSON."""
    if not isinstance(kept, list):
        raise TypeError
    return tuple(
        Listing(**{**row, "sections": tuple(section_from(s) for s in row["sections"])})
        for row in kept
    )


def section_from(kept: dict[str, list[str]]) -> Section:
    return Section(str(kept["sec_type"]), tuple(kept["months"]), tuple(kept["exchanges"]))


def strikes_from(kept: object) -> MonthStrikes:
    """Strikes from their JSON."""
    if not isinstance(kept, dict):
        raise TypeError
    calls, puts = (tuple(Decimal(s) for s in kept[side]) for side in ("calls", "puts"))
    return MonthStrikes(calls, puts)


def rules_row(rules: TickRules) -> dict[str, object]:
    """Price steps and order types as JSON."""
    size = rules.size_increment
    return {
        "steps": [[str(edge), str(increment)] for edge, increment in rules.steps],
        "order_types": list(rules.order_types),
        "size_increment": None if size is None else str(size),
    }


def rules_from(kept: object) -> TickRules:
    """Price steps from their JSON."""
    from ibcli.domain.terms import TickRules

    if not isinstance(kept, dict) or not kept["steps"]:
        raise TypeError
    size = kept["size_increment"]
    return TickRules(
        steps=tuple((Decimal(edge), Decimal(increment)) for edge, increment in kept["steps"]),
        order_types=tuple(str(word) for word in kept["order_types"]),
        size_increment=None if size is None else Decimal(size),
    )


def hours_row(hours: TradingHours) -> dict[str, list[list[str]]]:
    """Sessions by day as JSON."""
    return {
        day.isoformat(): [[at.isoformat() for at in session] for session in sessions]
        for day, sessions in hours.days.items()
    }


def hours_from(kept: object) -> TradingHours:
    """Sessions by day from their JSON."""
    from ibcli.domain.terms import Session, TradingHours

    if not isinstance(kept, dict) or not kept:
        raise TypeError
    return TradingHours(
        {
            date.fromisoformat(day): tuple(
                Session(datetime.fromisoformat(opens), datetime.fromisoformat(closes))
                for opens, closes in sessions
            )
            for day, sessions in kept.items()
        }
    )


def definition_from(kept: object) -> Definition:
    """A definition (not of an option) from its JSON."""
    if not isinstance(kept, dict):
        raise TypeError
    return Definition(Instrument(**kept["instrument"]), kept["underlying_conid"])
