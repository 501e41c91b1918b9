"""A contract in detail: /iserver/contract's info and rules, /trsrv/secdef's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibcli.sim import format as wire
from ibcli.sim.market.model import OptionContract

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from ibcli.sim.market import Market
    from ibcli.sim.market.model import TickRule, Underlying
    from ibcli.sim.snapshot import Instrument

_ORDER_TYPES = ["limit", "midprice", "market", "stop", "stop_limit", "trailing_stop"]
_OPTION_ORDER_TYPES = ["limit", "market", "stop", "stop_limit", "trailing_stop"]
_TIF_TYPES = ["IOC/MARKET,LIMIT,a", "GTC/o,a", "OPG/LIMIT,MARKET,a", "DAY/o,a"]
_DEFAULT_STOCK_SIZE = 100

ALGOS = [
    {
        "name": "Adaptive",
        "id": "Adaptive",
        "parameters": [
            {
                "guiRank": 1,
                "defaultValue": "Normal",
                "name": "Adaptive order priority/urgency",
                "id": "adaptivePriority",
                "legalStrings": ["Urgent", "Normal", "Patient"],
                "required": "true",
                "valueClassName": "String",
            }
        ],
    },
    {"name": "TWAP", "id": "Twap", "parameters": []},
]


def info(market: Market, instrument: Instrument) -> dict[str, Any]:
    """/iserver/contract/{conid}/info."""
    if isinstance(instrument, OptionContract):
        return _option_info(market, instrument)
    return _terms(instrument) | {
        "symbol": instrument.symbol,
        "con_id": instrument.conid,
        "instrument_type": instrument.sec_type,
        "trading_class": "NMS" if instrument.listing_exchange == "NASDAQ" else instrument.symbol,
        "valid_exchanges": ",".join(instrument.valid_exchanges),
        "local_symbol": instrument.symbol,
        "currency": instrument.currency,
        "company_name": instrument.name,
        "industry": instrument.industry,
        "category": instrument.category,
        "smart_available": instrument.smart,
        "exchange": "SMART" if instrument.smart else instrument.listing_exchange,
    }


def _terms(instrument: Instrument) -> dict[str, Any]:
    """What is empty for everything but options."""
    return {
        "cfi_code": "",
        "cusip": None,
        "expiry_full": None,
        "maturity_date": None,
        "has_related_contracts": not isinstance(instrument, OptionContract),
        "allow_sell_long": False,
        "is_zero_commission_security": False,
        "contract_clarification_type": None,
        "classifier": None,
        "text": None,
        "underlying_con_id": 0,
        "r_t_h": True,
        "multiplier": None,
        "underlying_issuer": None,
        "contract_month": None,
    }


def _option_info(market: Market, option: OptionContract) -> dict[str, Any]:
    underlying = market.underlying(option.underlying_conid)
    day = wire.compact_date(option.expiry)
    return _terms(option) | {
        "cfi_code": f"O{option.right.value}XXXS",
        "symbol": option.symbol,
        "con_id": option.conid,
        "expiry_full": day,
        "maturity_date": day,
        "instrument_type": "OPT",
        "trading_class": option.trading_class,
        "valid_exchanges": ",".join(option.exchanges),
        "local_symbol": wire.occ_symbol(option),
        "currency": option.currency,
        "text": wire.option_description(option),
        "underlying_con_id": option.underlying_conid,
        "r_t_h": False,
        "multiplier": str(option.multiplier),
        "strike": wire.strike(option.strike),
        "right": wire.right_word(option.right).upper(),
        "contract_month": f"{option.expiry:%Y%m}",
        "company_name": "" if underlying is None else underlying.name,
        "smart_available": True,
        "exchange": "SMART",
    }


def rules(
    instrument: Instrument, account: str, ticks: Sequence[TickRule], price: Decimal
) -> dict[str, Any]:
    """/iserver/contract/rules; ``price`` is the market's, for the limit that is proposed."""
    is_option = isinstance(instrument, OptionContract)
    orders = _OPTION_ORDER_TYPES if is_option else _ORDER_TYPES
    size = 1 if is_option else _DEFAULT_STOCK_SIZE
    steps = [rule.increment for rule in ticks if rule.from_price <= price]
    step = float(steps[-1]) if steps else 0.01
    return {
        "algoEligible": True,
        "allOrNoneEligible": True,
        "costReport": False,
        "canTradeAcctIds": [account],
        "error": None,
        "orderTypes": orders,
        "ibAlgoTypes": ["limit"],
        "fraqTypes": [] if is_option else ["limit", "market"],
        "forceOrderPreview": False,
        "cqtTypes": [] if is_option else ["limit", "market"],
        "orderDefaults": {"LMT": {"LP": wire.price(price)}},
        "orderTypesOutside": ["limit", "stop_limit"],
        "defaultSize": size,
        "cashSize": 0.0,
        "sizeIncrement": size,
        "tifTypes": _TIF_TYPES,
        "tifDefaults": {
            "TIF": "DAY",
            "DEFAULT_ACCT": account,
            "SIZE": f"{size}.00",
            "PMALGO": True,
        },
        "limitPrice": float(price),
        "stopprice": float(price),
        "orderOrigination": None,
        "preview": True,
        "displaySize": None,
        "fraqInt": 0 if is_option else 4,
        "cashCcy": instrument.currency,
        "cashQtyIncr": 500,
        "priceMagnifier": None,
        "negativeCapable": False,
        "incrementType": 1,
        "incrementRules": _increments(ticks),
        "hasSecondary": True,
        "increment": step,
        "incrementDigits": 2,
    }


