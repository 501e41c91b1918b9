"""One function an endpoint that is read: what it is asked, and its answer as domain values.

Paths and parameters: https://www.interactivebrokers.com/campus/ibkr-api-page/webapi-ref/. All raise
what ``BrokerClient.read`` raises.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ibcli.broker import decode  # whose parts are imported when they are first asked for
from ibcli.broker.decode import Decoded, Question, belonging
from ibcli.domain.order_terms import Side
from ibcli.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from ibcli.broker.client import BrokerClient
    from ibcli.broker.decode import Definition, MonthStrikes, RawRow
    from ibcli.domain.contracts import Listing, OptionContract
    from ibcli.domain.months import Month
    from ibcli.domain.terms import TickRules, TradingHours
    from ibcli.domain.watchlist import Instrument

SMART = "SMART"
MOST_DEFINITIONS = 200  # conids in one request of /trsrv/secdef


def search(
    client: BrokerClient, words: str, *, sec_type: str | None = None, by_name: bool = False
) -> Decoded[Listing]:
    """Listings by symbol, or by company name; empty when there is none.

    Opens the strikes of each underlying found for the rest of the brokerage session, and says so to
    the client's memory.
    """
    params = {"symbol": words}
    if sec_type:
        params["secType"] = sec_type
    if by_name:
        params["name"] = "true"
    try:
        found = decode.decode_listings(client.read("GET", "/iserver/secdef/search", params=params))
    except RefusedError as exc:
        if "no symbol found" in exc.message.lower():
            return Decoded(())
        raise
    for listing in found.rows:
        if listing.option_section is not None:
            client.memory.mark_searched(listing.conid)
    return found


def option_exchange(listing: Listing) -> str:
    """Where to look for the options of a listing: SMART where it can be used."""
    section = listing.option_section
    if section is None or not section.exchanges or SMART in section.exchanges:
        return SMART
    return section.exchanges[0]


def strikes(client: BrokerClient, listing: Listing, month: Month) -> MonthStrikes:
    """The strikes of a month, all its expiries together.

    They stay empty until the underlying was searched for in this session (reported): so it is, once
    beforehand when that is not remembered, and once more when there are none.
    """
    if not client.memory.has_searched(listing.conid):
        search_again(client, listing)
        return _strikes(client, listing, month)
    found = _strikes(client, listing, month)
    if not found.both:
        search_again(client, listing)
        found = _strikes(client, listing, month)
    return found


def search_again(client: BrokerClient, listing: Listing) -> None:
    """Search for an underlying once more, for what that opens in this session."""
    search(client, listing.symbol or str(listing.conid))
    client.memory.mark_searched(listing.conid)


def _strikes(client: BrokerClient, listing: Listing, month: Month) -> MonthStrikes:
    params = {
        "conid": str(listing.conid),
        "sectype": "OPT",
        "month": str(month),
        "exchange": option_exchange(listing),
    }
    return decode.decode_strikes(client.read("GET", "/iserver/secdef/strikes", params=params))


def option_info(
    client: BrokerClient, listing: Listing, month: Month, strike: Decimal
) -> Decoded[OptionContract]:
    """The contracts of one strike: both sides, every expiry and trading class of the month.

    Rows about anything else are left out and named.

    The side is left out of the request on purpose: only so do both come back (recorded).
    """
    params = {
        "conid": str(listing.conid),
        "sectype": "OPT",
        "month": str(month),
        "strike": str(strike),
        "exchange": option_exchange(listing),
    }
    answer = client.read("GET", "/iserver/secdef/info", params=params)
    told = decode.decode_option_info(answer, listing.conid)
    return belonging(told, Question(listing.symbol, month, strike))


def definitions(client: BrokerClient, conids: Sequence[int]) -> Decoded[Definition]:
    """What up to 200 conids stand for; those that the broker does not know are left out."""
    params = {"conids": ",".join(map(str, conids))}
    return decode.decode_definitions(client.read("GET", "/trsrv/secdef", params=params))


def contract_info(client: BrokerClient, conid: int) -> Definition:
    """What one conid stands for, with an option's trading class."""
    return decode.decode_contract_info(client.read("GET", f"/iserver/contract/{conid}/info"))


def rules(client: BrokerClient, conid: int, side: Side) -> TickRules:
    """The steps of a contract's prices, and which types of order it takes on this side."""
    body = {"conid": conid, "isBuy": side is Side.BUY}
    return decode.decode_rules(client.read("POST", "/iserver/contract/rules", body=body))


def hours(client: BrokerClient, conid: int) -> TradingHours:
    """A contract's regular sessions on the days around today."""
    params = {"conid": str(conid)}
    return decode.decode_hours(client.read("GET", "/contract/trading-schedule", params=params))


def venue_hours(client: BrokerClient, instrument: Instrument, today: date) -> TradingHours:
    """The regular sessions of the venue where an instrument is listed, for the week to come."""
    params = {"assetClass": instrument.sec_type or "STK", "symbol": instrument.symbol or ""}
    if instrument.exchange:
        params["exchange"] = instrument.exchange
    answer = client.read("GET", "/trsrv/secdef/schedule", params=params)
    return decode.decode_venue_hours(answer, [today + timedelta(days=n) for n in range(-3, 8)])


def snapshot(
    client: BrokerClient, conids: Sequence[int], codes: Sequence[str]
) -> dict[int, RawRow]:
    """One look at the market data of up to 100 conids in up to 50 fields, rows as they came.

    The first look opens a stream and has no data; the broker wants /iserver/accounts before it.
    """
    params = {"conids": ",".join(map(str, conids)), "fields": ",".join(codes)}
    return decode.raw_rows(client.read("GET", "/iserver/marketdata/snapshot", params=params))


def unsubscribe_all(client: BrokerClient) -> None:
    """Close all market-data streams of the session, also those of other processes."""
    client.read("GET", "/iserver/marketdata/unsubscribeall")
