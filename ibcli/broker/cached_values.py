"""Contracts, listings and strikes as the cache keeps them, and back.

Readers raise ValueError, TypeError, KeyError, AttributeError or ArithmeticError over damage.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.broker.decode import Definition, MonthStrikes
from ibcli.domain.contracts import Listing, OptionContract, Right, Section
from ibcli.domain.watchlist import Instrument

if TYPE_CHECKING:
    from collections.abc import Sequence


def option_definition(contract: OptionContract) -> Definition:
    """An option contract as the definition of its conid."""
    instrument = Instrument(
        conid=contract.conid, symbol=contract.symbol, sec_type="OPT", contract=contract
    )
    return Definition(instrument, contract.underlying_conid)


def contract_row(contract: OptionContract) -> tuple[object, ...]:
    """The columns of a contract."""
    return (
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


def contract_from(row: Sequence[str]) -> OptionContract:
    """The contract of a row."""
    conid, underlying, symbol, trading_class, expiry, strike, right, multiplier, currency, at = row
    return OptionContract(
        conid=int(conid),
        underlying_conid=int(underlying),
        symbol=symbol,
        trading_class=trading_class,
        expiry=date.fromisoformat(expiry),
        strike=Decimal(strike),
        right=Right(right),
        multiplier=None if multiplier is None else Decimal(multiplier),
        currency=currency,
        exchanges=tuple(at.split(",")) if at else (),
    )


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


def conids_from(kept: object) -> tuple[int, ...]:
    """Conids from their JSON."""
    if not isinstance(kept, list):
        raise TypeError
    return tuple(int(conid) for conid in kept)


def definition_from(kept: object) -> Definition:
    """A definition (not of an option) from its JSON."""
    if not isinstance(kept, dict):
        raise TypeError
    return Definition(Instrument(**kept["instrument"]), kept["underlying_conid"])
