"""Rows of /iserver/account/trades and of the socket's str, and /pa/transactions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibcli.sim import format as wire
from ibcli.sim.books.ledger import money, plain, venue
from ibcli.sim.market.sessions import NEW_YORK
from ibcli.sim.reports.orders import listing_exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibcli.sim.books.contracts import Contracts
    from ibcli.sim.books.records import Execution


def row(execution: Execution, contracts: Contracts, account: str, username: str) -> dict[str, Any]:
    """One fill. The commission is absent while it is not known, and when there is none."""
    contract = contracts.get(execution.conid)
    at = datetime.fromtimestamp(execution.at / 1000, UTC)
    found: dict[str, Any] = {
        "execution_id": execution.id,
        "symbol": contract.symbol,
        "supports_tax_opt": "1",
        "side": execution.side,
        "order_description": execution.description,
        "trade_time": at.strftime("%Y%m%d-%H:%M:%S"),
        "trade_time_r": int(at.timestamp()) * 1000,
        "size": float(execution.quantity),
        "price": "0.0" if not execution.price else money(execution.price),
        "submitter": username,
        "exchange": venue(contract),
        "net_amount": float(abs(execution.amount)),
        "account": account,
        "accountCode": account,
        "account_allocation_name": account,
        "company_name": contract.underlying.name,
        "contract_description_1": contract.symbol,
        "sec_type": contract.sec_type,
        "listing_exchange": listing_exchange(contract),
        "conid": execution.conid,
        "conidEx": str(execution.conid),
        "position": plain(execution.position),
        "clearing_id": "IB",
        "clearing_name": "IB",
        "liquidation_trade": "0",
        "is_event_trading": "0",
    }
    if contract.option is not None:
        found["contract_description_2"] = wire.option_description(contract.option)
        found["open_close"] = "???"
    if execution.commission is not None:
        found["commission"] = commission_text(execution.commission)
    if execution.coid is not None:
        found["order_ref"] = execution.coid
    if execution.order_id is not None:
        found["order_id"] = execution.order_id
    return found


def commission_text(value: Decimal) -> str:
    """ "1.0", "0.47" (recorded)."""
    text = plain(value)
    return text if "." in text else f"{text}.0"


def as_known(execution: Execution, beat: int, delay: int) -> Execution:
    """The execution as it is known on a beat: its commission comes ``delay`` beats later."""
    if beat - execution.beat >= delay:
        return execution
    return replace(execution, commission=None)


def transactions(
    executions: Sequence[Execution],
    contracts: Contracts,
    account: str,
    conid: int,
    span: tuple[datetime, datetime],
) -> dict[str, Any]:
    """/pa/transactions of one contract; amounts are net of commission and negative for purchases;
    quantities are signed, that of an expired long position is negative. Expiries are of type
    "Expiration", a word that is invented.
    """
    contract = contracts.get(conid)
    first, last = (int(_midnight(at).timestamp()) * 1000 for at in span)
    mine = [e for e in executions if e.conid == conid]
    before = [Decimal(0), *(execution.position for execution in mine)]
    signed = {e.id: e.position - held for e, held in zip(mine, before, strict=False)}
    mine = [e for e in mine if e.at >= first]
    realized = sum((execution.realized for execution in mine), Decimal(0))
    words = {"B": "Buy", "S": "Sell", "X": "Expiration"}
    rows = []
    for execution in mine:
        day = datetime.fromtimestamp(execution.at / 1000, UTC).astimezone(NEW_YORK)
        rows.append(
            {
                "cur": "USD",
                "date": day.strftime("%a %b %d 00:00:00 %Z %Y"),
                "rawDate": day.strftime("%Y%m%d"),
                "fxRate": 1.0,
                "pr": float(execution.price),
                "qty": float(signed[execution.id]),
                "acctid": account,
                "amt": float(execution.amount - (execution.commission or 0)),
                "conid": conid,
                "type": words[execution.side],
                "desc": contract.underlying.name,
            }
        )
    return {
        "nd": (span[1].date() - span[0].date()).days + 1,
        "rpnl": {"data": [], "amt": commission_text(realized)},
        "currency": "USD",
        "from": first,
        "id": "getTransactions",
        "to": last,
        "transactions": rows,
    }


def _midnight(at: datetime) -> datetime:
    return at.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)
