"""Which fields of the broker's JSON a recording keeps.

What is not named here is left out: of a field that nobody knows, nobody can say that it holds
nothing private. Kept is what ibcli reads, as it stands in the samples of
https://www.interactivebrokers.com/campus/ibkr-api-page/webapi-ref/ and in recorded answers.
"""

from __future__ import annotations

import re

_ACCOUNTS = """
    account accountCode accountId account_id acct acctId accounts order_clearing_account
    selectedAccount accountVan account_allocation_name allocation_id
"""
ACCOUNTS = frozenset(_ACCOUNTS.split())
"""Fields whose texts name an account, in whatever form: a number, an alias, a title."""

REFERENCES = frozenset({"cOID", "parentId", "order_ref", "local_order_id"})
"""Fields whose texts name an order, in the words of whoever sent it."""

_SESSION = "authenticated competing connected established fail message status prompt success"
_CONTRACTS = """
    allExchanges assetClass companyHeader companyName company_name con_id conid conidEx conidex
    conids contracts contractDesc contract_description_1 contract_description_2 currency
    description description1 description2 exchange expiry fullName hasOptions instrument_type
    lastTradingDay listingExchange local_symbol maturityDate maturity_date month months multiplier
    name opt putOrCall restricted right secType sec_type secdef sections sectype strike symbol
    ticker tradingClass trading_class type undConid undSym underlying_con_id validExchanges
    valid_exchanges call put text
"""
_HOURS = """
    closing closingTime date description exchange_time_zone extended_hours id liquid_hours opening
    openingTime prop schedules sessions timezone tradeVenueId tradingScheduleDate tradingtimes
"""
_RULES = """
    canTradeAcctIds defaultSize increment incrementDigits incrementRules incrementType lowerEdge
    orderTypes orderTypesOutside rules sizeIncrement tifTypes
"""
_ORDERS = """
    alert_active allOrNone auxPrice aux_price average_price avgPrice avg_price bidAskEnabled cOID
    cannot_cancel_order commission confirmed cum_fill direction error execution_id filled
    filledQuantity filters fills isBuy isSingleGroup isSuppressed lastExecutionTime
    lastExecutionTime_r limit_price lmtPrice local_order_id message messageId messageIds msg
    net_amount open_close options order orderDesc orderId orderType order_ccp_status
    order_description order_description_with_contract order_id order_not_editable order_ref
    order_status order_status_description order_time order_type orders origOrderType outsideRTH
    outside_rth parentId parent_id price quantity reason rejectReason reject_reason
    remainingQuantity reply_id reqId request_id side size sizeAndFills size_and_fills snapshot
    statusCode stopPrice stop_price text tif timeInForce timestamp totalSize total_size trade_time
    trade_time_r trades trailingAmt trailingType trailing_amount type value warn warning
    warning_message warnings
"""
_MONEY = """
    after amount amt avgCost baseAvgCost change commission current equity initial maintenance
    marketPrice marketValue mktPrice mktValue pageSize position positions realizedPnl total
    unrealizedPnl isPaper code
"""

KEPT = (
    frozenset(f"{_SESSION} {_CONTRACTS} {_HOURS} {_RULES} {_ORDERS} {_MONEY} _updated".split())
    | ACCOUNTS
)
"""The fields that are kept, their texts cleaned."""

_NAMES = """
    accountAlias accountDesc accountTitle alias aliases acctAlias businessName displayName email
    firstName fullUserName lastName ownerName owner submitter userName username USER_NAME user
    nickname phone
"""
NAMES = frozenset(_NAMES.split())
"""Fields, left out themselves, whose texts are names that may stand elsewhere too."""

_OF_ACCOUNTS = frozenset({"accounts", "selectedAccount", "isPaper", "id", "accountId"})
NARROW = {
    re.compile(r"/iserver/accounts"): _OF_ACCOUNTS,
    re.compile(r"/portfolio/(sub)?accounts\d?"): _OF_ACCOUNTS,
    re.compile(r"/(iserver/auth|sso)/.*|/tickle|/logout"): frozenset(_SESSION.split()),
}
"""Paths whose answers speak of the user: of them only these fields are kept."""

# Codes of market data, days: an answer's own index.
_INDEX = re.compile(r"\d{1,5}(_raw)?|\d{8}")


def is_kept(key: str, narrow: frozenset[str] | None) -> bool:
    """Whether the field stays."""
    if narrow is not None:
        return key in narrow
    return key in KEPT or _INDEX.fullmatch(key) is not None


def narrow_of(path: str) -> frozenset[str] | None:
    """The only fields that are kept of this path's answers; None: the usual ones."""
    return next((kept for pattern, kept in NARROW.items() if pattern.fullmatch(path)), None)
