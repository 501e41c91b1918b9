"""Rows of /portfolio/{id}/positions, /position, /portfolio/positions and /portfolio2."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.sim import details
from ibcli.sim import format as wire
from ibcli.sim.books.ledger import plain

if TYPE_CHECKING:
    from datetime import datetime

    from ibcli.sim.books.contracts import Contract, Contracts
    from ibcli.sim.books.records import Position
    from ibcli.sim.market import OptionContract

PAGE = 100
_CENT = Decimal("0.01")


def _amounts(position: Position, contract: Contract, mark: Decimal) -> dict[str, Any]:
    value = position.quantity * mark * contract.multiplier
    cost = position.average_cost
    return {
        "position": float(position.quantity),
        "mktPrice": float(mark),
        "mktValue": float(value.quantize(_CENT)),
        "currency": "USD",
        "avgCost": float(cost),
        "avgPrice": float(cost / contract.multiplier),
        "realizedPnl": float(position.realized.quantize(_CENT)),
        "unrealizedPnl": float((value - position.cost).quantize(_CENT)),
    }


def short_row(
    position: Position, contracts: Contracts, account: str, at: datetime
) -> dict[str, Any]:
    """/portfolio/{id}/position/{conid}; here a strike is a number (recorded)."""
    contract = contracts.get(position.conid)
    option = contract.option
    return {
        "acctId": account,
        "conid": position.conid,
        "contractDesc": contract.symbol if option is None else option_words(option),
        **_amounts(position, contract, contracts.mark(position.conid, at)),
        "exchs": None,
        "expiry": None if option is None else wire.compact_date(option.expiry),
        "putOrCall": None if option is None else option.right.value,
        "multiplier": None if option is None else float(option.multiplier),
        "strike": 0.0 if option is None else float(option.strike),
        "exerciseStyle": None,
        "conExchMap": [],
        "assetClass": contract.sec_type,
        "undConid": 0 if option is None else option.underlying_conid,
        "model": "",
    }


def full_row(
    position: Position, contracts: Contracts, account: str, at: datetime
) -> dict[str, Any]:
    """A row of a page of positions: with the contract's terms, its strike a string."""
    contract = contracts.get(position.conid)
    instrument = contract.underlying if contract.option is None else contract.option
    terms = details.definition(contracts.market, instrument)
    row = short_row(position, contracts, account, at) | terms
    row |= {"time": 12, "chineseName": None, "pageSize": PAGE}
    if contract.option is None:
        return row
    name = contract.underlying.name
    option = contract.option
    right = wire.right_word(option.right)
    return row | {
        "crossCurrency": False,
        "undComp": name,
        "undSym": contract.symbol,
        "fullName": f"{option.symbol} {option.expiry:%b%d'%y} {plain(option.strike)} {right}",
    }


def option_words(option: OptionContract) -> str:
    """ "SPY    JAN2025 440 C [SPY   250117C00440000 100]" (recorded)."""
    month = wire.MONTHS[option.expiry.month - 1]
    words = f"{option.symbol:<6} {month}{option.expiry.year} {plain(option.strike)}"
    return f"{words} {option.right.value} [{wire.occ_symbol(option)} {option.multiplier}]"


def new_row(position: Position, contracts: Contracts, at: datetime) -> dict[str, Any]:
    """A row of /portfolio2/{id}/positions; here the conid is a string (recorded)."""
    contract = contracts.get(position.conid)
    option = contract.option
    amounts = _amounts(position, contract, contracts.mark(position.conid, at))
    return {
        "position": amounts["position"],
        "conid": str(position.conid),
        "avgCost": amounts["avgCost"],
        "avgPrice": amounts["avgPrice"],
        "currency": "USD",
        "description": contract.symbol if option is None else option_words(option),
        "isLastToLoq": False,
        "marketPrice": amounts["mktPrice"],
        "marketValue": amounts["mktValue"],
        "realizedPnl": amounts["realizedPnl"],
        "secType": contract.sec_type,
        "timestamp": int(at.timestamp()),
        "unrealizedPnl": amounts["unrealizedPnl"],
        "assetClass": contract.sec_type,
        "sector": None,
        "group": None,
        "model": "",
    }
