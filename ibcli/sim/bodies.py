"""Bodies that hardly depend on anything, in their recorded shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibcli.sim.core import Who
    from ibcli.sim.sessions import Status

SERVER_INFO = {"serverName": "SimZ01001", "serverVersion": "Build 10.46.1a, simulated"}
_MAC = "02:00:00:00:00:01"
_HARDWARE = f"51a1a7ed|{_MAC}"


def session_status(status: Status, *, with_fail: bool = False) -> dict[str, Any]:
    """ssodh/init, auth/status (which adds ``fail``) and tickle's authStatus. Without any session it
    is short.
    """
    facts: dict[str, Any] = {
        "authenticated": status.authenticated,
        "established": status.established,
        "competing": status.competing,
        "connected": status.connected,
    }
    if not status.connected:
        return facts | {"MAC": None}
    facts |= {
        "message": status.message,
        "MAC": _MAC,
        "serverInfo": SERVER_INFO,
        "hardware_info": _HARDWARE,
    }
    return facts | {"fail": ""} if with_fail else facts


def tickle(status: Status, who: Who) -> dict[str, Any]:
    """/tickle; over OAuth it lacks the single-sign-on fields (recorded)."""
    sso = {} if who.oauth else {"ssoExpires": 564163, "collission": False, "userId": 100000001}
    return {
        "session": who.session_id,
        **sso,
        "hmds": {"error": "no bridge"},
        "iserver": {"authStatus": session_status(status)},
    }


def accounts(account: str) -> dict[str, Any]:
    """/iserver/accounts and the socket's act frame."""
    return {
        "accounts": [account],
        "acctProps": {
            account: {
                "hasChildAccounts": False,
                "supportsCashQty": True,
                "liteUnderPro": False,
                "noFXConv": False,
                "isProp": False,
                "supportsFractions": True,
                "allowCustomerTime": False,
                "autoFx": False,
            }
        },
        "aliases": {account: account},
        "allowFeatures": _FEATURES,
        "chartPeriods": {kind: _PERIODS.get(kind, ["*"]) for kind in _CHARTED},
        "groups": [],
        "profiles": [],
        "selectedAccount": account,
        "serverInfo": SERVER_INFO,
        "sessionId": "51a1a7ed.00000001",
        "isFT": False,
        "isPaper": account.startswith("D"),
    }


_CHARTED = (
    *("STK", "CFD", "OPT", "FOP", "WAR", "IOPT", "FUT", "CASH"),
    *("IND", "BOND", "FUND", "CMDTY", "PHYSS", "CRYPTO"),
)
_OPTION_PERIODS = ["2h", "1d", "2d", "1w", "1m"]
_PERIODS = {"OPT": _OPTION_PERIODS, "FOP": _OPTION_PERIODS}
_FEATURES = {
    "showGFIS": True,
    "showEUCostReport": False,
    "allowEventContract": True,
    "allowFXConv": True,
    "allowFinancialLens": False,
    "allowMTA": True,
    "allowTypeAhead": True,
    "allowEventTrading": True,
    "snapshotRefreshTimeout": 30,
    "liteUser": False,
    "showWebNews": True,
    "research": True,
    "debugPnl": True,
    "showTaxOpt": True,
    "showImpactDashboard": True,
    "allowDynAccount": False,
    "allowCrypto": False,
    "allowFA": False,
    "allowLiteUnderPro": False,
    "allowedAssetTypes": "STK,CFD,OPT,FOP,WAR,FUT,BAG,CASH,IND,BOND,BILL,FUND,CMDTY,IOPT",
    "restrictTradeSubscription": False,
    "showUkUserLabels": False,
    "sideBySide": True,
}


def portfolio_account(account: str) -> dict[str, Any]:
    """One row of /portfolio/accounts."""
    return {
        "id": account,
        "PrepaidCrypto-Z": False,
        "PrepaidCrypto-P": False,
        "brokerageAccess": True,
        "accountId": account,
        "accountVan": account,
        "accountTitle": "Simulated User",
        "displayName": "Simulated User",
        "accountAlias": None,
        "accountStatus": 1735794000000,
        "currency": "USD",
        "type": "DEMO" if account.startswith("D") else "INDIVIDUAL",  # recorded of paper alone
        "tradingType": "STKNOPT",
        "businessType": "INDEPENDENT",
        "category": "",
        "ibEntity": "IBLLC-US",
        "faclient": False,
        "clearingStatus": "O",
        "covestor": False,
        "noClientTrading": False,
        "trackVirtualFXPortfolio": False,
        "acctCustType": "INDIVIDUAL",
        "parent": {
            "mmc": [],
            "accountId": "",
            "isMParent": False,
            "isMChild": False,
            "isMultiplex": False,
        },
        "desc": account,
    }


def sso_validate(username: str, expires_seconds: int) -> dict[str, Any]:
    """/sso/validate."""
    return {
        "SFT": 0,
        "IS_PENDING_APPLICANT": False,
        "SF_ENABLED": False,
        "HARDWARE_INFO": _HARDWARE,
        "UNIQUE_LOGIN_ID": 0,
        "AUTH_TIME": 0,
        "SF_CONFIG": "",
        "USER_NAME": username,
        "CREDENTIAL_TYPE": 1,
        "IS_FREE_TRIAL": False,
        "LOGIN_TYPE": 2,
        "LANDING_APP": "PORTAL",
        "CREDENTIAL": username,
        "ANOMALOUS_LOGIN": False,
        "RESULT": True,
        "IP": "",
        "USER_ID": 100000001,
        "EXPIRES": expires_seconds * 1000,
        "TOKEN": "",
        "took": 0,
        "IS_MASTER": False,
        "features": {
            "env": "PROD",
            "wlms": True,
            "realtime": True,
            "bond": True,
            "optionChains": True,
            "calendar": True,
            "newMf": True,
        },
        "region": "NJ",
    }
