"""Balances: /portfolio's summary and ledger, /iserver's summary, P&L, performance."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibcli.sim.books.valuation import Balance

_LEVERAGE = 4  # buying power over available funds, as recorded of a margin account
_CENT = Decimal("0.01")
_NOTHINGS = (
    *("commoditymarketvalue", "futuremarketvalue", "corporatebondsmarketvalue"),
    *("warrantsmarketvalue", "moneyfunds", "funds", "issueroptionsmarketvalue", "futuresonlypnl"),
    *("tbondsmarketvalue", "futureoptionmarketvalue", "cashbalancefxsegment", "tbillsmarketvalue"),
    *("dividends", "cryptocurrencyvalue"),
)


def ledger(balance: Balance, account: str, at: datetime) -> dict[str, Any]:
    """/portfolio/{id}/ledger: one currency, and BASE."""
    return {currency: _ledger(balance, account, at, currency) for currency in ("USD", "BASE")}


def _ledger(balance: Balance, account: str, at: datetime, currency: str) -> dict[str, Any]:
    return {
        **dict.fromkeys(_NOTHINGS, 0.0),
        "settledcash": _number(balance.cash),
        "exchangerate": 1,
        "sessionid": 1,
        "cashbalance": _number(balance.cash),
        "netliquidationvalue": _number(balance.net),
        "interest": 0,
        "unrealizedpnl": _number(balance.unrealized),
        "stockmarketvalue": _number(balance.stock),
        "currency": currency,
        "realizedpnl": _number(balance.realized),
        "acctcode": account,
        "key": "LedgerList",
        "timestamp": int(at.timestamp()),
        "severity": 0,
        "stockoptionmarketvalue": _number(balance.options),
        "secondkey": currency,
        "endofbundle": 1,
    }


def _number(value: Decimal) -> float:
    return float(value.quantize(_CENT))


def iserver_summary(balance: Balance) -> dict[str, Any]:
    """/iserver/account/{id}/summary: whole dollars (recorded)."""
    cash = _whole(balance.cash)
    return {
        "accountType": "",
        "status": "",
        "balance": _whole(balance.available),
        "SMA": _whole(balance.available),
        "buyingPower": _whole(max(balance.available, Decimal(0)) * _LEVERAGE),
        "availableFunds": _whole(balance.available),
        "excessLiquidity": _whole(balance.excess),
        "netLiquidationValue": _whole(balance.net),
        "equityWithLoanValue": _whole(balance.equity),
        "regTLoan": 0.0,
        "securitiesGVP": _whole(balance.gross),
        "totalCashValue": cash,
        "accruedInterest": 0.0,
        "regTMargin": 0.0,
        "initialMargin": _whole(balance.initial),
        "maintenanceMargin": _whole(balance.maintenance),
        "cashBalances": [{"currency": "USD", "balance": cash, "settledCash": cash}],
    }


def _whole(value: Decimal) -> float:
    return float(round(value))


def summary(balance: Balance, account: str, at: datetime) -> dict[str, Any]:
    """/portfolio/{id}/summary: every value an object; "-s" is the segment of securities."""
    stamp = int(at.timestamp()) * 1000
    texts = {
        "accountcode": account,
        "accountready": "true",
        "accounttype": "INDIVIDUAL",
        "columnprio-s": "1",
        "depositoncredithold": "null",
        "highestseverity": "null",
        "leverage-s": _leverage(balance),
        "lookaheadnextchange": "0",
        "nlvandmargininreview": "false",
        "segmenttitle-s": "US Securities",
        "settledcashbydate": f"{at:%Y%m%d}:{_number(balance.cash)}",
        "settledcashbydate-s": f"{at:%Y%m%d}:{_number(balance.cash)}",
        "tradingtype-s": "STKNOPT",
    }
    cushion = balance.excess / balance.net if balance.net else Decimal(0)
    body = {name: _entry(stamp, value=text) for name, text in texts.items()}
    body["cushion"] = _entry(stamp, amount=float(round(cushion, 4)))
    for name, amount in _summary_amounts(balance).items():
        body[name] = _entry(stamp, amount=_number(amount), currency="USD")
    return dict(sorted(body.items()))


def _leverage(balance: Balance) -> str:
    if not balance.net:
        return "0.00"
    return f"{balance.gross / balance.net:.2f}"


def _entry(
    stamp: int, *, amount: float = 0.0, currency: str | None = None, value: str | None = None
) -> dict[str, Any]:
    return {
        "amount": amount,
        "currency": currency,
        "isNull": False,
        "timestamp": stamp,
        "value": value,
        "severity": 0,
    }


def _summary_amounts(balance: Balance) -> dict[str, Decimal]:
    nothing = Decimal(0)
    with_segment = {
        "availablefunds": balance.available,
        "equitywithloanvalue": balance.equity,
        "excessliquidity": balance.excess,
        "grosspositionvalue": balance.gross,
        "initmarginreq": balance.initial,
        "maintmarginreq": balance.maintenance,
        "netliquidation": balance.net,
        "totalcashvalue": balance.cash,
    }
    alone = {
        "buyingpower": max(balance.available, nothing) * _LEVERAGE,
        "fullavailablefunds": balance.available,
        "fullexcessliquidity": balance.excess,
        "fullinitmarginreq": balance.initial,
        "fullmaintmarginreq": balance.maintenance,
        "lookaheadavailablefunds": balance.available,
        "lookaheadexcessliquidity": balance.excess,
        "lookaheadinitmarginreq": balance.initial,
        "lookaheadmaintmarginreq": balance.maintenance,
    }
    nothings = (
        *("accruedcash", "accrueddividend", "billable", "guarantee", "incentivecoupons"),
        *("indianstockhaircut", "netliquidationuncertainty", "pasharesvalue"),
        *("physicalcertificatevalue", "postexpirationexcess", "postexpirationmargin"),
        "totaldebitcardpendingcharges",
    )
    return {
        **with_segment,
        **{f"{name}-s": amount for name, amount in with_segment.items()},
        **alone,
        **dict.fromkeys(nothings, nothing),
    }


def pnl(balance: Balance, account: str) -> dict[str, Any]:
    """pnl/partitioned's upnl, and the arguments of the socket's spl."""
    return {
        f"{account}.Core": {
            "rowType": 1,
            "dpl": _number(balance.daily),
            "nl": _number(balance.net),
            "upl": _number(balance.unrealized),
            "uel": _number(balance.excess),
            "el": _number(balance.excess),
            "mv": _number(balance.stock + balance.options),
        }
    }


def performance(
    values: Sequence[tuple[str, Decimal]], start: tuple[str, Decimal], account: str
) -> dict[str, Any]:
    """/pa/performance of (day, value) pairs since ``start``: returns on what the account started
    from; nothing is paid in or out, so money-weighted and time-weighted are one.
    """
    dates = [day for day, _ in values]
    base = start[1]
    returns = [float(round(value / base - 1, 8)) if base else 0.0 for _, value in values]
    last = dates[-1] if dates else start[0]
    months = list(dict.fromkeys(day[:6] for day in dates))
    at_end = [[v for d, v in values if d[:6] == month][-1] for month in months]
    begins = [base, *at_end]
    monthly = [
        float(round(end / begin - 1, 8)) if begin else 0.0
        for begin, end in zip(begins, at_end, strict=False)
    ]
    row = {
        "id": account,
        "idType": "acctid",
        "start": dates[0] if dates else start[0],
        "end": last,
        "baseCurrency": "USD",
    }
    navs = row | {
        "startNAV": {"date": start[0], "val": _number(base)},
        "navs": [_number(value) for _, value in values],
    }
    return {
        "currencyType": "base",
        "pm": "TWR",
        "nd": len(values),
        "id": "getPerformanceData",
        "included": [account],
        "cps": {"freq": "D", "dates": dates, "data": [row | {"returns": returns}]},
        "tpps": {"freq": "M", "dates": months, "data": [row | {"returns": monthly}]},
        "nav": {"freq": "D", "dates": dates, "data": [navs]},
    }
