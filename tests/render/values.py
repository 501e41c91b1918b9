"""Fixed values to draw: ARM on the morning of 18 August 2025."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ibcli.domain.chains import (
    Chain,
    ChainRow,
    ChainSide,
    ChainTable,
    Expiries,
    Expiry,
    Strikes,
)
from ibcli.domain.contracts import Listing, OptionContract, Right, Section
from ibcli.domain.quotes import Feed, LastKind, Quote
from ibcli.domain.watchlist import Instrument, Watchlist, WatchRow

AS_OF = datetime(2025, 8, 18, 14, 23, 4, tzinfo=UTC)
ARM = Listing(
    conid=653400472,
    symbol="ARM",
    name="ARM HOLDINGS PLC-ADR",
    exchange="NASDAQ",
    sections=(
        Section("STK"),
        Section("OPT", ("AUG25", "SEP25", "OCT25"), ("SMART", "AMEX", "CBOE")),
    ),
)
ARM_QUOTE = Quote(
    conid=653400472,
    symbol="ARM",
    updated=AS_OF - timedelta(seconds=1),
    feed=Feed.LIVE,
    bid=Decimal("140.11"),
    ask=Decimal("140.15"),
    last=Decimal("140.13"),
    last_kind=LastKind.TRADE,
    change=Decimal("-0.56"),
    change_percent=Decimal("-0.40"),
    prior_close=Decimal("140.69"),
)
AUG22 = Expiry(date(2025, 8, 22), 4, "ARM", weekly=True, month="AUG25")
AUG29 = Expiry(date(2025, 8, 29), 11, "ARM", weekly=True, month="AUG25")


def option(conid: int, strike: str, right: Right) -> OptionContract:
    """A contract of ARM that expires on 22 August."""
    return OptionContract(
        conid=conid,
        underlying_conid=ARM.conid,
        symbol="ARM",
        trading_class="ARM",
        expiry=AUG22.day,
        strike=Decimal(strike),
        right=right,
        multiplier=Decimal(100),
    )


def quote(conid: int, bid: str, ask: str, last: str, volume: str, delta: str) -> Quote:
    """An option's quote with everything in it."""
    return Quote(
        conid=conid,
        updated=AS_OF - timedelta(seconds=2),
        feed=Feed.LIVE,
        bid=Decimal(bid),
        bid_size=Decimal(12),
        ask=Decimal(ask),
        ask_size=Decimal(598),
        last=Decimal(last),
        last_kind=LastKind.TRADE,
        volume=Decimal(volume),
        open_interest=Decimal(12345),
        delta=Decimal(delta),
        gamma=Decimal("0.04712"),
        theta=Decimal("-0.1453"),
        vega=Decimal("0.0561"),
        implied_volatility=Decimal("0.385"),
    )


def _row(strike: str, call: Quote | None, put: Quote | None, *, atm: bool = False) -> ChainRow:
    return ChainRow(
        strike=Decimal(strike),
        call=ChainSide(option(1, strike, Right.CALL), call),
        put=ChainSide(option(2, strike, Right.PUT), put),
        at_the_money=atm,
    )


def _rows() -> tuple[ChainRow, ...]:
    halted = replace(quote(7, "1.58", "1.65", "1.60", "1720", "0.342"), last_kind=LastKind.HALTED)
    closed = replace(
        quote(8, "0.01", "0.02", "0.02", "0", "-0.004"), last_kind=LastKind.PRIOR_CLOSE
    )
    return (
        _row("137", quote(1, "4.55", "4.70", "4.62", "312", "0.701"), closed),
        _row(
            "140",
            quote(3, "2.71", "2.80", "2.75", "25017", "0.521"),
            quote(4, "2.55", "2.63", "2.60", "1108", "-0.479"),
            atm=True,
        ),
        _row("142.5", halted, Quote(conid=9, feed=Feed.LIVE, bid=Decimal("4.05"))),
        ChainRow(
            strike=Decimal(145),
            call=ChainSide(option(796812614, "145", Right.CALL), None),
            put=None,
        ),
    )


CHAIN = Chain(
    underlying=ARM,
    underlying_quote=ARM_QUOTE,
    as_of=AS_OF,
    tables=(ChainTable(AUG22, _rows()),),
    other_expiries=(AUG29,),
)

MEXICO = Listing(
    conid=658201119,
    symbol="ARM",
    name=None,
    exchange="MEXI",
    sections=(Section("STK"),),
)
LISTINGS = (ARM, MEXICO)
EXPIRIES = Expiries(
    underlying=ARM,
    month=None,
    today=date(2025, 8, 18),
    rows=(
        Expiry(date(2025, 8, 18), 0, "ARM", weekly=True, month="AUG25"),
        Expiry(date(2025, 8, 19), 1, "ARM", weekly=True, month="AUG25"),
        AUG22,
        AUG29,
        Expiry(date(2025, 9, 19), 32, "ARM", weekly=False, month="SEP25"),
    ),
)
_HALVES = tuple(Decimal(number) / 2 for number in range(264, 296))
STRIKES = Strikes(
    underlying=ARM,
    month="AUG25",
    expiry=None,
    calls=_HALVES,
    puts=(*_HALVES[1:], Decimal(150)),
    underlying_quote=ARM_QUOTE,
    at_the_money=Decimal(140),
)
WATCHLIST = Watchlist(
    rows=(
        WatchRow(
            "ARM   250822C00143000",
            Instrument(804155360, contract=option(804155360, "143", Right.CALL)),
            quote(804155360, "1.55", "1.65", "1.60", "598", "0.31"),
        ),
        WatchRow("arm", Instrument(653400472, "ARM", "ARM HOLDINGS PLC-ADR"), ARM_QUOTE),
        WatchRow("796812614", Instrument(796812614), None, missing=("bid", "ask")),
        WatchRow("1", Instrument(1), Quote(conid=1, dead=True)),
        WatchRow("ZZZZ", None, None, missing=("no such symbol",)),
    ),
    fields=("bid_size", "bid", "ask", "ask_size", "last", "volume", "open_interest", "delta"),
    as_of=AS_OF,
)
