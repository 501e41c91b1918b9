"""Listings, strikes, option contracts and instrument definitions.

https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#contract; both the shape with date
lists (documented) and the one without (recorded) are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.broker.decode.rows import Decoded, Row, each, few, first, optional, split, wanted
from ibcli.broker.decode.values import UnreadableError, conid, day, number, shown, text, unexpected
from ibcli.domain.contracts import Listing, OptionContract, Right, Section
from ibcli.domain.months import Month
from ibcli.domain.symbols import parse_occ, tidy
from ibcli.domain.watchlist import Instrument
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal

_RIGHTS = {"C": Right.CALL, "CALL": Right.CALL, "P": Right.PUT, "PUT": Right.PUT}
_OCC_IN_BRACKETS = re.compile(r"\[([A-Z0-9]{1,6} *[0-9]{6}[CP][0-9]{8}) [0-9.]+\]")
_HIGHEST_STRIKE = 10**6
_MOST_LISTINGS = 1000  # ten times what was ever seen
_MOST_STRIKES = 2000  # several times those of SPX
_MOST_CONTRACTS = 500  # of one month and strike; SPX has less than a hundred


@dataclass(frozen=True, slots=True)
class MonthStrikes:
    """The strikes of a contract month, those of all its expiries together."""

    calls: tuple[Decimal, ...] = ()
    puts: tuple[Decimal, ...] = ()
    odd: tuple[str, ...] = ()

    @property
    def both(self) -> tuple[Decimal, ...]:
        """Each strike that has a call or a put, rising."""
        return tuple(sorted({*self.calls, *self.puts}))


@dataclass(frozen=True, slots=True)
class Definition:
    """What a conid stands for, and the underlying of it where it is a derivative."""

    instrument: Instrument
    underlying_conid: int | None = None


def _month(word: str) -> str:
    """A month as AUG25; as it came when it reads as none."""
    try:
        return str(Month.parse(word))
    except UsageError:
        return word


def _section(row: object) -> Section | None:
    kind = text(row.get("secType")) if isinstance(row, Mapping) else None
    if kind is None or not isinstance(row, Mapping):
        return None
    months = tuple(_month(word) for word in split(row.get("months"), ";"))
    return Section(kind, months, split(row.get("exchange"), ";"))


def _listing(row: Row) -> Listing:
    sections = row.get("sections")
    rows = sections if isinstance(sections, list) else []
    return Listing(
        conid=wanted(row, "conid", conid),
        symbol=text(row.get("symbol")),
        name=text(row.get("companyName")) or text(row.get("companyHeader")),
        exchange=text(row.get("description")),
        sections=tuple(section for section in map(_section, rows) if section is not None),
        restricted=text(row.get("restricted")),
    )


def decode_listings(answer: object) -> Decoded[Listing]:
    """The rows of a symbol search, in the broker's order.

    Only an empty list says that nothing was found: raises RefusedError when there is something else
    and no row of it can be read.
    """
    odd: list[str] = []
    read = each(first(answer, _MOST_LISTINGS, "listings", odd), "a symbol search", _listing)
    if not read.rows and answer != []:
        raise unexpected("a symbol search", answer)
    return Decoded(tuple(dict.fromkeys(read.rows)), (*read.odd, *odd))


def strike(value: object) -> Decimal | None:
    """A strike above 0 without trailing zeros; None for none (the wire's 0.0 of a stock)."""
    found = number(value, suffixes="")
    if found is None or found == 0:
        return None
    if not 0 < found < _HIGHEST_STRIKE:
        raise UnreadableError
    return tidy(round(found, 6))


def _strikes(answer: Row, side: str, odd: list[str]) -> Iterable[Decimal]:
    told = first(answer.get(side), _MOST_STRIKES, f"{side} strikes", odd)
    if not isinstance(told, list):
        odd.append(f"no {side} strikes were told")
        return
    for value in told:
        try:
            found = strike(value)
        except UnreadableError:
            odd.append(f"a strike could not be read: {shown(value)}")
            continue
        if found is not None:
            yield found


def decode_strikes(answer: object) -> MonthStrikes:
    """The strikes of calls and of puts, each rising; empty when the broker has none to tell."""
    if answer is None or answer == []:
        return MonthStrikes()
    if not isinstance(answer, Mapping):
        raise unexpected("strikes", answer)
    odd: list[str] = []
    calls, puts = (tuple(sorted(set(_strikes(answer, s, odd)))) for s in ("call", "put"))
    return MonthStrikes(calls, puts, few(odd, "strikes"))


def _right(value: object) -> Right | None:
    return _RIGHTS.get(value.strip().upper()) if isinstance(value, str) else None


def _multiplier(value: object) -> Decimal | None:
    found = number(value, suffixes="")
    return tidy(found) if found and found > 0 else None


def decode_option_info(answer: object, underlying_conid: int) -> Decoded[OptionContract]:
    """The contracts of a month and strike: several expiries and trading classes, both sides."""

    def read(row: Row) -> OptionContract:
        return OptionContract(
            conid=wanted(row, "conid", conid),
            underlying_conid=underlying_conid,
            symbol=wanted(row, "symbol", text),
            trading_class=wanted(row, "tradingClass", text),
            expiry=wanted(row, "maturityDate", day),
            strike=wanted(row, "strike", strike),
            right=wanted(row, "right", _right),
            multiplier=optional(row, "multiplier", _multiplier),
            currency=text(row.get("currency")) or "USD",
            exchanges=split(row.get("validExchanges"), ","),
        )

    odd: list[str] = []
    found = each(first(answer, _MOST_CONTRACTS, "contracts", odd), "option contracts", read)
    return Decoded(found.rows, (*found.odd, *odd))


def decode_contract_info(answer: object) -> Definition:
    """What /iserver/contract/{conid}/info tells; options come with their trading class."""
    if not isinstance(answer, Mapping):
        raise unexpected("a contract", answer)
    try:
        return _definition(answer, _INFO_NAMES)
    except UnreadableError:
        raise unexpected("a contract", answer) from None


def decode_definitions(answer: object) -> Decoded[Definition]:
    """What /trsrv/secdef tells of each conid that it knows.

    An option's row lacks the trading class unless a symbol of OCC's stands in its name: then
    ``contract`` is None and the class must be asked for elsewhere.
    """
    rows = answer.get("secdef") if isinstance(answer, Mapping) else answer
    return each(rows, "contracts", lambda row: _definition(row, _SECDEF_NAMES))


@dataclass(frozen=True, slots=True)
class _Names:
    """The keys of one endpoint for the same facts."""

    conid: str
    symbol: str
    name: str
    exchange: str
    kind: str
    underlying: str
    expiry: str
    right: str
    occ: str


_INFO_NAMES = _Names(
    conid="con_id",
    symbol="symbol",
    name="company_name",
    exchange="exchange",
    kind="instrument_type",
    underlying="underlying_con_id",
    expiry="maturity_date",
    right="right",
    occ="local_symbol",
)
_SECDEF_NAMES = _Names(
    conid="conid",
    symbol="ticker",
    name="name",
    exchange="listingExchange",
    kind="assetClass",
    underlying="undConid",
    expiry="expiry",
    right="putOrCall",
    occ="fullName",
)


def _definition(row: Row, names: _Names) -> Definition:
    number_of = wanted(row, names.conid, conid)
    underlying = optional(row, names.underlying, conid)
    kind = text(row.get(names.kind))
    option = kind == "OPT" and underlying is not None
    return Definition(
        Instrument(
            conid=number_of,
            symbol=text(row.get(names.symbol)),
            name=text(row.get(names.name)),
            exchange=text(row.get(names.exchange)),
            sec_type=kind,
            contract=_contract(row, names, number_of, underlying) if option else None,
        ),
        underlying,
    )


def _contract(
    row: Row, names: _Names, number_of: int, underlying: int | None
) -> OptionContract | None:
    """The option of a definition; None unless all of its terms are told."""
    trading_class = (
        text(row.get("trading_class")) or text(row.get("tradingClass")) or _occ_root(row, names)
    )
    symbol = text(row.get(names.symbol))
    expiry = day(row.get(names.expiry))
    price = optional(row, "strike", strike)
    right = optional(row, names.right, _right)
    if not (trading_class and symbol and underlying and expiry and price and right):
        return None
    return OptionContract(
        conid=number_of,
        underlying_conid=underlying,
        symbol=symbol,
        trading_class=trading_class,
        expiry=expiry,
        strike=price,
        right=right,
        multiplier=optional(row, "multiplier", _multiplier),
        currency=text(row.get("currency")) or "USD",
        exchanges=split(row.get("valid_exchanges") or row.get("allExchanges"), ","),
    )


def _occ_root(row: Row, names: _Names) -> str | None:
    """The trading class, from an OCC symbol that stands alone or in brackets."""
    words = text(row.get(names.occ)) or ""
    bracketed = _OCC_IN_BRACKETS.search(words)
    occ = parse_occ(bracketed[1] if bracketed else words)
    return occ.root if occ else None