def _increments(ticks: Sequence[TickRule]) -> list[dict[str, float]]:
    return [
        {"lowerEdge": float(rule.from_price), "increment": float(rule.increment)} for rule in ticks
    ]


def definition(market: Market, instrument: Instrument) -> dict[str, Any]:
    """A row of /trsrv/secdef: the strike is a string, the multiplier a number."""
    row = {
        "incrementRules": _increments(market.tick_rules(instrument.conid)),
        "displayRule": {
            "magnification": 0,
            "displayRuleStep": [{"decimalDigits": 2, "lowerEdge": 0.0, "wholeDigits": 4}],
        },
        "conid": instrument.conid,
        "currency": instrument.currency,
        "group": None,
        "sector": None,
        "sectorGroup": None,
        "ticker": instrument.symbol,
        "isEventContract": False,
    }
    if isinstance(instrument, OptionContract):
        return row | _option_definition(market, instrument)
    return row | {
        "name": instrument.name,
        "assetClass": instrument.sec_type,
        "expiry": None,
        "lastTradingDay": None,
        "putOrCall": None,
        "group": instrument.category or None,
        "sector": instrument.industry or None,
        "strike": "0",
        "undConid": 0,
        "multiplier": 0.0,
        "type": instrument.kind,
        "hasOptions": any(section.sec_type == "OPT" for section in instrument.sections),
        "fullName": instrument.symbol,
        "isUS": instrument.is_us,
        "listingExchange": instrument.listing_exchange,
        "countryCode": "US" if instrument.is_us else None,
        "allExchanges": ",".join(instrument.valid_exchanges),
    }


def _option_definition(market: Market, option: OptionContract) -> dict[str, Any]:
    underlying = market.underlying(option.underlying_conid)
    day = wire.compact_date(option.expiry)
    return {
        "name": "" if underlying is None else underlying.name,
        "assetClass": "OPT",
        "expiry": day,
        "lastTradingDay": day,
        "putOrCall": option.right.value,
        "strike": wire.strike(option.strike),
        "undConid": option.underlying_conid,
        "multiplier": float(option.multiplier),
        "type": "",
        "hasOptions": False,
        "fullName": f"{option.symbol} {wire.option_description(option)}",
        "isUS": True,
        "listingExchange": None,
        "countryCode": "US",
        "allExchanges": ",".join(option.exchanges),
    }


def listings(found: Sequence[Underlying]) -> list[dict[str, Any]]:
    """One symbol of /trsrv/stocks: a row for each company, its listings within."""
    companies: dict[str, list[Underlying]] = {}
    for underlying in found:
        companies.setdefault(underlying.name, []).append(underlying)
    return [
        {
            "name": name,
            "chineseName": None,
            "assetClass": "STK",
            "contracts": [
                {"conid": u.conid, "exchange": u.listing_exchange, "isUS": u.is_us} for u in group
            ],
        }
        for name, group in companies.items()
    ]
