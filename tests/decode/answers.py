"""Answers in the broker's recorded shapes, with values of our own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

OPTION = 804155360

OPTION_ROW: dict[str, Any] = {
    "conid": OPTION,
    "conidEx": "804155360",
    "_updated": 1755525600123,
    "server_id": "q4",
    "6119": "q4",
    "6508": "&serviceID1=122&serviceID2=123",
    "6509": "RpB",
    "55": "ARM",
    "31": "1.60",
    "84": "1.55",
    "85": "598",
    "86": "1.65",
    "87": "10.2K",
    "87_raw": Decimal("10214.0"),
    "88": "1,300",
    "7059": "3",
    "7295": "1.90",
    "7741": "2.05",
    "70": "2.40",
    "71": "1.10",
    "82": "-0.45",
    "83": Decimal("-21.95"),
    "7308": "0.371",
    "7309": "0.048",
    "7310": "-0.292",
    "7311": "0.061",
    "7633": "48.5%",
    "7635": "1.61",
    "7638": "4,512",
    "7762": "10214",
}


def info_row(conid: int, right: str, day: str, **changed: object) -> dict[str, object]:
    """One row of /iserver/secdef/info."""
    return {
        "conid": conid,
        "symbol": "ARM",
        "secType": "OPT",
        "exchange": "SMART",
        "listingExchange": None,
        "right": right,
        "strike": Decimal("143.0"),
        "currency": "USD",
        "cusip": None,
        "coupon": "No Coupon",
        "desc1": "ARM",
        "desc2": f"AUG {day[-2:]} '25 143 {'Call' if right == 'C' else 'Put'}",
        "maturityDate": day,
        "multiplier": "100",
        "tradingClass": "ARM",
        "validExchanges": "SMART,AMEX,CBOE",
        "showPrips": True,
        **changed,
    }


STOCK_INFO = {
    "conid": 653400472,
    "ticker": "ARM",
    "secType": "STK",
    "listingExchange": "NASDAQ.NMS",
    "exchange": "SMART",
    "companyName": "ARM HOLDINGS PLC-ADR",
    "currency": "USD",
    "validExchanges": "SMART,AMEX",
    "priceRendering": None,
    "maturityDate": None,
    "right": "?",
    "strike": Decimal("0.0"),
}

SEARCH: list[dict[str, Any]] = [
    {
        "conid": "677037674",
        "companyHeader": "ARM HOLDINGS PLC-CDR - TSE",
        "companyName": "ARM HOLDINGS PLC-CDR",
        "symbol": "ARM",
        "description": "TSE",
        "restricted": None,
        "sections": [
            {"secType": "STK"},
            {"secType": "OPT", "months": "AUG25;SEP25", "exchange": "CDE"},
            {"secType": "BAG"},
        ],
    },
    {
        "conid": "653400472",
        "companyHeader": "ARM HOLDINGS PLC-ADR - NASDAQ",
        "companyName": "ARM HOLDINGS PLC-ADR",
        "symbol": "ARM",
        "description": "NASDAQ",
        "restricted": "CFD",
        "sections": [
            {"secType": "STK", "exchange": "SMART;"},
            {"secType": "OPT", "months": "AUG25;SEP25;JAN26", "exchange": "SMART;AMEX;CBOE"},
            {"secType": "WAR", "months": "AUG25", "exchange": "EBS;FWB"},
            {"secType": "CFD", "exchange": "SMART", "conid": "653400999"},
        ],
    },
    {
        "issuers": [{"id": "e1432232", "name": "Arm Ltd"}],
        "bondid": 3,
        "conid": "2147483647",
        "companyHeader": "Corporate Fixed Income",
        "companyName": None,
        "symbol": None,
        "description": None,
        "restricted": None,
        "sections": [{"secType": "BOND"}],
    },
]

# The shape of 2024, with the dates of expiry beside the sections.
OLD_SEARCH = [
    {
        "conid": "8314",
        "companyHeader": "INTL BUSINESS MACHINES CORP - NYSE",
        "companyName": "INTL BUSINESS MACHINES CORP",
        "symbol": "IBM",
        "description": "NYSE",
        "restricted": None,
        "fop": None,
        "opt": "20240315;20240322",
        "war": "20240208",
        "sections": [
            {"secType": "STK"},
            {"secType": "OPT", "months": "MAR24;APR24", "exchange": "SMART;AMEX"},
        ],
    }
]

OPTION_CONTRACT_INFO = {
    "cfi_code": "OCXXXS",
    "symbol": "SPX",
    "cusip": None,
    "expiry_full": "20250919",
    "con_id": 700000001,
    "maturity_date": "20250919",
    "instrument_type": "OPT",
    "trading_class": "SPXW",
    "valid_exchanges": "SMART,CBOE",
    "local_symbol": "SPXW  250919P06400000",
    "currency": "USD",
    "text": "SEP 19 '25 6400 Put",
    "underlying_con_id": 416904,
    "r_t_h": False,
    "multiplier": "100",
    "strike": "6400",
    "right": "PUT",
    "contract_month": "202509",
    "company_name": "S&P 500 STOCK INDEX",
    "smart_available": True,
    "exchange": "SMART",
}

DEFINITIONS = {
    "secdef": [
        {
            "conid": 756733,
            "currency": "USD",
            "name": "SPDR S&amp;P 500 ETF TRUST",
            "assetClass": "STK",
            "expiry": None,
            "putOrCall": None,
            "strike": "0",
            "ticker": "SPY",
            "undConid": 0,
            "multiplier": Decimal("0.0"),
            "fullName": "SPY",
            "listingExchange": "ARCA",
        },
        {
            "conid": 700000001,
            "currency": "USD",
            "name": "S&P 500 Stock Index",
            "assetClass": "OPT",
            "expiry": "20250919",
            "lastTradingDay": "20250919",
            "putOrCall": "P",
            "strike": "6400",
            "ticker": "SPX",
            "undConid": 416904,
            "multiplier": Decimal("100.0"),
            "fullName": "SPX Sep19'25 6400 Put",
            "listingExchange": None,
            "allExchanges": "SMART,CBOE",
        },
    ]
}
