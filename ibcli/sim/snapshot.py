"""Rows of /iserver/marketdata/snapshot and of the socket's smd: field codes to wire values.

Codes: https://www.interactivebrokers.com/campus/ibkr-api-page/webapi-ref/ (market data fields) and
recordings: 84 is the bid, 86 the ask, 88 and 85 their sizes, 87 the volume.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ibcli.sim import format as wire
from ibcli.sim.market.model import Feed, OptionContract, Underlying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from decimal import Decimal

    from ibcli.sim.market.model import Greeks, Quote
    from ibcli.sim.streams import Arrival

Instrument = Underlying | OptionContract
GREEK_FIELDS = frozenset({"7308", "7309", "7310", "7311", "7633"})
_SERVICES = "&serviceID1=122&serviceID2=123&serviceID3=203&serviceID4=775&serviceID5=204"


@dataclass(frozen=True, slots=True)
class View:
    """An instrument and the market in it."""

    instrument: Instrument
    quote: Quote

    @property
    def option(self) -> OptionContract | None:
        """The instrument, when it is an option."""
        return self.instrument if isinstance(self.instrument, OptionContract) else None

    @property
    def sec_type(self) -> str:
        """STK, IND or OPT."""
        return "OPT" if isinstance(self.instrument, OptionContract) else self.instrument.sec_type

    @property
    def change(self) -> Decimal | None:
        """Against the prior close."""
        quote = self.quote
        if quote.last is None or quote.prior_close is None:
            return None
        return quote.last - quote.prior_close

    @property
    def change_percent(self) -> Decimal | None:
        """The same as a fraction."""
        prior = self.quote.prior_close
        return self.change / prior if self.change is not None and prior else None


def _price(name: str) -> Callable[[View], str | None]:
    def field(view: View) -> str | None:
        value = getattr(view.quote, name)
        return None if value is None else wire.price(value)

    return field


def _size(name: str) -> Callable[[View], str | None]:
    def field(view: View) -> str | None:
        value = getattr(view.quote, name)
        return None if value is None else wire.size(value)

    return field


def _greek(name: str) -> Callable[[View], str | None]:
    def field(view: View) -> str | None:
        greeks: Greeks | None = view.quote.greeks
        return None if greeks is None else wire.greek(getattr(greeks, name))

    return field


def _volatility(view: View) -> str | None:
    greeks = view.quote.greeks
    return None if greeks is None else wire.percent(greeks.implied_volatility)


def _volatility_30d(view: View) -> str | None:
    value = view.quote.implied_volatility_30d
    return None if value is None else wire.percent(value)


def _change(view: View) -> str | None:
    return None if view.change is None else wire.price(view.change)


def _change_percent(view: View) -> str | None:
    value = view.change_percent
    return None if value is None else wire.price((value * 100).quantize(wire.CENT))


def _volume(view: View) -> str | None:
    value = view.quote.volume
    return None if value is None else wire.volume(value)[0]


def _exact_volume(view: View) -> str | None:
    value = view.quote.volume
    return None if value is None else str(value)


def _option_volume(view: View) -> str | None:
    value = view.quote.option_volume
    return None if value is None else wire.volume(value)[0]


def _description(view: View) -> str | None:
    option = view.option
    return view.instrument.symbol if option is None else wire.option_description(option)


def _underlying(view: View) -> str | None:
    option = view.option
    return None if option is None else str(option.underlying_conid)


def _right(view: View) -> str | None:
    option = view.option
    return None if option is None else option.right.value


FIELDS: dict[str, Callable[[View], str | None]] = {
    "31": lambda view: wire.last(view.quote),
    "55": lambda view: view.instrument.symbol,
    "70": _price("high"),
    "71": _price("low"),
    "82": _change,
    "83": _change_percent,
    "84": _price("bid"),
    "85": _size("ask_size"),
    "86": _price("ask"),
    "87": _volume,
    "88": _size("bid_size"),
    "201": _right,
    "6004": lambda _: "SMART",
    "6070": lambda view: view.sec_type,
    "6457": _underlying,
    "7059": _size("last_size"),
    "7089": _option_volume,
    "7184": lambda _: "1",
    "7219": _description,
    "7220": _description,
    "7283": _volatility_30d,
    "7295": _price("open"),
    "7296": _price("close"),
    "7308": _greek("delta"),
    "7309": _greek("gamma"),
    "7310": _greek("theta"),
    "7311": _greek("vega"),
    "7633": _volatility,
    "7635": _price("mark"),
    "7638": _size("open_interest"),
    "7741": _price("prior_close"),
    "7762": _exact_volume,
    "7768": lambda _: "1",
}
# what an account without the subscription sees all the same
_WITHOUT_SUBSCRIPTION = frozenset(
    {"55", "201", "6004", "6070", "6457", "7184", "7219", "7220", "7768"}
)


def bare_row(conid: int) -> dict[str, Any]:
    """What the request that opens a stream gets (recorded)."""
    return {"conidEx": str(conid), "conid": conid}


def dead_row(conid: int, server: str, at: datetime) -> dict[str, Any]:
    """A conid that stands for nothing (recorded): unasked, 55 is "-" and 31 is "N/A"."""
    return {"55": "-", "31": "N/A", **bare_row(conid), **_stamp(server, at)}


def _stamp(server: str, at: datetime) -> dict[str, Any]:
    return {"_updated": int(at.timestamp() * 1000), "6119": server, "server_id": server}


def row(view: View, fields: Iterable[str], arrival: Arrival, server: str) -> dict[str, Any]:
    """One contract's row: what is asked for, exists and has arrived. 6509 and 6508 come unasked."""
    conid = view.instrument.conid
    if not arrival.data:
        return bare_row(conid)
    quote = view.quote
    derivative = view.option is not None
    values: dict[str, Any] = {"6509": wire.availability(quote.feed, derivative=derivative)}
    values |= bare_row(conid) | _stamp(server, quote.at)
    for code in _arrived(view, fields, arrival):
        value = FIELDS[code](view)
        if value is not None:
            values[code] = value
    if "87" in values and quote.volume is not None:
        values["87_raw"] = wire.volume(quote.volume)[1]
    values["6508"] = _SERVICES
    return values


def _arrived(view: View, fields: Iterable[str], arrival: Arrival) -> list[str]:
    known = [code for code in fields if code in FIELDS]
    if view.quote.feed is Feed.NOT_SUBSCRIBED:
        known = [code for code in known if code in _WITHOUT_SUBSCRIPTION]
    return [code for code in known if arrival.greeks or code not in GREEK_FIELDS]


def with_feed(quote: Quote, letter: str | None) -> Quote:
    """The quote as another kind of subscription would show it."""
    return quote if letter is None else replace(quote, feed=Feed(letter))
