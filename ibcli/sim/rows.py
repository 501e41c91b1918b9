"""Rows that describe contracts, in the shapes recorded from /iserver/secdef."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.sim import format as wire

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ibcli.sim.market.model import FutureContract, OptionContract, Section, Underlying

BOND_CONID = "2147483647"  # what a row of bond issuers carries


def month_of(day: date) -> str:
    """The month code of a date."""
    return wire.month_code(day)


def search_row(underlying: Underlying) -> dict[str, Any]:
    """A listing; its conid is a string here."""
    return {
        "conid": str(underlying.conid),
        "companyHeader": f"{underlying.name} - {underlying.listing_exchange}",
        "companyName": underlying.name,
        "symbol": underlying.symbol,
        "description": underlying.listing_exchange,
        "restricted": underlying.restricted,
        "sections": [_section(section) for section in underlying.sections],
    }


def _section(section: Section) -> dict[str, str]:
    row = {"secType": section.sec_type}
    if section.months:
        row["months"] = ";".join(section.months)
    if section.exchanges:
        row["exchange"] = ";".join(section.exchanges)
    if section.conid is not None:
        row["conid"] = str(section.conid)
    return row


def bond_row(found: Sequence[Underlying]) -> dict[str, Any] | None:
    """The row of bond issuers that follows a company's listings; its names are null."""
    company = next((u for u in found if u.kind == "COMMON" and u.smart), None)
    if company is None:
        return None
    return {
        "issuers": [{"id": f"e{company.conid}", "name": company.name.title()}],
        "bondid": len(found),
        "conid": BOND_CONID,
        "companyHeader": "Corporate Fixed Income",
        "companyName": None,
        "symbol": None,
        "description": None,
        "restricted": None,
        "sections": [{"secType": "BOND"}],
    }


def underlying_info(underlying: Underlying) -> dict[str, Any]:
    """secdef/info of a stock's or index's conid: an object."""
    return {
        "conid": underlying.conid,
        "ticker": underlying.symbol,
        "secType": underlying.sec_type,
        "listingExchange": underlying.listing_exchange,
        "exchange": "SMART" if underlying.smart else underlying.listing_exchange,
        "companyName": underlying.name,
        "currency": underlying.currency,
        "validExchanges": ",".join(underlying.valid_exchanges),
        "priceRendering": None,
        "maturityDate": None,
        "right": "?",
        "strike": 0.0,
    }


def option_info(option: OptionContract, exchange: str) -> dict[str, Any]:
    """secdef/info of an option."""
    return {
        "conid": option.conid,
        "symbol": option.symbol,
        "secType": "OPT",
        "exchange": exchange,
        "listingExchange": None,
        "right": option.right.value,
        "strike": float(option.strike),
        "currency": option.currency,
        "cusip": None,
        "coupon": "No Coupon",
        "desc1": option.symbol,
        "desc2": wire.option_description(option),
        "maturityDate": wire.compact_date(option.expiry),
        "multiplier": str(option.multiplier),
        "tradingClass": option.trading_class,
        "validExchanges": ",".join(option.exchanges),
        "showPrips": True,
    }


def future_info(future: FutureContract) -> dict[str, Any]:
    """secdef/info of a future."""
    day = future.expiry
    return {
        "conid": future.conid,
        "symbol": future.symbol,
        "secType": "FUT",
        "exchange": future.exchanges[0],
        "listingExchange": future.exchanges[0],
        "right": "?",
        "strike": 0.0,
        "currency": "USD",
        "cusip": None,
        "coupon": "No Coupon",
        "desc1": f"{day:%b%d'%y}({future.multiplier})",
        "desc2": None,
        "maturityDate": wire.compact_date(day),
        "multiplier": str(future.multiplier),
        "tradingClass": future.symbol,
        "validExchanges": ",".join(future.exchanges),
        "showPrips": True,
    }
